"""Forms 102/202: staff and pay by quarter; the yearly 102 stands for the fourth quarter."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infra.sandbox.world.register import Register
from infra.sandbox.world.statements import YEARS, Ledgers

QUARTERS = ("2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2", "2026Q3")
NEW_FORM = "2026"
"""First year of the 制度 with other column names and other codes of the register type."""
# Register type: share, code of the 2025 form, code of the 2026 form.
REGISTER_TYPES: dict[str, tuple[float, str, str]] = {
    "state": (0.01, "110", "131"),
    "collective": (0.01, "120", "132"),
    "state_owned_limited": (0.03, "151", "111"),
    "limited": (0.20, "159", "119"),
    "joint_stock": (0.05, "160", "129"),
    "private_limited": (0.60, "173", "112"),
    "private_joint_stock": (0.06, "174", "121"),
    "hmt": (0.02, "210", "211"),
    "foreign": (0.02, "310", "311"),
}


def staff_rows(rng: np.random.Generator, ledgers: Ledgers, register: Register) -> pd.DataFrame:
    """One row per firm and quarter; who sends no statement of the quarter's last month sends no row either."""
    names = list(REGISTER_TYPES)
    kinds = rng.choice(names, len(ledgers.firms), p=[REGISTER_TYPES[k][0] for k in names])
    women, technical = rng.uniform(0.2, 0.6, len(kinds)), rng.uniform(0.05, 0.3, len(kinds))
    parts = [_quarter(ledgers, register, q, kinds, women, technical) for q in QUARTERS]
    return pd.concat(parts, ignore_index=True)


def _quarter(
    ledgers: Ledgers,
    register: Register,
    quarter: str,
    kinds: np.ndarray,
    women: np.ndarray,
    technical: np.ndarray,
) -> pd.DataFrame:
    year, month = int(quarter[:4]), int(quarter[5]) * 3
    k = YEARS.index(year)
    at = np.flatnonzero(ledgers.reported[:, k - 1, month - 1])
    firm = ledgers.firms[at]
    day = (np.datetime64(f"{year}-{month:02d}") + 1).astype("M8[D]") - 1
    county = register.county_at(day)[firm]
    staff = ledgers.staff[at, k, month - 1]
    edition = 2 if str(year) >= NEW_FORM else 1
    return pd.DataFrame(
        {
            "firm": firm,
            "unit": register.county_unit[county],
            "period": quarter,
            "uscc": register.uscc[firm],
            "name": register.name_at(day)[firm],
            "county_code": register.county_code[county],
            "register_type": kinds[at],
            "register_code": [REGISTER_TYPES[kind][edition] for kind in kinds[at]],
            "staff_end": staff,
            "women": np.floor(staff * women[at]).astype(np.int64),
            "technical_staff": np.floor(staff * technical[at]).astype(np.int64),
            "staff_avg": ledgers.staff_avg[at, k, month - 1],
            "payroll": ledgers.flows["payroll"][at, k, month - 1],
        }
    )
