"""The departments' quarterly reports: what no other feed can give, item by item of the reference list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from infra.sandbox import geo

ITEMS = Path(__file__).resolve().parents[2] / "schemas" / "reference" / "report_items.yaml"
POLICY = "JL-"
QUARTERS = ("2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2")
BASIS = {"cumulative": "累计", "quarter": "当季"}
# Stock of the province at the end of 2025 by item; the policy's target is met by some, missed by others.
LEVEL = {
    "PT01": 31, "PT02": 27, "PT03": 512, "PT10": 9, "KY01": 4_020, "KY02": 4_100, "KY03": 21_500, "KY05": 187,
    "KY06": 205, "PX01": 53_400, "PX02": 104, "PX03": 980, "PX04": 10_350, "PX05": 1_420, "PX07": 1_015,
    "GL01": 128, "GL02": 117,
}  # fmt: skip


def jilin_items() -> list[dict[str, object]]:
    """Items that a target of Jilin's policy needs."""
    items = yaml.safe_load(ITEMS.read_text(encoding="utf-8"))["items"]
    return [i for i in items if any(t.startswith(POLICY) for t in i["targets"])]


def report_rows(rng: np.random.Generator) -> pd.DataFrame:
    """One row per department, quarter, item, place and basis."""
    rows = [row for item in jilin_items() for row in _item_rows(rng, item)]
    return pd.DataFrame(rows)


def _item_rows(rng: np.random.Generator, item: dict[str, object]) -> Iterator[dict[str, object]]:
    province = [(geo.PROVINCE, "吉林省", 1.0)]
    places = [(u.code, u.name, u.share) for u in geo.UNITS] if item["level"] == "unit" else province
    for code, name, share in places:
        final = LEVEL[str(item["code"])] * share
        growth = np.sort(rng.uniform(0.70, 1.0, len(QUARTERS)))
        stock = np.round(final * growth / growth[3]).astype(np.int64)
        before = round(final * 0.65)
        for k, quarter in enumerate(QUARTERS):
            values = {
                "cumulative": int(stock[k]),
                "quarter": int(stock[k]) - (int(stock[k - 1]) if k else before),
            }
            for basis in item["basis"]:  # type: ignore[attr-defined]
                yield {
                    "department": item["department"],
                    "period": quarter,
                    "item_code": item["code"],
                    "item_name": item["name"],
                    "region_code": code,
                    "region_name": name,
                    "unit_name": item["unit"],
                    "value": max(values[basis], 0),
                    "basis": BASIS[basis],
                    "note": "" if rng.random() < 0.9 else "含往年结转",
                }
