"""The flows: they parse at once, say who owns them and how they fail, and import nothing heavy."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.definitions.contract import feed_ids, load_feed
from jobs.definitions.policy.model import load_all
from jobs.definitions.readable import readable
from jobs.settings import REPO
from tests.support.installation import environment

FOLDER = REPO / "dags"
SOURCES = sorted({load_feed(f).feed.connection for f in feed_ids()})
FILE_SOURCES = sorted({c.feed.connection for c in map(load_feed, feed_ids()) if not c.feed.request})
FILES = sorted(FOLDER.glob("*.py"))
FLOWS = [p for p in FILES if p.stem != "common"]
OWN_HEAVY = {"pyspark", "pandas", "great_expectations", "duckdb", "deltalake", "fsspec"}


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """All DAGs, parsed in this process."""
    home = tmp_path_factory.mktemp("airflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_HOME", str(home))
        patch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
        patch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"sqlite:///{home}/none.db")
        patch.syspath_prepend(str(FOLDER))
        from airflow.dag_processing.dagbag import DagBag

        yield DagBag(str(FOLDER), bundle_name="dags")


def test_every_file_parses(bag: Any) -> None:
    assert bag.import_errors == {}


def test_there_is_one_flow_per_source_system_and_five_more(bag: Any) -> None:
    others = {"kpi", "publish", "deadlines", "upkeep", "contents"}
    assert set(bag.dags) == {f"ingest_{s}" for s in SOURCES} | others


def test_a_contract_that_cannot_be_read_takes_no_other_feed_from_its_flow(bag: Any, tmp_path: Path) -> None:
    from airflow.dag_processing.dagbag import DagBag

    shutil.copytree(REPO / "schemas", tmp_path / "schemas")
    (tmp_path / "schemas" / "feeds" / "stat_rd.yaml").write_text("schema: [\n", encoding="utf-8")
    source = load_feed("stat_rd").feed.connection
    with environment({"ZJTX_SCHEMAS": str(tmp_path / "schemas")}):
        made = DagBag(str(FOLDER), bundle_name="dags")
        own = [c.id for c in readable() if c.feed.connection == source]
    # What is computed rests on all contracts: there the fault is shown, with the command that explains it.
    ((broken, text),) = made.import_errors.items()
    assert Path(broken).name == "kpi.py" and "合同 stat_rd 读不出来：请看 zjtx contract check" in text
    assert set(made.dags) == set(bag.dags) - {"kpi"}
    assert made.dags[f"ingest_{source}"].params["feeds"] == own
    assert "stat_rd" not in own and "stat_finance" in own


def test_every_feed_is_read_by_the_flow_of_its_source_alone(bag: Any) -> None:
    for source in SOURCES:
        own = [f for f in feed_ids() if load_feed(f).feed.connection == source]
        assert bag.dags[f"ingest_{source}"].params["feeds"] == own


def test_every_flow_has_a_chinese_name_a_text_and_tags(bag: Any) -> None:
    for dag_id, dag in bag.dags.items():
        assert any("\u4e00" <= c <= "\u9fff" for c in dag.dag_display_name), dag_id
        assert len((dag.doc_md or "").strip()) > 20, dag_id
        assert dag.tags, dag_id


def chinese(text: str | None) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in text or "")


def test_every_flow_says_in_a_line_what_it_does(bag: Any) -> None:
    for dag_id, dag in bag.dags.items():
        assert chinese(dag.description) and "\n" not in dag.description, dag_id


def test_every_task_has_a_chinese_name_and_text(bag: Any) -> None:
    for dag_id, dag in bag.dags.items():
        for task in dag.tasks:
            assert chinese(task.task_display_name), f"{dag_id}.{task.task_id}"
            assert chinese(task.doc_md), f"{dag_id}.{task.task_id}"


def test_a_refusal_is_a_task_of_its_own_that_neither_fails_the_run_nor_holds_anybody_up(bag: Any) -> None:
    for source in SOURCES:
        dag = bag.dags[f"ingest_{source}"]
        refused = dag.get_task("refused")
        assert (refused.is_teardown, refused.on_failure_fail_dagrun) == (True, False)
        assert (refused.upstream_task_ids, refused.downstream_task_ids) == ({"take_in"}, set())
        assert not refused.outlets and dag.get_task("take_in").outlets


def test_no_flow_can_be_backfilled(bag: Any) -> None:
    for dag_id, dag in bag.dags.items():
        assert {str(t.value) for t in dag.allowed_run_types} == {"scheduled", "asset_triggered", "manual"}, (
            dag_id
        )


def test_what_tasks_tell_is_what_the_note_of_a_run_is_made_of(bag: Any) -> None:
    import common  # the flows' folder is on the path while they are parsed

    from infra.airflow.plugins.run_notes import TOLD

    assert common.TOLD == TOLD


def test_no_flow_runs_twice_at_a_time_or_catches_up(bag: Any) -> None:
    for dag_id, dag in bag.dags.items():
        assert (dag.max_active_runs, dag.catchup) == (1, False), dag_id


def test_every_task_has_an_owner_retries_and_a_time_limit(bag: Any) -> None:
    for dag_id, dag in bag.dags.items():
        for task in dag.tasks:
            name = f"{dag_id}.{task.task_id}"
            assert task.owner not in ("", "airflow"), name
            assert task.retries >= 1, name
            # A task that waits for a person has a limit on the wait instead.
            limit = task.execution_timeout or getattr(task, "response_timeout", None)
            assert isinstance(limit, timedelta), name
            assert task.retry_delay <= timedelta(minutes=1), name


def test_whatever_writes_to_the_lake_waits_in_the_pool_of_one(bag: Any) -> None:
    pooled = {f"{d}.{t.task_id}" for d, dag in bag.dags.items() for t in dag.tasks if t.pool == "spark"}
    own = {f"ingest_{s}.take_in" for s in SOURCES} | {f"contents.take_in_{s}" for s in FILE_SOURCES}
    assert pooled == own | {
        "kpi.gate",
        "kpi.compute",
        "kpi.audit",
        "publish.publish",
        "upkeep.tend",
    }


def test_reading_the_sources_goes_before_computing(bag: Any) -> None:
    first = {t.priority_weight for s in SOURCES for t in bag.dags[f"ingest_{s}"].tasks}
    later = {t.priority_weight for d in ("kpi", "publish") for t in bag.dags[d].tasks}
    assert min(first) > max(later)


def test_contents_are_compared_every_night_at_every_source_that_sends_files(bag: Any) -> None:
    for source in FILE_SOURCES:
        reads, takes = (bag.dags["contents"].get_task(f"{step}_{source}") for step in ("compare", "take_in"))
        assert takes.upstream_task_ids == {reads.task_id}
        assert takes.outlets, "what it takes in wakes the computation"
    assert len(bag.dags["contents"].tasks) == 3 * len(FILE_SOURCES)
    assert "expression='10 2 * * *'" in repr(bag.dags["contents"].timetable)


def test_feeds_are_polled_when_their_contracts_say(bag: Any) -> None:
    for feed in feed_ids():
        spec = load_feed(feed).feed
        timetable = repr(bag.dags[f"ingest_{spec.connection}"].timetable)
        assert f"expression='{spec.schedule}', timezone='Asia/Shanghai'" in timetable, feed


def test_the_computation_wakes_on_deadlines_and_on_every_feed_that_a_programme_reads(bag: Any) -> None:
    uris = {asset.uri.rstrip("/") for asset in bag.dags["kpi"].timetable.asset_condition.objects}
    used = {feed for p in load_all().values() if p.fed for feed in p.feed_ids}
    assert uris == {f"zjtx://feed/{f}" for f in used} | {"zjtx://deadline"}


PARSE = """
import json, runpy, sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
import airflow.sdk, airflow.providers.standard.operators.hitl
own = set(sys.modules)
for path in sys.argv[2:]:
    runpy.run_path(path)
print(json.dumps(sorted(set(sys.modules) - own)))
"""


def test_parsing_imports_nothing_heavy(tmp_path: Path) -> None:
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PYTHONPATH": str(REPO),
    }
    done = subprocess.run(
        [sys.executable, "-c", PARSE, str(FOLDER), *map(str, FLOWS)],
        env=env,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    loaded = {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}
    assert loaded & OWN_HEAVY == set()
    assert "jobs" in loaded


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_flow_is_short_and_holds_no_query_connection_or_clock(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 100
    tree = ast.parse(text)
    top = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    names = {(n.module or "") if isinstance(n, ast.ImportFrom) else n.names[0].name for n in top}
    assert {n.split(".")[0] for n in names} <= {
        "__future__",
        "typing",
        "datetime",
        "os",
        "airflow",
        "common",
        "jobs",
        "pendulum",
    }
    assert {n for n in names if n.startswith("jobs")} <= {
        "jobs.definitions.contract",
        "jobs.definitions.readable",
        "jobs.definitions.policy.model",
    }
    upper = text.upper()
    assert not any(word in upper for word in ("SELECT ", "INSERT ", "POSTGRESQL", "SC://"))


@pytest.mark.parametrize("path", FLOWS, ids=lambda p: p.stem)
def test_a_flow_says_in_chinese_what_it_is_for(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert "\u4e00" <= text[0] <= "\u9fff"
