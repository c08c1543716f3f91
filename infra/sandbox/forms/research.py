"""Form 107-2: yearly R&D of the statement firms, in whole 千元."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infra.sandbox.world import geo
from infra.sandbox.world.register import Register
from infra.sandbox.world.statements import Ledgers

RD_YEARS = (2023, 2024, 2025)
ITEMS = (
    "rd_labour",
    "rd_materials",
    "rd_depreciation",
    "rd_intangibles",
    "rd_design",
    "rd_testing",
    "rd_outsourced",
    "rd_other",
)
ITEM_WEIGHTS = (9.0, 7.0, 2.0, 0.6, 0.8, 1.2, 1.6, 1.0)


def rd_rows(rng: np.random.Generator, ledgers: Ledgers, register: Register) -> pd.DataFrame:
    """One row per firm and year; who sends no December statement sends no R&D form either."""
    parts = []
    for k, year in enumerate(RD_YEARS):
        # 2023 has no statements of its own: who reports at the beginning of 2024 was there.
        reports = ledgers.reported[:, 0, 1:4].any(axis=1) if year == 2023 else ledgers.reported[:, k - 1, 11]
        reports = reports & (register.entered[ledgers.firms] <= np.datetime64(f"{year}-12-31"))
        at = np.flatnonzero(reports & (rng.random(len(reports)) < 0.95))
        parts.append(_year_rows(rng, ledgers, register, at, k, year))
    return pd.concat(parts, ignore_index=True)


def _year_rows(
    rng: np.random.Generator, ledgers: Ledgers, register: Register, at: np.ndarray, k: int, year: int
) -> pd.DataFrame:
    firm = ledgers.firms[at]
    day = np.datetime64(f"{year}-12-31")
    county = register.county_at(day)[firm]
    revenue = ledgers.flows["revenue"][at, k, -1]
    # The form counts more than the 研发费用 line of the accounts: a definition of its own.
    total = np.floor(ledgers.flows["rd_expense"][at, k, -1] * rng.uniform(0.98, 1.22, len(at))).astype(
        np.int64
    )
    total[rng.random(len(at)) < 0.006] = 0
    items = _split(rng, total)
    data: dict[str, object] = {
        "firm": firm,
        "unit": register.county_unit[county],
        "year": year,
        "uscc": register.uscc[firm],
        "name": register.name_at(day)[firm],
        "county_code": np.where(
            register.old_code[firm] & (year == 2023), geo.GONGZHULING_OLD, register.county_code[county]
        ),
        "rd_staff": np.maximum(0, np.round(register.staff[firm] * rng.uniform(0.05, 0.3, len(at)))).astype(
            np.int64
        ),
        "rd_total": total,
    }
    data |= {item: items[:, j] for j, item in enumerate(ITEMS)}
    data["valid_invention_patents"] = rng.poisson(1 + 3 * np.exp(0.5 * register.quality[firm]))
    data["new_product_revenue"] = np.floor(revenue * rng.beta(2, 4, len(at))).astype(np.int64)
    return pd.DataFrame(data)


def _split(rng: np.random.Generator, total: np.ndarray) -> np.ndarray:
    """Eight whole items that add up to the total exactly."""
    shares = rng.gamma(np.tile(ITEM_WEIGHTS, (len(total), 1)))
    parts = np.floor(shares / shares.sum(axis=1, keepdims=True) * total[:, None]).astype(np.int64)
    parts[:, 0] += total - parts.sum(axis=1)
    return parts
