"""Commands that name what the installation does not hold change nothing, say so and say what it holds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from jobs import clock
from jobs.ledger import decisions, releases
from jobs.serve import publish
from tests.support.builder import Builder
from tests.support.installation import Installation, ledger_rows
from tests.support.wrong_commands import ASKED, BY, assert_refused, each, name, release_row, run

pytestmark = pytest.mark.spark

STATES = {"R6": "superseded", "R7": "candidate", "R8": "approved", "R9": "refused", "R10": "computed"}


@pytest.fixture(scope="module")
def held(installations: Builder) -> Iterator[Installation]:
    """An installation whose ledger has a release in every state, and a word on those that were decided on."""
    installation = installations.new()
    with installation.active():
        installation.at("2026-03-12T20:00:00+08:00")
        for number, (release, state) in enumerate(STATES.items()):
            releases.record([release_row(release, f"2025Q{number}")])
            releases.move(release, "computed", state)
        releases.decide("R8", "approved", "李四", clock.now())
        yield installation
    installations.drop(installation)


def whole(installation: Installation) -> list[Any]:
    """Everything the ledger says."""
    tables = ("release", "approval", "publication", "audit", "notice", "file", "batch", "poll", "settlement")
    return [ledger_rows(installation, f"select * from {table} order by 1, 2") for table in tables]


@pytest.mark.parametrize(("command", "arguments"), each(ASKED), ids=name)
def test_what_is_not_there_is_refused_and_changes_nothing(
    held: Installation, command: str, arguments: list[str]
) -> None:
    before = whole(held)
    assert_refused(run(command, arguments))
    assert whole(held) == before
    assert not list(held.home.glob("landing/??")), "nor is anything landed"


@pytest.mark.parametrize("command", ["approve", "reject"])
@pytest.mark.parametrize("release", [r for r, state in STATES.items() if state != "candidate"])
def test_only_a_candidate_is_decided_on(held: Installation, command: str, release: str) -> None:
    before = whole(held)
    done = run(command, [release, *BY])
    assert_refused(done)
    assert "未作任何改动" in done.stderr
    assert whole(held) == before


def test_who_had_decided_is_told(held: Installation) -> None:
    assert run("approve", ["R8", *BY]).stderr == "R8 早已批准（李四，2026-03-12 20:00），未作任何改动\n"


def test_the_nearest_release_and_those_that_wait_are_told(held: Installation) -> None:
    told = run("reject", ["r7", *BY]).stderr
    assert told.startswith("没有发布“r7”，未作任何改动；是不是 R7") and "待审批：R7" in told


def test_the_word_and_the_state_are_one(fresh_installation: Installation) -> None:
    fresh_installation.at("2026-03-12T20:00:00+08:00")
    releases.record([release_row("R7", "2025Q4")])
    releases.move("R7", "computed", "candidate")
    done = run("reject", ["R7", *BY])
    assert (done.exit_code, done.stdout) == (0, "R7 已退回 · refused\n")
    assert ledger_rows(fresh_installation, "select release_id, decision, decided_by from approval") == [
        ("R7", "rejected", "张三")
    ]
    assert {r.state for r in releases.of("R7")} == {"refused"}


def test_of_two_who_decide_at_once_one_is_told_that_it_is_done(fresh_installation: Installation) -> None:
    fresh_installation.at("2026-03-12T20:00:00+08:00")
    releases.record([release_row("R7", f"2025Q{q}") for q in (1, 2, 3, 4)])
    releases.move("R7", "computed", "candidate")
    outcome: list[object] = []

    def decide(settle: Any) -> None:
        try:
            outcome.append(settle("R7", "测试员"))
        except publish.Superseded as refusal:
            outcome.append(refusal)

    both = [threading.Thread(target=decide, args=[settle]) for settle in (publish.approve, publish.reject)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    (word,) = ledger_rows(fresh_installation, "select decision from approval")
    states = {r.state for r in releases.of("R7")}
    assert states == {{"approved": "approved", "rejected": "refused"}[word[0]]}
    assert sorted(map(type, outcome), key=str) == sorted([bool, publish.Superseded], key=str)
    assert decisions.last_word("R7") is not None


@pytest.mark.parametrize(
    ("command", "arguments", "told"),
    [
        ("trace", ["2026q2", "revenue", "长春市"], "是不是 2026Q2"),
        ("trace", ["2026-06", "revenue", "长春市"], "是不是 202606"),
        ("trace", ["2026Q2", "revenue", "长春市", "--tier", "provincal_srdi"], "是不是 provincial_srdi"),
        ("trace", ["2026Q2", "revenue", "长春市", "--reading", "summ"], "该处已发布的口径："),
        ("ranking", ["--period", "2026q2"], "是不是 2026Q2"),
        ("ranking", ["--period", "2024Q4"], "没有发布过排名"),
        ("replay", ["--known-by", "2026-07-31", "--programme", "JLL"], "没有方案“JLL”；是不是 JL"),
        ("replay", ["--known-by", "2026-07-31", "--period", "2031Q1"], "没有期间“2031Q1”"),
        ("file", ["show", "stat/220100/103/103_220100_2052.csv"], "是不是 stat/220100/103/103_220100_20"),
        ("rollback", ["P4", *BY], "不能切回“P4”：没有这个上线号，未作任何改动；可用：P00001、P00002"),
        ("rollback", ["P00004", *BY], "现在上线的就是 P00004，未作任何改动"),
    ],
    ids=name,
)
def test_the_nearest_of_what_is_published_is_told(
    loaded: Installation, command: str, arguments: list[str], told: str
) -> None:
    before = whole(loaded)
    done = run(command, arguments)
    assert_refused(done)
    assert told in done.stderr
    assert whole(loaded) == before
