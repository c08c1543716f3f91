"""Tables with one line per enterprise: single figures with their origin, and the cleaned statement."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi import growth, reading
from jobs.kpi.calendar import Track, track_frame, track_name
from jobs.kpi.dictionary import Indicator
from jobs.kpi.figures import MARK
from jobs.kpi.measures import DEN
from jobs.kpi.origins import LINE_FIELDS, Origins
from jobs.kpi.origins import line as whole_line
from jobs.kpi.regions import RegionMap
from jobs.kpi.spec import Spec
from jobs.kpi.used import Used, measure_column
from jobs.policy.model import Programme

REVENUE, RD = "revenue_growth", "rd_intensity"
"""Indicators whose measures fill the statement."""

_YUAN_PER_FEN = Decimal("0.01")


def _figure(spec: Spec, name: str, f: Column, **fields: Column) -> Column:
    parts = {
        "indicator": F.lit(spec.id),
        "reading": F.lit(name),
        "track": F.lit(spec.track),
        "value": fields["value"].cast("double"),
        "unit": F.lit(spec.unit),
        "numerator": fields["numerator"],
        "denominator": fields.get("denominator", F.lit(None)).cast("decimal(38,4)"),
        "in_panel": fields["in_panel"],
        "label": f["why"],
        "mark": F.when(fields["late"], MARK),
        "line": f["line"],
        "divided": F.lit("denominator" in fields),
    }
    return F.struct(*[c.alias(n) for n, c in parts.items()])


def _amount(total: Column, spec: Spec) -> Column:
    return reading.amount(total, F.lit(spec.per_minor))


def _growth(spec: Spec, f: Column) -> Column:
    return _figure(
        spec,
        "same_firm",
        f,
        value=growth.firm_growth(f),
        numerator=_amount(f["c"], spec),
        denominator=_amount(f["r"], spec),
        in_panel=growth.in_panel(f),
        late=growth.in_panel(f) & (f["late_c"] | f["late_r"]),
    )


def _ratio(spec: Spec, f: Column) -> Column:
    return _figure(
        spec,
        "pooled",
        f,
        value=f["q"] * float(Fraction(spec.scale)),
        numerator=_amount(f["num"], spec),
        denominator=_amount(f["den"], spec),
        in_panel=f["why"] == "OK",
        late=f["late"],
    )


def _level(spec: Spec, f: Column) -> Column:
    amount = _amount(f["value"], spec)
    ok = f["why"] == "OK"
    return _figure(spec, "sum", f, value=amount, numerator=amount, in_panel=ok, late=f["late"])


_FIGURES = {"growth": _growth, "ratio": _ratio, "mean": _ratio, "level": _level}


def _figures(used: Used) -> list[Column]:
    """Return the single figures of a holder; of contracts there are several, which stay with their feed."""
    return [
        _FIGURES[indicator.family](spec, F.col(measure_column(spec.name)))
        for indicator, specs in used
        for spec in specs
        if indicator.family in _FIGURES and not indicator.of_contracts
    ]


def _listed(entities: DataFrame) -> DataFrame:
    """Return holders of a valid certificate that can be named: USCC and place known."""
    named = F.col("uscc").isNotNull() & F.col("unit").isNotNull()
    return entities.where(named & (F.size("valid_tiers") > 0))


def kpi_enterprise(entities: DataFrame, used: Used, tracks: list[Track], origins: Origins) -> DataFrame:
    """Return one row per holder and indicator, with its label and the lines of its parts.

    Parameters
    ----------
    entities : DataFrame
        Population with measures.
    used : list
        Indicators with their specs.
    tracks : list of Track
    origins : Origins
        Of the lines.
    """
    times = track_frame(entities.sparkSession, tracks).select("period", "track", "reference_period")
    long = _listed(entities).select(
        "period",
        F.col("unit").alias("region_code"),
        F.col("county").alias("county_code"),
        "uscc",
        "name",
        F.inline(F.array(*_figures(used))),
    )
    above, below = whole_line(F.col("line")), whole_line(F.col("line"), DEN)
    lines = [above[n].alias(n) for n in LINE_FIELDS]
    lines += [F.when(F.col("divided"), below[n]).alias(f"{DEN}{n}") for n in LINE_FIELDS]
    placed = long.join(F.broadcast(times), ["period", "track"], "left")
    kept = [c for c in placed.columns if c not in ("line", "track", "divided")]
    return origins.beside(placed).select(*kept, *lines)


def _tiers(programme: Programme) -> dict[str, Column]:
    """Tiers of a holder from the lowest to the highest, and the end of the highest one."""
    by_rank = sorted(programme.tiers, key=lambda t: t.rank)
    held = F.filter(F.array(*[F.lit(t.code) for t in by_rank]), lambda t: F.array_contains("valid_tiers", t))
    highest = F.get(held, F.size(held) - 1)
    ends = F.transform(F.filter("ends", lambda e: e["tier"] == highest), lambda e: e["valid_to"])
    return {
        "tiers": F.array_join(held, ","),
        "highest_tier": highest,
        "certificate_valid_to": F.array_max(ends),
    }


def enterprise_statement(
    entities: DataFrame,
    programme: Programme,
    regions: RegionMap,
    tracks: list[Track],
    dictionary: Mapping[str, Indicator],
    origins: Origins,
) -> DataFrame:
    """Return the wide, cleaned statement: one row per holder of a valid certificate.

    Parameters
    ----------
    entities : DataFrame
        Population with measures.
    programme : Programme
    regions : RegionMap
    tracks : list of Track
    dictionary : mapping
    origins : Origins
        Of the lines.
    """
    spark = entities.sparkSession
    revenue, rd = dictionary[REVENUE], dictionary[RD]
    m, q = F.col(measure_column(REVENUE)), F.col(measure_column(RD))
    times = track_frame(spark, tracks)
    months = times.where(F.col("track") == track_name(revenue, revenue.reads["current"])).select(
        "period", "months"
    )
    years = times.where(F.col("track") == track_name(rd, rd.reads["numerator"])).select(
        "period", F.col("year").alias("rd_year")
    )
    names = regions.label_frame(spark)
    line = whole_line(F.coalesce(m["line"], q["line"]))
    money = {
        "revenue": m["c"],
        "revenue_prior": m["r"],
        "rd_total": q["num"],
    }
    rows = origins.beside(_listed(entities)).withColumns(
        {
            **_tiers(programme),
            **{k: reading.amount(v, F.lit(_YUAN_PER_FEN)).cast("decimal(20,2)") for k, v in money.items()},
            "revenue_growth": growth.firm_growth(m),
            "rd_intensity": q["q"] * 100,
            **{n: line[n] for n in LINE_FIELDS},
        }
    )
    return (
        rows.withColumnsRenamed({"unit": "region_code", "county": "county_code"})
        .join(F.broadcast(months), "period", "left")
        .join(F.broadcast(years), "period", "left")
        .join(F.broadcast(names), "region_code", "left")
        .join(F.broadcast(names.toDF("county_code", "county_name")), "county_code", "left")
        .select(
            "period", "region_code", "region_name", "county_code", "county_name", "uscc", "name",
            "tiers", "highest_tier", "domain", "industry_code", *money, "revenue_growth", "rd_year",
            "rd_intensity", "staff_end", "certificate_valid_to", "months", *LINE_FIELDS,
        )
    )  # fmt: skip
