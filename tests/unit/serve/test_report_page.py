"""The table of reports behind the operator's page: names instead of codes, coverage, and whose reports a region sees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.serve import scopes
from tests.support import served_frames as frames
from tests.support.installation import environment
from tests.support.served_frames import PERIOD, PROVINCE, A, B, ServedFile, access

FEED = "stat_finance"
REPORTS = {A: (10, 1), B: (4, 0), PROVINCE: (5, None), "省科技厅": (None, None)}
"""Reporter -> firms that are asked, and those that are missing; nothing is said of a report that is still to come."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("reports")
    file = ServedFile(folder / "zjtx.duckdb")
    for reporter, (asked, missing) in REPORTS.items():
        file.add("data_status", feed=FEED, reporter=reporter, reporter_name=reporter, source_period="*", firms_expected=asked,
                 firms_missing=missing)  # fmt: skip
    # without another region's firms a region's file would be the whole one
    frames._firms(file)
    file.add("publication", period=PERIOD)
    path = file.close()
    with environment({"ZJTX_ACCESS": str(access(folder / "access.yaml", A, B))}):
        scopes.write(path)
        yield path


def ask(file: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(file), read_only=True) as con:
        return con.execute(sql).fetchall()


def test_coverage_is_the_share_of_the_firms_asked_and_nothing_where_none_is_counted(whole: Path) -> None:
    found = dict(ask(whole, "SELECT reporter, coverage FROM report_status"))
    assert found == {A: pytest.approx(0.9), B: 1.0, PROVINCE: None, "省科技厅": None}


def test_feeds_and_periods_have_names(whole: Path) -> None:
    ((feed, period),) = ask(whole, "SELECT DISTINCT feed_name, source_period FROM report_status")
    assert (feed, period) == ("财务状况（103/203表）", "不定期")


@pytest.mark.parametrize(
    ("scope", "reporters"), [(A, {A, PROVINCE, "省科技厅"}), (B, {B, PROVINCE, "省科技厅"})]
)
def test_a_region_sees_its_own_reports_and_those_that_are_no_regions(
    whole: Path, scope: str, reporters: set[str]
) -> None:
    found = {r for (r,) in ask(scopes.file_of(whole, scope), "SELECT reporter FROM report_status")}
    assert found == reporters
