"""Forms 103/203: cumulative statements of the certified firms, in whole 千元."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infra.sandbox.world import geo
from infra.sandbox.world.profiles import STATEMENT_YEARS, Profile
from infra.sandbox.world.register import CHANGES_FROM, Register

YEARS = (2023, *STATEMENT_YEARS)  # 2023 is never published: only the base column of 2024 shows it
MEDIAN = {
    "city_srdi": 42_000,
    "provincial_srdi": 95_000,
    "national_little_giant": 420_000,
    "national_champion": 2_100_000,
}
SEASONS = {
    "A": (4, 4, 6, 7, 7, 8, 8, 9, 12, 15, 12, 8),
    "D": (12, 11, 10, 8, 6, 6, 6, 6, 7, 8, 10, 10),
    "E": (2, 2, 5, 8, 10, 12, 12, 12, 12, 10, 8, 7),
    "N": (10, 9, 6, 5, 6, 9, 12, 12, 8, 7, 6, 10),
}
PLAIN_SEASON = (7, 6, 9, 8, 8, 9, 8, 8, 9, 9, 9, 10)
MONEY = ("revenue", "operating_cost", "total_profit", "rd_expense", "payroll")


@dataclass
class Ledgers:
    """Arrays firm x year x month; `reported` covers the three statement years only."""

    firms: np.ndarray
    flows: dict[str, np.ndarray]
    prior: dict[str, np.ndarray]
    prior_known: np.ndarray
    reported: np.ndarray
    assets: np.ndarray
    liabilities: np.ndarray
    staff: np.ndarray
    staff_avg: np.ndarray


def choose_firms(
    rng: np.random.Generator, certificates: pd.DataFrame, profile: Profile
) -> tuple[np.ndarray, np.ndarray]:
    """Statement firms with their highest tier: nearly all from the provincial tier up, part of the city tier."""
    coded = certificates[
        certificates["coded"] & (certificates["tier"] != "seed") & (certificates["event"] == "grant")
    ]
    rank = coded["tier"].map({t: k for k, t in enumerate(MEDIAN)})
    top = rank.groupby(coded["firm"]).max().sort_index()
    firms, tiers = top.index.to_numpy(), top.to_numpy()
    high = firms[(tiers >= 1) & ((rng.random(len(firms)) < 0.965) | (tiers >= 2))]
    city = firms[tiers == 0]
    room = min(max(profile.statement_firms - len(high), len(city) // 3), len(city))
    chosen = np.sort(np.concatenate([high, rng.choice(city, room, replace=False)]))
    return chosen, tiers[np.searchsorted(firms, chosen)]


def build_ledgers(
    rng: np.random.Generator, register: Register, firms: np.ndarray, tiers: np.ndarray
) -> Ledgers:
    """Draw revenue and all that follows from it."""
    revenue = _revenue(rng, register, firms, tiers)
    count = len(firms)
    late = _late_starters(rng, revenue)
    flows = {"revenue": np.cumsum(late, axis=2)}
    cost = rng.uniform(0.70, 0.90, (count, 1, 1)) + 0.02 * rng.standard_normal((count, len(YEARS), 1))
    rd = _rd_ratio(rng, tiers)[:, None, None] * rng.uniform(0.85, 1.1, (count, len(YEARS), 1))
    flows["operating_cost"] = np.floor(flows["revenue"] * cost).astype(np.int64)
    flows["rd_expense"] = np.floor(flows["revenue"] * rd).astype(np.int64)
    flows["payroll"] = np.floor(flows["revenue"] * rng.uniform(0.06, 0.18, (count, 1, 1))).astype(np.int64)
    other = np.floor(flows["revenue"] * rng.uniform(0.02, 0.16, (count, len(YEARS), 1))).astype(np.int64)
    flows["total_profit"] = flows["revenue"] - flows["operating_cost"] - flows["rd_expense"] - other
    reported, base_known = _presence(rng, register, firms)
    yearly = flows["revenue"][:, :, -1:]
    assets = np.maximum(
        1,
        np.floor(
            yearly * rng.uniform(0.8, 1.8, (count, 1, 1)) * rng.uniform(0.95, 1.05, (count, len(YEARS), 12))
        ),
    ).astype(np.int64)
    staff = np.maximum(
        2,
        np.round(
            register.staff[firms][:, None, None] * np.exp(0.02 * rng.standard_normal((count, len(YEARS), 12)))
        ),
    ).astype(np.int64)
    return Ledgers(
        firms=firms,
        flows=flows,
        prior=_restate(rng, flows),
        prior_known=base_known,
        reported=reported,
        assets=assets,
        liabilities=np.floor(assets * rng.uniform(0.15, 0.85, (count, 1, 1))).astype(np.int64),
        staff=staff,
        staff_avg=np.maximum(2, np.round(staff * rng.uniform(0.96, 1.02, staff.shape))).astype(np.int64),
    )


def _rd_ratio(rng: np.random.Generator, tiers: np.ndarray) -> np.ndarray:
    """Typical R&D share of revenue, about 3-6 %, higher in higher tiers."""
    return np.exp(
        np.log(np.array([0.034, 0.040, 0.050, 0.048])[tiers]) + 0.42 * rng.standard_normal(len(tiers))
    )


def _revenue(
    rng: np.random.Generator, register: Register, firms: np.ndarray, tiers: np.ndarray
) -> np.ndarray:
    """Monthly revenue, whole 千元, never negative."""
    count = len(firms)
    median = np.array(list(MEDIAN.values()))[tiers]
    level = median * np.exp(0.35 * register.quality[firms] + 0.7 * rng.standard_normal(count))
    drift = np.array([u.growth for u in geo.UNITS])
    unit = register.unit_at(CHANGES_FROM)[firms]
    growth = 1 + drift[unit] + 0.13 * rng.standard_normal((count, len(YEARS) - 1))
    levels = level[:, None] * np.cumprod(
        np.concatenate([np.ones((count, 1)), np.maximum(growth, 0.4)], axis=1), axis=1
    )
    season = np.array([SEASONS.get(t[0], PLAIN_SEASON) for t in register.trade[firms]], dtype=float)
    weights = (season / season.sum(axis=1, keepdims=True))[:, None, :] * np.exp(
        0.12 * rng.standard_normal((count, len(YEARS), 12))
    )
    return np.round(levels[:, :, None] * weights).astype(np.int64)


def _late_starters(rng: np.random.Generator, monthly: np.ndarray) -> np.ndarray:
    """A few firms had no revenue in the first months of a year: a zero base a year later."""
    out = monthly.copy()
    count = max(3, len(monthly) // 400)
    for year in range(len(YEARS) - 1):
        for firm in rng.choice(len(monthly), count, replace=False).tolist():
            out[firm, year, : int(rng.integers(2, 10))] = 0
    return out


def _presence(
    rng: np.random.Generator, register: Register, firms: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Who reports which month, and whose base column is filled in which year."""
    count, years = len(firms), len(STATEMENT_YEARS)
    month = (np.datetime64("2024-01") + np.arange(12 * years)).reshape(years, 12)
    month_end = (month + 1).astype("M8[D]") - 1
    entry_year = rng.choice([2024, 2025, 2026], count, p=[0.94, 0.04, 0.02])
    own_start = np.array([np.datetime64(f"{y}-01-01") for y in entry_year])
    start = np.maximum(own_start, register.entered[firms])
    leaves = rng.random(count) < 0.03
    last = np.datetime64("2024-06-01") + rng.integers(0, 900, count)
    stop = np.minimum(np.where(leaves, last, np.datetime64("9999-12-31")), register.close_day[firms])
    present = (start[:, None, None] <= month_end) & (month_end < stop[:, None, None])
    present &= (np.arange(12) >= 1)[None, None, :]
    present &= rng.random(present.shape) >= 0.012
    # Firms that enter fill the base column only if they were in business (but below the threshold) before.
    newborn = rng.random(count) < 0.4
    first_year = start.astype("M8[Y]").astype(int) + 1970
    known = np.ones((count, years), bool)
    for k, year in enumerate(STATEMENT_YEARS):
        known[:, k] = ~(newborn & (first_year == year) & (year > 2024)) & (
            register.entered[firms] < np.datetime64(f"{year}-01-01")
        )
    return present, known


def _restate(rng: np.random.Generator, flows: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Base columns: last year's figures, restated for about 4 % of the firms, negative for a few."""
    count = len(flows["revenue"])
    factor = np.where(
        rng.random((count, len(STATEMENT_YEARS), 1)) < 0.04,
        rng.uniform(0.82, 1.15, (count, len(STATEMENT_YEARS), 1)),
        1.0,
    )
    prior = {item: np.round(values[:, :-1, :] * factor).astype(np.int64) for item, values in flows.items()}
    for year in range(len(STATEMENT_YEARS)):
        for firm in rng.choice(count, 3, replace=False).tolist():
            prior["revenue"][firm, year, :] = -np.abs(prior["revenue"][firm, year, :]) // 50 - 1
    return prior


def statement_rows(ledgers: Ledgers, register: Register) -> pd.DataFrame:
    """One row per reporting firm and month, with the unit in which the firm then is."""
    parts = []
    for k, year in enumerate(STATEMENT_YEARS):
        for month in range(2, 13):
            day = (np.datetime64(f"{year}-{month:02d}") + 1).astype("M8[D]") - 1
            parts.append(_month_rows(ledgers, register, k, month, f"{year}{month:02d}", day))
    return pd.concat(parts, ignore_index=True)


def _month_rows(
    ledgers: Ledgers, register: Register, k: int, month: int, period: str, day: np.datetime64
) -> pd.DataFrame:
    at = np.flatnonzero(ledgers.reported[:, k, month - 1])
    firm = ledgers.firms[at]
    county = register.county_at(day)[firm]
    old_code = register.old_code[firm] & (period < "202501")
    data: dict[str, object] = {
        "firm": firm,
        "unit": register.county_unit[county],
        "industry": register.industry[firm],
        "period": period,
        "uscc": register.uscc[firm],
        "name": register.name_at(day)[firm],
        "county_code": np.where(
            old_code & (register.move_day[firm] > day), geo.GONGZHULING_OLD, register.county_code[county]
        ),
    }
    known = ledgers.prior_known[at, k]
    for item in MONEY:
        data[item] = ledgers.flows[item][at, k + 1, month - 1]
        data[f"{item}_prior"] = pd.array(ledgers.prior[item][at, k, month - 1], dtype="Int64")
    data["total_assets"] = ledgers.assets[at, k + 1, month - 1]
    data["total_liabilities"] = ledgers.liabilities[at, k + 1, month - 1]
    data["staff_end"] = ledgers.staff[at, k + 1, month - 1]
    data["staff_avg"] = ledgers.staff_avg[at, k + 1, month - 1]
    frame = pd.DataFrame(data)
    frame.loc[~known, [f"{item}_prior" for item in MONEY]] = pd.NA
    return frame
