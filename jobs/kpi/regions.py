"""Present map of regions: which county and ranked unit a code or a printed name belongs to.

All years are recast to present codes through ``former_code`` (methods.md §12, 现行区划口径): the
province's total does not change, only the units on both sides of a boundary change do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

UNIT_SUFFIXES = ("自治州", "管委会", "地区", "市", "州")
"""What a printed name may leave off, the longer first."""
SHORTEST = 2
"""Characters of the shortest name that remains without its suffix."""


@dataclass(frozen=True)
class Place:
    """A place on the present map: ``county`` is None for a unit as a whole."""

    unit: str
    county: str | None


def _stem(name: str) -> str | None:
    """Return a name without its suffix; None where it has none."""
    for suffix in UNIT_SUFFIXES:
        if name.endswith(suffix):
            stem = name.removesuffix(suffix)
            return stem if len(stem) >= SHORTEST else None
    return None


class RegionMap:
    """The regions of a programme.

    Parameters
    ----------
    rows : iterable of dict
        ``code``, ``name``, ``parent_code``, ``former_code`` of every region.
    units : list of str
        Codes of the units the programme compares; a firm belongs to exactly one.
    """

    def __init__(self, rows: Iterable[dict[str, str | None]], units: list[str]) -> None:
        self.rows = {str(r["code"]): r for r in rows}
        self.units = list(units)
        self.names = {code: str(r["name"]) for code, r in self.rows.items()}

    def place(self, code: str) -> Place | None:
        """Return where a present code lies; None outside the programme's units."""
        if code in self.units:
            return Place(code, None)
        step = code
        for _ in range(3):
            step = str((self.rows.get(step) or {}).get("parent_code") or "")
            if step in self.units:
                return Place(step, code)
        return None

    def by_code(self) -> dict[str, Place]:
        """Return the place of every code, present or former; a present code wins over a former one."""
        present = {c: p for c in self.rows if (p := self.place(c))}
        former = {
            str(r["former_code"]): present[c]
            for c, r in self.rows.items()
            if r["former_code"] and c in present
        }
        return {**{c: p for c, p in former.items() if c not in self.rows}, **present}

    def _province(self, code: str) -> str:
        """Return the name of the region above all others of a code; empty where it has none above it."""
        step = code
        for _ in range(3):
            above = str((self.rows.get(step) or {}).get("parent_code") or "")
            if above not in self.rows:
                break
            step = above
        return "" if step == code else self.names[step]

    def unit_names(self) -> dict[str, str]:
        """Return printed name -> unit.

        A unit is printed by its name or its name without suffix, each also after its province's name;
        a whole name wins over the same name that lacks a suffix, names of several units stand for none.
        """
        known = [u for u in self.units if u in self.names]
        whole = {u: self.names[u] for u in known}
        short = {u: stem for u in known if (stem := _stem(whole[u]))}

        def printed(names: dict[str, str]) -> dict[str, str]:
            forms = [(form, u) for u, n in names.items() for form in {n, self._province(u) + n}]
            times = Counter(form for form, _ in forms)
            return {form: u if times[form] == 1 else "" for form, u in forms}

        printed_names = {**printed(short), **printed(whole)}
        return {form: unit for form, unit in printed_names.items() if unit}

    def by_name(self) -> dict[tuple[str, str], Place]:
        """Return places by printed names ``(unit name, county name)``.

        ``("", county)`` holds counties whose name occurs once, for notices that still print a former
        parent; ``(unit, "")`` holds the units by every name of theirs.
        """
        units = self.unit_names()
        places = {(form, ""): Place(unit, None) for form, unit in units.items()}
        forms = {u: [form for form, unit in units.items() if unit == u] for u in self.units}
        counties = [(c, p) for c in self.rows if (p := self.place(c)) and p.county]
        times = Counter(self.names[c] for c, _ in counties)
        for code, place in counties:
            for form in forms[place.unit]:
                places[(form, self.names[code])] = place
            if times[self.names[code]] == 1:
                places[("", self.names[code])] = place
        return places
