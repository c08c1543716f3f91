"""Form 107-1: the R&D projects behind form 107-2, one line each, in whole 千元."""

from __future__ import annotations

import numpy as np
import pandas as pd

SUBJECTS = (
    "关键技术研究",
    "新产品开发",
    "工艺改进",
    "智能化改造",
    "节能技术研究",
    "检测方法研究",
    "样机试制",
)
KINDS = ("高效", "绿色", "智能", "精密", "轻量化", "耐寒", "低成本")
# Column: number of codes of the form.
CODES = {"source": 6, "cooperation": 7, "outcome": 8, "goal": 9}


def project_rows(rng: np.random.Generator, research: pd.DataFrame) -> pd.DataFrame:
    """One to three projects per firm and year that spends on R&D; together they never exceed the firm's total."""
    spending = research[research["rd_total"] > 0]
    count = rng.choice([1, 2, 3], len(spending), p=[0.55, 0.3, 0.15])
    rows = spending.loc[spending.index.repeat(count), ["firm", "unit", "year", "uscc", "name", "county_code"]]
    rows = rows.reset_index(drop=True)
    n = len(rows)
    number = np.concatenate([np.arange(1, c + 1) for c in count.tolist()])
    total = spending["rd_total"].to_numpy().repeat(count)
    # What the form 107-2 counts and no project does: each project gets less than its equal part of the total.
    rows["spending"] = np.floor(total / count.repeat(count) * rng.uniform(0.5, 0.95, n)).astype(np.int64)
    rows["government"] = np.floor(rows["spending"] * rng.choice([0, 0, 0, 0.1, 0.3], n)).astype(np.int64)
    rows["project_no"] = [f"RD{y}{i:03d}" for y, i in zip(rows["year"], number, strict=True)]
    rows["project_name"] = [
        f"{KINDS[a]}{SUBJECTS[b]}" for a, b in zip(rng.integers(0, 7, n), rng.integers(0, 7, n), strict=True)
    ]
    for name, last in CODES.items():
        rows[name] = rng.integers(1, last + 1, n).astype(str)
    start = rows["year"].astype(str).to_numpy().astype("M8[Y]").astype("M8[D]") - rng.integers(-200, 500, n)
    rows["started_on"] = start.astype("M8[ns]")
    rows["finished_on"] = (start + rng.integers(200, 1000, n)).astype("M8[ns]")
    rows["staff"] = rng.integers(2, 30, n)
    rows["staff_months"] = rows["staff"] * rng.integers(3, 13, n)
    return rows
