"""A file replaced at the source under the same size and time stamp: a look goes past it, the content check does not."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jobs.feeds import fetch
from jobs.feeds.ingest import poll
from jobs.feeds.take_in import PollResult
from jobs.ledger import batches, writer_lock
from jobs.notify import notices
from jobs.operate import contents
from jobs.operate.contents import Compared, compare, take_changed
from jobs.release.causes import AGAIN, causes
from jobs.settings import REPO
from tests.support import files
from tests.support.files import code, csv_file, line
from tests.support.installation import Installation, ledger_rows
from tests.support.wrong_commands import release_row, run

pytestmark = pytest.mark.spark

FEED, PERIOD, SENT = "stat_finance", "202603", "2026-03-10T09:30:00+08:00"
NIGHT = "2026-03-11T02:10:00+08:00"


def finance_path(unit: str = "220100", period: str = PERIOD) -> str:
    return files.finance_path(unit, period)


def send(
    installation: Installation, first: int, second: int = 200, *, unit: str = "220100", period: str = PERIOD
) -> str:
    """Put a unit's form at the source, always of the same size and time."""
    path = finance_path(unit, period)
    n = int(unit[2:4])
    rows = [line(n, first, period=period), line(n + 50, second, period=period)]
    installation.deliver(path, csv_file(rows), SENT)
    return path


def taken(installation: Installation, at: str = NIGHT) -> PollResult:
    installation.at(at)
    return poll(FEED)


def looked_into(installation: Installation, at: str = NIGHT, feed: str = FEED) -> tuple[Compared, PollResult]:
    installation.at(at)
    compared = compare(feed)
    return compared, take_changed(feed, compared.changed) if compared.changed else PollResult(feed)


def revenue(installation: Installation) -> dict[str, int]:
    """Firm -> revenue in thousands."""
    return {r["uscc"]: int(r["revenue"] / 1000) for r in installation.rows(FEED)}


def told() -> list[str]:
    return [line for n in notices() if n.kind == "replaced" for line in n.body.splitlines()]


@pytest.fixture
def replaced(fresh_installation: Installation) -> Installation:
    """An installation that took a form in, which then was replaced without a trace in the listing."""
    send(fresh_installation, 100)
    assert len(taken(fresh_installation).accepted) == 1
    send(fresh_installation, 900)
    assert (poll(FEED).accepted, revenue(fresh_installation)[code(1)]) == ([], 100), "a look sees nothing"
    return fresh_installation


def test_what_differs_is_taken_in_and_told_like_a_correction_each_time_and_once(
    replaced: Installation,
) -> None:
    checked, result = looked_into(replaced)
    size = (replaced.source / finance_path()).stat().st_size
    assert checked == Compared(FEED, 1, size, (finance_path(),))
    assert [(b.scope, b.silver, b.periods) for b in result.accepted] == [
        ("reporter=220100/period=202603", 2, [PERIOD])
    ]
    assert revenue(replaced) == {code(1): 900, code(51): 200}
    (line,) = told()
    assert line.startswith(f"{finance_path()}（") and line.endswith("按更正重新接收"), line
    before, now = release_row("R1", "2026Q1"), release_row("R2", "2026Q1")
    before.seq, now.seq = 1, 2
    assert [(c.kind, c.path) for c in causes(now, before)] == [(AGAIN, finance_path())], (
        "the approver reads it"
    )

    again, nothing = looked_into(replaced, "2026-03-12T02:10:00+08:00")
    assert (again.files, again.changed, nothing.accepted, len(told())) == (1, (), [], 1)
    assert poll(FEED).accepted == [], "nor does a look take it in once more"

    send(replaced, 100)
    assert looked_into(replaced)[0].changed == (finance_path(),), (
        "a content that comes back is another one as well"
    )
    assert (revenue(replaced)[code(1)], len(told())) == (100, 2)

    replaced.deliver(finance_path(), b"x" * size, SENT)
    assert [f.verdict for f in looked_into(replaced)[1].refused] == ["refused"]
    assert revenue(replaced)[code(1)] == 100, "what cannot be read leaves the old figures"
    rows = ledger_rows(replaced, "select turn, verdict, path from file order by file_id")
    verdicts = ("accepted", "accepted", "accepted", "refused")
    assert rows == [(n, verdict, finance_path()) for n, verdict in enumerate(verdicts, start=1)]


def test_only_files_of_open_periods_are_fetched(
    fresh_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for period in ("202511", PERIOD):
        send(fresh_installation, 100, period=period)
        send(fresh_installation, 100, period=period, unit="220200")
    assert len(taken(fresh_installation).accepted) == 4
    send(fresh_installation, 900, period="202511")
    copied: list[str] = []
    digest = fetch._digest

    def noted(fs: Any, source: str, size: int) -> str:
        copied.append(source.removeprefix(f"{fresh_installation.source}/"))
        return digest(fs, source, size)

    monkeypatch.setattr(fetch, "_digest", noted)
    assert looked_into(fresh_installation)[0].files == 2
    assert sorted(copied) == [finance_path(u) for u in ("220100", "220200")]
    assert told() == []
    assert not list((fresh_installation.home / "landing").glob("arriving-*"))


def test_comparing_keeps_nobody_waiting_and_writes_nothing_and_what_is_taken_meanwhile_is_taken_once(
    replaced: Installation,
) -> None:
    with writer_lock():
        compared = compare(FEED)
    assert compared.changed == (finance_path(),)
    assert (ledger_rows(replaced, "select count(*) from file"), told()) == ([(1,)], [])
    done = run("recheck", [FEED])
    assert done.exit_code == 0, done.output
    assert "核对了未结期间的 1 个文件（0.0 MB），1 个内容被替换" in done.output
    assert f"{FEED} {finance_path()}" in done.output and f"{FEED}：接收 1 个文件" in done.output
    assert take_changed(FEED, compared.changed).accepted == []
    assert ledger_rows(replaced, "select count(*) from batch") == [(2,)]
    again = run("recheck", [])
    assert again.exit_code == 0, again.output
    assert "核对了未结期间的 1 个文件（0.0 MB），内容都没有变" in again.output


def test_a_refused_file_is_taken_in_once_it_was_replaced_by_a_good_one(
    fresh_installation: Installation,
) -> None:
    path = send(fresh_installation, 100)
    good = (fresh_installation.source / path).read_bytes()
    fresh_installation.deliver(path, b"x" * len(good), SENT)
    assert len(taken(fresh_installation).refused) == 1
    fresh_installation.deliver(path, good, SENT)
    assert poll(FEED).accepted == []
    assert len(looked_into(fresh_installation)[1].accepted) == 1
    assert revenue(fresh_installation)[code(1)] == 100


def test_what_is_gone_or_listed_with_another_stamp_is_left_to_the_next_look(replaced: Installation) -> None:
    file = replaced.source / finance_path()
    os.utime(file, (file.stat().st_mtime + 60,) * 2)
    assert looked_into(replaced)[0].files == 0
    assert len(poll(FEED).accepted) == 1
    file.unlink()
    assert looked_into(replaced)[0].files == 0


def test_of_files_that_add_up_an_older_one_is_told_once_and_not_put_after_a_newer(
    fresh_installation: Installation,
) -> None:
    head = ["统一社会信用代码", "单位详细名称", "行政区划代码", "行业代码", "变动类型", "变动日期"]

    def register(period: str, name: str, kind: str = "101") -> None:
        rows = [[code(1), name, "220102", "C3512", "在册", "2025-06-01"]]
        fresh_installation.deliver(
            f"stat/220100/{kind}/{kind}_220100_{period}.csv", csv_file(rows, head), SENT
        )

    register("202601", "甲企业")
    register("202602", "乙企业")
    fresh_installation.at(NIGHT)
    assert len(poll("stat_register").accepted) == 2
    register("202601", "丙企业")
    checked, result = looked_into(fresh_installation, feed="stat_register")
    assert checked.changed == ("stat/220100/101/101_220100_202601.csv",)
    assert (result.accepted, result.refused) == ([], [])
    (line,) = told()
    assert "之后已接收 stat/220100/101/101_220100_202602.csv" in line and line.endswith("请报送单位重报")
    looked_into(fresh_installation, feed="stat_register")
    assert len(told()) == 1


def dying(step: Callable[..., Any], before: bool) -> Callable[..., Any]:
    def die(*args: Any, **kwargs: Any) -> Any:
        if not before:
            step(*args, **kwargs)
        raise KeyboardInterrupt

    return die


def test_a_check_that_dies_again_and_again_is_simply_repeated(
    replaced: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, before in (
        (contents, "_tell", True),
        (contents, "_tell", False),
        (batches, "start_poll", False),
        (batches, "finish_poll", True),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, dying(getattr(module, name), before))
            with pytest.raises(KeyboardInterrupt):
                looked_into(replaced)
        assert ledger_rows(replaced, "select count(*) from batch") == [(1,)], name
    looked_into(replaced)
    assert revenue(replaced) == {code(1): 900, code(51): 200}
    assert told(), "never not at all"
    assert ledger_rows(replaced, "select count(*), max(seq) from batch") == [(2, 2)]
    assert looked_into(replaced)[0].changed == ()


def test_the_nightly_flow_reads_then_takes_in_and_wakes_the_computation(
    replaced: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"sqlite:///{tmp_path}/none.db")
    monkeypatch.syspath_prepend(str(REPO / "dags"))
    common, flow = importlib.import_module("common"), importlib.import_module("contents")
    noted: list[str] = []
    run = SimpleNamespace(dag_id="contents", run_id="night")
    for module in (common, flow):
        monkeypatch.setattr(module, "tell", lambda *lines: noted.extend(lines))
    monkeypatch.setattr(flow, "get_current_context", lambda: {"dag_run": run})
    where = SimpleNamespace(get_uri=lambda: f"file://{replaced.source}")
    monkeypatch.setattr(flow.Connection, "get", lambda _: where)
    events = EventsOfAliases()
    found = flow.compare.function("stat_sftp")
    assert found == {"changed": {FEED: [finance_path()]}, "unread": []}
    assert noted == ["核对了未结期间的 1 个文件（0.0 MB），1 个内容被替换"]
    flow.take_in.function("stat_sftp", found, outlet_events=events)
    assert [(a.uri.rstrip("/"), extra["periods"]) for a, extra in events.added] == [
        ("zjtx://feed/stat_finance", [PERIOD])
    ]
    assert noted[1:3] == [finance_path(), "接收 1 个文件，采用 2 行"]
    assert {b.run_id for b in batches.accepted()} == {None, "contents/night"}
    with pytest.raises(common.AirflowSkipException):
        flow.unread.function(found)
    with pytest.raises(flow.AirflowFailException, match="读不到：人员"):
        flow.unread.function({"changed": {}, "unread": ["读不到：人员（没有应答）"]})
    with pytest.raises(common.AirflowSkipException, match="内容都没有变"):
        flow.compare.function("stat_sftp")


class EventsOfAliases:
    """Stands for Airflow's events of a task: of any alias, kept in one list."""

    def __init__(self) -> None:
        self.added: list[tuple[Any, dict[str, Any]]] = []

    def __getitem__(self, alias: object) -> EventsOfAliases:
        return self

    def add(self, asset: Any, extra: dict[str, Any]) -> None:
        self.added.append((asset, extra))
