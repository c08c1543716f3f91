"""Levels: the sum of a value over the entities in scope that report it (methods.md §0)."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi import cells, reading
from jobs.kpi.pending import nothing_waits
from jobs.kpi.reading import count_if, named, part, quotient
from jobs.kpi.spec import SOURCES, Spec, literals

REASONS = ("OUT_OF_SCOPE", "NO_REPORT", "QUARANTINED", "UNIT_SUSPECT", "MISSING_NUM")


def prepare(m: Column, waits: Column) -> Column:
    """Add to a measure struct ``why``: OK for a usable value, else the first reason that applies."""
    why = (
        F.when(m["flag"].isNotNull(), m["flag"])
        .when(m["value"].isNull() & waits["now"], "QUARANTINED")
        .when(m["line"].isNull(), "NO_REPORT")
        .when(m["value"].isNull(), "MISSING_NUM")
        .otherwise("OK")
    )
    late = (why == "OK") & waits["now"]
    fields = {"value": m["value"], "why": why, "late": late, "source": m["source"], "line": m["line"]}
    return F.struct(*[x.alias(n) for n, x in fields.items()])


def parts(f: Column) -> dict[str, Column]:
    """Return what each prepared entity adds to a cell."""
    ok = f["why"] == "OK"
    sums = {
        "scope": count_if(F.lit(True)),
        "n": count_if(ok),
        "late": count_if(f["late"]),
        "total": F.when(ok, f["value"]),
    }
    sums |= {f"x_{x}": count_if(f["why"] == x) for x in REASONS}
    return sums | {f"src_{x}": count_if(ok & (f["source"] == x)) for x in SOURCES}


def readings() -> list[Column]:
    """Return the sum of folded cells.

    The sum of an empty set is null, not 0; only of a list that names somebody (``listed``) nobody is 0.
    """
    n = part("n")
    known = (n > 0) | (F.col("absent_zero") & part("listed"))
    total = F.when(known, reading.amount(part("total")))
    return [
        reading.reading(
            "sum",
            F.col("value_name"),
            value=total.cast("double"),
            numerator=total,
            n=n,
            n_scope=part("scope"),
            n_excluded=reading.reasons(REASONS),
            n_by_source=reading.by_source(),
            coverage=quotient(n, part("scope")),
            n_pending=part("late"),
            status=F.when(known, "OK").otherwise("EMPTY"),
        )
    ]


def level(frame: DataFrame, by: list[str], spec: Spec) -> DataFrame:
    """Compute a level of any measure frame: ``by`` and one row per cell."""
    rows = frame.withColumn("m", prepare(F.col("m"), nothing_waits()))
    folded = cells.fold(rows, by, named(parts(F.col("m"))), {})
    shared = folded.withColumns({**literals(spec), **named({"listed": F.lit(False)})})
    return shared.select(*by, F.inline(F.array(*readings())))
