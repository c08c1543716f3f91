"""The example of methods.md §12: a county moves from one unit to another and all years are recast."""

from jobs.kpi.regions import RegionMap
from jobs.kpi.scope import register_at
from tests.kpi_frames import PLACES, REGISTER, day, event

KEYS = ("code", "name", "level", "parent_code", "former_code")
MAP = RegionMap([dict(zip(KEYS, p, strict=True)) for p in PLACES], ["11", "12"])


def test_four_90_of_which_30_moved_and_200_become_60_and_230():
    by_former_code = {"121": 60, "129": 30, "111": 200}
    recast = {}
    for code, amount in by_former_code.items():
        unit = MAP.by_code()[code].unit
        recast[unit] = recast.get(unit, 0) + amount
    assert recast == {"12": 60, "11": 230}
    assert sum(recast.values()) == sum(by_former_code.values())


def test_present_code_wins_over_the_same_code_used_formerly():
    rows = [dict(zip(KEYS, p, strict=True)) for p in [*PLACES, ("129", "西九县", "county", "12", None)]]
    assert RegionMap(rows, ["11", "12"]).by_code()["129"].unit == "12"


def test_county_that_is_a_ranked_unit_of_its_own_leaves_its_prefecture():
    own = RegionMap([dict(zip(KEYS, p, strict=True)) for p in PLACES], ["11", "12", "112"])
    assert own.place("112").unit == "112"
    assert own.place("111").unit == "11"


def test_printed_names_with_a_former_parent_or_without_county():
    names = MAP.by_name()
    assert names["西河市", "西一县"].county == "121"
    assert names["", "东二县"].unit == "11"
    assert (names["东山", ""].unit, names["东山", ""].county) == ("11", None)


def test_register_takes_the_latest_event_by_the_reference_date(spark):
    events = [
        event("A", on="2020-01-01"),
        event("A", county="121", change="move", on="2025-02-01", domain=None, seq=9),
        event("A", change="close", on="2025-07-01", seq=10),
        event("A", change="rename", on="2025-07-01", seq=11),
    ]
    periods = spark.createDataFrame(
        [("before", day("2025-01-31")), ("moved", day("2025-02-01")), ("closed", day("2025-07-01"))],
        "period string, at date",
    )
    rows = {r["period"]: r for r in register_at(spark.createDataFrame(events, REGISTER), periods).collect()}
    assert [rows[p]["code"] for p in ("before", "moved")] == ["111", "121"]
    assert rows["moved"]["domain"] == "industry"  # left blank by the move
    assert [rows[p]["closed"] for p in ("before", "moved", "closed")] == [False, False, True]
