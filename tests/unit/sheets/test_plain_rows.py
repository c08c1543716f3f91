"""Rows that are taken as they are: the same, in every file, as if each of their cells had been looked at."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from jobs.definitions.contract import load_feed
from jobs.sheets.landed_rows import LandedRow
from jobs.sheets.parse import Parsed, parse
from jobs.sheets.plain import PlainRows
from tests.support.files import FINANCE, code, csv_file, line, workbook

HEADER: list[Any] = [FINANCE[0], "备注栏", *FINANCE[1:], ""]
ODD = [
    "", " ", "\u3000", "'100", "‘甲’公司", "1,000", "-", "待核实", "带\n换行", " 100 ", "\t", "1.0E+05", "注：1月免报", "合计",
]  # fmt: skip
WHOLE: list[list[Any]] = [["合计", *[""] * 8], HEADER, ["", "", "注：1月免报。", *[""] * 6], [""] * 9]


def in_text(rows: list[list[Any]]) -> bytes:
    """A text file, in which a spreadsheet has put something around a text."""
    return csv_file([*rows[1:], ["202602", "甲", *line(61, '="100"')[1:], ""]], HEADER)


def rows_of(rng: random.Random) -> list[list[Any]]:
    """Lines of a form with a column that the contract does not know, one without a name, and oddities."""
    made: list[list[Any]] = []
    for number in range(60):
        own = line(number, number)
        row = [own[0], "甲", *own[1:], "乙" if number % 7 == 0 else ""]
        for _ in range(rng.choice([0, 0, 0, 1, 3])):
            row[rng.randrange(len(row))] = rng.choice(ODD)
        made.append(row[: rng.choice([9, 9, 9, 8, 5])])
        if rng.random() < 0.1:
            made.append(rng.choice(WHOLE))
    return made


def parsed(tmp_path: Path, content: bytes) -> tuple[Parsed, list[dict[str, Any]]]:
    source, target = tmp_path / "source", tmp_path / "rows.parquet"
    source.write_bytes(content)
    attributes = {"reporter": "220100", "period": "202602"}
    return parse(load_feed("stat_finance"), source, attributes, target), pq.read_table(target).to_pylist()


@pytest.mark.parametrize("form", [in_text, workbook], ids=["csv", "xlsx"])
@pytest.mark.parametrize("seed", range(4))
def test_they_are_those_of_a_look_at_each_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, form: Callable[[list[list[Any]]], bytes]
) -> None:
    content = form([HEADER, *rows_of(random.Random(seed))])
    quick = parsed(tmp_path, content)
    with monkeypatch.context() as patch:
        patch.setattr(PlainRows, "row", lambda *_: None)
        slow = parsed(tmp_path, content)
    assert quick == slow


def test_nearly_all_rows_of_a_form_are_taken_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    own = PlainRows.row

    def noted(self: PlainRows, number: int, cells: list[str]) -> LandedRow | None:
        row = own(self, number, cells)
        looked.extend([number] if row is None else [])
        return row

    monkeypatch.setattr(PlainRows, "row", noted)
    lines = [line(n, "" if n % 2 else "100") for n in range(50)]
    found, rows = parsed(tmp_path, csv_file([*lines, ["合计", *[""] * 6]]))
    assert (found.rows, looked, rows[1]["row_no"]) == (50, [52], 3)
    assert ("uscc", code(1)) in rows[1]["cells"]
    assert "revenue" not in dict(rows[1]["cells"])
