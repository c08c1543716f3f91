"""Levels: the sum of a value over the entities in scope that report it (methods.md §0)."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi import cells, reading
from jobs.kpi.pending import nothing_waits
from jobs.kpi.reading import count_if, named, part_of, quotient

REASONS = ("OUT_OF_SCOPE", "NO_REPORT", "QUARANTINED", "UNIT_SUSPECT", "MISSING_NUM")


@dataclass(frozen=True)
class Spec:
    """What the level functions must know of an indicator."""

    id: str
    track: str = ""
    unit: str = "元"
    minor: int = 100
    sources: tuple[str, ...] = ("statistics",)


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


def parts(f: Column, spec: Spec) -> dict[str, Column]:
    """Return what each prepared entity adds to a cell."""
    ok = f["why"] == "OK"
    sums = {
        "scope": count_if(F.lit(True)),
        "n": count_if(ok),
        "late": count_if(f["late"]),
        "total": F.when(ok, f["value"]),
    }
    sums |= {f"x_{x}": count_if(f["why"] == x) for x in REASONS}
    return sums | {f"src_{x}": count_if(ok & (f["source"] == x)) for x in spec.sources}


def readings(spec: Spec) -> list[Column]:
    """Return the sum of folded cells; the sum of an empty set is null, not 0."""
    part = part_of(spec.id)
    n = part("n")
    total = F.when(n > 0, reading.amount(part("total"), spec.minor))
    return [
        reading.reading(
            spec.id,
            "sum",
            spec.track,
            spec.unit,
            value=total.cast("double"),
            numerator=total,
            n=n,
            n_scope=part("scope"),
            n_excluded=reading.reasons(part, REASONS),
            n_by_source=reading.by_source(part, spec.sources),
            coverage=quotient(n, part("scope")),
            n_pending=part("late"),
            status=F.when(n == 0, "EMPTY").otherwise("OK"),
        )
    ]


def level(frame: DataFrame, by: list[str], spec: Spec) -> DataFrame:
    """Compute a level of any measure frame: ``by`` and one row per cell."""
    rows = frame.withColumn("m", prepare(F.col("m"), nothing_waits()))
    folded = cells.fold(rows, by, named(spec.id, parts(F.col("m"), spec)), {})
    return folded.select(*by, F.inline(F.array(*readings(spec))))
