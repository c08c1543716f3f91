"""Figures derived from other figures of the same quarter and region."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

Key = tuple[str, str, str | None]
"""Indicator, reading, tier."""
Row = dict[str, Any]
PROVINCIAL = "provincial_srdi"
VALID, VALID_PROVINCIAL = (("certificate_count", "valid", tier) for tier in (None, PROVINCIAL))
STAFF = ("staff_total", "sum", None)
SHARES: dict[str, tuple[Key, Key | Decimal]] = {
    "instrument_open_rate": (("item_KY01", "total", None), ("item_KY02", "total", None)),
    "meddevice_test_rate": (("item_KY05", "total", None), ("item_KY06", "total", None)),
    "tech_staff_reported_share": (("item_KY03", "total", None), ("staff_total", "sum", PROVINCIAL)),
    "tech_professional_reported_share": (("item_KY04", "total", None), STAFF),
    "training_coverage": (("item_PX05", "total", None), VALID_PROVINCIAL),
    "skill_training_coverage": (("item_PX06", "total", None), VALID),
    "quarter_report_on_time": (("item_FW05", "quarter", None), Decimal(6)),
    "equity_centre_coverage": (("equity_board", "sum", None), VALID),
    "relending_usage": (("relending_used", "total", None), ("relending_quota", "total", None)),
    "rediscount_usage": (("rediscount_used", "total", None), ("rediscount_quota", "total", None)),
}
"""Those whose parts some feed of the sandbox gives: per cent of one figure in another, or in a fixed number."""
LOAN_RATE, MARKET_RATE = ("loan_rate", "pooled", None), ("item_TZ07", "total", None)
INTENSITY: tuple[Key, ...] = tuple(
    (name, "pooled", None) for name in ("rd_intensity", "rd_intensity_1", "rd_intensity_2", "rd_intensity_3")
)
FIRST_YEAR = 2022


def derived_figures(rows: Iterable[Row], rd_year: int) -> Iterator[Row]:
    """Derived figures wherever all their parts have a value.

    Parameters
    ----------
    rows : iterable of dict
        Figures of the province and the units for one quarter.
    rd_year : int
        Reference year of the R&D forms.
    """
    places: dict[str, dict[Key, Row]] = {}
    for row in rows:
        places.setdefault(row["region_code"], {})[row["indicator"], row["reading"], row["tier"]] = row
    for known in places.values():
        yield from _shares(known)
        yield from _gap(known)
        yield from _yearly_mean(known, rd_year)


def _value(known: dict[Key, Row], key: Key) -> Row | None:
    row = known.get(key)
    return None if row is None or row["value"] is None else row


def _shares(known: dict[Key, Row]) -> Iterator[Row]:
    for name, (first, second) in SHARES.items():
        above = _value(known, first)
        below = {"numerator": second} if isinstance(second, Decimal) else _value(known, second)
        if above is None or below is None or not below["numerator"]:
            continue
        sides = {"numerator": above["numerator"], "denominator": below["numerator"]}
        value = 100 * float(sides["numerator"] / sides["denominator"])
        tier = None if isinstance(second, Decimal) else second[2]
        yield above | {"indicator": name, "reading": "pooled", "tier": tier, "value": value} | sides


def _gap(known: dict[Key, Row]) -> Iterator[Row]:
    """Rate of the firms' loans less that of the market, in points; its parts are not those of one quotient."""
    own, market = _value(known, LOAN_RATE), _value(known, MARKET_RATE)
    if own is not None and market is not None:
        value = own["value"] - market["value"]
        head = {"indicator": "srdi_loan_rate_gap", "reading": "difference", "value": value}
        yield own | head | {"numerator": None, "denominator": None}


def _yearly_mean(known: dict[Key, Row], rd_year: int) -> Iterator[Row]:
    """R&D intensity of all reference years since 2022: ratio of the sums, and the mean of the years' ratios."""
    years = range(FIRST_YEAR, rd_year + 1)
    intensities = [
        _value(known, INTENSITY[rd_year - y]) if rd_year - y < len(INTENSITY) else None for y in years
    ]
    parts = [row for row in intensities if row is not None]
    if not parts or len(parts) < len(years):
        return
    above, below = (sum(row[side] for row in parts) for side in ("numerator", "denominator"))
    head = known[INTENSITY[0]] | {"indicator": "rd_intensity_average"}
    pooled = {"reading": "pooled", "value": 100 * float(above / below)}
    yield head | pooled | {"numerator": above, "denominator": below}
    mean = sum(row["value"] for row in parts) / len(parts)
    yield head | {"reading": "mean_of_years", "value": mean, "numerator": None, "denominator": None}
