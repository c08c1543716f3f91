"""The example of methods.md §12: a county moves from one unit to another and all years are recast."""

import pyarrow as pa

from jobs.kpi.regions import RegionMap
from tests.support.model_frames import PLACES, day, event, feed
from tests.support.model_runs import single, table

MAP = RegionMap(PLACES, ["11", "12"])


def test_four_90_of_which_30_moved_and_200_become_60_and_230():
    by_former_code = {"121": 60, "129": 30, "111": 200}
    recast = {}
    for code, amount in by_former_code.items():
        unit = MAP.by_code()[code].unit
        recast[unit] = recast.get(unit, 0) + amount
    assert recast == {"12": 60, "11": 230}
    assert sum(recast.values()) == sum(by_former_code.values())


def test_present_code_wins_over_the_same_code_used_formerly():
    ninth = {"code": "129", "name": "西九县", "parent_code": "12", "former_code": None}
    assert RegionMap([*PLACES, ninth], ["11", "12"]).by_code()["129"].unit == "12"


def test_county_that_is_a_ranked_unit_of_its_own_leaves_its_prefecture():
    own = RegionMap(PLACES, ["11", "12", "112"])
    assert own.place("112").unit == "112"
    assert own.place("111").unit == "11"


def test_printed_names_with_a_former_parent_or_without_county():
    names = MAP.by_name()
    assert names["西河市", "西一县"].county == "121"
    assert names["", "东二县"].unit == "11"
    assert (names["东山", ""].unit, names["东山", ""].county) == ("11", None)


def test_register_takes_the_latest_event_by_the_reference_date():
    events = [
        event("A", on="2020-01-01"),
        event("A", county="121", change="move", on="2025-02-01", domain=None, seq=9),
        event("A", change="close", on="2025-07-01", seq=10),
        event("A", change="rename", on="2025-07-01", seq=11),
    ]
    ends = {"before": "2025-01-31", "moved": "2025-02-01", "closed": "2025-07-01"}
    periods = table(
        {"period": pa.string(), "last_day": pa.date32()},
        [{"period": p, "last_day": day(d)} for p, d in ends.items()],
    )
    found = single({"register": feed("register", events).rows, "periods": periods}, "firms")
    rows = {r["period"]: r for r in found["firms"]}
    assert [rows[p]["last"]["code"] for p in ("before", "moved")] == ["111", "121"]
    assert rows["moved"]["domain"] == "industry"  # left blank by the move
    assert [rows[p]["closed"] for p in ("before", "moved", "closed")] == [False, False, True]
