"""The departments' quarterly reports: what no other feed can give, item by item of the reference list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from infra.sandbox.world import geo

ITEMS = Path(__file__).resolve().parents[3] / "schemas" / "reference" / "report_items.yaml"
QUARTERS = ("2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2")
BASIS = {"cumulative": "累计", "quarter": "当季"}
CHANGCHUN = (geo.UNITS[0].code, geo.UNITS[0].name)
JILIN = (geo.PROVINCE, "吉林省")
# Stock of the province at the end of 2025 by item; the policy's target is met by some, missed by others.
LEVEL = {
    "PT01": 31, "PT02": 27, "PT03": 512, "PT10": 9, "KY01": 4_020, "KY02": 4_100, "KY03": 21_500, "KY05": 187,
    "KY06": 205, "PX01": 53_400, "PX02": 104, "PX03": 980, "PX04": 10_350, "PX05": 1_420, "PX07": 1_015,
    "GL01": 128, "GL02": 117,
}  # fmt: skip
# The central bank's rate and the items of Changchun's own policy: value of each quarter.
SERIES: dict[str, tuple[tuple[str, str], tuple[float, ...]]] = {
    "PT12": (CHANGCHUN, (8, 9, 9, 10, 10, 10)),
    "KY04": (CHANGCHUN, (13_260, 13_480, 13_905, 14_350, 14_410, 14_720)),
    "KY07": (CHANGCHUN, (14, 15, 17, 18, 19, 21)),
    "PX06": (CHANGCHUN, (1_120, 1_305, 1_490, 1_730, 1_765, 1_840)),
    "TZ07": (JILIN, (4.36, 4.31, 4.24, 4.18, 4.12, 4.05)),
    "FW05": (CHANGCHUN, (5, 6, 6, 5, 6, 6)),
    "FW07": (CHANGCHUN, (2_410, 2_530, 2_705, 2_870, 2_935, 3_015)),
    "FW08": (CHANGCHUN, (8, 9, 9, 11, 11, 12)),
}


def items() -> dict[str, dict[str, object]]:
    """Return the reference list by code, in its order."""
    listed = yaml.safe_load(ITEMS.read_text(encoding="utf-8"))["items"]
    return {i["code"]: i for i in listed}


def report_rows(rng: np.random.Generator) -> pd.DataFrame:
    """One row per department of the province, quarter, item, place and basis."""
    return pd.DataFrame(
        row for code, item in items().items() if code in LEVEL for row in _item_rows(rng, item)
    )


def series_rows() -> pd.DataFrame:
    """One row per quarter and item of the central bank and the departments of Changchun."""
    return pd.DataFrame(
        _row(item, quarter, SERIES[code][0], value, basis)
        for code, item in items().items()
        if code in SERIES
        for quarter, value in zip(QUARTERS, SERIES[code][1], strict=True)
        for basis in item["basis"]  # type: ignore[attr-defined]
    )


def _item_rows(rng: np.random.Generator, item: dict[str, object]) -> Iterator[dict[str, object]]:
    province = [(*JILIN, 1.0)]
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
                note = "" if rng.random() < 0.9 else "含往年结转"
                yield _row(item, quarter, (code, name), max(values[basis], 0), basis, note)


def _row(
    item: dict[str, object], quarter: str, place: tuple[str, str], value: float, basis: str, note: str = ""
) -> dict[str, object]:
    return {
        "department": item["department"],
        "period": quarter,
        "item_code": item["code"],
        "item_name": item["name"],
        "region_code": place[0],
        "region_name": place[1],
        "unit_name": item["unit"],
        "value": value,
        "basis": BASIS[basis],
        "note": note,
    }
