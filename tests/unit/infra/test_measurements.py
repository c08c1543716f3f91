"""docs/measurements.md: a section a command, with what is to be reached beside what was measured."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml

from infra.measurements import HEAD, MARKS, PAGE, of_module, record

ROW = {"name": "一遍 one run", "value": 7.125, "unit": "s", "n": 15_000}


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "marks.yaml").write_text(
        "python -m benchmarks.kpi: {一遍 one run: {15000: 8, 150000: 6}, 内存 memory: 3.5}", encoding="utf-8"
    )
    return tmp_path / "measurements.md"


def written(page: Path, command: str, *rows: dict) -> str:
    record(command, rows, page, page.with_name("marks.yaml"))
    return page.read_text(encoding="utf-8")


def test_a_row_says_what_was_measured_and_what_is_to_be_reached(page: Path) -> None:
    text = written(
        page, "python -m benchmarks.kpi", ROW, {"name": "内存 memory", "value": 4.0, "unit": "GiB"}
    )
    assert text.startswith(HEAD)
    assert "| 一遍 one run | 7.12 | s | ≤ 8，达到 met | n = 15,000 |" in text
    assert "| 内存 memory | 4 | GiB | ≤ 3.5，未达到 not met |  |" in text


def test_a_mark_goes_by_the_number_of_enterprises_whatever_the_options(page: Path) -> None:
    text = written(page, "python -m benchmarks.kpi R1 --firms 150000", {**ROW, "n": 150_000})
    assert "≤ 6，未达到 not met" in text


def test_a_command_replaces_its_own_section_and_no_other(page: Path) -> None:
    written(page, "make test", {**ROW, "remark": "first"})
    written(page, "make demo", ROW)
    text = written(page, "make test", {**ROW, "remark": "second"})
    assert re.findall("^## (.+)$", text, re.MULTILINE) == ["`make demo`", "`make test`"]
    assert "second" in text and "first" not in text
    assert text.count(HEAD) == 1


def test_a_section_says_when_on_what_and_of_which_commit(page: Path) -> None:
    text = written(page, "make demo", ROW)
    assert re.search(
        r"^\d{4}-\d\d-\d\d · \d+ 核 cores，内存 memory \d+ GiB，当时负载 load [\d.]+ · 提交 commit `\w+`",
        text,
        re.MULTILINE,
    )


def test_a_command_is_told_without_folders_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["x", "/srv/served/zjtx.duckdb", "--record", "--times", "3"])
    assert of_module("benchmarks.publishing") == "python -m benchmarks.publishing zjtx.duckdb --times 3"


def test_what_is_recorded_was_written_by_the_commands_alone() -> None:
    """Every row of a table on the page has its five cells, every mark a number."""
    if PAGE.exists():
        text = PAGE.read_text(encoding="utf-8")
        assert text.startswith(HEAD)
        assert {line.count(" | ") for line in text.splitlines() if line.startswith("|")} <= {4}
    for marks in yaml.safe_load(MARKS.read_text(encoding="utf-8")).values():
        for mark in marks.values():
            assert all(
                isinstance(m, int | float) for m in (mark.values() if isinstance(mark, dict) else [mark])
            )
