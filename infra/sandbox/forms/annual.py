"""Yearly updates of the cultivation platform: what the certified firms say of themselves; money in whole 千元."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infra.sandbox.world.register import Register
from infra.sandbox.world.statements import YEARS, Ledgers

ANNUAL_YEARS = (2023, 2024, 2025)
ANSWERED = 0.97
# By highest tier of the firm (city, province, little giant, champion): share that says 是.
YES = {
    "own_brand": (0.55, 0.75, 0.95, 1.0),
    "management_certified": (0.60, 0.80, 0.97, 1.0),
    "chain_position": (0.35, 0.55, 0.85, 1.0),
    "strategic_field": (0.30, 0.40, 0.60, 0.75),
    "high_tech": (0.40, 0.65, 0.96, 1.0),
}
# Coded answers by the same tiers: mean of a binomial over the codes above 0, and the highest code.
CODED = {
    "digital_level": ((0.30, 0.42, 0.60, 0.75), 4),
    "rd_institution": ((0.25, 0.45, 0.72, 0.90), 4),
    "ip_kind": ((0.35, 0.50, 0.70, 0.85), 4),
    "science_award": ((0.02, 0.05, 0.18, 0.40), 2),
    "maker_china": ((0.01, 0.03, 0.08, 0.05), 2),
    "quality_items": ((0.30, 0.45, 0.65, 0.80), 5),
}
SHARE_OF_MARKET = (3.0, 7.0, 18.0, 32.0)
"""Typical market share in per cent, by the same tiers."""
UNRANKED = 0.1
"""Share of the firms that do not know their rank."""


def annual_rows(
    rng: np.random.Generator, ledgers: Ledgers, tiers: np.ndarray, register: Register
) -> pd.DataFrame:
    """One row per firm and year: firms that were there at the year's end and have not closed until the next April."""
    said = _answers(rng, tiers)
    focus = rng.uniform(0.77, 0.98, len(tiers))
    begun = _begun(rng, register.opened[ledgers.firms])
    parts = []
    for year in ANNUAL_YEARS:
        here = register.entered[ledgers.firms] <= np.datetime64(f"{year}-12-31")
        here &= register.close_day[ledgers.firms] > np.datetime64(f"{year + 1}-04-30")
        at = np.flatnonzero(here & (rng.random(len(here)) < ANSWERED))
        frame = _head(ledgers, register, at, year)
        frame["main_revenue"] = _main(rng, ledgers.flows["revenue"][at, YEARS.index(year), -1], focus[at])
        frame["net_profit"] = _net(ledgers.flows["total_profit"][at, YEARS.index(year), -1])
        frame["segment_years"] = np.maximum(year - begun[at], 0)
        frame = pd.concat([frame, said.iloc[at].reset_index(drop=True)], axis=1)
        parts.append(_grown(frame, year - ANNUAL_YEARS[0]))
    return pd.concat(parts, ignore_index=True).sort_values(["year", "uscc"], kind="stable", ignore_index=True)


def _answers(rng: np.random.Generator, tiers: np.ndarray) -> pd.DataFrame:
    """Return what a firm says in its first year."""
    said = pd.DataFrame(
        {"market_share": np.array(SHARE_OF_MARKET)[tiers] * np.exp(0.6 * rng.standard_normal(len(tiers)))}
    )
    for name, shares in YES.items():
        said[name] = np.where(rng.random(len(tiers)) < np.array(shares)[tiers], "是", "否")
    for name, (means, highest) in CODED.items():
        said[name] = rng.binomial(highest, np.array(means)[tiers])
    said["core_systems"] = rng.poisson(1.0 + tiers)
    said["unranked"] = rng.random(len(tiers)) < UNRANKED
    return said


def _begun(rng: np.random.Generator, opened: np.ndarray) -> np.ndarray:
    """Return the year since which a firm is in its market: some time after it opened."""
    year = opened.astype("M8[Y]").astype(int) + 1970
    return year + np.floor(rng.uniform(0, 0.6, len(year)) * np.maximum(ANNUAL_YEARS[0] - year, 0)).astype(int)


def _head(ledgers: Ledgers, register: Register, at: np.ndarray, year: int) -> pd.DataFrame:
    firm, day = ledgers.firms[at], np.datetime64(f"{year}-12-31")
    return pd.DataFrame(
        {
            "firm": firm,
            "year": year,
            "uscc": register.uscc[firm],
            "name": register.name_at(day)[firm],
            "county_code": register.county_code[register.county_at(day)[firm]],
        }
    )


def _main(rng: np.random.Generator, revenue: np.ndarray, focus: np.ndarray) -> np.ndarray:
    """Return revenue from the main business: 75 to 100 % of the accounts' revenue of the year."""
    share = focus + rng.uniform(-0.02, 0.02, len(focus))
    return np.floor(revenue * share).astype(np.int64)


def _net(profit: np.ndarray) -> np.ndarray:
    """Return profit after a tax of 15 %; a loss stays as it is."""
    return np.where(profit > 0, profit * 85 // 100, profit)


def _grown(frame: pd.DataFrame, years: int) -> pd.DataFrame:
    """Let the first year's answers grow by some years: market share, rank by it, systems, level of digitisation."""
    share = np.round(np.minimum(frame["market_share"] * 1.04**years, 90), 1)
    rank = np.clip(np.floor(60 / np.maximum(share, 1)), 1, None).astype("Int64")
    return frame.assign(
        market_share=share,
        market_rank=rank.mask(frame["unranked"]),
        core_systems=frame["core_systems"] + years,
        digital_level=np.minimum(frame["digital_level"] + years // 2, CODED["digital_level"][1]),
    ).drop(columns="unranked")
