"""Regions of the sandbox: the ten reporting units and their counties."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

PROVINCE = "220000"
REGION_FILE = Path(__file__).parent / "data" / "jilin_regions.csv"
ZONE = "stat_only_devzone"
CHANGBAI = "22CBS"
GONGZHULING = "220184"
GONGZHULING_OLD = "220381"
MEIHEKOU = "220581"


@dataclass(frozen=True)
class Unit:
    """A ranked unit that reports to the province."""

    code: str
    name: str
    short: str
    share: float
    growth: tuple[float, float, float]
    office: str
    csv: bool = False
    commas: bool = False


# share: part of the register; growth: true drift of revenue in 2024, 2025, 2026; office: document prefix.
UNITS: tuple[Unit, ...] = (
    Unit("220100", "长春市", "长春", 0.450, (0.055, 0.068, 0.061), "长工信民营", csv=True),
    Unit("220200", "吉林市", "吉林", 0.140, (0.041, 0.052, 0.066), "吉市工信民营"),
    Unit("220300", "四平市", "四平", 0.060, (0.032, 0.045, 0.038), "四工信民营", csv=True, commas=True),
    Unit("220400", "辽源市", "辽源", 0.045, (0.068, 0.031, 0.027), "辽工信民营"),
    Unit("220500", "通化市", "通化", 0.080, (0.037, 0.074, 0.055), "通市工信民营", csv=True),
    Unit("220600", "白山市", "白山", 0.045, (-0.012, 0.018, 0.035), "白山工信民营"),
    Unit("220700", "松原市", "松原", 0.055, (0.026, 0.039, 0.072), "松工信民营", csv=True),
    Unit("220800", "白城市", "白城", 0.040, (0.049, -0.021, 0.012), "白城工信民营"),
    Unit(
        "222400",
        "延边朝鲜族自治州",
        "延边",
        0.070,
        (0.044, 0.057, 0.043),
        "延州工信民营",
        csv=True,
        commas=True,
    ),
    Unit("22CBS", "长白山管委会", "长白山", 0.015, (0.081, 0.092, 0.058), "长白山经信民营"),
)
UNIT_INDEX = {u.code: i for i, u in enumerate(UNITS)}


@dataclass(frozen=True)
class County:
    """A county-level region and the index of its unit."""

    code: str
    name: str
    unit: int


def load_counties() -> list[County]:
    """Return the 60 counties of GB/T 2260 and 长白山管委会, which stands for its own county."""
    with REGION_FILE.open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    counties = [
        County(r["code"], r["name"], UNIT_INDEX[r["parent_code"]])
        for r in rows
        if r["parent_code"] in UNIT_INDEX and r["level"] != ZONE
    ]
    return [*counties, County(CHANGBAI, UNITS[UNIT_INDEX[CHANGBAI]].name, UNIT_INDEX[CHANGBAI])]
