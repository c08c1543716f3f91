"""The parts of a figure that are published themselves: enterprises, other figures, the units of a least."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from jobs.definitions import dictionary
from jobs.definitions.dictionary import Indicator, indicators
from jobs.kpi.derived import derived_figures
from jobs.kpi.figures import of_row
from jobs.operate.figure import indicator_of, programme_of, query, tiers_counted
from jobs.operate.parts import ABOVE, BELOW, Behind, Check, Part, counted, place_of, pointers, sides, sums

SUMMED = ("same_firm", "amount_change", "pooled", "sum")
"""Readings whose numerator and denominator are sums over the panel."""
PANEL = (*SUMMED, "median", "mean", "p25", "p75", "share")
"""Readings whose firms are those of the panel."""
LEAST = {"batches_min": "batches"}
"""Reading that is the least of the units -> reading of the units."""


def by_enterprise(indicator: Indicator) -> bool:
    """Return whether the figures of all enterprises that count are published themselves.

    Of contracts there are several; and where nobody needs a row, enterprises without a USCC count too.
    """
    unnamed = indicator.of_contracts or (indicator.family == "mean" and indicator.absent_zero)
    return indicator.family in ("growth", "ratio", "mean", "level") and not unnamed


def several_lines(indicator: Indicator) -> bool:
    """Return whether an enterprise's amount may rest on more lines than the one that is published with it."""
    return indicator.quarterly or any(r.reduce in ("sum", "min", "max") for r in indicator.reads.values())


def enterprises(figure: dict[str, Any]) -> Behind:
    """Return the enterprises in scope of a figure, those with the largest numerator first.

    ``counted`` says whether they are in the panel; the others carry the label that says why not.
    """
    indicator = indicator_of(figure["indicator"])
    tiers = tiers_counted(programme_of(figure), figure["tier"])
    column = {"unit": "region_code", "county": "county_code"}.get(figure["region_level"])
    rows = query(
        f"""SELECT e.*, s.region_name, s.county_name
            FROM kpi_enterprise e JOIN enterprise_statement s USING (publication_id, programme, period, uscc)
            WHERE e.programme = ? AND e.period = ? AND e.indicator = ?
              AND list_has_any(string_split(s.tiers, ','), ?) {f"AND e.{column} = ?" if column else ""}
            ORDER BY in_panel DESC, abs(numerator) DESC NULLS LAST, uscc""",
        figure["programme"],
        figure["period"],
        figure["indicator"],
        tiers,
        *([figure["region_code"]] if column else []),
    )
    read = sides(indicator)
    parts = [
        Part(
            code=r["uscc"], name=r["name"], place=r["county_name"] or r["region_name"] or "", value=r["value"],
            numerator=r["numerator"], denominator=r["denominator"],
            pointers=pointers(read, place_of(r), place_of(r, "den_")), counted=r["in_panel"], label=r["label"],
        )
        for r in rows
    ]  # fmt: skip
    if figure["reading"] not in PANEL:
        return Behind(parts)
    added = sums(figure, parts) if figure["reading"] in SUMMED else []
    return Behind(parts, [counted(figure, parts), *added])


def _figures(figure: dict[str, Any], condition: str, *values: Any) -> list[dict[str, Any]]:
    """Return other published figures of the same programme and period, not cut by domain, size or industry."""
    return query(
        f"""SELECT * FROM kpi_region WHERE programme = ? AND period = ? AND domain IS NULL
            AND size_class IS NULL AND industry IS NULL AND {condition} ORDER BY region_code""",
        figure["programme"],
        figure["period"],
        *values,
    )


def _as_part(row: dict[str, Any], used: bool) -> Part:
    at_tier = f" 梯度 {row['tier']}" if row["tier"] else ""
    return Part(
        code=row["indicator"], name=indicator_of(row["indicator"]).name_zh, place=row["region_name"],
        value=row["value"], numerator=row["numerator"], denominator=row["denominator"], counted=used,
        label=f"口径 {row['reading']}{at_tier} {row['reference_period']} {row['status']}",
        question=(row["period"], row["indicator"], row["region_code"], row["tier"], row["reading"]),
    )  # fmt: skip


def _component(figure: dict[str, Any], part: dictionary.Part) -> list[dict[str, Any]]:
    return _figures(
        figure,
        "region_code = ? AND indicator = ? AND reading = ? AND tier IS NOT DISTINCT FROM ?",
        figure["region_code"],
        part.indicator,
        part.reading,
        part.tier,
    )


def composed(figure: dict[str, Any]) -> Behind:
    """Return the figures that a derived one stands on, and what they come to by the function that derived it."""
    indicator = indicator_of(figure["indicator"])
    parts, rows = [], []
    for part in indicator.of:
        if part.constant is not None:
            fixed = Decimal(part.constant)
            parts.append(Part("", "常数", "", float(fixed), fixed))
        for row in _component(figure, part):
            used = row["value"] is not None and int(row["reference_period"][:4]) >= (indicator.since or 0)
            parts.append(_as_part(row, used))
            rows.append(of_row(row))
    again = derived_figures([indicator], indicators(), rows)
    same = next(f for f in again if f.reading == figure["reading"])
    sides = (("数值", "value"), (ABOVE, "numerator"), (BELOW, "denominator"))
    return Behind(parts, [Check(name, figure[c], getattr(same, c)) for name, c in sides])


def least_of_units(figure: dict[str, Any]) -> Behind:
    """Return the units' figures of which a figure of the whole region is the least."""
    programme = programme_of(figure)
    rows = _figures(
        figure,
        "indicator = ? AND reading = ? AND tier IS NOT DISTINCT FROM ? AND region_level = ? "
        "AND list_contains(?, region_code)",
        figure["indicator"],
        LEAST[figure["reading"]],
        figure["tier"],
        programme.unit_level,
        programme.units,
    )
    parts = [_as_part(r, used=True) for r in rows]
    least = min((p.numerator for p in parts if p.numerator is not None), default=None)
    return Behind(
        parts,
        [Check("户数", figure["n"], sum(r["n"] for r in rows)), Check("最少", figure["numerator"], least)],
    )
