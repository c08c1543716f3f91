"""Who is in scope at a reference date: the register as of then, and the holders with their tiers."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi import certificates
from jobs.kpi.regions import RegionMap

UNASSIGNED = "unassigned"
"""Domain of holders for which the register names none, so that domains add up to all."""

KEPT = ("industry_code", "domain", "staff_end", "opened_on")
"""Facts that a later event of the register may leave blank; the last one named stands."""


HOLDER = (
    "period", "holder", "uscc", "name", "unit", "county", "industry_code", "staff_end", "opened_on", "registered",
    "valid_tiers", "ever_tiers", "ends",
)  # fmt: skip
"""What is told of every holder as it stands."""


def register_at(register: DataFrame, periods: DataFrame) -> DataFrame:
    """Return the register as of each period's reference date.

    The latest event with ``effective_date <= at`` gives name, place and state; facts it leaves blank
    are taken from the latest event that names them.

    Parameters
    ----------
    register : DataFrame
        Silver register events.
    periods : DataFrame
        ``period``, ``at``.

    Returns
    -------
    DataFrame
        period, uscc, name, code (as registered), closed, industry_code, domain, staff_end, opened_on.
    """
    known = register.join(F.broadcast(periods), F.col("effective_date") <= F.col("at"))
    # Of two events on one day a closure comes last; the sequence number decides the rest.
    order = [F.col("effective_date"), (F.col("change_type") == "close"), F.col("seq"), F.col("change_type")]
    last = F.max(F.struct(*[o.alias(f"o{i}") for i, o in enumerate(order)], "name", "county_code"))

    def kept(column: str) -> Column:
        ordered = F.struct(*[o.alias(f"o{i}") for i, o in enumerate(order)], column)
        return F.max(F.when(F.col(column).isNotNull(), ordered))[column].alias(column)

    rows = known.groupBy("period", "uscc").agg(last.alias("last"), *[kept(c) for c in KEPT])
    return rows.select(
        "period",
        "uscc",
        F.col("last.name").alias("name"),
        F.col("last.county_code").alias("code"),
        (F.col("last.o1")).alias("closed"),
        *KEPT,
    )


def _placed(holders: DataFrame, regions: RegionMap) -> DataFrame:
    """Give each holder its unit and county: by the register's code, else by the printed names."""
    spark = holders.sparkSession
    codes = regions.code_frame(spark).toDF("code", "unit_by_code", "county_by_code")
    names = regions.name_frame(spark)
    pair = names.toDF("p_unit", "p_county", "unit_by_pair", "county_by_pair")
    county = names.where("unit_name = ''").select(
        F.col("county_name").alias("c_county"),
        F.col("unit_code").alias("unit_by_county"),
        F.col("county_code").alias("county_by_county"),
    )
    unit = names.where("county_name = ''").select(
        F.col("unit_name").alias("u_unit"), F.col("unit_code").alias("unit_by_unit")
    )
    rows = (
        holders.join(F.broadcast(codes), "code", "left")
        .join(
            F.broadcast(pair),
            (F.col("unit_name") == F.col("p_unit")) & (F.col("county_name") == F.col("p_county")),
            "left",
        )
        .join(F.broadcast(county), F.col("county_name") == F.col("c_county"), "left")
        .join(F.broadcast(unit), F.col("unit_name") == F.col("u_unit"), "left")
    )
    registered = F.col("registered")
    printed_unit = F.coalesce("unit_by_pair", "unit_by_county", "unit_by_unit")
    printed_county = F.when(F.col("unit_by_pair").isNotNull(), F.col("county_by_pair")).otherwise(
        F.col("county_by_county")
    )
    return rows.withColumns(
        {
            "unit": F.when(registered, F.col("unit_by_code")).otherwise(printed_unit),
            "county": F.when(registered, F.col("county_by_code")).otherwise(printed_county),
        }
    )


def memberships(valid: Column, ever: Column, ranks: Mapping[str, int], certified_rank: int) -> Column:
    """Return the tiers of a holder as an array of ``tier, valid, ever, valid_or_higher``.

    The null tier stands for any certificate proper (rank >= ``certified_rank``; libraries are none).
    """
    rank_of = certificates.rank_map(ranks)

    def best(tiers: Column) -> Column:
        return F.coalesce(F.array_max(F.transform(tiers, lambda t: rank_of[t])), F.lit(-1))

    def one(tier: str) -> Column:
        return F.struct(
            F.lit(tier).alias("tier"),
            F.array_contains(valid, tier).alias("valid"),
            F.array_contains(ever, tier).alias("ever"),
            (best(valid) >= ranks[tier]).alias("valid_or_higher"),
        )

    certified = F.struct(
        F.lit(None).cast("string").alias("tier"),
        (best(valid) >= certified_rank).alias("valid"),
        (best(ever) >= certified_rank).alias("ever"),
        (best(valid) >= certified_rank).alias("valid_or_higher"),
    )
    return F.array(certified, *[one(t) for t in sorted(ranks)])


def holders_at(
    spans: DataFrame,
    register: DataFrame,
    periods: DataFrame,
    regions: RegionMap,
    ranks: Mapping[str, int],
    certified_rank: int = 2,
) -> DataFrame:
    """Return every holder of each period with its place, its tiers and its facts from the register.

    Parameters
    ----------
    spans : DataFrame
        Certificates of the tiers of ``ranks`` (:func:`jobs.kpi.certificates.intervals`).
    register : DataFrame
        Silver register events.
    periods : DataFrame
        ``period``, ``at``.
    regions : RegionMap
    ranks : mapping
        Tier -> rank.
    certified_rank : int
        Lowest rank that is a certificate proper.

    Returns
    -------
    DataFrame
        One row per period and holder: unit, county (null where unknown), domain, valid_tiers,
        memberships (array), matched (holder found in the register) and the register's facts. A closed
        firm keeps its certificate until it is withdrawn or expires (methods.md §11).
    """
    found = certificates.held(spans.crossJoin(F.broadcast(periods)))
    firms = register_at(register, periods).withColumn("registered", F.lit(True))
    rows = found.join(firms, ["period", "uscc"], "left").withColumns(
        {
            "registered": F.coalesce("registered", F.lit(False)),
            "name": F.coalesce("name", F.col("printed.name")),
            "unit_name": F.col("printed.unit_name"),
            "county_name": F.coalesce(F.col("printed.county_name"), F.lit("")),
        }
    )
    tiers = memberships(F.col("valid_tiers"), F.col("ever_tiers"), ranks, certified_rank)
    return _placed(rows, regions).select(
        *HOLDER, F.coalesce("domain", F.lit(UNASSIGNED)).alias("domain"),
        F.coalesce("closed", F.lit(False)).alias("closed"), tiers.alias("memberships"),
    )  # fmt: skip
