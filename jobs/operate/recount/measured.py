"""Entities and contracts behind measured figures of which no line per enterprise is published."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.kpi import population
from jobs.kpi.measures import DEN
from jobs.kpi.spec import ANY
from jobs.kpi.used import Wanted, measure_column, specs
from jobs.operate.parts import (
    ABOVE,
    Behind,
    Check,
    Part,
    Pointer,
    columns_of,
    counted,
    pointers,
    sums,
)
from jobs.operate.recount.moment import Moment
from jobs.operate.served import SUMMED


def _wide(moment: Moment) -> tuple[DataFrame, str]:
    """Return the entities in scope with ``code`` and ``at_place``, and the column of their measure."""
    figure, programme, indicator = moment.figure, moment.programme, moment.indicator
    if programme.entity == "region":
        rows = population.region_rows(moment.inputs, programme, [figure["period"]])
        rows, key = rows.where(F.col("unit") == figure["region_code"]), "region_code"
    else:
        rows = moment.members(moment.spans()).where(F.col("valid") & moment.there())
        key = "uscc"
    own = specs(indicator, next(u for u in programme.indicators if u.id == indicator.id))
    used = [(indicator, own)]
    wide = population.with_measures(
        rows,
        key,
        moment.inputs,
        used,
        Wanted((figure["period"],)),
        moment.tracks,
        moment.regions,
        moment.origins,
    )
    column = measure_column(next(s.name for s in own if s.reading in ("", figure["reading"])))
    at_place = F.coalesce("county", "unit").alias("at_place")
    return wide.select("*", F.col(key).alias("code"), at_place), column


def _amount(moment: Moment, whole: int | None) -> Decimal | None:
    return None if whole is None else Decimal(whole) / moment.indicator.minor


_SIDES = {"growth": ("c", "r"), "ratio": ("num", "den"), "mean": ("num", "den"), "level": ("value", None)}


def entities(moment: Moment) -> Behind:
    """Return the regions of a comparison, or the enterprises in scope; those that count and add most first.

    An enterprise without a USCC counts as well where nobody needs a row to count: no line of it is published.
    """
    wide, column = _wide(moment)
    names = {r["code"]: r["name"] for r in moment.inputs.regions.collect()}
    parts = [_entity(moment, r.asDict(recursive=True), column, names) for r in wide.collect()]
    parts.sort(key=lambda p: (not p.counted, -abs(p.numerator or Decimal(0)), p.place, p.code, p.name))
    added = sums(moment.figure, parts) if moment.figure["reading"] in SUMMED else []
    return Behind(parts, [counted(moment.figure, parts), *added])


def _entity(moment: Moment, row: dict[str, Any], column: str, names: dict[str, str]) -> Part:
    m, coverage = row[column] or {}, moment.indicator.family == "coverage"
    top, under = _SIDES.get(moment.indicator.family, (None, None))
    line, code = m.get("line"), row["code"] or ""
    return Part(
        code=code, name=row.get("name") or names.get(code, ""), place=row["at_place"] or "",
        numerator=_amount(moment, m[top]) if top and m else None,
        denominator=_amount(moment, m[under]) if under and m else None,
        pointers=_reported(moment, line) if coverage else _both(moment, line),
        counted=bool(line) or (not coverage and m.get("why") == "OK"), label=m.get("why") or "",
    )  # fmt: skip


def _both(moment: Moment, line: Any) -> tuple[Pointer, ...]:
    if not line:
        return ()
    return pointers(moment.indicator, moment.place(line), moment.place(line, DEN))


def _reported(moment: Moment, line: Any) -> tuple[Pointer, ...]:
    """Return the line by which an enterprise is covered; of any feed it counts as a whole."""
    place, reading = moment.place(line) if line else None, moment.figure["reading"]
    if place is None:
        return ()
    if reading == ANY:
        return (Pointer(ABOVE, (), place),)
    read = next(r for r in moment.indicator.reads.values() if r.feed == reading)
    return (Pointer(ABOVE, columns_of(read, read.column), place),)


def contracts(moment: Moment) -> Behind:
    """Return the contracts of the enterprises in scope, those with the largest denominator first."""
    wide, column = _wide(moment)
    rows = wide.select("code", "name", "at_place", F.inline(column)).collect()
    scale = Fraction(moment.indicator.scale)
    parts = [
        Part(
            code=r["code"], name=r["name"], place=r["at_place"] or "",
            value=None if r["q"] is None else float(Fraction(r["num"], r["den"]) * scale),
            numerator=_amount(moment, r["num"]), denominator=_amount(moment, r["den"]),
            pointers=_both(moment, r["line"]), counted=r["why"] == "OK", label=r["why"],
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
