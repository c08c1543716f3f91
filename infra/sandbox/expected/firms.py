"""The indicators on firms: which values of which feed each one takes, and what family works it out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import NamedTuple

import pandas as pd

from infra.sandbox.expected import families
from infra.sandbox.expected.cells import Population
from infra.sandbox.expected.families import Ratio
from infra.sandbox.expected.quarter import ONE, YUAN, Quarter

MONEY, HEADS = 2, 0
"""Digits of the minor units."""
SMALL, MIDDLE = 5_000_000, 10_000_000
"""Sizes of guarantees, in 元."""
A_SHARES = ("北交所", "A股主板", "科创板", "创业板")
ANY_EXCHANGE = (*A_SHARES, "境外")
SINCE = "2022-01-01"
REGIONAL, LISTED = "区域股权市场（专精特新板）", "已上市挂牌"
ON_THE_WAY = ("后备入库", "辅导备案", "申报受理")

Values = Callable[[Quarter], pd.Series]
Frame = Callable[[Quarter], pd.DataFrame]


class Level(NamedTuple):
    """A sum; of a list, who is not named counts as 0."""

    values: Values
    digits: int
    is_list: bool = False


class Growth(NamedTuple):
    """Growth of ``c`` over ``r`` and ``p``."""

    frame: Frame
    digits: int


class Shares(NamedTuple):
    """Ratio of ``num`` and ``den`` by USCC; ``everybody``: who has no row counts with 0."""

    frame: Frame
    ratio: Ratio
    everybody: bool = False


def _own_base(item: str) -> Frame:
    """Base as restated in the form itself."""
    return lambda q: pd.DataFrame(
        {"c": q.statement(item), "r": q.statement(f"{item}_prior"), "p": q.statement(item, years=1)}
    )


def _by_prior(now: Values, before: Values) -> Frame:
    """A form without a base column: last year's own figure is the base."""
    return lambda q: pd.DataFrame({"c": now(q), "r": before(q), "p": before(q)})


def _single_quarter(q: Quarter) -> pd.DataFrame:
    """Revenue of the quarter alone: the difference of two cumulatives."""
    frame = _own_base("revenue")
    if q.months == 3:
        return frame(q)
    now, before = frame(q).astype("Int64").align(frame(q.back(1)).astype("Int64"))
    return now - before


def _ratio(above: Values, below: Values) -> Frame:
    return lambda q: pd.DataFrame({"num": above(q), "den": below(q)})


def _per_firm(values: Values) -> Frame:
    def frame(q: Quarter) -> pd.DataFrame:
        own = values(q).dropna()
        return pd.DataFrame({"num": own, "den": pd.Series(1, index=own.index)})

    return frame


def _flow(item: str) -> Values:
    return lambda q: q.statement(item)


def _heads(item: str) -> Values:
    return lambda q: q.of_month("finance", item)


def _staff(item: str) -> Values:
    return lambda q: q.of_quarter("staff", item)


def _patents(item: str) -> Values:
    return lambda q: q.of_quarter("patents", item)


def _yearly(table: str, item: str, unit: int | None = None, lag: int = 0) -> Values:
    """Item of the reference year that the table itself sets."""
    more = () if unit is None else (unit,)
    return lambda q: q.of_year(table, item, q.reference_year(table) - lag, *more)


def _beside(table: str, item: str, unit: int | None = None, lag: int = 0) -> Values:
    """Item of the December statement of the reference year that a table sets."""
    more = () if unit is None else (unit,)
    return lambda q: q.year_total(item, q.reference_year(table) - lag, *more)


def _intensity(lag: int) -> Shares:
    return Shares(_ratio(_yearly("rd", "rd_total", lag=lag), _beside("rd", "revenue", lag=lag)), Ratio())


def _revenue_of_the_year(q: Quarter) -> pd.Series:
    """Revenue of the last full year; at the end of a year the statements of all its months are in."""
    return q.year_total("revenue", q.year if q.months == 12 else q.year - 1)


def _listing(chosen: Callable[[pd.DataFrame, Quarter], pd.Series]) -> Level:
    """Number of firms with a line in the list that is chosen."""

    def values(q: Quarter) -> pd.Series:
        rows = q.contracts("fin_listing")
        if rows.empty:
            return pd.Series(dtype="Int64")
        return chosen(rows, q).astype("int64").groupby(rows["firm"]).max()

    return Level(values, HEADS, is_list=True)


def _on(rows: pd.DataFrame, boards: tuple[str, ...]) -> pd.Series:
    return rows["board"].isin(boards) & rows["reserve_status"].eq(LISTED)


def _since(rows: pd.DataFrame, first: str, q: Quarter) -> pd.Series:
    return rows["listed_date"].fillna("").between(first, q.day.date().isoformat())


LEVELS: dict[str, Level] = {
    "revenue": Level(_flow("revenue"), MONEY),
    "total_profit": Level(_flow("total_profit"), MONEY),
    "staff_total": Level(_staff("staff_end"), HEADS),
    "loan_balance": Level(Quarter.loans, MONEY),
    "listed_neeq": _listing(lambda rows, q: _on(rows, ("新三板",))),
    "listed_a": _listing(lambda rows, q: _on(rows, A_SHARES)),
    "listed_any": _listing(lambda rows, q: _on(rows, ANY_EXCHANGE)),
    "listed_a_year": _listing(lambda rows, q: _on(rows, A_SHARES) & _since(rows, f"{q.year}-01-01", q)),
    "listed_new": _listing(lambda rows, q: _on(rows, ANY_EXCHANGE) & _since(rows, SINCE, q)),
    "equity_board": _listing(lambda rows, q: rows["board"].eq(REGIONAL)),
    "listing_reserve": _listing(
        lambda rows, q: rows["reserve_status"].isin(ON_THE_WAY) & rows["board"].ne(REGIONAL)
    ),
}
GROWTHS: dict[str, Growth] = {
    "revenue_growth": Growth(_own_base("revenue"), MONEY),
    "revenue_quarter_growth": Growth(_single_quarter, MONEY),
    "profit_growth": Growth(_own_base("total_profit"), MONEY),
    "rd_growth": Growth(_by_prior(_yearly("rd", "rd_total"), _yearly("rd", "rd_total", lag=1)), MONEY),
    "rd_growth_deduction": Growth(
        _by_prior(_yearly("tax_deduction", "base", ONE), _yearly("tax_deduction", "base", ONE, lag=1)), MONEY
    ),
    "staff_growth": Growth(
        _by_prior(_staff("staff_end"), lambda q: q.back(4).of_quarter("staff", "staff_end")), HEADS
    ),
    "loan_growth": Growth(_by_prior(Quarter.loans, lambda q: q.back(4).loans()), MONEY),
}
HEADS_SHARE = Ratio(digits=(HEADS, HEADS))
PER_FIRM = Ratio(digits=(HEADS, HEADS), factor=Fraction(1))
SHARES: dict[str, Shares] = {
    "profit_margin": Shares(_ratio(_flow("total_profit"), _flow("revenue")), Ratio(signed=True)),
    "debt_ratio": Shares(_ratio(_flow("total_liabilities"), _flow("total_assets")), Ratio()),
    "rd_intensity": _intensity(0),
    "rd_intensity_1": _intensity(1),
    "rd_intensity_2": _intensity(2),
    "rd_intensity_3": _intensity(3),
    "rd_intensity_deduction": Shares(
        _ratio(_yearly("tax_deduction", "base", ONE), _beside("tax_deduction", "revenue")), Ratio()
    ),
    "technical_staff_share": Shares(_ratio(_staff("technical_staff"), _staff("staff_end")), HEADS_SHARE),
    "rd_staff_share": Shares(
        _ratio(_yearly("rd", "rd_staff", ONE), _beside("rd", "staff_end", ONE)), HEADS_SHARE
    ),
    "patents_per_firm": Shares(_per_firm(_patents("valid_patents")), PER_FIRM),
    "inventions_per_firm": Shares(_per_firm(_patents("valid_inventions")), PER_FIRM),
    "class_one_per_firm": Shares(_per_firm(_patents("class_one")), PER_FIRM),
    "tickets_solved": Shares(_per_firm(Quarter.solved), PER_FIRM, everybody=True),
    # 分 in 万元.
    "library_revenue": Shares(
        _per_firm(_revenue_of_the_year), Ratio(digits=(MONEY, HEADS), factor=Fraction(1, 1_000_000))
    ),
    "main_business_share": Shares(
        _ratio(_yearly("annual", "main_revenue"), _beside("annual", "revenue")), Ratio()
    ),
}
COVERED: dict[str, Values] = {
    "statement": _flow("revenue"),
    "stat_rd": _yearly("rd", "rd_total"),
    "stat_staff": _staff("staff_end"),
    "tax_vat": lambda q: q.of_month("tax_vat", "general_sales_year"),
    "tax_income": lambda q: q.of_quarter("tax_income", "revenue"),
    "tax_invoice": lambda q: q.of_month("tax_invoice", "invoice_count"),
    "tax_deduction": _yearly("tax_deduction", "base", ONE),
    "fin_loan": Quarter.loans,
    "fin_guarantee": lambda q: _named_in(q.contracts("fin_guarantee")),
    "dept_patent": _patents("valid_patents"),
    "dept_power": lambda q: q.of_month("power", "kwh"),
    "srdi_annual": _yearly("annual", "main_revenue"),
}


def _named_in(rows: pd.DataFrame) -> pd.Series:
    return pd.Series(dtype="Int64") if rows.empty else rows.groupby("firm").size()


def _productivity(q: Quarter) -> Shares:
    """Revenue per head, in 万元, for a whole year."""
    whole_year = Fraction(1, 1_000_000) * Fraction(12, q.months)
    return Shares(
        _ratio(_flow("revenue"), _heads("staff_avg")), Ratio(digits=(MONEY, HEADS), factor=whole_year)
    )


def _contracts(q: Quarter) -> dict[str, pd.DataFrame]:
    """Yearly cost (``num``) and amount (``den``) of single contracts in 分, by the indicator they count in."""
    loans, guarantees = q.contracts("fin_loan"), q.contracts("fin_guarantee")
    found = {}
    if not loans.empty:
        found["loan_rate"] = _priced(loans[loans["balance"] > 0], "balance", "interest_rate")
    if not guarantees.empty:
        amount = guarantees["amount"]
        for name, chosen in {
            "guarantee_fee_small": amount <= SMALL,
            "guarantee_fee_large": amount > SMALL,
            "guarantee_fee_average": amount < MIDDLE,
        }.items():
            found[name] = _priced(guarantees[chosen], "amount", "fee_rate")
    return found


def _priced(rows: pd.DataFrame, amount: str, rate: str) -> pd.DataFrame:
    """Cost of each contract in whole 分, half-up: 元 times per cent are 分."""
    cost = [
        int((Decimal(a) * Decimal(r)).quantize(Decimal(1), ROUND_HALF_UP))
        for a, r in zip(rows[amount].tolist(), rows[rate].tolist(), strict=True)
    ]
    return pd.DataFrame(
        {"holder": rows["firm"].to_numpy(), "num": cost, "den": rows[amount].to_numpy() * YUAN}
    )


def firm_figures(q: Quarter, people: Population) -> Iterator[pd.DataFrame]:
    """Every figure worked out over the firms of each cell."""
    cells, whole = people.cells, people.whole
    for name, level in LEVELS.items():
        found = cells.assign(now=_looked_up(level.values(q), cells["holder"]))
        yield families.level(found, whole, name, level.digits, level.is_list)
    for name, growth in GROWTHS.items():
        yield from families.growth(_joined(cells, growth.frame(q)), whole, name, growth.digits)
    for name, shares in (SHARES | {"productivity": _productivity(q)}).items():
        found = _joined(cells, shares.frame(q))
        if shares.everybody:
            found = found.assign(num=found["num"].fillna(0), den=1)
        yield from families.ratio(found, name, shares.ratio)
    for name, contracts in _contracts(q).items():
        yield from families.ratio(cells.merge(contracts, on="holder"), name, Ratio())
    yield from _coverage(q, cells)


def _coverage(q: Quarter, cells: pd.DataFrame) -> Iterator[pd.DataFrame]:
    there = {feed: cells["holder"].isin(values(q).index) for feed, values in COVERED.items()}
    there["any"] = pd.DataFrame(there).any(axis=1)
    for feed, own in there.items():
        yield families.coverage(cells.assign(there=own), feed)


def _looked_up(values: pd.Series, holders: pd.Series) -> pd.Series:
    return values.astype("Int64").reindex(holders).set_axis(holders.index)


def _joined(cells: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    return cells.assign(**{name: _looked_up(parts[name], cells["holder"]) for name in parts})
