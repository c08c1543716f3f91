"""Twenty certificates counted by hand at four dates, and what moved between them (methods.md §11)."""

from collections import defaultdict
from datetime import date

import pytest
from pyspark.sql import functions as F

from jobs.contract import load_table
from jobs.kpi import certificates, flow
from jobs.kpi.breakthrough import breakthroughs
from jobs.kpi.calendar import span_frame
from jobs.kpi.flow_figures import flow_figures
from jobs.kpi.population import certificate_spans, enterprises
from jobs.kpi.regions import RegionMap
from tests.flow_frames import (
    CERTIFICATES,
    CHAMPION,
    CITY,
    GIANT,
    LADDER,
    PROGRAMME,
    PROVINCE,
    SEED,
    WITHDRAWALS,
    flows,
    line,
)
from tests.kpi_frames import NOTICE, inputs

WINDOW = date(2022, 1, 1)
ANY = None
"""The null tier: any certificate proper."""

# Date -> tier -> holders of a valid certificate, holders ever granted one.
COUNTED = {
    "2022": {
        PROVINCE: ("ABCG", "ABCG"),
        CITY: ("BH", "BH"),
        SEED: ("FH", "FH"),
    },
    "2023": {
        PROVINCE: ("ABCDEG", "ABCDEG"),
        CITY: ("HI", "BHI"),  # B expired 2023-05-31
        GIANT: ("B", "B"),
        SEED: ("FH", "FH"),
    },
    "2025": {
        # A, C, G expired, E was withdrawn; F is published but not yet valid.
        PROVINCE: ("BDH", "ABCDEFGH"),
        CITY: ("IJ", "BHIJ"),
        GIANT: ("BG", "BG"),
        CHAMPION: ("B", "B"),
        SEED: ("FHJ", "FHJ"),
    },
    "2026Q3": {
        # D expired 2026-07-09; C came back and is still one firm among those ever granted.
        PROVINCE: ("BCFH", "ABCDEFGH"),
        CITY: ("J", "BHIJ"),
        GIANT: ("G", "BG"),
        CHAMPION: ("B", "B"),
        SEED: ("FH", "FHJ"),
    },
}

# Period -> tier -> flow -> firms.
MOVED = {
    "2022": {
        ANY: {"entry": "CGH", "upgrade": "BH"},
        PROVINCE: {"entry": "BCG", "upgrade": "B"},
        CITY: {"entry": "H", "upgrade": "H"},
        SEED: {"entry": "F"},
    },
    "2023": {
        ANY: {"entry": "DEI", "upgrade": "B"},
        PROVINCE: {"entry": "DE"},
        CITY: {"entry": "I", "expiry": "B"},
        GIANT: {"entry": "B", "upgrade": "B"},
    },
    "2025": {
        ANY: {"entry": "J", "expiry": "C", "withdrawal": "E", "exit": "CE", "upgrade": "BHJ"},
        PROVINCE: {"entry": "H", "expiry": "CG", "withdrawal": "E", "upgrade": "H"},
        CITY: {"entry": "J", "expiry": "H", "upgrade": "J"},
        CHAMPION: {"entry": "B", "upgrade": "B"},
    },
    "2026Q1": {
        # F comes from the library straight to the provincial tier.
        ANY: {"entry": "F", "skip": "F"},
        PROVINCE: {"entry": "F", "skip": "F"},
    },
    "2026Q2": {
        ANY: {"reentry": "C", "expiry": "I", "exit": "I"},
        PROVINCE: {"reentry": "C"},
        CITY: {"expiry": "I"},  # still valid on its last day, 2026-03-31
    },
    "2026Q3": {
        ANY: {"expiry": "D", "exit": "D"},
        PROVINCE: {"expiry": "D"},
        GIANT: {"expiry": "B"},
        SEED: {"withdrawal": "J"},
    },
}

# The same with "that tier or higher": who climbs on leaves no stock below.
MOVED_NESTED = {
    "2025": {
        SEED: {"expiry": "C", "withdrawal": "E"},
        CITY: {"entry": "J", "expiry": "C", "withdrawal": "E"},
        PROVINCE: {"entry": "H", "expiry": "C", "withdrawal": "E"},
        CHAMPION: {"entry": "B"},
    },
    "2026Q3": {SEED: {"expiry": "D"}, CITY: {"expiry": "D"}, PROVINCE: {"expiry": "D"}},
}


@pytest.fixture(scope="module")
def spans(spark):
    rows = spark.createDataFrame([*CERTIFICATES, *WITHDRAWALS][::-1], NOTICE)
    return certificates.intervals(rows, [SEED]).localCheckpoint()


@pytest.fixture(scope="module")
def held(spark, spans):
    return flow.states(spans, span_frame(spark, sorted(MOVED)), LADDER, WINDOW).localCheckpoint()


@pytest.fixture(scope="module")
def entities(spark):
    given = inputs(spark, [], [*CERTIFICATES, *WITHDRAWALS])
    regions = RegionMap.of(given.regions, PROGRAMME.units)
    spans = certificate_spans(given, PROGRAMME)
    return regions, enterprises(given, PROGRAMME, regions, sorted(MOVED), spans).localCheckpoint()


def moved(rows, nested):
    found = defaultdict(lambda: defaultdict(lambda: defaultdict(str)))
    for row in sorted(rows, key=lambda r: r["uscc"]):
        if row["nested"] == nested:
            found[row["period"]][row["tier"]][row["flow"]] += row["uscc"]
    return found


def test_register_has_twenty_certificates():
    assert len(CERTIFICATES) == 20


def test_counts_at_the_four_dates(spark, spans):
    at = span_frame(spark, sorted(COUNTED)).drop("begin")
    found = defaultdict(lambda: defaultdict(lambda: ("", "")))
    for row in sorted(certificates.held(spans.crossJoin(at)).collect(), key=lambda r: r["uscc"]):
        for place, column in enumerate(("valid_tiers", "ever_tiers")):
            for tier in row[column]:
                both = list(found[row["period"]][tier])
                both[place] += row["uscc"]
                found[row["period"]][tier] = tuple(both)
    assert found == COUNTED


def test_flows_of_each_tier(held):
    assert moved(flows(held).collect(), nested=False) == MOVED


def test_flows_of_that_tier_or_higher(held):
    found = moved(flows(held).collect(), nested=True)
    assert {p: found[p] for p in MOVED_NESTED} == MOVED_NESTED


def test_the_register_balances_between_the_end_of_2025_and_september_2026():
    steps = [MOVED[p].get(PROVINCE, {}) for p in ("2026Q1", "2026Q2", "2026Q3")]
    came = sum(len(s.get("entry", "") + s.get("reentry", "")) for s in steps)
    gone = sum(len(s.get("expiry", "") + s.get("withdrawal", "")) for s in steps)
    before, after = (len(COUNTED[p][PROVINCE][0]) for p in ("2025", "2026Q3"))
    assert before + came - gone == after


@pytest.mark.parametrize(
    ("case", "lines", "expected"),
    [
        ("withdrawn in force", [line("A", "2024-01-01", PROVINCE), line("A", "2025-03-01", PROVINCE, "withdraw")], "withdrawal"),
        (
            "withdrawn after its end",
            [line("A", "2022-02-01", PROVINCE), line("A", "2025-03-01", PROVINCE, "withdraw")],
            "expiry",
        ),
        (
            "renewed, then withdrawn",
            [
                line("A", "2022-02-01", PROVINCE),  # to 2025-01-31
                line("A", "2025-01-15", PROVINCE, "renew"),
                line("A", "2025-03-01", PROVINCE, "withdraw"),
            ],
            "withdrawal",
        ),
        (
            "withdrawn for the future: on its day",
            [line("A", "2024-01-01", PROVINCE), line("A", "2026-01-01", PROVINCE, "withdraw")],
            None,
        ),
        ("come and gone within the year", [line("A", "2025-02-01", PROVINCE, valid=(None, "2025-11-30"))], None),
        ("renewed after a gap within the year", [
            line("A", "2022-02-01", PROVINCE), line("A", "2025-08-01", PROVINCE, "renew"),
        ], None),
        ("a renewal without a grant known", [line("A", "2025-08-01", PROVINCE, "renew")], "entry"),
    ],
)  # fmt: skip
def test_how_a_certificate_left_or_came_in_2025(spark, case, lines, expected):
    spans = certificates.intervals(spark.createDataFrame(lines, NOTICE), [SEED])
    held = flow.states(spans, span_frame(spark, ["2025"]), LADDER, WINDOW)
    found = moved(flows(held).collect(), nested=False)["2025"][PROVINCE]
    assert found == ({expected: "A"} if expected else {}), case


def awards(held, period, flag):
    rows = flow.first_awards(held, WINDOW).where((F.col("period") == period) & F.col(flag)).collect()
    found = defaultdict(str)
    for row in sorted(rows, key=lambda r: r["uscc"]):
        found[row["tier"]] += row["uscc"]
    return found


def test_first_awards_count_the_first_grant_only(held):
    assert awards(held, "2025", "new_in_year") == {ANY: "FJ", PROVINCE: "FH", CITY: "J", CHAMPION: "B"}
    # C, recognised anew in April 2026, is no first award; A's and B's first ones lie before 2022.
    assert awards(held, "2026Q3", "new_in_year") == {}
    assert awards(held, "2026Q3", "new_in_window") == {
        ANY: "CDEFGHIJ", PROVINCE: "BCDEFGH", CITY: "HIJ", GIANT: "BG", CHAMPION: "B", SEED: "FJ",
    }  # fmt: skip


def test_award_falls_into_the_period_in_which_it_comes_into_force(held):
    assert awards(held, "2025", "in_period") == {ANY: "J", PROVINCE: "H", CITY: "J", CHAMPION: "B"}
    assert awards(held, "2026Q1", "in_period") == {ANY: "F", PROVINCE: "F"}


@pytest.fixture(scope="module")
def figures(held, entities):
    regions, holders = entities
    rows = flow_figures(held, holders, regions, PROGRAMME, WINDOW).collect()
    found = {(r["period"], r["region_code"], r["tier"], r["indicator"], r["reading"]): r for r in rows}
    assert len(found) == len(rows)
    return found


def value(figures, period, region, tier, reading, indicator="certificate_new"):
    return figures[period, region, tier, indicator, reading]["value"]


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("10", {"entry": 1, "reentry": 0, "expiry": 2, "withdrawal": 1, "upgrade": 1, "skip": 0}),
        ("11", {"entry": 0, "reentry": 0, "expiry": 1, "withdrawal": 0, "upgrade": 0, "skip": 0}),
        ("12", {"entry": 1, "reentry": 0, "expiry": 1, "withdrawal": 1, "upgrade": 1, "skip": 0}),
        ("121", {"entry": 1, "reentry": 0, "expiry": 1, "withdrawal": 1, "upgrade": 1, "skip": 0}),
        ("112", {"entry": 0, "reentry": 0, "expiry": 0, "withdrawal": 0, "upgrade": 0, "skip": 0}),
    ],
)
def test_flow_figures_of_the_provincial_tier_in_2025(figures, region, expected):
    found = {name: value(figures, "2025", region, PROVINCE, name, "tier_flow") for name in expected}
    assert found == expected


def test_flow_figures_beside_the_tier_itself(figures):
    # G stays among "provincial or higher" as a little giant.
    assert value(figures, "2025", "10", PROVINCE, "expiry_or_higher", "tier_flow") == 1
    assert value(figures, "2025", "10", ANY, "exit", "tier_flow") == 2
    assert ("2025", "10", PROVINCE, "tier_flow", "exit") not in figures
    assert ("2025", "10", ANY, "tier_flow", "entry_or_higher") not in figures
    # No notice of a champion was known in 2023: nothing is said, not even 0.
    assert ("2023", "10", CHAMPION, "tier_flow", "entry") not in figures


def test_one_document_for_two_units_is_one_batch_of_the_province(figures):
    # 2023: D (11) and E (12) stand in one notice.
    assert [value(figures, "2023", r, PROVINCE, "batches") for r in ("10", "11", "12")] == [1, 1, 1]
    assert value(figures, "2023", "10", PROVINCE, "batches_min") == 1
    assert figures["2023", "10", PROVINCE, "certificate_new", "batches"]["n"] == 2


def test_unit_without_a_batch_has_none_and_is_the_least(figures):
    # 2025: F and H (12) in two notices; B's renewal is no batch.
    assert [value(figures, "2025", r, PROVINCE, "batches") for r in ("10", "11", "12")] == [2, 0, 2]
    assert value(figures, "2025", "10", PROVINCE, "batches_min") == 0


def test_multiple_of_the_stock_before_the_window(figures):
    # Valid on 2021-12-31: A (provincial), B (city).
    found = figures["2026Q3", "10", ANY, "certificate_new", "multiple"]
    assert (found["value"], found["numerator"], found["denominator"]) == (3.0, 6, 2)
    assert value(figures, "2026Q3", "10", PROVINCE, "multiple") == 4.0
    empty = figures["2026Q3", "10", GIANT, "certificate_new", "multiple"]
    assert (empty["value"], empty["status"], empty["numerator"], empty["denominator"]) == (
        None,
        "EMPTY",
        1,
        0,
    )


def test_breakthroughs_of_units_and_counties(spark, spans, entities):
    rows = breakthroughs(spans, entities[1], span_frame(spark, sorted(MOVED)), GIANT)
    assert set(rows.columns) <= {c.name for c in load_table("breakthrough").columns}
    found = defaultdict(set)
    for r in rows.collect():
        found[r["period"]].add(
            (r["region_level"], r["region_code"], r["uscc"], str(r["valid_from"]), r["in_period"])
        )
    b, g = ("B", "2023-07-14"), ("G", "2024-08-01")
    later = {("unit", "11", *b, False), ("county", "111", *b, False)}
    later |= {("unit", "12", *g, False), ("county", "121", *g, False)}
    assert found == {
        "2023": {("unit", "11", *b, True), ("county", "111", *b, True)},
        **dict.fromkeys(("2025", "2026Q1", "2026Q2", "2026Q3"), later),
    }


def test_firms_of_one_first_day_break_through_together_and_what_never_began_does_not_count(spark):
    rows = [
        line("A", "2022-01-10", GIANT, valid=("2022-07-01", None)),
        line("A", "2022-03-01", GIANT, "withdraw"),  # before it began
        line("B", "2023-07-14", GIANT),
        line("I", "2023-07-14", GIANT),
        line("C", "2023-07-15", GIANT),
    ]
    given = inputs(spark, [], rows)
    regions = RegionMap.of(given.regions, PROGRAMME.units)
    holders = enterprises(given, PROGRAMME, regions, ["2023"], certificate_spans(given, PROGRAMME))
    spans = certificates.intervals(given.feeds["notices"], [SEED])
    found = breakthroughs(spans, holders, span_frame(spark, ["2023"]), GIANT).collect()
    assert {(r["region_code"], r["uscc"]) for r in found} == {
        ("11", "B"),
        ("11", "I"),
        ("111", "B"),
        ("112", "I"),
    }
