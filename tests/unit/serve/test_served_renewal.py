"""A served file that begins as a copy of the one before holds what one written from nothing holds, in every region's file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from deltalake import write_deltalake

from jobs.definitions.contract import load_table, table_names
from jobs.lake.content import period_hashes
from jobs.ledger.models import Release
from jobs.serve import scopes
from jobs.serve.build import ReleaseEmpty, build
from jobs.serve.classes import class_of
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
    name,
    served,
)

Approved = dict[tuple[str, str], Release]
FIRST = {EARLIER: "R1", PERIOD: "R1"}
SECOND = {EARLIER: "R1", PERIOD: "R2", LATER: "R2"}
"""Period -> release: R2 corrects a quarter and adds the next one."""
FILES = (None, A, B, PROVINCE, scopes.NONE)


def flat(table: str) -> str:
    """The rows of a served table as they lie in the lake, where maps are no texts."""
    names = [f'"{c.name}"' for c in load_table(table).columns]
    if not (fold := class_of(table).folded):
        maps = [c.name for c in load_table(table).columns if c.type == "MAP<STRING,STRING>"]
        as_maps = ", ".join(f'CAST(CAST("{m}" AS JSON) AS MAP(VARCHAR, VARCHAR)) AS "{m}"' for m in maps)
        return f'SELECT {", ".join(names)} FROM (SELECT *{f" REPLACE ({as_maps})" if maps else ""} FROM "{table}")'
    inner = [n if n.strip('"') in fold.per else f"c.{n}" for n in names]
    return f'SELECT {", ".join(inner)} FROM (SELECT *, unnest({fold.column}) AS c FROM "{table}")'


def write_lake(file: Path, root: Path) -> None:
    """Write the rows of a served file as gold: two quarters in release R1, and the later two, corrected, in R2."""
    with duckdb.connect(str(file)) as con:
        for table in table_names():
            rows = con.execute(
                f"SELECT * FROM ({flat(table)}) WHERE period IN (?, ?) UNION ALL BY NAME "
                f"SELECT * REPLACE ('R2' AS release) FROM ({flat(table)}) WHERE period = ? UNION ALL BY NAME "
                f"SELECT * REPLACE ('R2' AS release, ? AS period) FROM ({flat(table)}) WHERE period = ?",
                [EARLIER, PERIOD, PERIOD, LATER, PERIOD],
            ).to_arrow_table()
            if table == "kpi_region":
                con.register("rows", rows)
                rows = con.execute(
                    "SELECT * REPLACE (value + (release = 'R2')::INT AS value) FROM rows"
                ).to_arrow_table()
            write_deltalake(str(root / "gold" / table), rows, partition_by=["release"])


def approved(releases: dict[str, str], hashes: dict[str, str] | None) -> Approved:
    """Releases as the ledger tells them."""
    return {
        (PROGRAMME, period): SimpleNamespace(
            release_id=release,
            status="complete",
            revision=1,
            seq=1,
            data_as_of=None,
            provisional=False,
            hashes=hashes,
        )
        for period, release in releases.items()
    }  # type: ignore[return-value]


@pytest.fixture(scope="module")
def lake_of_two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("lake")
    write_lake(served(folder / "frames.duckdb"), folder)
    people = access(folder / "access.yaml", A, B, PROVINCE)
    with environment({"ZJTX_LAKE": str(folder), "ZJTX_ACCESS": str(people)}):
        yield folder


def written(folder: Path, publication: str, releases: dict[str, str], base: Path | None = None) -> Path:
    """Publish releases into a folder, with the regions' files."""
    folder.mkdir(parents=True)
    file = folder / "zjtx.duckdb"
    build(file, publication, None, approved(releases, {}), base)
    scopes.write(file, base)
    return file


@pytest.fixture(scope="module")
def first(lake_of_two: Path) -> Path:
    """A publication of the first release, written from nothing."""
    return written(lake_of_two / "P00001", "P00001", FIRST)


@pytest.fixture(scope="module")
def renewed(lake_of_two: Path, first: Path) -> Path:
    """The second publication, begun as a copy of the first."""
    return written(lake_of_two / "P00002", "P00002", SECOND, first)


def contents(file: Path, scope: str | None) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables of a file, in order, with the columns' types and labels."""
    path = scopes.file_of(file, scope) if scope else file
    with duckdb.connect(str(path), read_only=True) as con:
        tables = [
            t for (t,) in con.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall()
        ]
        held = {t: sorted(con.execute(f'SELECT * FROM "{t}"').fetchall(), key=repr) for t in tables}
        held["columns"] = con.execute(
            "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
        ).fetchall()
    return held


@pytest.mark.parametrize("scope", FILES)
def test_what_was_taken_over_and_what_came_are_all_there_is(
    renewed: Path, lake_of_two: Path, scope: str | None
) -> None:
    plain = lake_of_two / "plain" / "zjtx.duckdb"
    if not plain.exists():
        written(plain.parent, "P00002", SECOND)
    assert contents(renewed, scope) == contents(plain, scope)


@pytest.mark.parametrize("scope", FILES)
def test_the_way_back_gives_the_first_file_again(
    renewed: Path, first: Path, lake_of_two: Path, scope: str | None
) -> None:
    back = lake_of_two / "back" / "zjtx.duckdb"
    if not back.exists():
        written(back.parent, "P00001", FIRST, renewed)
    assert contents(back, scope) == contents(first, scope)


def test_the_copy_changes_nothing_in_the_file_that_is_served(renewed: Path, first: Path) -> None:
    assert {row[0] for row in contents(first, None)["publication"]} == {"P00001"}
    held = contents(renewed, A)["enterprise_statement"]
    assert {row[-1] for row in held} == {"P00002"}


def test_a_changed_list_and_a_region_without_a_file_before_are_written_anew(
    renewed: Path, first: Path, tmp_path: Path
) -> None:
    base = Path(shutil.copytree(first.parent, tmp_path / "P00001", symlinks=True)) / first.name
    for path in (base, scopes.file_of(base, A)):
        with duckdb.connect(str(path)) as con:
            con.execute("UPDATE tier SET name_zh = '旧称'")
    shutil.rmtree(scopes.file_of(base, B).parent)
    again = written(tmp_path / "P00002", "P00002", SECOND, base)
    for scope in (A, B):
        assert contents(again, scope) == contents(renewed, scope)


def test_conditions_are_served_one_row_per_firm_of_the_latest_period(renewed: Path) -> None:
    with duckdb.connect(str(renewed), read_only=True) as con:
        asked = (
            "SELECT release, period, name, c.condition_text FROM (SELECT *, unnest(conditions) AS c FROM criteria_condition) "
            f"WHERE region_code = '{A}' ORDER BY name LIMIT 1"
        )
        assert con.execute(asked).fetchall() == [("R2", LATER, name("A1"), f"{name('A1')}研发费用")]
        assert con.execute("SELECT count(*), count(DISTINCT uscc), bool_and(is_latest) FROM criteria_condition").fetchall() == [
            (13, 13, True)
        ]  # fmt: skip


def test_the_content_hash_is_of_the_releases_rows_and_of_no_id(lake_of_two: Path, first: Path) -> None:
    """Another release with the same rows, and a ledger that does not know their hashes yet, give the same."""
    from jobs import lake
    from jobs.serve import hashes

    rows = {t: lake.gold_arrow(t, "R1", PROGRAMME) for t in table_names()}
    known = period_hashes(rows, [EARLIER, PERIOD])
    told = {(PROGRAMME, period): known[period] for period in FIRST}
    assert hashes.of_releases(approved(FIRST, None)) == told
    other = told | {(PROGRAMME, PERIOD): told[PROGRAMME, PERIOD] | {"kpi_region": "0" * 64}}
    whole, by_table = hashes.together(told)
    changed, changed_by_table = hashes.together(other)
    assert whole != changed
    assert {t for t in by_table if by_table[t] != changed_by_table[t]} == {"kpi_region"}
    of_none, _ = hashes.together({(PROGRAMME, period): {} for period in FIRST})
    with duckdb.connect(str(first), read_only=True) as con:
        assert con.execute("SELECT DISTINCT content_hash FROM publication").fetchall() == [(of_none,)]


def test_a_release_that_lost_the_rows_of_a_table_is_not_published(lake_of_two: Path, tmp_path: Path) -> None:
    gone = {"kpi_region": "0" * 64, "data_status": "0" * 64}
    with pytest.raises(ReleaseEmpty, match="2024Q1"):
        build(tmp_path / "a.duckdb", "P9", None, approved({"2024Q1": "R1"}, {}))
    with pytest.raises(ReleaseEmpty, match="ticket_progress"):
        lost = gone | {"ticket_progress": "0" * 64}
        build(tmp_path / "b.duckdb", "P9", None, approved({EARLIER: "R1"}, lost))
