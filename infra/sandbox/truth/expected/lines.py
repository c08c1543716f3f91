"""Lines of the compliance shares, in the unit of the indicator; an indicator without a line has no share."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Line:
    """What a firm or contract must reach, or, as a cap, must not go beyond; the boundary itself meets it."""

    value: Fraction
    cap: bool = False


def _at_least(text: str) -> Line:
    return Line(Fraction(text))


def _at_most(text: str) -> Line:
    return Line(Fraction(text), cap=True)


LINES = {
    "rd_intensity": _at_least("2.0"),  # %, JL-T08
    "technical_staff_share": _at_least("10"),  # %, CC-T10
    "rd_staff_share": _at_least("10"),  # %, JL-T09
    "patents_per_firm": _at_least("3"),  # 件, CC-T09
    "tickets_solved": _at_least("1"),  # 件, SD-T48
    "guarantee_fee_small": _at_most("1.0"),  # %, JL-T22
    "guarantee_fee_large": _at_most("1.5"),  # %, JL-T23
    "guarantee_fee_average": _at_most("1.0"),  # %, ZJ-T09
    "library_revenue": _at_least("500"),  # 万元, SX-T05
    "main_business_share": _at_least("80"),  # %, SD-T15
}
