"""A served file of two units with three counties, written by hand: what the pages of places and domains read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from tests.support.served_frames import COUNT, GROWTH, PERIOD, PROVINCE, ServedFile, name, uscc

A, B = "220100", "220200"
P, Q, R = "220182", "220183", "220281"
"""Counties: P and Q of unit A, R of B."""
UNIT = {P: A, Q: A, R: B}
NAMES = {PROVINCE: "甲省", A: "甲市", B: "乙市", P: "丙县", Q: "丁县", R: "戊县"}
FIRMS = {
    P: {"A1": (500, "industry"), "A2": (100, "industry"), "A3": (100, "agriculture"), "A4": (100, "agriculture")},
    Q: {"B1": (100, "industry"), "B2": (100, "industry"), "B3": (100, "industry")},
    R: {"C1": (900, "industry"), "C2": (30, "agriculture"), "C3": (30, "agriculture")},
}  # fmt: skip
"""Revenue and domain of each firm: of unit B one has fifteen sixteenths."""
VALUES = {PROVINCE: 5.0, A: 7.5, B: -2.25, P: 7.25, Q: 8.0, R: -2.25}
"""Growth of revenue, in per cent."""


def _of(code: str, domain: str | None) -> Iterator[int]:
    """Give the revenue of the firms of a place."""
    for county, firms in FIRMS.items():
        for amount, own in firms.values():
            if code in (PROVINCE, county, UNIT[county]) and domain in (None, own):
                yield amount


def _level(code: str) -> str:
    return "province" if code == PROVINCE else "county" if code in UNIT else "unit"


def _cells(file: ServedFile) -> None:
    for code, growth in VALUES.items():
        for domain in (None, "industry", "agriculture") if code not in UNIT else (None,):
            amounts = list(_of(code, domain))
            where = {
                "region_code": code, "region_name": NAMES[code], "region_level": _level(code), "domain": domain,
                "n": len(amounts), "n_scope": 10, "coverage": len(amounts) / 10, "status": "OK", "is_latest": True,
                "imputed_share": 0.0, "provisional": False, "reference_period": "2026年1-3月",
            }  # fmt: skip
            total = float(sum(amounts))
            file.add("kpi_region", **where, indicator=GROWTH, reading="same_firm", value=growth, unit="%",
                     numerator=total, denominator=total / (1 + growth / 100))  # fmt: skip
            file.add("kpi_region", **where, indicator="revenue", reading="sum", value=total * 1e8, unit="元")
            file.add("kpi_region", **where, indicator=COUNT, reading="valid", value=len(amounts), unit="户")


def _yearly(file: ServedFile) -> None:
    """A ratio of the year before with its median; one unit did not report it."""
    for code, value, n, status in (
        (PROVINCE, 4.0, 7, "LOW_COVERAGE"),
        (A, 4.004, 7, "OK"),
        (B, None, 0, "EMPTY"),
    ):
        where = {
            "region_code": code,
            "region_name": NAMES[code],
            "region_level": _level(code),
            "is_latest": True,
        }
        figure = {"indicator": "rd_intensity", "unit": "%", "n": n, "n_scope": 10, "status": status, "imputed_share": 0.125,
                  "provisional": code == A, "reference_period": "2025年度"}  # fmt: skip
        file.add("kpi_region", **where, **figure, reading="pooled", value=value)
        for reading, beside in (("median", 3.5), ("share", 80.0)):
            file.add("kpi_region", **where, **figure, reading=reading, value=value and beside)


def _firms(file: ServedFile) -> None:
    for county, firms in FIRMS.items():
        for firm, (amount, domain) in firms.items():
            who = {"region_code": UNIT[county], "county_code": county, "uscc": uscc(firm), "name": name(firm)}
            file.add("enterprise_statement", **who, domain=domain, tiers="provincial_srdi")
            for indicator in (GROWTH, "revenue"):
                figure = {
                    "indicator": indicator,
                    "reading": "same_firm",
                    "numerator": amount,
                    "denominator": amount,
                }
                file.add("kpi_enterprise", **who, **figure, value=25, in_panel=True)


def served(path: Path) -> Path:
    """Write the file and return its path."""
    file = ServedFile(path)
    for part in (_cells, _yearly, _firms):
        part(file)
    for code, target in ((PROVINCE, 100.0), (A, 8.0)):
        file.add("target_progress", target_id=f"T{code}", policy="JL", region_code=code, indicator=COUNT, reading="valid",
                 operator=">=", target_value=target, unit="户", deadline=date(2026, 12, 31), headline=True,
                 reference_date=date(2026, 3, 31), state="进行中")  # fmt: skip
    file.add("publication", period=PERIOD)
    return file.close()
