"""From the wide row to one row per indicator: which columns each indicator reads, by family.

Only here is SQL put together from the dictionary; what is made of the values stands in ``models/slice``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jobs.definitions.catalogue import (
    Catalogue,
    Rows,
    asked,
    dialect,
    leader_of,
    quoted,
    rows_by,
    rows_of,
    text,
)
from jobs.definitions.dictionary import ANY, Indicator, Read
from jobs.kpi.spec import Spec

Specs = list[tuple[Indicator, Spec]]
Values = Callable[[Indicator, Spec], dict[str, str]]


def minor(value: str, units: int) -> str:
    """Return the SQL of a value in whole minor units."""
    return f"whole_minor({value}, {units})"


@dataclass(frozen=True)
class Pending:
    """Rows whose correction makes an indicator wait: which part of it they are."""

    key: str
    part: str
    rows: Rows


class Melt:
    """The reads of a run's indicators.

    Parameters
    ----------
    catalogue : Catalogue
        Takes in what is read.
    specs : list
        Indicators with one spec each.
    """

    def __init__(self, catalogue: Catalogue, specs: Specs) -> None:
        self.catalogue, self.specs = catalogue, specs
        self.pending: list[Pending] = []

    def models(self) -> dict[str, str]:
        """Return the models of all families by name."""
        single = [(i, s) for i, s in self.specs if not i.of_contracts]
        texts = {
            "ratio_values": self._one_by_one("ratio", single, self._ratio, _RATIO),
            "growth_values": self._one_by_one("growth", single, self._growth, _GROWTH),
            "level_values": self._one_by_one("level", single, self._level, _LEVEL),
            "coverage_values": self._one_by_one("coverage", single, self._coverage, _COVERAGE),
        }
        contracts = [self._contracts(i, s) for i, s in self.specs if i.of_contracts]
        none = f"SELECT period, holder, {', '.join(_RATIO)} FROM ratio_values WHERE false"
        texts["contract_values"] = (
            "-- grain: period, holder, indicator, contract. A ratio whose cases are contracts.\n"
            + "\nUNION ALL\n".join(contracts or [none])
        )
        return texts

    def _rows(self, indicator: Indicator, read: Read) -> Rows:
        return rows_of(read, leader_of(indicator, read))

    def _waits(self, spec: Spec, part: str, rows: Rows) -> None:
        self.pending.append(Pending(spec.name, part, rows))

    def _one_by_one(self, family: str, specs: Specs, values: Values, columns: Mapping[str, str]) -> str:
        own = [(spec, values(i, spec)) for i, spec in specs if i.fold == family]
        lists = {"key": "VARCHAR", **columns}
        per = {c: [text(s.name) if c == "key" else v[c] for s, v in own] for c in lists}
        unnested = ",\n  ".join(
            f"unnest(CAST([{', '.join(per[c])}] AS {kind}[])) AS {quoted(c)}" for c, kind in lists.items()
        )
        return (
            f"-- grain: period, holder, indicator. What a {family} reads.\n"
            f"SELECT period, holder,\n  {unnested}\nFROM wide SEMI JOIN worked_out USING (period)"
        )

    def _ratio(self, indicator: Indicator, spec: Spec) -> dict[str, str]:
        c = self.catalogue
        if indicator.family == "mean":
            read = indicator.reads["current"]
            rows = self._rows(indicator, read)
            value, line = minor(c.value(rows, read.column), indicator.minor), c.line(rows)
            self._waits(spec, "now", rows)
            always = indicator.absent_zero
            return {
                "num": f"coalesce({value}, 0)" if always else value,
                "den": str(indicator.minor) if always else f"CASE WHEN {line} IS NOT NULL THEN {indicator.minor} END",
                "flag": c.flag(rows), "line": line, "den_line": "NULL",
            }  # fmt: skip
        above, below = indicator.reads["numerator"], indicator.reads["denominator"]
        over, under = self._rows(indicator, above), self._rows(indicator, below)
        self._waits(spec, "now", over)
        self._waits(spec, "den", under)
        return {
            "num": minor(c.value(over, above.column), indicator.minor),
            "den": minor(c.value(under, below.column), indicator.minor),
            "flag": f"coalesce({c.flag(over)}, {c.flag(under)})",
            "line": f"coalesce({c.line(over)}, {c.line(under)})", "den_line": c.line(under),
        }  # fmt: skip

    def _growth(self, indicator: Indicator, spec: Spec) -> dict[str, str]:
        read = indicator.reads["current"]
        now = self._rows(indicator, read)
        columns = self._current_and_base(indicator, read, now, "")
        self._waits(spec, "now", now)
        self._waits(spec, "before", now.year_before())
        if indicator.quarterly:
            back = now.quarter_before()
            self._waits(spec, "back_now", back)
            self._waits(spec, "back_before", back.year_before())
            columns |= self._current_and_base(indicator, read, back, "back_")
        return dict.fromkeys(_GROWTH, "NULL") | columns

    def _current_and_base(self, indicator: Indicator, read: Read, now: Rows, name: str) -> dict[str, str]:
        c, units, before = self.catalogue, indicator.minor, now.year_before()
        own = {
            "value": minor(c.value(now, read.column), units),
            "base": minor(c.value(now, read.base_column), units) if read.base_column else "NULL",
            "prior": minor(c.value(before, read.column), units),
            "flag": f"coalesce({c.flag(now)}, {c.flag(before)})",
            "line": c.line(now),
            "before_line": c.line(before),
        }
        return {
            f"{name}{k}": v for k, v in own.items() if not name or k in ("value", "base", "prior", "flag")
        }

    def _level(self, indicator: Indicator, spec: Spec) -> dict[str, str]:
        read = indicator.reads["current"]
        rows, c = self._rows(indicator, read), self.catalogue
        self._waits(spec, "now", rows)
        value = minor(c.value(rows, read.column), indicator.minor)
        return {"value": value, "flag": c.flag(rows), "line": c.line(rows)}

    def _coverage(self, indicator: Indicator, spec: Spec) -> dict[str, str]:
        read = [self._rows(indicator, r) for r in indicator.reads.values() if spec.reading in (r.feed, ANY)]
        for rows in read:
            self._waits(spec, "now", rows)
        return {"line": f"coalesce(NULL, {', '.join(self.catalogue.line(r) for r in read)})"}

    def _contracts(self, indicator: Indicator, spec: Spec) -> str:
        above, below = indicator.reads["numerator"], indicator.reads["denominator"]
        rows, units = self._rows(indicator, above), indicator.minor
        self.catalogue.line(rows)
        if rows not in self.catalogue.rows:
            return f"SELECT period, holder, {', '.join(_RATIO)} FROM ratio_values WHERE false"
        self.catalogue.further.setdefault(rows, []).extend([above.column, below.column])
        self._waits(spec, "now", rows)
        self._waits(spec, "den", self._rows(indicator, below))
        flag = "f.flag" if rows.feed in self.catalogue.flagged else "NULL"
        return (
            f"SELECT r.asked_period AS period, f.uscc AS holder, {text(spec.name)} AS key,\n"
            f"  {minor(dialect(above.column), units)} AS num, {minor(dialect(below.column), units)} AS den,\n"
            f"  CAST({flag} AS VARCHAR) AS flag, f.line, f.line AS den_line\n"
            f"FROM ({rows_by(rows.feed, [rows.by])}) f JOIN ({asked(rows.feed)}) r USING (row_by, row_key)\n"
            f"WHERE {self.catalogue.belongs(rows)}"
        )


_RATIO = {
    "key": "VARCHAR",
    "num": "BIGINT",
    "den": "BIGINT",
    "flag": "VARCHAR",
    "line": "BIGINT",
    "den_line": "BIGINT",
}
_GROWTH = {
    "value": "BIGINT", "base": "BIGINT", "prior": "BIGINT", "flag": "VARCHAR", "back_value": "BIGINT", "back_base": "BIGINT",
    "back_prior": "BIGINT", "back_flag": "VARCHAR", "line": "BIGINT", "before_line": "BIGINT",
}  # fmt: skip
_LEVEL = {"value": "BIGINT", "flag": "VARCHAR", "line": "BIGINT"}
_COVERAGE = {"line": "BIGINT"}
