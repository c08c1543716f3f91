"""The indicators on firms: which values of which feed each one takes, by USCC and in whole hundredths."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import NamedTuple

import pandas as pd

from infra.sandbox.truth.expected.families import Ratio
from infra.sandbox.truth.expected.quarter import FEN, ONE, THOUSAND, YUAN, Quarter

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
    is_list: bool = False


class Share(NamedTuple):
    """Ratio of ``num`` and ``den`` by USCC."""

    frame: Frame
    ratio: Ratio = Ratio()


def _own_base(item: str) -> Frame:
    """Base as restated in the form itself."""
    return lambda q: pd.DataFrame(
        {"c": q.statement(item), "r": q.statement(f"{item}_prior"), "p": q.statement(item, years=1)}
    )


def _by_prior(now: Values, before: Values) -> Frame:
    """A form without a base column: last year's own figure is the base."""
    return lambda q: pd.DataFrame({"c": now(q), "r": before(q), "p": before(q)})


def _single_quarter(q: Quarter) -> pd.DataFrame:
    """Revenue of the quarter alone: the difference of two cumulatives; nothing is known without the earlier one."""
    frame = _own_base("revenue")
    if q.months == 3:
        return frame(q)
    now, before = frame(q).astype("Int64").align(frame(q.back(1)).astype("Int64"))
    gap = now.notna() & before.isna()
    unknown = gap["c"] | gap["r"] | (gap["p"] & now["r"].isna())
    return (now - before).mask(unknown)


def _ratio(above: Values, below: Values) -> Frame:
    return lambda q: pd.DataFrame({"num": above(q), "den": below(q)})


def _per_firm(values: Values) -> Frame:
    """Of everybody who reports, the value over one firm."""
    return lambda q: pd.DataFrame({"num": values(q), "den": ONE}).dropna()


def _flow(item: str) -> Values:
    return lambda q: q.statement(item)


def _heads(item: str) -> Values:
    return lambda q: q.of_month("finance", item)


def _staff(item: str) -> Values:
    return lambda q: q.of_quarter("staff", item)


def _patents(item: str) -> Values:
    return lambda q: q.of_quarter("patents", item)


def _yearly(table: str, item: str, unit: int = THOUSAND, lag: int = 0) -> Values:
    """Item of the reference year that the table itself sets."""
    return lambda q: q.of_year(table, item, q.reference_year(table) - lag, unit)


def _of_same_form(table: str, item: str, unit: int = THOUSAND, lag: int = 0) -> Values:
    """Item of the December statement of the reference year that a table sets."""
    return lambda q: q.year_total(item, q.reference_year(table) - lag, unit)


def _intensity(lag: int) -> Share:
    return Share(_ratio(_yearly("rd", "rd_total", lag=lag), _of_same_form("rd", "revenue", lag=lag)))


def _revenue_of_the_year(q: Quarter) -> pd.Series:
    """Revenue of the last full year; at the end of a year the statements of all its months are in."""
    return q.year_total("revenue", q.year if q.months == 12 else q.year - 1, THOUSAND)


def _listing(chosen: Callable[[pd.DataFrame, Quarter], pd.Series]) -> Level:
    """Number of firms with a line in the list that is chosen."""

    def values(q: Quarter) -> pd.Series:
        rows = q.contracts("fin_listing")
        if rows.empty:
            return pd.Series(dtype="Int64")
        return chosen(rows, q).astype("int64").groupby(rows["firm"]).max() * ONE

    return Level(values, is_list=True)


def _on(rows: pd.DataFrame, boards: tuple[str, ...]) -> pd.Series:
    return rows["board"].isin(boards) & rows["reserve_status"].eq(LISTED)


def _since(rows: pd.DataFrame, first: str, q: Quarter) -> pd.Series:
    return rows["listed_date"].fillna("").between(first, q.day.date().isoformat())


def _priced(table: str, amount: str, rate: str, chosen: Callable[[pd.Series], pd.Series]) -> Frame:
    """Contracts of a size; the cost of each in whole 分, half-up: 元 times per cent are 分."""

    def frame(q: Quarter) -> pd.DataFrame:
        rows = q.contracts(table)
        if rows.empty:
            return pd.DataFrame({"num": [], "den": []}, dtype="Int64")
        rows = rows[chosen(rows[amount])]
        cost = [
            int((Decimal(a) * Decimal(r)).quantize(Decimal(1), ROUND_HALF_UP))
            for a, r in zip(rows[amount].tolist(), rows[rate].tolist(), strict=True)
        ]
        return pd.DataFrame({"num": cost, "den": rows[amount].to_numpy() * YUAN}, index=rows["firm"])

    return frame


LEVELS: dict[str, Level] = {
    "revenue": Level(_flow("revenue")),
    "total_profit": Level(_flow("total_profit")),
    "staff_total": Level(_staff("staff_end")),
    "loan_balance": Level(Quarter.loans),
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
GROWTHS: dict[str, Frame] = {
    "revenue_growth": _own_base("revenue"),
    "revenue_quarter_growth": _single_quarter,
    "profit_growth": _own_base("total_profit"),
    "rd_growth": _by_prior(_yearly("rd", "rd_total"), _yearly("rd", "rd_total", lag=1)),
    "rd_growth_deduction": _by_prior(
        _yearly("tax_deduction", "base", FEN), _yearly("tax_deduction", "base", FEN, lag=1)
    ),
    "staff_growth": _by_prior(_staff("staff_end"), lambda q: q.back(4).of_quarter("staff", "staff_end")),
    "loan_growth": _by_prior(Quarter.loans, lambda q: q.back(4).loans()),
}
"""``c`` now, ``r`` the base, ``p`` last year's own figure."""
PER_FIRM, IN_WAN = Ratio(scale=Fraction(1)), Fraction(1, 10_000)
SHARES: dict[str, Share] = {
    "profit_margin": Share(_ratio(_flow("total_profit"), _flow("revenue")), Ratio(signed=True)),
    "debt_ratio": Share(_ratio(_flow("total_liabilities"), _flow("total_assets"))),
    "productivity": Share(_ratio(_flow("revenue"), _heads("staff_avg")), Ratio(IN_WAN, annualised=True)),
    "rd_intensity": _intensity(0),
    "rd_intensity_1": _intensity(1),
    "rd_intensity_2": _intensity(2),
    "rd_intensity_3": _intensity(3),
    "rd_intensity_deduction": Share(
        _ratio(_yearly("tax_deduction", "base", FEN), _of_same_form("tax_deduction", "revenue"))
    ),
    "technical_staff_share": Share(_ratio(_staff("technical_staff"), _staff("staff_end"))),
    "rd_staff_share": Share(_ratio(_yearly("rd", "rd_staff", ONE), _of_same_form("rd", "staff_end", ONE))),
    "patents_per_firm": Share(_per_firm(_patents("valid_patents")), PER_FIRM),
    "inventions_per_firm": Share(_per_firm(_patents("valid_inventions")), PER_FIRM),
    "class_one_per_firm": Share(_per_firm(_patents("class_one")), PER_FIRM),
    "tickets_solved": Share(_per_firm(Quarter.solved), PER_FIRM),
    "library_revenue": Share(_per_firm(_revenue_of_the_year), Ratio(IN_WAN)),
    "main_business_share": Share(
        _ratio(_yearly("annual", "main_revenue"), _of_same_form("annual", "revenue"))
    ),
}
EVERYBODY = ("tickets_solved",)
"""Who has no row counts with 0, once anybody has one."""
CONTRACTS: dict[str, Frame] = {
    "loan_rate": _priced("fin_loan", "balance", "interest_rate", lambda balance: balance > 0),
    "guarantee_fee_small": _priced("fin_guarantee", "amount", "fee_rate", lambda amount: amount <= SMALL),
    "guarantee_fee_large": _priced("fin_guarantee", "amount", "fee_rate", lambda amount: amount > SMALL),
    "guarantee_fee_average": _priced("fin_guarantee", "amount", "fee_rate", lambda amount: amount < MIDDLE),
}
"""Yearly cost (``num``) and amount (``den``) of single contracts, several of a firm."""
COVERED: dict[str, Values] = {
    "statement": _flow("revenue"),
    "stat_rd": _yearly("rd", "rd_total"),
    "stat_staff": _staff("staff_end"),
    "tax_vat": lambda q: q.of_month("tax_vat", "general_sales_year", FEN),
    "tax_income": lambda q: q.of_quarter("tax_income", "revenue", FEN),
    "tax_invoice": lambda q: q.of_month("tax_invoice", "invoice_count"),
    "tax_deduction": _yearly("tax_deduction", "base", FEN),
    "fin_loan": Quarter.loans,
    "fin_guarantee": Quarter.guaranteed,
    "dept_patent": _patents("valid_patents"),
    "dept_power": lambda q: q.of_month("power", "kwh"),
    "srdi_annual": _yearly("annual", "main_revenue"),
}
"""A value of each feed's row that counts for the quarter."""
