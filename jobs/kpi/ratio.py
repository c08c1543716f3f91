"""Ratio indicators: ratio of sums, with median, compliance share, mean and quartiles (methods.md §3).

The ratio of sums is the headline; the mean of ratios is for information and never stands alone.
"""

from __future__ import annotations

from fractions import Fraction

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi import cells, reading
from jobs.kpi.pending import nothing_waits
from jobs.kpi.reading import count_if, named, part, quotient
from jobs.kpi.spec import SOURCES, Spec, literals

REASONS = (
    "OUT_OF_SCOPE",
    "NO_REPORT",
    "QUARANTINED",
    "UNIT_SUSPECT",
    "MISSING_NUM",
    "MISSING_DEN",
    "ZERO_DEN",
    "NEG_DEN",
    "NEG_NUM",
)
"""Why a firm is not eligible, in order; exactly one each."""

BY_COUNT, BY_SIZE = Fraction(60, 100), Fraction(80, 100)
"""Coverage below which the figure is marked LOW_COVERAGE."""


def prepare(m: Column, waits: Column, spec: Spec) -> Column:
    """Turn a pair struct (num, den, flag, source, line) into one with ``why``, the ratio ``q`` and ``met``.

    ``why`` is OK for an eligible entity, else the first reason that applies; a numerator that may be
    negative (profit) excludes nobody.
    """
    num, den, flag = m["num"], m["den"], m["flag"]
    held = (num.isNull() & waits["now"]) | (den.isNull() & waits["den"])
    why = (
        F.when(flag == "OUT_OF_SCOPE", flag)
        .when(held & flag.isNull(), "QUARANTINED")
        .when(num.isNull() & den.isNull() & flag.isNull(), "NO_REPORT")
        .when(flag.isNotNull(), flag)
        .when(num.isNull(), "MISSING_NUM")
        .when(den.isNull(), "MISSING_DEN")
        .when(den == 0, "ZERO_DEN")
        .when(den < 0, "NEG_DEN")
        .when((num < 0) & F.lit(not spec.signed), "NEG_NUM")
        .otherwise("OK")
    )
    q = F.when(why == "OK", quotient(num, den))
    late = (why == "OK") & (waits["now"] | waits["den"])
    fields = {
        "num": num,
        "den": den,
        "why": why,
        "q": q,
        "met": (why == "OK") & meets(num, den, spec),
        "late": late,
        "there": m["line"].isNotNull(),
        "source": m["source"],
        "line": m["line"],
    }
    return F.struct(*[x.alias(n) for n, x in fields.items()])


def meets(num: Column, den: Column, spec: Spec) -> Column:
    """Compare with the line by cross-multiplication of whole numbers; the boundary counts as met."""
    line = spec.exact_line
    wide = "decimal(38,0)"
    left = num.cast("decimal(20,0)") * F.lit(line.denominator).cast("decimal(12,0)")
    right = den.cast("decimal(20,0)") * F.lit(line.numerator).cast("decimal(12,0)")
    left, right = left.cast(wide), right.cast(wide)
    return left <= right if spec.line_is_cap else left >= right


def parts(f: Column) -> dict[str, Column]:
    """Return what each prepared entity adds to a cell."""
    ok = f["why"] == "OK"
    sums = {
        "scope": count_if(F.lit(True)),
        "n": count_if(ok),
        "late": count_if(f["late"]),
        "there": count_if(f["there"]),
        "num": F.when(ok, f["num"]),
        "den": F.when(ok, f["den"]),
        "known_den": F.when(f["den"] > 0, f["den"]),
        "met": count_if(f["met"]),
    }
    sums |= {f"x_{x}": count_if(f["why"] == x) for x in REASONS}
    return sums | {f"src_{x}": count_if(ok & (f["source"] == x)) for x in SOURCES}


def single(f: Column) -> Column:
    """Return the ratio of an eligible entity, for quantiles and the mean."""
    return f["q"]


def derived() -> dict[str, Column]:
    """Return columns of a folded cell that several readings share."""
    return {
        "ordered": F.sort_array(part("q")),
        "excluded": reading.reasons(REASONS),
        "by_source": reading.by_source(),
        "coverage": quotient(part("n"), part("scope")),
        "status": status(),
    }


def quantile(values: Column, p: float) -> Column:
    """Quantile type 7 of an ascending array; null when empty."""
    n = F.size(values)
    h = (n - 1) * F.lit(p)
    low = F.floor(h).cast("int")
    at_low = F.get(values, low)
    at_high = F.get(values, F.least(low + 1, n - 1))
    return F.when(n > 0, at_low + (h - low) * (at_high - at_low))


def mean(values: Column) -> Column:
    """Mean of an ascending array, added in that order so that the result never depends on the run."""
    total = F.aggregate(values, F.lit(0.0), lambda a, x: a + x)
    return F.when(F.size(values) > 0, total / F.size(values))


def status() -> Column:
    """EMPTY, LOW_COVERAGE, SINGLE or OK of a folded cell."""
    n, scope = part("n"), part("scope")
    few = n * BY_COUNT.denominator < scope * BY_COUNT.numerator
    wide = [
        part(c).cast("decimal(20,0)") * F.lit(f).cast("decimal(6,0)")
        for c, f in (("den", BY_SIZE.denominator), ("known_den", BY_SIZE.numerator))
    ]
    found = F.when(n == 0, "EMPTY").when(few | (wide[0] < wide[1]), "LOW_COVERAGE")
    return found.when((n == 1) & F.col("single"), "SINGLE").otherwise("OK")


def readings() -> list[Column]:
    """Return every reading of folded cells, the headline first."""
    n = part("n")
    ordered = part("ordered")
    money = {
        "numerator": F.when(n > 0, reading.amount(part("num"))),
        "denominator": F.when(n > 0, reading.amount(part("den"))),
    }
    heads = {
        "numerator": F.when(n > 0, reading.whole(part("met"))),
        "denominator": F.when(n > 0, reading.whole(n)),
    }
    kinds: list[tuple[str, Column, dict[str, Column]]] = [
        ("pooled", F.when(n > 0, quotient(part("num"), part("den"))), money),
        ("median", quantile(ordered, 0.5), {}),
        ("mean", mean(ordered), {}),
        ("p25", quantile(ordered, 0.25), {}),
        ("p75", quantile(ordered, 0.75), {}),
    ]
    kinds.append(("share", F.when((n > 0) & F.col("has_line"), quotient(part("met"), n)), heads))
    by_size = quotient(part("den"), part("known_den"))
    common = {
        "n": n,
        "n_scope": part("scope"),
        "n_excluded": part("excluded"),
        "n_by_source": part("by_source"),
        "n_pending": part("late"),
        "coverage": part("coverage"),
        "status": part("status"),
        "note": F.when(by_size.isNotNull(), F.format_string("coverage_by_size=%.4f", by_size)),
    }
    yearly = F.when(F.col("annualised"), F.lit(12) / F.col("months")).otherwise(F.lit(1.0))
    found = []
    for name, value, sides in kinds:
        share = name == "share"
        scaled = value * 100 if share else value * F.col("scale") * yearly
        unit = F.lit("%") if share else F.col("value_name")
        found.append(reading.reading(name, unit, value=scaled, **sides, **common))
    return found


def ratio(frame: DataFrame, by: list[str], spec: Spec) -> DataFrame:
    """Compute a ratio indicator of any measure frame (struct ``m``: num, den, flag, source, line).

    Parameters
    ----------
    frame : DataFrame
        One row per entity in scope.
    by : list of str
        Columns of the cells.
    spec : Spec

    Returns
    -------
    DataFrame
        ``by`` and one row per reading.
    """
    rows = frame.withColumn("m", prepare(F.col("m"), nothing_waits(), spec))
    m = F.col("m")
    folded = cells.fold(rows, by, named(parts(m)), named({"q": single(m)}))
    shared = folded.withColumns({**literals(spec), "months": F.lit(12), **named(derived())})
    found = shared.select(*by, F.inline(F.array(*readings())))
    return found if spec.line is not None else found.where("reading != 'share'")
