"""Entities and contracts behind measured figures of which no line per enterprise is published."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from jobs.kpi.indicators import specs
from jobs.operate.parts import Behind, Check, Part, Pointer, columns_of, counted, pointers, sides, sums
from jobs.operate.recount.moment import THERE, Moment, place
from jobs.operate.served import SUMMED

_HOLDERS = f"""SELECT h.holder, h.uscc AS code, h.name, coalesce(h.county, h.unit) AS at_place FROM members h
WHERE h.period = getvariable('figure_period') AND h.tier IS NOT DISTINCT FROM getvariable('figure_tier') AND h.valid AND {THERE}"""
_REGIONS = """SELECT h.holder, h.holder AS code, CAST(NULL AS VARCHAR) AS name, coalesce(h.county, h.unit) AS at_place
FROM holders h WHERE h.period = getvariable('figure_period') AND h.unit = getvariable('figure_region')"""
_MEASURES = {
    "growth": ("growths", "m.c AS above, m.r AS below, m.why, m.line, m.den_line"),
    "ratio": ("ratios", "m.num AS above, m.den AS below, m.why, m.line, m.den_line, m.q, m.met"),
    "level": ("levels", "m.value AS above, NULL AS below, m.why, m.line, NULL AS den_line"),
    "coverage": ("coverages", "NULL AS above, NULL AS below, m.why, m.line, NULL AS den_line"),
}
"""Family of the fold -> its model, and both sides of a measure with their lines."""


def _measured(moment: Moment, every: bool) -> list[dict[str, Any]]:
    """Return the entities in scope with their measure, of contracts one row each; ``every``: also those without."""
    figure, indicator = moment.figure, moment.indicator
    of_regions = moment.programme.entity == "region"
    use = next(u for u in moment.programme.indicators if u.id == indicator.id)
    key = next(s.name for s in specs(indicator, use) if s.reading in ("", figure["reading"]))
    model, columns = _MEASURES[indicator.fold]
    moment.need("holders" if of_regions else "members", model)
    return moment.rows(
        f"SELECT h.*, {columns} FROM ({_REGIONS if of_regions else _HOLDERS}) h {'LEFT' if every else ''} JOIN {model} m "
        "ON m.period = getvariable('figure_period') AND m.holder = h.holder AND m.key = ?",
        [key],
    )


def _amount(moment: Moment, whole: int | None) -> Decimal | None:
    return None if whole is None else Decimal(whole) / moment.indicator.minor


class _Lines:
    """Where the lines behind entities stand, and what is read of them."""

    def __init__(self, moment: Moment) -> None:
        self.sheets, self.columns = moment.places(), sides(moment.indicator)
        if moment.indicator.family == "coverage":
            # By any feed an enterprise is covered by its whole line.
            reads = (r for r in moment.indicator.reads.values() if r.feed == moment.figure["reading"])
            read = next(reads, None)
            self.columns = (columns_of(read, read.column) if read else (), ())

    def of(self, row: dict[str, Any]) -> tuple[Pointer, ...]:
        """Return the lines of an entity's or a contract's measure."""
        above, below = (place(self.sheets, row[side]) for side in ("line", "den_line"))
        return pointers(self.columns, above, below)


def entities(moment: Moment) -> Behind:
    """Return the regions of a comparison, or the enterprises in scope; those that count and add most first.

    An enterprise without a USCC counts as well where nobody needs a row to count: no line of it is published.
    """
    lines = _Lines(moment)
    parts = [_entity(moment, r, lines) for r in _measured(moment, every=True)]
    parts.sort(key=lambda p: (not p.counted, -abs(p.numerator or Decimal(0)), p.place, p.code, p.name))
    added = sums(moment.figure, parts) if moment.figure["reading"] in SUMMED else []
    return Behind(parts, [counted(moment.figure, parts), *added])


def _entity(moment: Moment, row: dict[str, Any], lines: _Lines) -> Part:
    coverage, code = moment.indicator.family == "coverage", row["code"] or ""
    return Part(
        code=code, name=row["name"] or moment.regions.names.get(code, ""), place=row["at_place"] or "",
        numerator=_amount(moment, row["above"]), denominator=_amount(moment, row["below"]), pointers=lines.of(row),
        counted=row["line"] is not None or (not coverage and row["why"] == "OK"), label=row["why"] or "",
    )  # fmt: skip


def contracts(moment: Moment) -> Behind:
    """Return the contracts of the enterprises in scope, those with the largest denominator first."""
    lines, rows = _Lines(moment), _measured(moment, every=False)
    scale = Fraction(moment.indicator.scale)
    parts = [
        Part(
            code=r["code"] or "", name=r["name"], place=r["at_place"] or "",
            value=None if r["q"] is None else float(Fraction(r["above"], r["below"]) * scale),
            numerator=_amount(moment, r["above"]), denominator=_amount(moment, r["below"]),
            pointers=lines.of(r), counted=r["why"] == "OK", label=r["why"],
        )
        for r in rows
    ]  # fmt: skip
    parts.sort(key=lambda p: (not p.counted, -(p.denominator or 0), p.code, [x.place for x in p.pointers]))
    checks = [counted(moment.figure, parts)]
    if moment.figure["reading"] in SUMMED:
        checks += sums(moment.figure, parts)
    if moment.figure["reading"] == "share":
        checks.append(Check("达标", moment.figure["numerator"], sum(r["met"] for r in rows)))
    return Behind(parts, checks)
