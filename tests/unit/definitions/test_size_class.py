"""Size classes of 2017: boundaries, and what a missing measure leaves open.

The expected class is worked out here from the printed table, by trying what a missing measure could be.
"""

from decimal import Decimal
from itertools import permutations, product

import pyarrow as pa

from jobs.definitions.size_class import size_rows
from jobs.kpi import parameters
from jobs.kpi.indicators import Wanted
from tests.support.model_runs import single, table

WAN = 10_000
TABLE = {
    "C3511": {"staff": (1000, 300, 20), "revenue": (40000, 2000, 300)},
    "E47": {"revenue": (80000, 6000, 300), "assets": (80000, 5000, 300)},
    "F5191": {"staff": (200, 20, 5), "revenue": (40000, 5000, 1000)},
    "F52": {"staff": (300, 50, 10), "revenue": (20000, 500, 100)},
    "I6513": {"staff": (300, 100, 10), "revenue": (10000, 1000, 50)},
    "A0111": {"revenue": (20000, 500, 50)},
    "L7211": {"staff": (300, 100, 10), "assets": (120000, 8000, 100)},
    "M7320": {"staff": (300, 100, 10)},
}
"""Lower bounds of large, medium, small (人, 万元, 万元), from domain reference §2.2 and the table it quotes."""
CLASSES = ("large", "medium", "small", "micro")
MEASURES = ("staff", "revenue", "assets")


def printed(bounds, measures):
    """Class of a firm whose measures are all known."""
    unit = {"staff": 1, "revenue": WAN, "assets": WAN}
    for n in range(3):
        if all(measures[m] >= b[n] * unit[m] for m, b in bounds.items()):
            return CLASSES[n]
    return "micro"


def expected(bounds, measures):
    """Class that holds whatever the missing measures are, else None."""
    known = [[0, 1e15] if measures[m] is None else [measures[m]] for m in MEASURES]
    found = {printed(bounds, dict(zip(MEASURES, values, strict=True))) for values in product(*known)}
    return found.pop() if len(found) == 1 else None


def _values(bounds, measure):
    """Every bound of a measure, just below it, and nothing."""
    unit, step = (1, 1) if measure == "staff" else (WAN, 0.01)
    lines = [b * unit for b in bounds.get(measure, ())]
    return [None, *lines, *[b - step for b in lines]]


CASES = [
    (code, *values)
    for code, bounds in TABLE.items()
    for values in product(*[_values(bounds, m) for m in MEASURES])
]


PERIOD, TEXT, EXACT = "2025Q4", pa.string(), pa.decimal128(28, 4)
FIRM = {"period": TEXT, "holder": TEXT}
HOLDERS = FIRM | {"unit": TEXT, "industry_code": TEXT}
FACTS = FIRM | dict.fromkeys(("staff_end", "revenue_y1", "total_assets"), EXACT)
MEMBERS = FIRM | {"tier": TEXT, "valid": pa.bool_()}


def _classes(rows):
    """Class of each row: industry, staff (人), revenue and assets (元)."""
    exact = [
        {"period": PERIOD, "holder": f"{n:04d}", "industry_code": code}
        | {
            name: None if v is None else Decimal(str(v))
            for name, v in zip(("staff_end", "revenue_y1", "total_assets"), values, strict=True)
        }
        for n, (code, *values) in enumerate(rows)
    ]
    given = {
        "holders": table(HOLDERS, exact),
        "facts": table(FACTS, exact),
        "members": table(MEMBERS),
        "periods": parameters.periods([PERIOD], Wanted((PERIOD,))),
        "size_bounds": parameters.size_bounds(),
    }
    found = sorted(single(given, "population")["population"], key=lambda r: r["holder"])
    return [None if r["size_class"] == "unassigned" else r["size_class"] for r in found]


def test_every_bound_a_hair_below_it_and_every_missing_measure():
    found = _classes(CASES)
    wrong = [
        (case, got)
        for case, got in zip(CASES, found, strict=True)
        if got != expected(TABLE[case[0]], dict(zip(MEASURES, case[1:], strict=True)))
    ]
    assert wrong == []
    assert set(found) == {*CLASSES, None}


SAID = [
    ("industry on both large bounds", ("C3511", 1000, 40000 * WAN, None), "large"),
    ("one bound missed is one class down", ("C3511", 999, 40000 * WAN, None), "medium"),
    ("many staff, no revenue to speak of", ("C3511", 5000, 299 * WAN, None), "micro"),
    ("few staff decide, revenue not reported", ("C3511", 19, None, None), "micro"),
    ("many staff, revenue not reported", ("C3511", 1000, None, None), None),
    ("nothing reported is unknown, not micro", ("C3511", None, None, None), None),
    ("construction has no staff bound", ("E4710", None, 6000 * WAN, 5000 * WAN), "medium"),
    ("loading belongs to transport", ("G5910", 100, 1000 * WAN, None), "small"),
    ("the same figures in storage", ("G5920", 100, 1000 * WAN, None), "medium"),
    ("too short a code to tell them apart", ("G59", 100, 1000 * WAN, None), None),
    ("banks have a table of their own", ("J6621", 5000, 40000 * WAN, None), None),
    ("no industry", (None, 1000, 40000 * WAN, None), None),
]


def test_classes_said_in_words():
    assert _classes([case for _, case, _ in SAID]) == [c for _, _, c in SAID]


def test_industries_of_two_rows_never_overlap():
    prefixes = [p for row in size_rows() for p in row.industries]
    overlapping = [(a, b) for a, b in permutations(prefixes, 2) if a.startswith(b)]
    assert overlapping == []


def test_rows_from_memory_are_marked():
    marked = {r.id for r in size_rows() if r.confidence == "memory"}
    assert marked == {"property_management", "leasing_business_services", "other"}
    assert len(size_rows()) == 16
