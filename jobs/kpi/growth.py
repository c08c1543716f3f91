"""Same-firm growth with its variants, bridge and contributions (methods.md §2, 同口径增长).

Per firm: C current, R the same period of last year as written in the current form, P last year's own
published figure. A form without an R column has R := P for every firm (``prior_return``), never mixed
inside a form. The panel M is the firms with C and R.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi import cells, reading
from jobs.kpi.measures import NO_PRED
from jobs.kpi.pending import nothing_waits
from jobs.kpi.reading import count_if, named, part, quotient
from jobs.kpi.spec import SOURCES, Spec, literals

REASONS = (
    "OUT_OF_SCOPE", "NO_REPORT", "QUARANTINED", "UNIT_SUSPECT", NO_PRED, "NEW", "BASE_MISSING", "GONE",
)  # fmt: skip
"""Why a firm is not in the panel; exactly one each."""


def prepare(m: Column, base_kind: str, waits: Column) -> Column:
    """Turn a measure struct (value, base, prior, flag, source, line) into C, R, P and a label.

    Parameters
    ----------
    m : Column
    base_kind : str
        ``own_form``: R is the form's own 上年同期; ``prior_return``: R := P.
    waits : Column
        Which rows of the firm stand in quarantine.

    Returns
    -------
    Column
        Struct c, r, p (blank where the row must not be used), why, late_c and late_p (an old value, its
        correction is in quarantine), source, line. ``why`` is OK, ZERO_BASE, NEG_BASE or TO_LOSS for firms
        of the panel, else why the firm is not in it. Of a quarter alone whose predecessor is missing nothing is
        known: the firm is in no sum, and stands neither among those that came nor among those that went.
    """
    usable, by_prior = m["flag"].isNull(), base_kind == "prior_return"
    base = m["prior"] if by_prior else m["base"]
    c, r, p = (F.when(usable, x) for x in (m["value"], base, m["prior"]))
    held = c.isNull() & waits["now"]
    if by_prior:
        held = held | (m["value"].isNotNull() & r.isNull() & waits["before"])
    late_c, late_p = c.isNotNull() & waits["now"], p.isNotNull() & waits["before"]
    late_r = late_p if by_prior else late_c
    why = (
        F.when(m["flag"] != NO_PRED, m["flag"])
        .when(held, "QUARANTINED")
        .when(m["flag"] == NO_PRED, NO_PRED)
        .when(c.isNull() & r.isNull() & p.isNull(), "NO_REPORT")
        .when(c.isNull(), "GONE")
        .when(r.isNull() & p.isNotNull(), "BASE_MISSING")
        .when(r.isNull(), "NEW")
        .when(r == 0, "ZERO_BASE")
        .when(r < 0, "NEG_BASE")
        .when(c < 0, "TO_LOSS")
        .otherwise("OK")
    )
    fields = {"c": c, "r": r, "p": p, "why": why, "late_c": late_c, "late_r": late_r, "late_p": late_p}
    fields |= {"source": m["source"], "line": m["line"]}
    return F.struct(*[x.alias(n) for n, x in fields.items()])


def loss_words(f: Column) -> Column:
    """Return the words for changes of sign, null where growth is an ordinary rate."""
    c, r = f["c"], f["r"]
    return (
        F.when((r < 0) & (c >= 0), "扭亏为盈")
        .when((r < 0) & (c > r), "减亏")
        .when((r < 0) & (c < r), "增亏")
        .when((r > 0) & (c < 0), "由盈转亏")
    )


def in_panel(f: Column) -> Column:
    """Return whether a prepared firm is in the panel M: a reported 0 is."""
    return f["c"].isNotNull() & f["r"].isNotNull()


def firm_growth(f: Column) -> Column:
    """Return a prepared firm's growth in per cent, null unless its label is OK."""
    return F.when(f["why"] == "OK", quotient(f["c"] - f["r"], f["r"]) * 100)


def parts(f: Column) -> dict[str, Column]:
    """Return what each prepared firm adds to a cell; everything else follows from these sums."""
    c, r, p = f["c"], f["r"], f["p"]
    p0 = F.coalesce(p, F.lit(0))
    has_c, has_p, panel = c.isNotNull(), p.isNotNull(), in_panel(f)
    entry, exit_ = has_c & r.isNull(), c.isNull() & has_p
    late, late_p = f["late_c"] | f["late_r"], f["late_p"]
    sums = {
        "scope": count_if(F.lit(True)),
        "n": count_if(panel),
        "c": F.when(panel, c),
        "r": F.when(panel, r),
        "pub_n": count_if(has_c & has_p),
        "pub_c": F.when(has_c & has_p, c),
        "pub_p": F.when(has_c & has_p, p),
        "all_n": count_if(has_c),
        "all_c": c,
        "all_p": p,
        "restated": F.when(panel, r - p0),
        "entry_n": count_if(entry),
        "entry": F.when(entry, c - p0),
        "exit_n": count_if(exit_),
        "exit": F.when(exit_, p),
    }
    sums |= {
        "late": count_if(panel & late),
        "pub_late": count_if(has_c & has_p & (f["late_c"] | late_p)),
        "all_late": count_if(f["late_c"] | late_p),
        "restated_late": count_if(panel & (f["late_r"] | late_p)),
        "entry_late": count_if(entry & (f["late_c"] | late_p)),
        "exit_late": count_if(exit_ & late_p),
    }
    sums |= {f"x_{x}": count_if(f["why"] == x) for x in REASONS}
    return sums | {f"src_{x}": count_if(panel & (f["source"] == x)) for x in SOURCES}


def derived() -> dict[str, Column]:
    """Return columns of a folded cell that several readings share."""
    return {
        "excluded": reading.reasons(REASONS),
        "by_source": reading.by_source(),
        "coverage": quotient(part("n"), part("scope")),
    }


def _status(n: Column, base: Column) -> Column:
    few = n < F.col("few")
    return F.when(n == 0, "EMPTY").when(base <= 0, "NOT_COMPARABLE").when(few, "FEW").otherwise("OK")


def _rates() -> list[Column]:
    """Headline and the two variants that stand beside it."""
    variants = (
        ("same_firm", "n", "c", "r", "late"),
        ("published_base", "pub_n", "pub_c", "pub_p", "pub_late"),
        ("all_firm", "all_n", "all_c", "all_p", "all_late"),
    )
    found = []
    for name, n_of, c_of, r_of, late_of in variants:
        n, c, r = part(n_of), part(c_of), part(r_of)
        headline = name == "same_firm"
        found.append(
            reading.reading(
                name,
                F.col("value_name"),
                value=F.when((n > 0) & (r > 0), quotient(c - r, r) * 100),
                numerator=F.when(n > 0, reading.amount(c)),
                denominator=F.when(n > 0, reading.amount(r)),
                n=n,
                n_scope=part("scope"),
                n_excluded=part("excluded") if headline else reading.remainder(n, part("scope")),
                n_by_source=part("by_source") if headline else reading.no_map(),
                n_pending=part(late_of),
                coverage=quotient(n, part("scope")),
                status=_status(n, r),
                note=F.concat(F.lit("base_kind="), F.col("base_kind"), _without_predecessor()),
            )
        )
    return found


def _without_predecessor() -> Column:
    """Say of how many firms the quarter alone is unknown."""
    said = F.concat(F.lit("；缺上季累计 "), part(f"x_{NO_PRED}").cast("string"), F.lit(" 户，未计入"))
    return F.when(part(f"x_{NO_PRED}") > 0, said).otherwise("")


def _amounts() -> list[Column]:
    """Amount change and the bridge from last year's to this year's total; balances to 0 分.

    Where nobody reported for either year there is no bridge: the sum of nothing is null, not 0.
    """
    now, before = (reading.amount(part(side)) for side in ("c", "r"))
    items: tuple[tuple[str, str, str, Column, dict[str, Column]], ...] = (
        ("amount_change", "n", "late", part("c") - part("r"), {"numerator": now, "denominator": before}),
        ("restatement", "n", "restated_late", part("restated"), {}),
        ("entries", "entry_n", "entry_late", part("entry"), {}),
        ("exits", "exit_n", "exit_late", part("exit"), {}),
    )
    there = part("all_n") + part("exit_n") > 0
    found = []
    for name, n_of, late_of, total, sides in items:
        value = F.when(there, reading.amount(total))
        found.append(
            reading.reading(
                name,
                F.col("amount_name"),
                value=value.cast("double"),
                n=part(n_of),
                n_scope=part("scope"),
                n_excluded=reading.remainder(part(n_of), part("scope")),
                n_pending=part(late_of),
                coverage=quotient(part(n_of), part("scope")),
                status=F.when(there, "OK").otherwise("EMPTY"),
                **({k: F.when(there, v) for k, v in sides.items()} or {"numerator": value}),
            )
        )
    return found


def readings() -> list[Column]:
    """Return every reading of folded cells that need no other cell."""
    return _rates() + _amounts()


def growth(frame: DataFrame, by: list[str], spec: Spec) -> DataFrame:
    """Compute growth of any measure frame: firms or regions, any key.

    Parameters
    ----------
    frame : DataFrame
        Columns ``m`` (struct value, base, prior, flag, source, line) and those of ``by``; one row per
        entity in scope.
    by : list of str
        Columns of the cells.
    spec : Spec

    Returns
    -------
    DataFrame
        ``by`` and one row per reading.
    """
    rows = frame.withColumn("m", prepare(F.col("m"), spec.base_kind, nothing_waits()))
    folded = cells.fold(rows, by, named(parts(F.col("m"))), {})
    shared = folded.withColumns({**literals(spec), **named(derived())})
    return shared.select(*by, F.inline(F.array(*readings())))
