"""Tax returns and invoices of the statement firms, drawn from the same ledgers; amounts in whole 分."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infra.sandbox.services.changes import COUNT, TEXTUAL, YUAN, Source, published
from infra.sandbox.world.register import Register
from infra.sandbox.world.statements import YEARS, Ledgers

FEN = 100_000
"""分 in one 千元, the unit of the ledgers."""
FIRST_MONTH = "2025-01"
FIRST_QUARTER = "2024-01"
PARTS = ("general", "simple", "exempt", "export")

_WHO = {"taxpayer_id": TEXTUAL, "taxpayer_name": TEXTUAL, "region_code": TEXTUAL}
VAT = Source(
    feed="tax_vat",
    name="vat",
    fields={"period": TEXTUAL, **_WHO, **{f"{p}_sales_{s}": YUAN for p in PARTS for s in ("month", "year")},
            "tax_due_month": YUAN, "tax_due_year": YUAN},
    key=("taxpayer_id", "period"),
    period="period",
    uscc="taxpayer_id",
    blank="general_sales_month",
    text="tax_due_month",
    corrected=(("general_sales_month", "general_sales_year"), ("tax_due_month", "tax_due_year")),
)  # fmt: skip
INCOME = Source(
    feed="tax_income",
    name="income",
    fields={"period": TEXTUAL, **_WHO, "revenue": YUAN, "cost": YUAN, "total_profit": YUAN, "staff_begin": COUNT,
            "staff_end": COUNT, "assets_begin": YUAN, "assets_end": YUAN},
    key=("taxpayer_id", "period"),
    period="period",
    uscc="taxpayer_id",
    blank="revenue",
    text="staff_end",
)  # fmt: skip
DEDUCTION = Source(
    feed="tax_deduction",
    name="deduction",
    fields={"year": COUNT, **_WHO, "own_rd": YUAN, "entrusted_rd": YUAN, "joint_rd": YUAN, "base": YUAN,
            "rate": COUNT, "deduction": YUAN},
    key=("taxpayer_id", "year"),
    period="year",
    uscc="taxpayer_id",
    blank="base",
    text="deduction",
)  # fmt: skip
INVOICES = Source(
    feed="tax_invoice",
    name="invoices",
    fields={"period": TEXTUAL, **_WHO, "invoice_count": COUNT, "invoice_amount": YUAN, "special_count": COUNT,
            "special_amount": YUAN, "void_count": COUNT, "red_count": COUNT, "red_amount": YUAN},
    key=("taxpayer_id", "period"),
    period="period",
    uscc="taxpayer_id",
    blank="invoice_amount",
    text="invoice_count",
)  # fmt: skip


@dataclass(frozen=True)
class Firms:
    """Who files, where and under which name."""

    register: Register
    ledgers: Ledgers

    def files(self, year: int, month: int) -> np.ndarray:
        """Places of the firms that file for a month; January, of which no statement tells, is like February."""
        return np.flatnonzero(self.ledgers.reported[:, year - YEARS[1], max(month, 2) - 1])

    def who(self, at: np.ndarray, year: int, month: int) -> dict[str, object]:
        """Code, name and county at the end of a month."""
        day = (np.datetime64(f"{year}-{month:02d}") + 1).astype("M8[D]") - 1
        firm = self.ledgers.firms[at]
        return {
            "taxpayer_id": self.register.uscc[firm],
            "taxpayer_name": self.register.name_at(day)[firm],
            "region_code": self.register.county_code[self.register.county_at(day)[firm]],
        }


def next_month(year: int, month: int, day: int, clock: str = "06:00") -> np.datetime64:
    """Return a moment in the month after a month."""
    return published(f"{np.datetime64(f'{year}-{month:02d}') + 1}-{day:02d}", clock)


def monthly_sales(rng: np.random.Generator, ledgers: Ledgers) -> np.ndarray:
    """Monthly sales, firm x year x month: the month's revenue, give or take a tenth at most."""
    cumulative = ledgers.flows["revenue"]
    monthly = np.diff(cumulative, axis=2, prepend=0)
    own = rng.uniform(0.95, 1.05, (len(monthly), 1, 1)) * rng.uniform(0.96, 1.04, monthly.shape)
    return np.round(monthly * FEN * own).astype(np.int64)


def _parts(rng: np.random.Generator, firms: Firms, sales: np.ndarray) -> dict[str, np.ndarray]:
    """Split sales by the way they are taxed; the parts add up."""
    count = len(sales)
    farms = np.array([t == "A" for t in firms.register.trade[firms.ledgers.firms]])
    shares = {
        "simple": np.where(rng.random(count) < 0.08, rng.uniform(0.02, 0.15, count), 0.0),
        "exempt": np.where(farms, rng.uniform(0.4, 0.6, count), 0.0),
        "export": np.where(rng.random(count) < 0.18, rng.uniform(0.02, 0.2, count), 0.0),
    }
    parts = {p: np.floor(sales * s[:, None, None]).astype(np.int64) for p, s in shares.items()}
    return {"general": sales - sum(parts.values())} | parts


def _months(first: str) -> list[tuple[int, int]]:
    return [(y, m) for y in YEARS for m in range(1, 13) if f"{y}-{m:02d}" >= first]


def vat_rows(rng: np.random.Generator, firms: Firms, sales: np.ndarray) -> pd.DataFrame:
    """Monthly VAT returns, there on the day after the 15th of the next month."""
    amounts = {f"{p}_sales": v for p, v in _parts(rng, firms, sales).items()}
    burden = rng.uniform(0.012, 0.045, (len(sales), 1, 1))
    simple = amounts["simple_sales"] * 3 // 100
    amounts["tax_due"] = np.floor(amounts["general_sales"] * burden).astype(np.int64) + simple
    totals = {name: np.cumsum(v, axis=2) for name, v in amounts.items()}
    frames = []
    for year, month in _months(FIRST_MONTH):
        at, k = firms.files(year, month), year - YEARS[0]
        data: dict[str, object] = {"period": f"{year}{month:02d}", **firms.who(at, year, month)}
        for name, values in amounts.items():
            data[f"{name}_month"] = values[at, k, month - 1]
            data[f"{name}_year"] = totals[name][at, k, month - 1]
        frames.append(pd.DataFrame(data).assign(published=next_month(year, month, 16)))
    return pd.concat(frames, ignore_index=True)


def invoice_rows(rng: np.random.Generator, firms: Firms, sales: np.ndarray) -> pd.DataFrame:
    """Monthly sums of the invoices issued, there with the VAT return."""
    ticket = rng.integers(300_000, 9_000_000, len(sales))
    frames = []
    for year, month in _months(FIRST_MONTH):
        at = firms.files(year, month)
        amount = np.floor(sales[at, year - YEARS[0], month - 1] * rng.uniform(0.85, 1.0, len(at))).astype(
            np.int64
        )
        count = amount // ticket[at] + (amount > 0)
        special = rng.uniform(0.4, 0.9, len(at))
        data = firms.who(at, year, month) | {
            "period": f"{year}{month:02d}",
            "invoice_count": count,
            "invoice_amount": amount,
            "special_count": np.floor(count * special).astype(np.int64),
            "special_amount": np.floor(amount * special).astype(np.int64),
            "void_count": np.floor(count * rng.uniform(0, 0.03, len(at))).astype(np.int64),
            "red_count": np.floor(count * rng.uniform(0, 0.02, len(at))).astype(np.int64),
            "red_amount": np.floor(amount * rng.uniform(0, 0.02, len(at))).astype(np.int64),
        }
        frames.append(pd.DataFrame(data).assign(published=next_month(year, month, 16)))
    return pd.concat(frames, ignore_index=True)


def income_rows(rng: np.random.Generator, firms: Firms) -> pd.DataFrame:
    """Quarterly prepayments of income tax, there 15 days after the quarter: the accounts, a little otherwise."""
    ledgers, frames = firms.ledgers, []
    for year, month in _months(FIRST_QUARTER)[2::3]:
        at, k = firms.files(year, month), year - YEARS[0]
        factor = rng.uniform(0.98, 1.02, len(at))
        before = (k, month - 4) if month > 3 else (k - 1, 11)

        def flow(
            name: str, at: np.ndarray = at, k: int = k, month: int = month, factor: np.ndarray = factor
        ) -> np.ndarray:
            return np.round(ledgers.flows[name][at, k, month - 1] * FEN * factor).astype(np.int64)

        data = firms.who(at, year, month) | {
            "period": f"{year}Q{month // 3}",
            "revenue": flow("revenue"),
            "cost": flow("operating_cost"),
            "total_profit": flow("total_profit"),
            "staff_begin": ledgers.staff[at, before[0], before[1]],
            "staff_end": ledgers.staff[at, k, month - 1],
            "assets_begin": ledgers.assets[at, before[0], before[1]] * FEN,
            "assets_end": ledgers.assets[at, k, month - 1] * FEN,
        }
        frames.append(pd.DataFrame(data).assign(published=next_month(year, month, 15)))
    return pd.concat(frames, ignore_index=True)


def deduction_rows(rng: np.random.Generator, register: Register, research: pd.DataFrame) -> pd.DataFrame:
    """Yearly extra deduction (A107012), there by 31 May: always less than the R&D of form 107-2."""
    claims = (research["rd_total"] > 0) & (rng.random(len(research)) < 0.9)
    rows = research[claims].reset_index(drop=True)
    total, outside = rows["rd_total"].to_numpy() * FEN, rows["rd_outsourced"].to_numpy() * FEN
    # Of what is entrusted to others 80 % counts, of other costs at most a tenth.
    entrusted = outside * 8 // 10
    own = np.floor((total - outside) * rng.uniform(0.6, 0.93, len(rows))).astype(np.int64)
    joint = np.where(rng.random(len(rows)) < 0.1, own // 20, 0)
    firm, years = rows["firm"].to_numpy(), rows["year"].to_numpy()
    chips = np.array([t == "C39" for t in register.trade[firm]]) & (firm % 5 == 0)
    rate = np.where(chips, 120, 100)
    base = own + entrusted
    return pd.DataFrame(
        {
            "year": years,
            "taxpayer_id": rows["uscc"],
            "taxpayer_name": rows["name"],
            "region_code": rows["county_code"],
            "own_rd": own - joint,
            "entrusted_rd": entrusted,
            "joint_rd": joint,
            "base": base,
            "rate": rate,
            "deduction": base * rate // 100,
            "published": np.array([published(f"{y + 1}-05-31") for y in years.tolist()]),
        }
    )
