"""Twenty certificates counted by hand at four dates, and what moved between them (methods.md §11)."""

from collections import defaultdict

import pytest

from jobs.definitions.contract import load_table
from tests.support.flow_frames import (
    CERTIFICATES,
    CHAMPION,
    CITY,
    GIANT,
    PROGRAMME,
    PROVINCE,
    SEED,
    WITHDRAWALS,
    flowing,
    flows,
    line,
)

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


BREAKTHROUGHS = PROGRAMME.model_copy(update={"breakthrough_tier": GIANT})
MODELS = ("held", "moves", "first_awards", "flow_readings", "breakthrough")


@pytest.fixture(scope="module")
def made():
    return flowing([*CERTIFICATES, *WITHDRAWALS][::-1], MOVED, *MODELS, programme=BREAKTHROUGHS)


def moved(rows, nested):
    found = defaultdict(lambda: defaultdict(lambda: defaultdict(str)))
    for row, name in flows(sorted(rows, key=lambda r: r["holder"])):
        if row["nested"] == nested:
            found[row["period"]][row["tier"]][name] += row["holder"]
    return found


def test_register_has_twenty_certificates():
    assert len(CERTIFICATES) == 20


def test_counts_at_the_four_dates(made):
    found = defaultdict(lambda: defaultdict(lambda: ("", "")))
    for row in sorted(made["held"], key=lambda r: r["uscc"]):
        for place, column in enumerate(("valid_tiers", "ever_tiers")):
            for tier in row[column]:
                both = list(found[row["period"]][tier])
                both[place] += row["uscc"]
                found[row["period"]][tier] = tuple(both)
    assert {p: found[p] for p in COUNTED} == COUNTED


def test_flows_of_each_tier(made):
    assert moved(made["moves"], nested=False) == MOVED


def test_flows_of_that_tier_or_higher(made):
    found = moved(made["moves"], nested=True)
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
        ("withdrawn before it began is never held: an entry later", [
            line("A", "2024-01-01", PROVINCE, valid=("2024-07-01", None)), line("A", "2024-03-01", PROVINCE, "withdraw"),
            line("A", "2025-02-01", PROVINCE),
        ], "entry"),
        ("held before: a reentry", [
            line("A", "2021-05-01", PROVINCE), line("A", "2025-02-01", PROVINCE),
        ], "reentry"),
        ("a renewal without a grant known", [line("A", "2025-08-01", PROVINCE, "renew")], "entry"),
    ],
)  # fmt: skip
def test_how_a_certificate_left_or_came_in_2025(case, lines, expected):
    found = moved(flowing(lines, ["2025"], "moves")["moves"], nested=False)["2025"][PROVINCE]
    assert found == ({expected: "A"} if expected else {}), case


def awards(made, period, flag):
    found = defaultdict(str)
    for row in sorted(made["moves"], key=lambda r: r["holder"]):
        if row["period"] == period and row[flag]:
            found[row["tier"]] += row["holder"]
    return found


def test_first_awards_count_the_first_grant_only(made):
    assert awards(made, "2025", "new_in_year") == {ANY: "FJ", PROVINCE: "FH", CITY: "J", CHAMPION: "B"}
    # C, recognised anew in April 2026, is no first award; A's and B's first ones lie before 2022.
    assert awards(made, "2026Q3", "new_in_year") == {}
    assert awards(made, "2026Q3", "new_in_window") == {
        ANY: "CDEFGHIJ", PROVINCE: "BCDEFGH", CITY: "HIJ", GIANT: "BG", CHAMPION: "B", SEED: "FJ",
    }  # fmt: skip


def test_award_falls_into_the_period_in_which_it_comes_into_force(made):
    found = defaultdict(lambda: defaultdict(str))
    for row in sorted(made["first_awards"], key=lambda r: r["uscc"]):
        for tier in row["first_awarded_this_period"]:
            found[row["period"]][tier] += row["uscc"]
    assert found["2025"] == {PROVINCE: "H", CITY: "J", CHAMPION: "B"}
    assert found["2026Q1"] == {PROVINCE: "F"}


@pytest.fixture(scope="module")
def figures(made):
    rows = made["flow_readings"]
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


def test_breakthroughs_of_units_and_counties(made):
    rows = made["breakthrough"]
    assert set(rows[0]) <= {c.name for c in load_table("breakthrough").columns}
    found = defaultdict(set)
    for r in rows:
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


def test_firms_of_one_first_day_break_through_together_and_what_never_began_does_not_count():
    rows = [
        line("A", "2022-01-10", GIANT, valid=("2022-07-01", None)),
        line("A", "2022-03-01", GIANT, "withdraw"),  # before it began
        line("B", "2023-07-14", GIANT),
        line("I", "2023-07-14", GIANT),
        line("C", "2023-07-15", GIANT),
    ]
    found = flowing(rows, ["2023"], "breakthrough", programme=BREAKTHROUGHS)["breakthrough"]
    assert {(r["region_code"], r["uscc"]) for r in found} == {
        ("11", "B"),
        ("11", "I"),
        ("111", "B"),
        ("112", "I"),
    }
