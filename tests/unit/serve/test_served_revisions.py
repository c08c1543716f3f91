"""What a publication changed is kept figure by figure, the same however the file was made, and tells nobody more than the figures did."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from deltalake import write_deltalake

from jobs.definitions.contract import table_names
from jobs.serve import revisions, scopes, steps
from jobs.serve.build import build
from jobs.serve.reasons import LATE, RULES, Reason, told
from tests.support.installation import environment
from tests.support.served_frames import (
    EARLIER,
    LATER,
    PERIOD,
    PROGRAMME,
    PROVINCE,
    A,
    B,
    access,
    flat,
    served,
)

FIRST, SECOND, THIRD = (
    {EARLIER: "R1", PERIOD: "R1"},
    {EARLIER: "R1", PERIOD: "R2"},
    {EARLIER: "R1", PERIOD: "R2", LATER: "R2"},
)
AT = datetime(2026, 7, 20, tzinfo=UTC)
CHANGED = {
    "kpi_region": "value + 1 AS value",
    "target_progress": "IF(target_id = 'champions', '黄', state) AS state, IF(target_id = 'growth', value + 1, value) AS value",
    "region_ranking": "5 - rank AS rank",
}
"""What release R2 says otherwise of a quarter: every cell, one target's state and one's value, the order."""
TABLES = ("revision", "revision_cause", "publication_change")


def release(release_id: str, period: str) -> SimpleNamespace:
    return SimpleNamespace(
        release_id=release_id, programme=PROGRAMME, period=period, status="complete", revision=int(release_id[1:]), seq=1,
        data_as_of=AT, provisional=False, hashes={},
    )  # fmt: skip


def publication(number: int, held: dict[str, str], follows: int | None = None) -> SimpleNamespace:
    return SimpleNamespace(
        publication_id=f"P{number:05d}",
        published_at=AT,
        releases={PROGRAMME: held},
        follows=follows and f"P{follows:05d}",
    )


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two quarters in release R1; R2 corrects the later one and adds the next."""
    folder = tmp_path_factory.mktemp("lake")
    with duckdb.connect(str(served(folder / "frames.duckdb"))) as con:
        con.execute("UPDATE target_progress SET headline = true")
        for table in table_names():
            changed = f"REPLACE ({CHANGED[table]})" if table in CHANGED else ""
            rows = con.execute(
                f"SELECT * FROM ({flat(table)}) WHERE period IN ('{EARLIER}', '{PERIOD}') UNION ALL BY NAME SELECT * {changed} "
                f"FROM (SELECT * REPLACE ('R2' AS release, unnest(['{PERIOD}', '{LATER}']) AS period) "
                f"FROM ({flat(table)}) WHERE period = '{PERIOD}')"
            ).to_arrow_table()
            write_deltalake(str(folder / "gold" / table), rows, partition_by=["release"])
    people = access(folder / "access.yaml", A, B, PROVINCE)
    with (
        environment({"ZJTX_LAKE": str(folder), "ZJTX_ACCESS": str(people)}),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(
            steps.releases,
            "of",
            lambda name: [release(name, p) for p in ((EARLIER, PERIOD) if name == "R1" else (PERIOD, LATER))],
        )
        patch.setattr(
            revisions,
            "reasons",
            lambda step: [Reason(LATE, 7, "财务状况", reporter=A, path=f"{step.after.period}.csv")],
        )
        yield folder


def made(folder: Path, done: list[Any], base: Path | None = None) -> Path:
    """Write the last of some publications."""
    folder.mkdir()
    approved: Any = {(PROGRAMME, p): release(r, p) for p, r in done[-1].releases[PROGRAMME].items()}
    file = folder / "zjtx.duckdb"
    build(file, done[-1].publication_id, AT, approved, base, done)
    scopes.write(file, base)
    return file


def rows(file: Path, sql: str, scope: str | None = None) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(scopes.file_of(file, scope) if scope else file), read_only=True) as con:
        return con.execute(sql).fetchall()


ONE, TWO = publication(1, FIRST), publication(2, SECOND, 1)


@pytest.fixture(scope="module")
def first(lake: Path) -> Path:
    return made(lake / "P00001", [ONE])


@pytest.fixture(scope="module")
def second(lake: Path, first: Path) -> Path:
    return made(lake / "P00002", [ONE, TWO], first)


def test_the_first_publication_revises_nothing_and_says_that_its_periods_are_new(first: Path) -> None:
    assert rows(first, "SELECT * FROM revision") == []
    assert rows(first, "SELECT period, kind, follows, is_newest FROM publication_change ORDER BY 1") == [
        (EARLIER, "新期间", None, True),
        (PERIOD, "新期间", None, True),
    ]


def test_every_figure_that_changed_stands_with_its_old_and_its_new_value(second: Path) -> None:
    targets = "SELECT item, value_before, value_after, state_before, state_after FROM revision WHERE subject = '目标' ORDER BY 1"
    assert rows(second, targets) == [("champions", 4, 4, "绿", "黄"), ("growth", 13, 14, "绿", "绿")]
    cells = rows(second, f"SELECT count(*) FROM kpi_region WHERE programme = '{PROGRAMME}' AND period = '{PERIOD}' "
                 "AND size_class IS NULL AND industry IS NULL AND (tier IS NULL OR domain IS NULL)")  # fmt: skip
    kept = "SELECT count(*), min(change), max(change), min(period), max(period) FROM revision WHERE subject = '指标'"
    assert rows(second, kept) == [(*cells[0], 1.0, 1.0, PERIOD, PERIOD)]
    places = "SELECT region_code, value_before, value_after FROM revision WHERE subject = '位次' ORDER BY 2"
    assert [r[1:] for r in rows(second, places)] == [(1, 4), (2, 3), (3, 2), (4, 1)]


def test_the_summary_counts_what_the_table_of_figures_holds(second: Path) -> None:
    summary = "SELECT n_figures, n_targets, n_states, n_places, why, is_newest FROM publication_change WHERE changed_in = 'P00002'"
    number = rows(second, "SELECT count(*) FROM revision WHERE subject = '指标'")[0][0]
    assert rows(second, summary) == [(number, 1, 1, 4, "迟报 1 份", True)]


@pytest.mark.parametrize("scope", [None, A, B, PROVINCE, scopes.NONE])
def test_a_file_written_from_nothing_tells_the_same(lake: Path, second: Path, scope: str | None) -> None:
    plain = lake / "plain"
    file = plain / "zjtx.duckdb" if plain.exists() else made(plain, [ONE, TWO])
    for table in TABLES:
        query = f"SELECT * FROM {table} ORDER BY ALL"
        assert rows(second, query, scope) == rows(file, query, scope), table


def test_after_a_rollback_the_next_one_is_compared_with_what_was_served(lake: Path, first: Path) -> None:
    file = made(lake / "P00003", [ONE, TWO, publication(3, THIRD, 1)], first)
    counted = "SELECT changed_in, follows, period, kind, is_newest FROM publication_change ORDER BY ALL"
    assert rows(file, counted)[2:] == [
        ("P00002", "P00001", PERIOD, "修订", False),
        ("P00003", "P00001", PERIOD, "修订", True),
        ("P00003", "P00001", LATER, "新期间", True),
    ]
    per = "SELECT changed_in, count(*) FROM revision GROUP BY 1 ORDER BY 1"
    (before, n), (after, m) = rows(file, per)
    assert (before, after) == ("P00002", "P00003") and n == m


@pytest.mark.parametrize(
    ("scope", "where", "seen"),
    [
        (A, f"region_code = '{A}' AND indicator = 'revenue_growth'", True),
        (A, f"region_code = '{B}' AND subject = '指标'", False),
        (A, f"region_code = '{B}' AND subject = '位次'", True),
        (A, f"region_code = '{B}' AND subject = '得分'", False),
        (A, f"region_code = '{PROVINCE}' AND indicator = 'certificate_count' AND domain IS NULL", True),
        (A, f"region_code = '{PROVINCE}' AND indicator = 'revenue_growth'", False),
        (PROVINCE, f"region_code = '{B}' AND indicator = 'revenue_growth'", True),
        (scopes.NONE, "true", False),
    ],
)  # fmt: skip
def test_a_region_reads_its_own_revisions_and_what_no_firm_stands_behind(
    second: Path, scope: str, where: str, seen: bool
) -> None:
    assert bool(rows(second, f"SELECT 1 FROM revision WHERE {where}", scope)) == seen


def test_the_files_behind_a_change_are_told_to_whom_they_came_from(second: Path) -> None:
    paths = "SELECT DISTINCT path FROM revision_cause WHERE changed_in = 'P00002'"
    assert rows(second, paths, A) == [(f"{PERIOD}.csv",)]
    assert rows(second, paths, B) == []


def test_reasons_are_told_by_their_number_in_one_order() -> None:
    found = [Reason(RULES, note="合同换版"), Reason("新到", 1), Reason(LATE, 2), Reason("新到", 3)]
    assert told(found) == "新到 2 份、迟报 1 份、规则改动"
