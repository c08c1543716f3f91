"""The files of the regions beside the whole served file: whose rows, which figures, and when they are written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.serve import dimensions, scopes
from jobs.serve.classes import Unclassified, table_classes
from tests.support.installation import environment
from tests.support.served_frames import (
    EARLIER,
    FIRMS,
    LATER,
    PERIOD,
    PROVINCE,
    A,
    B,
    C,
    D,
    access,
    name,
    served,
    uscc,
)  # fmt: skip
from tests.support.served_words import named, words

SCOPES = (A, B, C, D, PROVINCE)
FIRM_TABLES = [table for table, entry in table_classes().items() if entry.holds == "firms"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A served file of thirteen firms in four units."""
    return served(tmp_path_factory.mktemp("made") / "zjtx.duckdb")


@pytest.fixture
def file(made: Path, tmp_path: Path) -> Path:
    """A copy of it to break."""
    return Path(shutil.copy(made, tmp_path))


@pytest.fixture(scope="module")
def whole(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """It with the files of its scopes."""
    folder = tmp_path_factory.mktemp("build")
    file = Path(shutil.copy(made, folder))
    with environment({"ZJTX_ACCESS": str(access(folder / "access.yaml", *SCOPES))}):
        scopes.write(file)
        yield file


def ask(whole: Path, scope: str | None, sql: str) -> list[tuple[Any, ...]]:
    """Ask the file of a scope, or the whole one."""
    path = scopes.file_of(whole, scope) if scope else whole
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute(sql).fetchall()


def columns(whole: Path, scope: str | None) -> list[tuple[Any, ...]]:
    """Tables, columns, types and labels of a file."""
    return ask(
        whole,
        scope,
        "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() WHERE NOT internal ORDER BY ALL",
    )


# --- which tables are about firms


def test_every_table_of_the_served_file_is_classified(whole: Path) -> None:
    assert {row[0] for row in columns(whole, None)} == set(table_classes())


def test_a_table_with_a_firm_a_region_or_a_figure_is_no_list(whole: Path) -> None:
    """What is kept whole for everybody names regions at most; a new table with such a column is noticed here."""
    held: dict[str, set[str]] = {}
    for table, column, *_ in columns(whole, None):
        held.setdefault(table, set()).add(column)
    telling = {
        "uscc",
        "county_code",
        "unit_code",
        "n",
        "numerator",
        "value",
        "evidence",
        "expected",
        "reporter",
    }
    named = {"region": {"unit_code"}, "target": {"value"}, "target_choice": {"county_code"}}
    for table, entry in table_classes().items():
        own = held[table]
        if "uscc" in own:
            assert entry.holds == "firms", table
        if entry.holds == "lists":
            assert own & telling <= named.get(table, set()), table
        if entry.holds == "declared":
            assert not set(entry.kept) & telling, "figures go with the cell"


def test_a_file_with_a_table_that_nobody_classified_is_not_published(file: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(file)) as con:
        con.execute("CREATE TABLE enterprise_contact (uscc VARCHAR, region_code VARCHAR)")
    with (
        environment({"ZJTX_ACCESS": str(access(tmp_path / "access.yaml", A))}),
        pytest.raises(Unclassified, match="enterprise_contact"),
    ):
        scopes.write(file)
    assert not scopes.file_of(file, A).exists()


@pytest.mark.parametrize("scope", [*SCOPES, scopes.NONE])
def test_all_files_have_the_same_tables_columns_and_labels(whole: Path, scope: str) -> None:
    assert columns(whole, scope) == columns(whole, None)
    assert scopes.file_of(whole, scope).name == whole.name, "DuckDB names the database after the file"


# --- whose rows


@pytest.mark.parametrize("region", FIRMS)
def test_no_table_of_a_region_holds_code_or_name_of_another_regions_firm(whole: Path, region: str) -> None:
    foreign = {w for r, firms in FIRMS.items() if r != region for f in firms for w in (uscc(f), name(f))}
    found = words(scopes.file_of(whole, region))
    assert [place for place, stands in found.items() if named(stands, foreign)] == []
    assert found["enterprise_statement", "uscc"] == {uscc(f) for f in FIRMS[region]}


def test_the_same_search_finds_the_firms_in_the_whole_file(whole: Path) -> None:
    places = {place for place, stands in words(whole).items() if named(stands, {name("B1"), uscc("B1")})}
    assert {t for t, _ in places} == set(FIRM_TABLES) - {"coverage", "attention_count"}, (
        "reports and counts name none"
    )
    assert {("warning", "evidence"), ("warning", "text")} <= places


@pytest.mark.parametrize("table", FIRM_TABLES)
def test_the_regions_rows_of_firms_are_together_those_of_the_whole_file(whole: Path, table: str) -> None:
    query = f"SELECT * FROM \"{table}\" WHERE region_code <> '{PROVINCE}' ORDER BY ALL"
    parts = [row for region in FIRMS for row in ask(whole, region, query)]
    assert sorted(map(str, parts)) == sorted(map(str, ask(whole, None, query)))
    assert parts


def test_the_province_reads_the_whole_file_and_who_belongs_nowhere_no_figure(whole: Path) -> None:
    province = scopes.file_of(whole, PROVINCE)
    assert province.is_symlink() and province.samefile(whole)
    assert not os.readlink(province).startswith("/"), "a build may be moved"
    lists = {t for t, entry in table_classes().items() if entry.holds == "lists"}
    held = {t: ask(whole, scopes.NONE, f'SELECT count(*) FROM "{t}"')[0][0] for t in table_classes()}
    assert {t for t, n in held.items() if n} <= lists
    assert held["publication"] == 1 and held["region"] > 70


def test_a_build_that_lacks_only_the_file_of_a_province_gets_it(file: Path, tmp_path: Path) -> None:
    """As when a build is rolled back to that was made before the first official of the province came."""
    for regions in ((A,), (A, PROVINCE)):
        with environment({"ZJTX_ACCESS": str(access(tmp_path / "access.yaml", *regions))}):
            scopes.write(file)
    assert scopes.file_of(file, PROVINCE).samefile(file)


def test_a_province_beside_another_one_in_the_file_reads_its_own_firms(file: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(file)) as con:
        con.execute("UPDATE enterprise_statement SET region_code = '370100' WHERE region_code = ?", [D])
    with environment({"ZJTX_ACCESS": str(access(tmp_path / "access.yaml", PROVINCE))}):
        scopes.write(file)
    found = ask(file, PROVINCE, "SELECT DISTINCT region_code FROM enterprise_statement ORDER BY 1")
    assert found == [(A,), (B,), (C,)]


# --- which figures


def test_a_region_judged_alone_gets_what_it_gets_among_others(
    whole: Path, file: Path, tmp_path: Path
) -> None:
    with environment({"ZJTX_ACCESS": str(access(tmp_path / "access.yaml", B))}):
        scopes.write(file)
    for table in table_classes():
        rows = f'SELECT * FROM "{table}" ORDER BY ALL'
        assert ask(file, B, rows) == ask(whole, B, rows), table


def test_a_region_has_its_own_cells_and_no_other_regions(whole: Path) -> None:
    regions = ask(whole, A, "SELECT DISTINCT region_code FROM kpi_region WHERE programme = 'JL' ORDER BY 1")
    assert regions == [(PROVINCE,), (A,)]
    own = "SELECT * FROM kpi_region WHERE region_code = '220100' ORDER BY ALL"
    assert ask(whole, A, own) == ask(whole, None, own)


def test_the_provinces_parts_are_left_out_because_they_add_up(whole: Path) -> None:
    query = "SELECT count(*) FROM kpi_region WHERE domain IS NOT NULL"
    assert ask(whole, A, query) == [(0,)]
    assert ask(whole, None, query) == [(6,)]


@pytest.mark.parametrize(
    ("region", "tier", "there"),
    [
        pytest.param(A, "provincial_srdi", False, id="less A: nine firms, one has 900 of 1200"),
        pytest.param(B, "provincial_srdi", True, id="less B: nine firms, the largest has 50 of 300"),
        pytest.param(B, "national_champion", False, id="less B: two firms"),
        pytest.param(D, "national_champion", False, id="less D: three firms, one has 900 of 970"),
    ],
)
def test_a_total_is_there_where_the_own_part_taken_away_tells_nobodys_figure(
    whole: Path, region: str, tier: str, there: bool
) -> None:
    where = (
        f"region_code = '{PROVINCE}' AND indicator = 'revenue_growth' AND tier = '{tier}' AND domain IS NULL "
        f"AND period = '{PERIOD}'"
    )
    assert bool(ask(whole, region, f"SELECT 1 FROM kpi_region WHERE {where}")) is there


def test_figures_of_whole_regions_that_no_firm_stands_behind_are_open(whole: Path) -> None:
    assert ask(whole, A, "SELECT region_code FROM kpi_region WHERE programme = 'CN4'") == [("370000",)]


@pytest.mark.parametrize(
    ("region", "target", "shown"),
    [
        pytest.param(A, "growth", None, id="province less A: dominated"),
        pytest.param(B, "growth", 13, id="province less B: nine firms"),
        pytest.param(B, "champions' growth", None, id="province less B: two firms"),
        pytest.param(B, "champions", 4, id="a count of certificates: their holders are announced by name"),
        pytest.param(A, "city's growth", None, id="another city's: dominated"),
        pytest.param(B, "city's growth", 4, id="the own city's"),
        pytest.param(A, "city's count", None, id="another city's: two firms"),
        pytest.param(C, "city's count", 2, id="the own city's, two firms"),
    ],
)
def test_a_declared_target_shows_its_figure_unless_the_cell_is_small(
    whole: Path, region: str, target: str, shown: int | None
) -> None:
    names = "value, numerator, n, frozen_value, note, state"
    where = f"FROM target_progress WHERE name_zh = '{target.replace(chr(39), chr(39) * 2)}'"
    found = ask(whole, region, f"SELECT {names} {where}")
    if shown is None:
        assert found == [(None, None, None, None, None, "不公开")]
        assert "不足三户" in ask(whole, region, f"SELECT state_reason {where}")[0][0]
    else:
        assert found == ask(whole, None, f"SELECT {names} {where}")
        assert found[0][0] == shown


@pytest.mark.parametrize(
    ("region", "target", "shown"),
    [
        pytest.param(
            B, "growth, due", False, id="less B, in the deadline's quarter one firm has 900 of 1160"
        ),
        pytest.param(A, "growth, due", False, id="less A, today one firm has 900 of 1200"),
        pytest.param(B, "growth of each year", False, id="less B, the year before one firm had 900 of 1160"),
        pytest.param(B, "count, due", True, id="a count of certificates, in both quarters"),
        pytest.param(A, "city's champions, due", False, id="another city's: four firms then, two today"),
        pytest.param(B, "city's champions, due", True, id="the own city's"),
    ],
)
def test_a_target_with_figures_of_two_periods_shows_both_or_none(
    whole: Path, region: str, target: str, shown: bool
) -> None:
    names = "value, today_value, frozen_value, n, state"
    where = f"FROM target_progress WHERE target_id = '{target.replace(chr(39), chr(39) * 2)}'"
    open_ = ask(whole, None, f"SELECT {names} {where}")
    hidden = [(None, None, None, None, "不公开")]
    assert ask(whole, region, f"SELECT {names} {where}") == (open_ if shown else hidden)


def test_a_figure_withheld_in_its_own_period_stands_in_no_later_row(whole: Path) -> None:
    cell = f"region_code = '{PROVINCE}' AND indicator = 'revenue_growth' AND tier = 'provincial_srdi'"
    own = f"SELECT count(*) FROM kpi_region WHERE {cell} AND period = '{EARLIER}'"
    later = f"SELECT count(*) FROM target_progress WHERE {cell} AND 12 IN (value, today_value, frozen_value)"
    assert (ask(whole, B, own), ask(whole, B, later)) == ([(0,)], [(0,)])
    assert (ask(whole, A, own), ask(whole, None, later)) == ([(1,)], [(2,)])


def test_a_ranking_keeps_the_ranks_and_hides_small_figures_with_the_score_that_holds_them(
    whole: Path,
) -> None:
    ranks = ask(
        whole,
        A,
        f"SELECT region_code, rank, score, note IS NULL FROM region_ranking WHERE period = '{PERIOD}' ORDER BY rank",
    )
    assert ranks == [(A, 1, 99.0, False), (B, 2, None, True), (C, 3, None, True), (D, 4, 96.0, False)]
    figures = ask(
        whole,
        A,
        "SELECT region_code, name_zh FROM ranking_component WHERE value IS NULL AND normalised IS NULL "
        f"AND contribution IS NULL AND n IS NULL AND period = '{PERIOD}' ORDER BY ALL",
    )
    assert figures == [(B, "营业收入增长率"), (C, "数量"), (C, "营业收入增长率")]


def test_a_score_that_was_hidden_is_not_told_by_its_change_a_quarter_later(whole: Path) -> None:
    later = f"SELECT region_code, rank, score, score_change FROM region_ranking WHERE period = '{LATER}' ORDER BY rank"
    assert ask(whole, None, later) == [(r, n, 100.0 - n, 1.0) for n, r in enumerate((A, B, C, D), start=1)]
    assert ask(whole, A, later) == [
        (A, 1, 99.0, 1.0),
        (B, 2, None, None),
        (C, 3, None, None),
        (D, 4, 96.0, 1.0),
    ]


def test_the_map_shows_no_figure_that_the_ranking_hides(whole: Path) -> None:
    hidden = (
        "SELECT region_code, figure FROM overview_map WHERE value IS NULL AND share IS NULL AND value_text = '不公开' "
        f"AND period = '{PERIOD}'"
    )
    assert ask(whole, None, hidden) == []
    assert sorted(ask(whole, A, hidden)) == [
        (B, "综合得分"), (B, "营业收入增长率（%）"), (C, "数量（%）"), (C, "综合得分"), (C, "营业收入增长率（%）"),
    ]  # fmt: skip
    rest = "SELECT * FROM overview_map WHERE region_code IN ('220100', '220400') ORDER BY ALL"
    assert ask(whole, A, rest) == ask(whole, None, rest), "the others' colours stay as they are"


def test_counts_over_all_firms_and_other_regions_reports_are_left_out(whole: Path) -> None:
    assert ask(whole, A, "SELECT rule, n_met, n_not_met FROM warning_rule") == [("W1", None, None)]
    reporters = ask(whole, A, "SELECT reporter FROM data_status ORDER BY 1")
    assert reporters == [(PROVINCE,), (A,), ("省科技厅",)]


# --- when they are written


def test_a_write_that_was_killed_is_repeated_and_what_is_there_stays(file: Path, tmp_path: Path) -> None:
    with environment({"ZJTX_ACCESS": str(access(tmp_path / "access.yaml", A))}):
        torn = scopes.file_of(file, A).with_name("zjtx.duckdb.new")
        torn.parent.mkdir(parents=True)
        torn.write_bytes(b"torn")
        scopes.write(file)
        assert ask(file, A, "SELECT count(DISTINCT uscc) FROM enterprise_statement") == [(4,)]
        assert not torn.exists()
        before = scopes.file_of(file, A).stat().st_mtime_ns
    with environment({"ZJTX_ACCESS": str(access(tmp_path / "access.yaml", A, B))}):
        scopes.write(file)
    assert scopes.file_of(file, A).stat().st_mtime_ns == before
    assert ask(file, B, "SELECT DISTINCT region_code FROM enterprise_statement") == [(B,)]


def test_publishing_notices_a_further_region_and_not_a_further_official(tmp_path: Path) -> None:
    seen = []
    for officials in ((A,), (A, A), (A, B)):
        with environment({"ZJTX_ACCESS": str(access(tmp_path / "access.yaml", *officials))}):
            seen.append(dimensions.layout())
    assert seen[0] == seen[1] != seen[2]


def test_a_region_that_is_no_code_names_no_folder(tmp_path: Path) -> None:
    with (
        environment({"ZJTX_ACCESS": str(access(tmp_path / "access.yaml", "../../etc"))}),
        pytest.raises(ValueError, match="格式不对"),
    ):
        scopes.scopes()
