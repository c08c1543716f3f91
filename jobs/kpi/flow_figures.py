"""Flows and first awards per region and tier, as readings of ``kpi_region``."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.kpi import cells, flow, reading
from jobs.kpi.population import empty_cells
from jobs.kpi.reading import count_if, named, part, part_name
from jobs.kpi.regions import RegionMap
from jobs.policy.model import Programme

FLOW, NEW = "tier_flow", "certificate_new"
"""Indicators."""
CUT = cells.Cut(cells.PLACES.finest, tuple(g for g in cells.PLACES.groupings if not g.by))
"""Regions and tiers; flows are not cut by domain, which a holder may change."""


def members(held: DataFrame, entities: DataFrame) -> DataFrame:
    """Give each state its holder's name and place at the period's end; who has no place counts nowhere."""
    places = entities.where(F.col("unit").isNotNull()).select(
        "period", "holder", "name", "province", "unit", "county", "domain"
    )
    ever = F.col("first").isNotNull() & ~F.col("nested")
    return held.join(places, ["period", "holder"]).withColumn("ever", ever)


def conditions(window_start: date) -> dict[str, Column]:
    """Return what is counted -> whether a row of :func:`members` counts (null: no)."""
    found, very = flow.moves(), ~F.col("nested")
    by_tier = {name: shown & very for name, shown in found.items()}
    nested = {f"{name}_or_higher": found[name] & F.col("nested") for name in flow.NESTING}
    on = F.col("first.document_date")
    return {
        **by_tier,
        **nested,
        "new_in_window": very & (on >= F.lit(window_start)),
        "new_in_year": very & (F.year(on) == F.year("at")),
        "valid": very & F.col("now"),
        "base": very & F.col("base"),
        "granted_in_year": very & (F.size("documents") > 0),
    }


def _batches(folded: DataFrame, units: list[str]) -> DataFrame:
    """Count each cell's documents of the year, and the fewest that any compared unit has."""
    compared = (F.col("region_level") == "unit") & F.col("region_code").isin(units)
    own = F.size(F.array_distinct(F.flatten(part("documents"))))
    fewest = F.min(F.when(compared, part("batches"))).over(Window.partitionBy("period", "tier"))
    return folded.withColumn(part_name("batches"), own).withColumn(part_name("batches_min"), fewest)


def _of(indicator: str, figure: Column) -> Column:
    return F.struct(F.lit(indicator).alias("indicator"), figure.alias("figure"))


def _count(indicator: str, name: str, unit: str, n: str | None = None) -> Column:
    value, firms = part(name), part(n or name)
    return _of(
        indicator,
        reading.reading(name, unit, value=value, numerator=reading.whole(value), n=firms, n_scope=firms),
    )


def _multiple() -> Column:
    """Return today's stock over the stock of the day before the window; nothing to compare with: EMPTY."""
    value = reading.quotient(part("valid"), part("base"))
    return _of(
        NEW,
        reading.reading(
            "multiple",
            "倍",
            value=value,
            numerator=reading.whole(part("valid")),
            denominator=reading.whole(part("base")),
            n=part("valid"),
            n_scope=part("valid"),
            status=F.when(value.isNull(), "EMPTY").otherwise("OK"),
        ),
    )


def _readings() -> list[Column]:
    """Return the readings of folded cells; null where one says nothing in its cell."""
    whole, level = F.col("tier").isNull(), F.col("region_level")
    nested = [F.when(~whole, _count(FLOW, f"{name}_or_higher", "户")) for name in flow.NESTING]
    batches = _count(NEW, "batches", "批", "granted_in_year")
    fewest = _count(NEW, "batches_min", "批", "granted_in_year")
    return [
        *[_count(FLOW, name, "户") for name in (*flow.NESTING, "upgrade", "skip")],
        F.when(whole, _count(FLOW, "exit", "户")),
        *nested,
        _count(NEW, "new_in_window", "户"),
        _count(NEW, "new_in_year", "户"),
        F.when(~whole & (level != "county"), batches),
        F.when(~whole & (level == "province"), fewest),
        _multiple(),
    ]


def flow_figures(
    held: DataFrame, entities: DataFrame, regions: RegionMap, programme: Programme, window_start: date
) -> DataFrame:
    """Return flows and first awards of province, units and counties, per tier and for the null tier.

    Parameters
    ----------
    held : DataFrame
        Of :func:`jobs.kpi.flow.states`.
    entities : DataFrame
        Holders of the same periods with ``province`` (:func:`jobs.kpi.population.enterprises`). Both ends
        of a period are counted where the holder lies at its end: a move to another region is no flow.
    regions : RegionMap
    programme : Programme
    window_start : date
        First day of the policy's window.

    Returns
    -------
    DataFrame
        Keys of ``kpi_region``, indicator, track (of dates) and the columns of a reading. ``tier_flow``: the flows (户), those of a stock
        also as ``<flow>_or_higher``. ``certificate_new``: ``new_in_window``, ``new_in_year`` (户, first grants by
        the document's date), ``batches`` (批, documents with grants in the calendar year so far to holders
        of the region; n = these holders), ``batches_min`` (the fewest of any compared unit, 0 where one has
        none), ``multiple`` (倍, valid now over valid the day before the window).
    """
    sums = named({name: count_if(shown) for name, shown in conditions(window_start).items()})
    documents = F.when(~F.col("nested") & (F.size("documents") > 0), F.col("documents"))
    moved = members(held, entities)
    rows = moved.unionByName(empty_cells(regions, programme, moved), allowMissingColumns=True)
    folded = cells.roll_up(rows, CUT, sums, named({"documents": documents}))
    shown = F.inline(F.array_compact(F.array(*_readings())))
    long = _batches(folded, programme.units).select(*cells.KEYS, F.lit("date").alias("track"), shown)
    return long.select(*cells.KEYS, "indicator", "track", "figure.*")
