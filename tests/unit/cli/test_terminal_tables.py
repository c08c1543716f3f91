"""Rows at the width of any terminal: a table, or one record below the other; figures are never cut."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from jobs.cli.tables import table_of, wrapped

COLUMNS = {"id": "编号", "name": "目标", "value": "现值", "path": "路径", "why": "原因"}
ROWS = [
    {"id": "JL-T03", "name": "省级“专精特新”中小企业数", "value": "1,234,567.89 万元", "path": "stat/220700/103/103_220700_2025.csv",
     "why": "缺少必需列：营业收入_1-本月（表头在第1行，见到的列：报告期、统一社会信用代码，等 18 列）"},
    {"id": "JL-T04", "name": "市级", "value": None, "path": "a.csv", "why": None},
]  # fmt: skip


def printed(width: int, rows: list[dict[str, Any]] = ROWS) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(table_of("文件", COLUMNS, rows, width))
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [60, 80, 100, 132, 200, 400])
def test_no_line_is_wider_than_the_terminal_and_every_figure_is_whole(width: int) -> None:
    text = printed(width)
    assert max(map(cell_len, text.splitlines())) <= width
    for whole in ("JL-T03", "1,234,567.89", "103_220700_2025.csv"):
        assert whole in text
    assert "…" not in text


def test_a_wide_terminal_has_a_table_a_narrow_one_records() -> None:
    assert "┃ 编号" in printed(200) and "┃" not in printed(60)
    assert printed(60).splitlines()[2:6] == [
        "JL-T03  省级“专精特新”中小企业数",
        "  现值  1,234,567.89 万元",
        "  路径  stat/220700/103/103_220700_2025.csv",
        "  原因  缺少必需列：营业收入_1-本月（表头在第1行，见到的列：",
    ]


def test_what_a_record_lacks_is_left_out() -> None:
    assert printed(60).rstrip().splitlines()[-2:] == ["JL-T04  市级", "  路径  a.csv"]


def test_a_title_is_all_that_is_left_without_rows() -> None:
    assert "文件" in printed(80, [])


@given(
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=80), st.integers(8, 60)
)
def test_wrapping_loses_nothing_but_blanks(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert max(map(cell_len, lines)) <= width
    assert "".join("".join(lines).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("到 10/10 截止 26-07-18", ["到 10/10 截止", "26-07-18"]),
        ("共计234,567.89万元", ["共计", "234,567.89万元"]),
        ("甲（乙丙丁戊己庚），辛", ["甲（乙丙丁戊己", "庚），辛"]),
        ("0123456789abcdef", ["0123456789abcd", "ef"]),
    ],
)
def test_numbers_stay_whole_and_no_line_begins_with_a_closing_mark(text: str, lines: list[str]) -> None:
    assert wrapped(text, 14) == lines
