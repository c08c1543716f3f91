"""What may be computed when: the gate on a real ledger, and the lake's rows of releases that stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from jobs.ledger.database import WriterBusy, writer_lock
from tests.support.accepted_batches import accept
from tests.support.installation import Installation

pytestmark = pytest.mark.spark

JAN = "2026-01-20T09:00:00+08:00"
UNITS = ("220100", "220200", "220300", "220400", "220500", "220600", "220700", "220800", "222400", "22CBS")
YEAR = [f"2025{m:02d}" for m in range(2, 13)]
SECTORS = ("stat_construction", "stat_trade", "stat_catering", "stat_services")


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


def conclude(decision: object, state: str, moment: str = JAN, **said: int) -> str:
    """Write the release that a decision leads to, as if it had been computed at a moment, in a state."""
    from jobs.definitions.policy.model import load
    from jobs.ledger import releases
    from jobs.ledger.models import Release
    from jobs.release.versions import versions

    pairs = [(decision.programme, p) for p in decision.periods]
    release_id = releases.free_id(decision.seq, pairs)
    at = datetime.fromisoformat(moment)
    releases.record(
        Release(
            release_id=release_id, programme=p, period=k, revision=0, seq=decision.seq,
            status=decision.periods[k], state=state, provisional=False, created_at=at, data_as_of=at,
            versions=versions(load(p)) | said,
        )
        for p, k in pairs
    )  # fmt: skip
    return release_id


def recorded(
    release_id: str,
    pairs: Iterable[tuple[str, str]],
    state: str,
    seq: int = 7,
    versions: Mapping[str, object] | None = None,
) -> None:
    """Write a release as it stands."""
    from jobs.ledger import releases
    from jobs.ledger.models import Release

    at = datetime.fromisoformat(JAN)
    releases.record(
        Release(
            release_id=release_id, programme=p, period=k, revision=0, seq=seq, status="complete", state=state,
            provisional=False, created_at=at, data_as_of=at, versions=dict(versions or {}),
        )
        for p, k in pairs
    )  # fmt: skip


def decide(at: str) -> object:
    from jobs.definitions.policy.model import load
    from jobs.release import gate

    return gate.decide(load("JL"), datetime.fromisoformat(at))


def test_all_quarters_of_the_year_are_computed_once_their_feeds_are_complete(
    fresh_installation: Installation,
) -> None:
    year_2025(UNITS[:9])
    assert decide(JAN).periods == {}
    assert "缺 1/10" in decide(JAN).waiting["2025Q4"]
    accept("stat_finance", UNITS[9], YEAR, JAN)
    assert set(decide(JAN).periods) == {"2025Q1", "2025Q2", "2025Q3", "2025Q4"}


def test_a_quarter_waits_for_every_form_of_the_group(fresh_installation: Installation) -> None:
    year_2025()
    for unit in UNITS:
        accept("stat_finance", unit, ["202603"], "2026-04-16T09:00:00+08:00")
    sectors(["202603"], "2026-04-16T09:00:00+08:00", SECTORS[:3])
    assert decide("2026-04-17T09:00:00+08:00").waiting["2026Q1"] == "stat_services 202603 缺 1/1"
    sectors(["202603"], "2026-04-17T09:00:00+08:00", SECTORS[3:])
    assert decide("2026-04-17T10:00:00+08:00").periods["2026Q1"] == "complete"


def test_a_correction_of_a_sector_form_is_computed_like_any_other(fresh_installation: Installation) -> None:
    year_2025()
    conclude(decide(JAN), "approved")
    assert decide(JAN).periods == {}
    sectors(["202506"], "2026-01-21T09:00:00+08:00", ["stat_catering"])
    # The quarters after it look back on its facts: runs of quarters, and the quarter alone.
    later = ("2025Q2", "2025Q3", "2025Q4")
    assert decide("2026-01-21T10:00:00+08:00").periods == dict.fromkeys(later, "complete")


def test_what_is_approved_is_not_computed_again_without_a_change(fresh_installation: Installation) -> None:
    year_2025()
    conclude(decide(JAN), "approved")
    assert decide(JAN).periods == {}


def test_a_settled_notice_opens_the_quarters_from_its_date_on_and_once(
    fresh_installation: Installation,
) -> None:
    from jobs.ledger import settlements
    from jobs.ledger.models import Settlement

    year_2025()
    first = conclude(decide(JAN), "approved")
    (word,) = settlements.say(
        [
            Settlement(
                feed="certificate_notice", line=["文号", "provincial_srdi", "withdraw", "甲厂"], stated=None,
                decision=settlements.NOT_OURS, uscc=None, certificate=None,
                first_date=datetime.fromisoformat("2025-08-10").date(), note="外省", decided_by="张三",
                decided_at=datetime.fromisoformat(JAN),
            )
        ]
    )  # fmt: skip
    assert decide(JAN).periods == dict.fromkeys(("2025Q3", "2025Q4"), "complete")
    second = conclude(decide(JAN), "approved", settled=word.settlement_id)
    assert decide(JAN).periods == {}
    assert second == f"{first}-2", "nothing has come in between"


def test_a_deadline_that_passes_adds_its_own_period_and_leaves_the_approved_ones(
    fresh_installation: Installation,
) -> None:
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


def test_periods_computed_at_different_times_never_share_an_id(fresh_installation: Installation) -> None:
    from jobs.ledger import batches, releases

    year_2025()
    for unit in UNITS[:6]:
        accept("stat_finance", unit, ["202603"], "2026-04-16T09:00:00+08:00")
    sectors(["202603"], "2026-04-16T09:00:00+08:00")
    first = conclude(decide("2026-04-16T10:00:00+08:00"), "approved", "2026-04-16T10:00:00+08:00")
    after = "2026-04-19T09:00:00+08:00"
    batches.looked("stat_finance", datetime.fromisoformat(after))
    assert {r.seq for r in releases.of(first)} == {decide(after).seq}, "nothing has come in between"
    second = conclude(decide(after), "approved", after)
    assert second == f"{first}-2"
    assert {r.created_at for r in releases.of(first)} == {datetime.fromisoformat("2026-04-16T10:00:00+08:00")}
    assert releases.age(first, decide(after).seq) < releases.age(second, decide(after).seq)


def test_one_computing_of_several_programmes_has_one_id_also_when_it_is_repeated(
    fresh_installation: Installation,
) -> None:
    from jobs.ledger import releases

    both = {("JL", "2025Q3"), ("JL", "2025Q4"), ("CN4", "2025")}
    assert releases.free_id(7, both) == "R7"
    recorded("R7", both, "computed")
    assert releases.free_id(7, both) == "R7", "nobody has decided on it, and all of it is written anew"
    assert releases.free_id(7, both | {("JL", "2025Q2")}) == "R7"


@pytest.mark.parametrize("state", ["computed", "candidate"])
def test_a_part_of_a_waiting_release_is_computed_under_an_id_of_its_own(
    fresh_installation: Installation, state: str
) -> None:
    from jobs.ledger import releases

    recorded("R7", {("JL", "2025Q4"), ("CN4", "2025")}, state)
    assert releases.free_id(7, {("JL", "2025Q4")}) == "R7-2"
    assert releases.free_id(8, {("JL", "2025Q4")}) == "R8"
    recorded("R8", {("CN4", "2025")}, "approved", seq=7)
    assert releases.free_id(8, {("JL", "2025Q4")}) == "R8-2", (
        "the row rests on an earlier batch than its id says"
    )


def test_what_is_computed_later_sorts_later_at_one_state_of_knowledge(
    fresh_installation: Installation,
) -> None:
    from jobs.ledger import releases

    recorded("R7", {("JL", "2025Q3")}, "approved")
    recorded("R7-2", {("JL", "2026Q1")}, "candidate")
    recorded("R7-3", {("JL", "2025Q4")}, "approved")
    made = releases.free_id(7, {("JL", "2026Q1")})
    assert made == "R7-4", "the waiting R7-2 was computed before R7-3"
    for number in range(4, 11):
        recorded(f"R7-{number}", {("JL", "2025Q4")}, "refused")
    assert releases.free_id(7, {("JL", "2026Q1")}) == "R7-11"
    ages = [releases.age(f"R7{n}", 7) for n in ("", "-2", "-9", "-10", "-11")]
    assert ages == sorted(ages)


def test_a_replay_knows_the_looks_of_its_release_not_later_ones_of_the_same_moment(
    fresh_installation: Installation,
) -> None:
    from jobs.ledger import batches, releases
    from jobs.release.knowledge import Knowledge, known_to

    moment = datetime.fromisoformat(JAN)
    batches.looked("stat_finance", moment)
    known = Knowledge("R7", 7, moment, 0, batches.looks(moment))
    recorded("R7", {("JL", "2025Q4")}, "approved", versions=known.noted())
    recorded("R6", {("JL", "2025Q4")}, "approved", seq=6)
    batches.looked("stat_rd", moment)
    (new,), (old,) = releases.of("R7"), releases.of("R6")
    assert known_to(new).looked == {"stat_finance": moment}
    assert known_to(old).looked == {"stat_finance": moment, "stat_rd": moment}, "it had recorded none"


def test_the_period_of_a_deadline_is_computed_once_more_when_the_lag_is_over(
    fresh_installation: Installation,
) -> None:
    year_2025()
    conclude(decide(JAN), "approved")
    assert decide("2026-03-31T23:00:00+08:00").periods == {}
    after = "2026-04-01T01:00:00+08:00"
    assert decide(after).periods == {"2025Q4": "complete"}
    conclude(decide(after), "approved", after)
    assert decide("2026-04-02T09:00:00+08:00").periods == {}


def spring() -> str:
    """Accept everything that the first quarter of 2026 needs; return when."""
    moment = "2026-04-16T09:00:00+08:00"
    for unit in UNITS:
        accept("stat_finance", unit, ["202603"], moment)
    sectors(["202603"], moment)
    return moment


def test_a_report_that_a_verdict_waited_for_brings_every_later_quarter_that_shows_it(
    fresh_installation: Installation,
) -> None:
    year_2025()
    moment = spring()
    conclude(decide(moment), "approved", moment)
    assert decide(moment).periods == {}
    late = "2026-06-02T09:00:00+08:00"
    accept("fin_listing", None, ["2025Q4"], late)
    assert set(decide(late).periods) == {"2025Q4", "2026Q1"}
    conclude(decide(late), "approved", late)
    assert decide(late).periods == {}


def test_a_later_quarter_is_computed_together_with_the_verdicts_that_wait_for_approval(
    fresh_installation: Installation,
) -> None:
    from jobs.ledger import releases

    year_2025()
    conclude(decide(JAN), "approved")
    closing = "2026-04-01T01:00:00+08:00"
    waiting = conclude(decide(closing), "candidate", closing)
    moment = spring()
    assert set(decide(moment).periods) == {"2025Q4", "2026Q1"}
    both = conclude(decide(moment), "candidate", moment)
    assert {r.state for r in releases.of(waiting)} == {"superseded"}
    assert decide(moment).periods == {}, "nothing more to do, before the approval"
    releases.move(both, "candidate", "approved")
    assert decide("2026-04-17T09:00:00+08:00").periods == {}, "nor after it"


def test_a_waiting_candidate_without_verdicts_stays_when_a_later_quarter_comes(
    fresh_installation: Installation,
) -> None:
    year_2025()
    conclude(decide(JAN), "approved")
    closing = "2026-04-01T01:00:00+08:00"
    conclude(decide(closing), "approved", closing)
    sectors(["202509"], "2026-04-02T09:00:00+08:00", ["stat_catering"])
    found = decide("2026-04-02T10:00:00+08:00")
    found.periods = {"2025Q3": "complete"}
    conclude(found, "candidate", "2026-04-02T10:00:00+08:00")
    found = decide("2026-04-02T11:00:00+08:00")
    assert set(found.periods) == {"2025Q4"}
    conclude(found, "approved", "2026-04-02T11:00:00+08:00")
    assert set(decide(spring()).periods) == {"2026Q1"}


def test_nobody_is_late_before_the_source_was_read_after_the_deadline(
    fresh_installation: Installation,
) -> None:
    from jobs.ledger import batches
    from jobs.release.deadlines import announce_passed

    year_2025()
    fresh_installation.at("2026-04-19T00:10:00+08:00")
    batches.looked("stat_finance", datetime.fromisoformat("2026-04-18T07:00:00+08:00"))
    assert ("stat_finance", "202603") not in announce_passed()
    batches.looked("stat_finance", datetime.fromisoformat("2026-04-19T00:05:00+08:00"))
    assert ("stat_finance", "202603") in announce_passed()
    assert announce_passed() == []


def test_a_refused_release_comes_back_only_with_new_data(fresh_installation: Installation) -> None:
    year_2025()
    first = conclude(decide(JAN), "refused")
    assert decide(JAN).periods == {}
    accept("stat_finance", "220100", YEAR, "2026-01-21T09:00:00+08:00")
    again = decide("2026-01-21T10:00:00+08:00")
    assert set(again.periods) == {"2025Q1", "2025Q2", "2025Q3", "2025Q4"}
    assert conclude(again, "computed") != first


def test_other_rules_compute_again_under_another_release_id(
    fresh_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jobs.release import gate

    year_2025()
    first = conclude(decide(JAN), "approved")
    monkeypatch.setattr(gate, "digest", lambda _: "other rules")
    again = decide(JAN)
    assert set(again.periods) == {"2025Q1", "2025Q2", "2025Q3", "2025Q4"}
    assert conclude(again, "computed") == f"{first}-2", "what was approved is never written over"


def test_a_release_whose_audit_never_ran_is_found_again(fresh_installation: Installation) -> None:
    from jobs.ledger import releases

    year_2025()
    made = conclude(decide(JAN), "computed")
    assert decide(JAN).periods == {}
    assert releases.unaudited() == [made]


def test_a_candidate_whose_period_changes_is_taken_over_whole(fresh_installation: Installation) -> None:
    year_2025()
    conclude(decide(JAN), "candidate")
    accept("stat_finance", "220100", ["202512"], "2026-01-21T09:00:00+08:00")
    assert set(decide("2026-01-21T10:00:00+08:00").periods) == {"2025Q1", "2025Q2", "2025Q3", "2025Q4"}


def test_writing_a_candidate_leaves_the_release_s_other_periods_alone(
    fresh_installation: Installation,
) -> None:
    from jobs import lake
    from jobs.lake.shape import arrow_rows
    from jobs.lake.staging import in_lake, stage

    for period in ("2025Q4", "2026Q1", "2026Q1"):
        row = {
            "release": "R9", "programme": "JL", "period": period, "feed": "stat_rd", "region_code": "220000",
            "region_name": "x", "expected": 1, "reported": 1, "coverage": 100.0, "reference_period": "2024年度",
        }  # fmt: skip
        with in_lake("R9") as attempt, writer_lock() as writer:
            file = stage(arrow_rows("coverage", [row]), "coverage", attempt.in_table("coverage"))
            lake.replace_release("coverage", [file], "R9", "JL", [period], writer.sure)
    found = sorted(lake.gold_arrow("coverage", "R9", "JL")["period"].to_pylist())
    assert found == ["2025Q4", "2026Q1"]


def test_who_lost_the_lock_is_told_before_anything_is_committed(fresh_installation: Installation) -> None:
    with writer_lock() as writer:
        writer.sure()
        writer.connection.execute(text("select pg_advisory_unlock_all()"))
        with pytest.raises(WriterBusy, match="锁已失去"):
            writer.sure()


def test_rolling_back_refuses_what_came_after_and_a_new_look_brings_nothing_back(
    fresh_installation: Installation,
) -> None:
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
