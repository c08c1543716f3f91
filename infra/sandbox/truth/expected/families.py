"""Families of figures from one row per firm (contract), cell and indicator: :data:`FIGURE` and whole hundredths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import pandas as pd

from infra.sandbox.truth.expected.lines import LINES
from infra.sandbox.truth.expected.rows import FIGURE, HUNDREDTHS, every, figures

LEAST_CHANGE = 0.1
"""Points of growth of the whole under which shares of it say nothing."""


def levels(firms: pd.DataFrame, lists: Mapping[str, bool], shown: pd.MultiIndex) -> pd.DataFrame:
    """Sums of ``now``.

    Parameters
    ----------
    firms : DataFrame
    lists : mapping
        Indicator -> whether it is a list: once it names anybody, nobody in a cell is 0.
    shown : MultiIndex
        Cells that such a 0 is shown in.
    """
    there = firms["now"].notna()
    sums = firms[FIGURE].assign(n=there, total=firms["now"]).groupby(FIGURE).sum()
    named = [i for i in firms.loc[there, "indicator"].unique() if lists[i]]
    sums = sums.reindex(sums.index.union(every(named, shown)), fill_value=0)
    total = sums["total"].where(sums["n"].gt(0) | sums.index.isin(named, level="indicator"))
    return figures("sum", total / HUNDREDTHS, sums["n"], numerator=total)


def coverage(firms: pd.DataFrame) -> pd.DataFrame:
    """Share of the firms of which a feed has a row (``there``); the feed stands in place of the indicator."""
    sums = firms.groupby(FIGURE)["there"].agg(["sum", "size"])
    n, scope = sums["sum"], sums["size"]
    feeds = sums.index.get_level_values("indicator")
    rates = figures(feeds, n / scope * 100, n, numerator=n * HUNDREDTHS, denominator=scope * HUNDREDTHS)
    return rates.assign(indicator="coverage_rate")


def growth(firms: pd.DataFrame, whole: pd.MultiIndex) -> Iterator[pd.DataFrame]:
    """Growth of current ``c`` over the restated base ``r`` and last year's own figure ``p``, with its bridge.

    Where nobody has either year there is no bridge.

    Parameters
    ----------
    firms : DataFrame
    whole : MultiIndex
        Figures whose contributions are shown: those of the province and of all units.
    """
    sums = _growth_sums(firms)
    for reading, (n, now, base) in {
        "same_firm": ("n", "c", "r"),
        "published_base": ("n_published", "c_published", "p_published"),
        "all_firm": ("n_all", "c_all", "p_all"),
    }.items():
        heads, above, below = sums[n], sums[now], sums[base]
        rate = (above - below) / below.where(below.gt(0) & heads.gt(0)) * 100
        yield figures(reading, rate, heads, above, below)
    bridge = sums[sums["n_all"].gt(0) | sums["n_exits"].gt(0)]
    change = (bridge["c"] - bridge["r"]) / HUNDREDTHS
    yield figures("amount_change", change, bridge["n"], bridge["c"], bridge["r"])
    for reading, n in {"restatement": "n", "entries": "n_entries", "exits": "n_exits"}.items():
        yield figures(reading, bridge[reading] / HUNDREDTHS, bridge[n], numerator=bridge[reading])
    yield from contributions(sums, whole)


def _growth_sums(firms: pd.DataFrame) -> pd.DataFrame:
    c, r, p = (firms[name] for name in "crp")
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
    return firms[FIGURE].assign(**parts).groupby(FIGURE).sum()


def contributions(sums: pd.DataFrame, whole: pd.MultiIndex) -> Iterator[pd.DataFrame]:
    """What each unit adds to the province's growth (points), and its share of the change."""
    sums = sums.reindex(whole, fill_value=0)
    level = sums.index.get_level_values("region_level")
    units, province = sums[level == "unit"], sums[level == "province"].droplevel([2, 3])
    own = units["c"] - units["r"]
    change, base = (
        pd.Series(amounts.reindex(units.index.droplevel([2, 3])).array, index=units.index)
        for amounts in (province["c"] - province["r"], province["r"])
    )
    positive = base.where(base > 0)
    points = own / positive * 100
    clear = (change / positive * 100).abs() >= LEAST_CHANGE
    share = own / change.where(clear & change.ne(0)) * 100
    yield figures("contribution", points, units["n"], own, base)
    yield figures("contribution_share", share, units["n"], own, change)


@dataclass(frozen=True)
class Ratio:
    """How a quotient is shown.

    Attributes
    ----------
    scale : Fraction
        Quotient times this is the value: 100 for per cent.
    signed : bool
        Whether a negative numerator counts (a loss).
    annualised : bool
        Whether the numerator is taken from the months since January to a whole year.
    """

    scale: Fraction = Fraction(100)
    signed: bool = False
    annualised: bool = False

    def over(self, months: int) -> Ratio:
        """Return the ratio of a flow over some months."""
        return replace(self, scale=self.scale * Fraction(12, months)) if self.annualised else self


def ratios(firms: pd.DataFrame, kinds: Mapping[str, Ratio]) -> Iterator[pd.DataFrame]:
    """Ratio of the sums of ``num`` and ``den``, with median, mean, quartiles and share of single ratios."""
    num, den = firms["num"], firms["den"]
    signed = firms["indicator"].map({name: kind.signed for name, kind in kinds.items()})
    known = num.notna() & den.gt(0).fillna(False) & (num.ge(0).fillna(False) | signed)
    rows = firms.loc[known.astype(bool), [*FIGURE, "num", "den"]].astype({"num": "int64", "den": "int64"})
    by = rows.assign(met=_met(rows, kinds)).groupby(FIGURE)
    sums, n = by[["num", "den", "met"]].sum(), by.size()
    scale = sums.index.get_level_values("indicator").map({k: float(v.scale) for k, v in kinds.items()})
    yield figures("pooled", sums["num"] / sums["den"] * scale, n, sums["num"], sums["den"])
    single = rows.assign(q=rows["num"] / rows["den"]).groupby(FIGURE)["q"]
    for reading, values in {
        "median": single.median(),
        "mean": single.mean(),
        "p25": single.quantile(0.25),
        "p75": single.quantile(0.75),
    }.items():
        yield figures(reading, values * scale, n)
    lined = sums.index.isin(list(LINES), level="indicator")
    met, n = sums["met"][lined], n[lined]
    yield figures("share", met / n * 100, n, met * HUNDREDTHS, n * HUNDREDTHS)


def _met(rows: pd.DataFrame, kinds: Mapping[str, Ratio]) -> pd.Series:
    """Compare with the lines in whole numbers: num x scale against line x den, each times both denominators."""
    parts = [pd.Series(dtype="bool")]
    for name, own in rows.groupby("indicator"):
        if line := LINES.get(name):
            scale = kinds[name].scale
            left = own["num"] * (scale.numerator * line.value.denominator)
            right = own["den"] * (line.value.numerator * scale.denominator)
            parts.append(left <= right if line.cap else left >= right)
    return pd.concat(parts).reindex(rows.index, fill_value=False)
