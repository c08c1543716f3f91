"""Lists of enterprises that departments keep: patents, abnormal operation and dishonesty, power use."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infra.sandbox.world.register import Register
from infra.sandbox.world.statements import YEARS, Ledgers

QUARTERS = ("2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2")
MONTHS = tuple(str(m).replace("-", "") for m in np.datetime64("2025-01") + np.arange(18))
FIRST_DAY, LAST_DAY = np.datetime64("2025-01-01"), np.datetime64("2026-06-30")
REASONS = {
    "经营异常名录": ("未按规定公示年度报告", "通过登记的住所无法联系", "公示信息隐瞒真实情况"),
    "严重违法失信名单": ("被列入经营异常名录满三年未履行义务", "提交虚假材料取得登记"),
    "失信被执行人": ("有履行能力而拒不履行生效法律文书确定的义务",),
}
AUTHORITY = {
    "经营异常名录": "县级市场监督管理局",
    "严重违法失信名单": "市（州）市场监督管理局",
    "失信被执行人": "人民法院",
}


def _place(register: Register, firm: np.ndarray, day: np.datetime64) -> dict[str, object]:
    county = register.county_at(day)[firm]
    return {
        "firm": firm,
        "uscc": register.uscc[firm],
        "name": register.name_at(day)[firm],
        "county_code": register.county_code[county],
    }


def patent_rows(
    rng: np.random.Generator, ledgers: Ledgers, tiers: np.ndarray, register: Register
) -> pd.DataFrame:
    """Patents of the firms of the provincial tier and above, by quarter; pledged amounts in whole 千元."""
    firm = ledgers.firms[tiers >= 1]
    inventions = rng.poisson(1 + 3 * np.exp(0.5 * register.quality[firm]))
    parts = []
    for k, quarter in enumerate(QUARTERS):
        day = np.datetime64(f"{quarter[:4]}-{int(quarter[5]) * 3:02d}-28")
        here = np.flatnonzero(register.close_day[firm] > day)
        have = inventions[here] + rng.binomial(k + 1, 0.3, len(here))
        pledged = rng.binomial(have, 0.04)
        frame = pd.DataFrame(_place(register, firm[here], day) | {"period": quarter})
        frame["valid_inventions"] = have
        frame["valid_patents"] = have + rng.poisson(9, len(here))
        frame["class_one"] = rng.binomial(have, 0.6)
        frame["pledged"] = pledged
        frame["pledge_amount"] = pledged * rng.integers(80, 900, len(here)) * 10
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)


def power_rows(
    rng: np.random.Generator, ledgers: Ledgers, tiers: np.ndarray, register: Register
) -> pd.DataFrame:
    """Power of the firms of the provincial tier and above, by month, following their revenue."""
    at = np.flatnonzero(tiers >= 1)
    firm = ledgers.firms[at]
    need = rng.uniform(8, 120, len(firm))
    monthly = np.diff(ledgers.flows["revenue"][at], axis=2, prepend=0)
    parts = []
    for month in MONTHS:
        year, number = int(month[:4]), int(month[4:])
        day = (np.datetime64(f"{year}-{number:02d}") + 1).astype("M8[D]") - 1
        here = np.flatnonzero(register.close_day[firm] > day)
        now, before = (monthly[here, YEARS.index(y), number - 1] for y in (year, year - 1))
        frame = pd.DataFrame(_place(register, firm[here], day) | {"period": month})
        frame["kwh"] = np.round(300 + now * need[here] * rng.uniform(0.9, 1.1, len(here))).astype(np.int64)
        frame["kwh_prior"] = np.round(300 + before * need[here]).astype(np.int64)
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)


def credit_rows(rng: np.random.Generator, register: Register, certified: np.ndarray) -> pd.DataFrame:
    """Entries of about 2 % of the certified firms, and again each line once it is removed."""
    firms = rng.permutation(np.flatnonzero(certified & (register.entered < FIRST_DAY)))
    firm = np.sort(firms[: max(36, len(firms) // 50)])
    n = len(firm)
    days = int((LAST_DAY - FIRST_DAY).astype(int))
    listed = FIRST_DAY + rng.integers(0, days + 1, n)
    kinds = rng.choice(list(REASONS), n, p=[0.75, 0.08, 0.17])
    frame = pd.DataFrame(_place(register, firm, FIRST_DAY))
    frame["kind"] = kinds
    frame["listed_on"] = listed.astype("M8[ns]")
    frame["reason"] = [
        REASONS[k][i % len(REASONS[k])] for k, i in zip(kinds, rng.integers(0, 6, n), strict=True)
    ]
    frame["authority"] = [AUTHORITY[k] for k in kinds]
    removed = listed + rng.integers(30, 500, n)
    first = frame.assign(removed_on=pd.NaT, removal_reason=None, month=_month(listed))
    gone = frame.assign(
        removed_on=removed.astype("M8[ns]"), removal_reason="已履行公示义务并申请移出", month=_month(removed)
    )
    gone = gone[(removed <= LAST_DAY) & (gone["month"] > first["month"])]
    return pd.concat([first, gone], ignore_index=True)


def _month(days: np.ndarray) -> list[str]:
    return [str(m).replace("-", "") for m in days.astype("M8[M]")]
