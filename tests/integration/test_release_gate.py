"""What may be computed when: the gate on a real ledger, and the lake's rows of releases that stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from tests.house import House

pytestmark = pytest.mark.spark

JAN = "2026-01-20T09:00:00+08:00"
UNITS = ("220100", "220200", "220300", "220400", "220500", "220600", "220700", "220800", "222400", "22CBS")
YEAR = [f"2025{m:02d}" for m in range(2, 13)]
SECTORS = ("stat_construction", "stat_trade", "stat_catering", "stat_services")


def accept(
    feed: str, reporter: str | None, periods: list[str], at: str, first_date: str | None = None
) -> None:
    """Write an accepted batch of one file into the ledger of the active house."""
    from jobs.ledger import batches, session
    from jobs.ledger.models import Batch, File

    moment = datetime.fromisoformat(at)
    name = f"{feed}/{reporter}/{len(batches.accepted())}.csv"
    found = batches.Found(path=name, modified_at=moment, size=1, sha256="0" * 64)
    poll = batches.start_poll(feed, [found], moment, None)
    file = batches.files_of(poll.poll_id)[0]
    file.verdict = "accepted"
    batch = Batch(
        batch_id=f"{feed}-{poll.poll_id}", feed=feed, file_id=file.file_id, poll_id=poll.poll_id, accepted_at=moment,
        scope=name, reporter=reporter, periods=periods, landed=1, silver=1, quarantined=0, duplicates=0, withdrawn=0,
        first_date=None if first_date is None else datetime.fromisoformat(first_date).date(),
    )  # fmt: skip
    batches.finish_poll(poll.poll_id, [file], [batch], moment)
    with session() as s:
        assert s.get(File, file.file_id) is not None


def year_2025(units: Iterable[str] = UNITS) -> None:
    """Accept everything that the four quarters of 2025 need."""
    accept("stat_register", "220100", [], JAN, "2023-12-31")
    accept("certificate_notice", None, [], JAN, "2024-06-01")
    for unit in units:
        accept("stat_finance", unit, YEAR, JAN)
    sectors(YEAR, JAN)


def sectors(periods: list[str], at: str, forms: Iterable[str] = SECTORS) -> None:
    """Accept sector forms of finance, which the provincial bureau sends."""
    for form in forms:
        accept(form, "220000", periods, at)


def conclude(decision: object, state: str, moment: str = JAN) -> str:
    """Write the release that a decision leads to, as if it had been computed at a moment, in a state."""
    from jobs.ledger import releases
    from jobs.ledger.models import Release
    from jobs.policy.model import load
    from jobs.release.versions import versions

    pairs = [(decision.programme, p) for p in decision.periods]
    release_id = releases.free_id(decision.seq, pairs)
    at = datetime.fromisoformat(moment)
    releases.record(
        Release(
            release_id=release_id, programme=p, period=k, revision=0, seq=decision.seq,
            status=decision.periods[k], state=state, provisional=False, created_at=at, data_as_of=at,
            versions=versions(load(p)),
        )
        for p, k in pairs
    )  # fmt: skip
    return release_id


def decide(at: str) -> object:
    from jobs.policy.model import load
    from jobs.release import gate

    return gate.decide(load("JL"), datetime.fromisoformat(at))


def test_all_quarters_of_the_year_are_computed_once_their_feeds_are_complete(fresh_house: House) -> None:
    year_2025(UNITS[:9])
    assert decide(JAN).periods == {}
    assert "缺 1/10" in decide(JAN).waiting["2025Q4"]
    accept("stat_finance", UNITS[9], YEAR, JAN)
    assert set(decide(JAN).periods) == {"2025Q1", "2025Q2", "2025Q3", "2025Q4"}


def test_a_quarter_waits_for_every_form_of_the_group(fresh_house: House) -> None:
    year_2025()
    for unit in UNITS:
        accept("stat_finance", unit, ["202603"], "2026-04-16T09:00:00+08:00")
    sectors(["202603"], "2026-04-16T09:00:00+08:00", SECTORS[:3])
    assert decide("2026-04-17T09:00:00+08:00").waiting["2026Q1"] == "stat_services 202603 缺 1/1"
    sectors(["202603"], "2026-04-17T09:00:00+08:00", SECTORS[3:])
    assert decide("2026-04-17T10:00:00+08:00").periods["2026Q1"] == "complete"


def test_a_correction_of_a_sector_form_is_computed_like_any_other(fresh_house: House) -> None:
    year_2025()
    conclude(decide(JAN), "approved")
    assert decide(JAN).periods == {}
    sectors(["202506"], "2026-01-21T09:00:00+08:00", ["stat_catering"])
    # The quarters after it look back on its facts: runs of quarters, and the quarter alone.
    later = ("2025Q2", "2025Q3", "2025Q4")
    assert decide("2026-01-21T10:00:00+08:00").periods == dict.fromkeys(later, "complete")


def test_what_is_approved_is_not_computed_again_without_a_change(fresh_house: House) -> None:
    year_2025()
    conclude(decide(JAN), "approved")
    assert decide(JAN).periods == {}


def test_a_deadline_that_passes_adds_its_own_period_and_leaves_the_approved_ones(fresh_house: House) -> None:
    from jobs.ledger import batches

    year_2025()
    for unit in UNITS[:6]:
        accept("stat_finance", unit, ["202603"], "2026-04-16T09:00:00+08:00")
    sectors(["202603"], "2026-04-16T09:00:00+08:00")
    conclude(decide("2026-04-16T10:00:00+08:00"), "approved", "2026-04-16T10:00:00+08:00")

    after = "2026-04-19T09:00:00+08:00"
    assert decide(after).periods == {}, "nobody has looked at the source since the deadline"
    batches.looked("stat_finance", datetime.fromisoformat(after))
    assert decide(after).periods == {"2026Q1": "partial"}


def test_the_period_of_a_deadline_is_computed_once_more_when_the_lag_is_over(fresh_house: House) -> None:
    year_2025()
    conclude(decide(JAN), "approved")
    assert decide("2026-03-31T23:00:00+08:00").periods == {}
    after = "2026-04-01T01:00:00+08:00"
    assert decide(after).periods == {"2025Q4": "complete"}
    conclude(decide(after), "approved", after)
    assert decide("2026-04-02T09:00:00+08:00").periods == {}


def test_nobody_is_late_before_the_source_was_read_after_the_deadline(fresh_house: House) -> None:
    from jobs.ledger import batches
    from jobs.release.deadlines import announce_passed

    year_2025()
    fresh_house.at("2026-04-19T00:10:00+08:00")
    batches.looked("stat_finance", datetime.fromisoformat("2026-04-18T07:00:00+08:00"))
    assert ("stat_finance", "202603") not in announce_passed()
    batches.looked("stat_finance", datetime.fromisoformat("2026-04-19T00:05:00+08:00"))
    assert ("stat_finance", "202603") in announce_passed()
    assert announce_passed() == []


def test_a_refused_release_comes_back_only_with_new_data(fresh_house: House) -> None:
    year_2025()
    first = conclude(decide(JAN), "refused")
    assert decide(JAN).periods == {}
    accept("stat_finance", "220100", YEAR, "2026-01-21T09:00:00+08:00")
    again = decide("2026-01-21T10:00:00+08:00")
    assert set(again.periods) == {"2025Q1", "2025Q2", "2025Q3", "2025Q4"}
    assert conclude(again, "computed") != first


def test_other_rules_compute_again_under_another_release_id(
    fresh_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jobs.release import gate

    year_2025()
    first = conclude(decide(JAN), "approved")
    monkeypatch.setattr(gate, "digest", lambda _: "other rules")
    again = decide(JAN)
    assert set(again.periods) == {"2025Q1", "2025Q2", "2025Q3", "2025Q4"}
    assert conclude(again, "computed") == f"{first}-2", "what was approved is never written over"


def test_a_release_whose_audit_never_ran_is_found_again(fresh_house: House) -> None:
    from jobs.ledger import releases

    year_2025()
    made = conclude(decide(JAN), "computed")
    assert decide(JAN).periods == {}
    assert releases.unaudited() == [made]


def test_a_candidate_whose_period_changes_is_taken_over_whole(fresh_house: House) -> None:
    year_2025()
    conclude(decide(JAN), "candidate")
    accept("stat_finance", "220100", ["202512"], "2026-01-21T09:00:00+08:00")
    assert set(decide("2026-01-21T10:00:00+08:00").periods) == {"2025Q1", "2025Q2", "2025Q3", "2025Q4"}


def test_writing_a_candidate_leaves_the_release_s_other_periods_alone(fresh_house: House) -> None:
    from jobs import lake

    with lake.connect() as spark:

        def rows(period: str) -> object:
            return spark.sql(
                f"select 'R9' release, 'JL' programme, '{period}' period, 'stat_rd' feed, '220000' region_code, "
                "'x' region_name, cast(null as string) tier, 1L expected, 1L reported, 100.0D coverage, '2024年度' reference_period"
            )

        lake.replace_release(rows("2025Q4"), "coverage", "R9", "JL", ["2025Q4"])
        lake.replace_release(rows("2026Q1"), "coverage", "R9", "JL", ["2026Q1"])
        lake.replace_release(rows("2026Q1"), "coverage", "R9", "JL", ["2026Q1"])
    found = sorted(lake.gold_arrow("coverage", "R9", "JL")["period"].to_pylist())
    assert found == ["2025Q4", "2026Q1"]


def test_rolling_back_refuses_what_came_after_and_a_new_look_brings_nothing_back(fresh_house: House) -> None:
    from jobs.ledger import releases

    year_2025()
    first = conclude(decide(JAN), "approved")
    held = {"JL": dict.fromkeys(("2025Q1", "2025Q2", "2025Q3", "2025Q4"), first)}
    accept("stat_finance", "220100", YEAR, "2026-01-21T09:00:00+08:00")
    second = conclude(decide("2026-01-21T10:00:00+08:00"), "approved")
    assert releases.stand_by(held) == [second]
    assert {r.release_id for r in releases.approved().values()} == {first}
    later = (datetime.fromisoformat(JAN) + timedelta(days=3)).isoformat()
    assert decide(later).periods == {}
