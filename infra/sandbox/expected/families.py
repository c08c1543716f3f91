"""Families of figures, each from one row per firm (contract) and cell: :data:`CELL` and whole minor units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from infra.sandbox.expected.lines import LINES, Line
from infra.sandbox.expected.rows import CELL, figures

LEAST_CHANGE = 0.1
"""Points of growth of the whole under which shares of it say nothing."""


def level(
    cells: pd.DataFrame, whole: pd.MultiIndex, indicator: str, digits: int, is_list: bool
) -> pd.DataFrame:
    """Sum of ``now``; of a list that names anybody, nobody in a cell is 0."""
    there = cells["now"].notna()
    sums = cells[CELL].assign(n=there, total=cells["now"]).groupby(CELL).sum()
    named = is_list and bool(there.any())
    if named:
        sums = sums.reindex(sums.index.union(whole), fill_value=0)
    total = sums["total"].where(sums["n"].gt(0) | named)
    return figures(
        indicator, "sum", total / 10**digits, sums["n"], numerator=sums["total"], digits=(digits, 0)
    )


def coverage(cells: pd.DataFrame, feed: str) -> pd.DataFrame:
    """Share of the firms of which the feed has a row (``there``)."""
    sums = cells.groupby(CELL)["there"].agg(["sum", "size"])
    n, scope = sums["sum"], sums["size"]
    return figures("coverage_rate", feed, n / scope * 100, n, numerator=n, denominator=scope)


def growth(cells: pd.DataFrame, whole: pd.MultiIndex, indicator: str, digits: int) -> Iterator[pd.DataFrame]:
    """Growth of current ``c`` over the restated base ``r`` and last year's own figure ``p``, with its bridge."""
    sums = _growth_sums(cells)
    both = (digits, digits)
    for reading, (n, now, base) in {
        "same_firm": ("n", "c", "r"),
        "published_base": ("n_published", "c_published", "p_published"),
        "all_firm": ("n_all", "c_all", "p_all"),
    }.items():
        heads, above, below = sums[n], sums[now], sums[base]
        rate = ((above - below) / below.where(below.gt(0) & heads.gt(0)) * 100).astype("Float64")
        yield figures(indicator, reading, rate, heads, above, below, both)
    change = sums["c"] - sums["r"]
    yield figures(indicator, "amount_change", change / 10**digits, sums["n"], sums["c"], sums["r"], both)
    for reading, n in {"restatement": "n", "entries": "n_entries", "exits": "n_exits"}.items():
        amount = sums[reading]
        yield figures(indicator, reading, amount / 10**digits, sums[n], amount, digits=both)
    yield from contributions(sums, whole, indicator, digits)


def _growth_sums(cells: pd.DataFrame) -> pd.DataFrame:
    c, r, p = (cells[name].astype("Int64") for name in "crp")
    own = p.fillna(0)
    panel, published = c.notna() & r.notna(), c.notna() & p.notna()
    entry, gone = c.notna() & r.isna(), c.isna() & p.notna()
    parts = {
        "n": panel, "c": c.where(panel), "r": r.where(panel),
        "n_published": published, "c_published": c.where(published), "p_published": p.where(published),
        "n_all": c.notna(), "c_all": c, "p_all": p,
        "restatement": (r - own).where(panel),
        "n_entries": entry, "entries": (c - own).where(entry),
        "n_exits": gone, "exits": p.where(gone),
    }  # fmt: skip
    return cells[CELL].assign(**parts).groupby(CELL).sum()


def contributions(
    sums: pd.DataFrame, whole: pd.MultiIndex, indicator: str, digits: int
) -> Iterator[pd.DataFrame]:
    """What each unit adds to the province's growth (points), and its share of the change."""
    sums = sums.reindex(sums.index.union(whole), fill_value=0)
    level_of = sums.index.get_level_values("region_level")
    units, province = sums[level_of == "unit"], sums[level_of == "province"].droplevel([1, 2])
    tier = units.index.get_level_values("tier")
    own = units["c"] - units["r"]
    change, base = (
        pd.Series(amounts.reindex(tier).to_numpy(), index=units.index)
        for amounts in (province["c"] - province["r"], province["r"])
    )
    positive = base.where(base > 0)
    points = own / positive * 100
    clear = (change / positive * 100).abs() >= LEAST_CHANGE
    share = own / change.where(clear & change.ne(0)) * 100
    both = (digits, digits)
    yield figures(indicator, "contribution", points, units["n"], own, base, both)
    yield figures(indicator, "contribution_share", share, units["n"], own, change, both)


@dataclass(frozen=True)
class Ratio:
    """What becomes of numerator and denominator.

    Attributes
    ----------
    digits : tuple of int
        Decimal digits of the minor units of both.
    factor : Fraction
        The quotient of minor units times this is the value.
    signed : bool
        Whether a negative numerator counts (a loss).
    """

    digits: tuple[int, int] = (2, 2)
    factor: Fraction = Fraction(100)
    signed: bool = False


def ratio(cells: pd.DataFrame, indicator: str, of: Ratio) -> Iterator[pd.DataFrame]:
    """Ratio of the sums of ``num`` and ``den``, with median, mean, quartiles and share of single ratios."""
    num, den = cells["num"].astype("Int64"), cells["den"].astype("Int64")
    known = num.notna() & den.gt(0).fillna(False) & (num.ge(0).fillna(False) | of.signed)
    num, den = num.where(known), den.where(known)
    line = LINES.get(indicator)
    met = _meets(num, den, of.factor, line) if line else known
    frame = cells[CELL].assign(n=known, num=num, den=den, met=met.fillna(False))
    sums = frame.groupby(CELL).sum()
    n, factor = sums["n"], float(of.factor)
    pooled = sums["num"] / sums["den"].where(n.gt(0)) * factor
    yield figures(indicator, "pooled", pooled, n, sums["num"], sums["den"], of.digits)
    single = frame[CELL].assign(q=(num / den).astype("float64")).groupby(CELL)["q"]
    for reading, values in {
        "median": single.median(),
        "mean": single.mean(),
        "p25": single.quantile(0.25),
        "p75": single.quantile(0.75),
    }.items():
        yield figures(indicator, reading, values * factor, n)
    if line:
        share = sums["met"] / n.where(n.gt(0)) * 100
        yield figures(indicator, "share", share, n, sums["met"], n)


def _meets(num: pd.Series, den: pd.Series, factor: Fraction, line: Line) -> pd.Series:
    """Compare whole numbers: num x factor against line x den, each times both denominators."""
    left = num * factor.numerator * line.value.denominator
    right = den * line.value.numerator * factor.denominator
    return left <= right if line.cap else left >= right
