"""Quarterly figures of banks, guarantors and exchanges on the statement firms; amounts in whole 元 (given in 万元)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infra.sandbox.services.changes import COUNT, TEXTUAL, WAN, Source
from infra.sandbox.services.tax_rows import Firms, next_month
from infra.sandbox.world.statements import YEARS

QUARTERS = [(year, month) for year in YEARS[2:] for month in (3, 6, 9, 12)]
"""2025 and 2026, each quarter by its last month."""
DAY = 18
"""Day of the next month on which a quarter becomes visible."""
MILLION = 1_000_000
BANKS = ("工商银行", "农业银行", "中国银行", "建设银行", "交通银行", "邮储银行", "吉林银行", "农商银行", "浦发银行",
         "招商银行", "中信银行", "光大银行")  # fmt: skip
BOARDS = ("新三板", "北交所", "A股主板", "科创板", "创业板", "境外", "区域股权市场（专精特新板）")
RESERVE = ("后备入库", "辅导备案", "申报受理")
LISTED = "已上市挂牌"
PROVINCE = "220000"

_WHO = {"credit_code": TEXTUAL, "enterprise_name": TEXTUAL, "region_code": TEXTUAL}


def _source(
    name: str,
    key: tuple[str, ...],
    fields: dict[str, str],
    blank: str,
    text: str | None = None,
    corrected: tuple[tuple[str, ...], ...] = (),
    uscc: str | None = "credit_code",
) -> Source:
    """Return a table, by quarter."""
    fields = {"quarter": TEXTUAL} | fields
    return Source(f"fin_{name}", name, fields, ("quarter", *key), "quarter", uscc, blank, text, corrected)


LOAN = _source(
    "loan",
    ("loan_no",),
    {"loan_no": TEXTUAL, **_WHO, "bank_name": TEXTUAL, "balance": WAN, "lent_this_year": WAN, "credit_line": WAN,
     "interest_rate": TEXTUAL, "term_months": COUNT, "overdue": WAN, "non_performing": WAN},
    "balance",
    text="interest_rate",
    corrected=(("balance",),),
)  # fmt: skip
GUARANTEE = _source(
    "guarantee",
    ("contract_no",),
    {"contract_no": TEXTUAL, **_WHO, "guarantor": TEXTUAL, "amount": WAN, "fee_rate": TEXTUAL, "start_date": TEXTUAL,
     "end_date": TEXTUAL, "paid_out": WAN},
    "amount",
    text="fee_rate",
)  # fmt: skip
PLEDGE = _source(
    "ip_pledge",
    ("pledge_no",),
    {"pledge_no": TEXTUAL, **_WHO, "bank_name": TEXTUAL, "amount": WAN, "appraisal_fee": WAN, "yearly_interest": WAN,
     "maturity": TEXTUAL},
    "amount",
)  # fmt: skip
EQUITY = _source(
    "equity",
    ("round_no",),
    {
        "round_no": TEXTUAL,
        **_WHO,
        "investor": TEXTUAL,
        "qualified": TEXTUAL,
        "paid_in": WAN,
        "paid_date": TEXTUAL,
    },
    "paid_in",
)
LISTING = _source(
    "listing",
    ("credit_code", "board"),
    {**_WHO, "board": TEXTUAL, "reserve_status": TEXTUAL, "listed_date": TEXTUAL, "stock_code": TEXTUAL},
    "reserve_status",
)
RELENDING = _source(
    "relending",
    ("bank_code", "instrument"),
    {"bank_code": TEXTUAL, "bank_name": TEXTUAL, "region_code": TEXTUAL, "instrument": TEXTUAL, "quota": WAN,
     "used": WAN, "balance": WAN},
    "used",
    uscc=None,
)  # fmt: skip


def _choose(rng: np.random.Generator, firms: Firms, share: float, least: int) -> np.ndarray:
    """Return places of firms, each as often as it has contracts."""
    count = len(firms.ledgers.firms)
    return np.sort(rng.choice(count, max(round(share * count), least), replace=share > 1))


def _quarter(firms: Firms, at: np.ndarray, year: int, month: int) -> dict[str, object]:
    return {
        "quarter": f"{year}Q{month // 3}",
        "credit_code": firms.who(at, year, month)["taxpayer_id"],
        "enterprise_name": firms.who(at, year, month)["taxpayer_name"],
        "region_code": firms.who(at, year, month)["region_code"],
        "published": next_month(year, month, DAY),
    }


def _names(prefix: str, count: int) -> np.ndarray:
    return np.array([f"{prefix}{n:06d}" for n in range(1, count + 1)], dtype=object)


def _percent(rng: np.random.Generator, low: float, high: float, count: int) -> np.ndarray:
    return np.array([f"{v:.2f}" for v in rng.uniform(low, high, count)], dtype=object)


def loan_rows(rng: np.random.Generator, firms: Firms) -> pd.DataFrame:
    """Credit lines with balance and what was lent since January."""
    at = _choose(rng, firms, 0.7, 60)
    count = len(at)
    number, bank = _names("DK", count), np.array(BANKS, dtype=object)[rng.integers(0, len(BANKS), count)]
    rate, share = _percent(rng, 2.85, 5.6, count), rng.uniform(0.08, 0.4, count)
    term = np.array([6, 12, 24, 36])[rng.integers(0, 4, count)]
    bad, late = rng.random(count) < 0.008, rng.random(count) < 0.02
    frames = []
    for year, month in QUARTERS:
        # 千元 of a year's revenue; lines are rounded to 1 万元.
        yearly = firms.ledgers.flows["revenue"][at, year - YEARS[0], -1]
        line = np.floor(yearly * share / 10).astype(np.int64) * 10_000
        balance = np.floor(line * rng.uniform(0.3, 1.0, count)).astype(np.int64)
        data = _quarter(firms, at, year, month) | {
            "loan_no": number, "bank_name": bank, "credit_line": line, "balance": balance, "interest_rate": rate,
            "lent_this_year": np.floor(line * month / 12 * 0.8).astype(np.int64), "term_months": term,
            "overdue": np.where(late | bad, balance // 4, 0), "non_performing": np.where(bad, balance // 5, 0),
        }  # fmt: skip
        frames.append(pd.DataFrame(data))
    return pd.concat(frames, ignore_index=True)


def guarantee_rows(rng: np.random.Generator, firms: Firms) -> pd.DataFrame:
    """Contracts of guarantee, each in every quarter from its first on."""
    at = _choose(rng, firms, 0.12, 24)
    count = len(at)
    amount = np.array([100, 200, 300, 500, 800, 1_000, 2_000])[rng.integers(0, 7, count)] * 10_000
    # Caps: 1 % up to and including 5,000,000 yuan, else 1.5 %; a few are dearer.
    cap = np.where(amount <= 5 * MILLION, 1.0, 1.5)
    fee = np.array(
        [f"{v:.2f}" for v in np.where(rng.random(count) < 0.06, cap + 0.5, cap * rng.uniform(0.5, 1, count))]
    )
    start = np.datetime64("2024-07-01") + rng.integers(0, 800, count)
    end = start + np.where(rng.random(count) < 0.5, 365, 730)
    fixed = {
        "contract_no": _names("DB", count), "guarantor": np.array(["省担保集团", "市中小企业担保公司"], dtype=object)[
            rng.integers(0, 2, count)], "amount": amount, "fee_rate": fee.astype(object),
        "start_date": start.astype(str).astype(object), "end_date": end.astype(str).astype(object),
        "paid_out": np.where(rng.random(count) < 0.03, amount // 3, 0),
    }  # fmt: skip
    frames = []
    for year, month in QUARTERS:
        last = (np.datetime64(f"{year}-{month:02d}") + 1).astype("M8[D]") - 1
        here = np.flatnonzero(start <= last)
        frames.append(
            pd.DataFrame(_quarter(firms, at[here], year, month) | {k: v[here] for k, v in fixed.items()})
        )
    return pd.concat(frames, ignore_index=True)


def pledge_rows(rng: np.random.Generator, firms: Firms) -> pd.DataFrame:
    """Loans against patents and trade marks."""
    at = _choose(rng, firms, 0.06, 12)
    count = len(at)
    amount = rng.integers(100, 3_000, count) * 10_000
    fixed = {
        "pledge_no": _names("ZY", count), "bank_name": np.array(BANKS, dtype=object)[rng.integers(0, 12, count)],
        "amount": amount, "appraisal_fee": rng.integers(10_000, 60_000, count),
        "yearly_interest": amount * rng.integers(300, 560, count) // 10_000,
        "maturity": (np.datetime64("2026-02-01") + rng.integers(0, 900, count)).astype(str).astype(object),
    }  # fmt: skip
    return pd.concat(
        [pd.DataFrame(_quarter(firms, at, y, m) | fixed) for y, m in QUARTERS], ignore_index=True
    )


def equity_rows(rng: np.random.Generator, firms: Firms) -> pd.DataFrame:
    """Rounds of equity, each in the quarter in which it was paid in."""
    frames = []
    for k, (year, month) in enumerate(QUARTERS):
        at = _choose(rng, firms, 0.012, 4)
        count = len(at)
        day = np.datetime64(f"{year}-{month - 2:02d}-01") + rng.integers(0, 88, count)
        data = _quarter(firms, at, year, month) | {
            "round_no": _names(f"GQ{k + 1}", count), "investor": np.array([f"投资机构{n}" for n in rng.integers(1, 40, count)]),
            "qualified": np.where(rng.random(count) < 0.8, "是", "否"), "paid_in": rng.integers(3, 80, count) * MILLION,
            "paid_date": day.astype(str).astype(object),
        }  # fmt: skip
        frames.append(pd.DataFrame(data))
    return pd.concat(frames, ignore_index=True)


def listing_rows(rng: np.random.Generator, firms: Firms) -> pd.DataFrame:
    """Who is listed on which board, or on the way to it."""
    at = _choose(rng, firms, 0.05, 16)
    count = len(at)
    board = np.array(BOARDS, dtype=object)[rng.choice(7, count, p=[0.2, 0.08, 0.05, 0.07, 0.07, 0.03, 0.5])]
    day = np.datetime64("2021-01-01") + rng.integers(0, 2_150, count)
    code = np.array([f"{n:06d}" for n in rng.integers(100_000, 900_000, count)], dtype=object)
    way = np.array(RESERVE, dtype=object)[rng.integers(0, 3, count)]
    frames = []
    for year, month in QUARTERS:
        last = (np.datetime64(f"{year}-{month:02d}") + 1).astype("M8[D]") - 1
        there = day <= last
        data = _quarter(firms, at, year, month) | {
            "board": board, "reserve_status": np.where(there, LISTED, way),
            "listed_date": _where(there, day.astype(str).astype(object)), "stock_code": _where(there, code),
        }  # fmt: skip
        frames.append(pd.DataFrame(data))
    return pd.concat(frames, ignore_index=True)


def _where(there: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Keep the values that are there, nothing elsewhere."""
    masked = values.copy()
    masked[~there] = None
    return masked


def relending_rows(rng: np.random.Generator) -> pd.DataFrame:
    """Quota and use of 再贷款 and 再贴现 per bank, cumulative within the year."""
    rows = []
    for year, month in QUARTERS:
        for n, bank in enumerate(BANKS, start=1):
            for instrument, size in (("再贷款", 300), ("再贴现", 200)):
                quota = size * MILLION
                used = int(quota * month / 12 * rng.uniform(0.6, 1.0))
                rows.append({
                    "quarter": f"{year}Q{month // 3}", "bank_code": f"YH{n:03d}", "bank_name": bank, "region_code": PROVINCE,
                    "instrument": instrument, "quota": quota, "used": used, "balance": used * 7 // 10,
                    "published": next_month(year, month, DAY),
                })  # fmt: skip
    return pd.DataFrame(rows)
