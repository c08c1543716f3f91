"""Sound files into which lines about units, remarks in headers and second headers are put: no figure changes in silence."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from jobs.definitions.contract import load_feed
from jobs.definitions.measures import MONEY_UNITS
from jobs.sheets.choice import Refused
from tests.support.files import FINANCE, FINANCE_COLUMNS, code, line
from tests.support.messy_files import book, read, text_file
from tests.support.row_mutations import Grid, second_header, unit_in_header, unit_line
from tests.support.unit_statements import SCALE

FEED = load_feed("stat_finance")
F = {"reporter": "220100", "period": "202602"}
FIRMS = range(1, 7)
FIGURES = {n: (Decimal(1000 + 7 * n), Decimal(900 + 11 * n)) for n in FIRMS}

Values = dict[str, tuple[Decimal, Decimal]]


def sound() -> Grid:
    return [list(FINANCE), *(line(n, str(FIGURES[n][0]), str(FIGURES[n][1])) for n in FIRMS)]


def in_yuan(tmp_path: Path, rng: random.Random, rows: Grid) -> Values | None:
    """Return firm -> its two figures as they would be stored, None where the file is refused."""
    content = text_file(rows) if rng.random() < 0.5 else book({"表": rows})
    try:
        found, data = read(tmp_path, FEED, content, **F)
    except Refused:
        return None
    assert set(found.headers) == set(FINANCE_COLUMNS)
    scales = [MONEY_UNITS[found.units[c]] for c in ("revenue", "revenue_prior")]
    return {
        cells["uscc"]: (Decimal(cells["revenue"]) * scales[0], Decimal(cells["revenue_prior"]) * scales[1])
        for _, cells in data
        if cells.get("uscc", "") in {code(n) for n in FIRMS}
    }


def in_units(first: str, second: str) -> Values:
    return {code(n): (a * SCALE[first], b * SCALE[second]) for n, (a, b) in FIGURES.items()}


def seeds(few: int, many: int) -> list[object]:
    return [pytest.param(few, id="some"), pytest.param(many, id="many", marks=pytest.mark.fuzz)]


@pytest.mark.parametrize("count", seeds(200, 5000))
def test_a_line_about_a_unit_is_obeyed_or_refuses_the_file(tmp_path: Path, count: int) -> None:
    outcomes: Counter[str] = Counter()
    for seed in range(count):
        rng, rows = random.Random(seed), sound()
        meant = unit_line(rng, rows)
        found = in_yuan(tmp_path, rng, rows)
        outcomes["refused" if found is None else "read"] += 1
        assert found is None or (meant is not None and found == in_units(meant or "千元", meant or "千元")), (
            seed
        )
    assert min(outcomes.values()) > count / 5, outcomes


@pytest.mark.parametrize("count", seeds(200, 5000))
def test_a_remark_in_a_header_changes_that_columns_figures_only_by_its_unit(
    tmp_path: Path, count: int
) -> None:
    outcomes: Counter[str] = Counter()
    for seed in range(count):
        rng, rows = random.Random(seed), sound()
        rows.insert(0, ["单位：千元"])
        unit_in_header(rng, rows[1])
        found = in_yuan(tmp_path, rng, rows)
        outcomes["refused" if found is None else "read"] += 1
        texts = [str(t)[len(FINANCE[i]) :] for i, t in enumerate(rows[1])]
        stated = [next((u for u in ("万元", "千元", "亿元", "元") if u in texts[i]), "千元") for i in (4, 5)]
        assert found is None or found == in_units(stated[0], stated[1]), (seed, rows[1])
        odd = "".join(texts).replace("不含税", "")
        assert found is None or not any(word in odd for word in ("百万元", "美元", "含税", "预计")), rows[1]
    assert min(outcomes.values()) > count / 5, outcomes


@pytest.mark.parametrize("count", seeds(150, 5000))
def test_a_second_header_of_another_order_never_moves_a_figure(tmp_path: Path, count: int) -> None:
    outcomes: Counter[str] = Counter()
    for seed in range(count):
        rng, rows = random.Random(seed), sound()
        if rng.random() < 0.3:
            rows.insert(0, ["规模以上工业法人单位财务状况"])
        second_header(rng, rows, first=len(rows) - len(FIRMS) - 1)
        found = in_yuan(tmp_path, rng, rows)
        outcomes["refused" if found is None else "read"] += 1
        assert found is None or found == in_units("千元", "千元"), seed
    assert min(outcomes.values()) > count / 5, outcomes


SCALES = [
    "in thousands", "in millions", "(in 000s)", "Millions", "mln", "RMB'000", "RMB mn", "thousands of yuan",
    "Revenue (in millions)", "Revenue in hundred millions of yuan", "Revenue, 10 thousands",
]  # fmt: skip
UNDERSTOOD = {"yuan": "元", "thousand yuan": "千元", "10,000 yuan": "万元", "Revenue": "千元"}


@pytest.mark.parametrize("text", SCALES)
@pytest.mark.parametrize(
    "columns", [(0,), (4,), (4, 5)], ids=["in the first", "in one of money", "in all of money"]
)
def test_a_scale_in_an_english_line_below_the_header_refuses_the_file(
    tmp_path: Path, text: str, columns: tuple[int, ...]
) -> None:
    rows = sound()
    below: list[object] = [text if i in columns else "" for i in range(len(rows[0]))]
    rows.insert(1, below)
    for seed in (1, 2):  # as text and as a workbook
        assert in_yuan(tmp_path, random.Random(seed), [list(row) for row in rows]) is None


@pytest.mark.parametrize(("text", "unit"), UNDERSTOOD.items())
def test_an_english_line_below_the_header_may_name_a_known_unit_or_none(
    tmp_path: Path, text: str, unit: str
) -> None:
    rows = sound()
    rows.insert(1, [text if i in (4, 5) else "" for i in range(len(rows[0]))])
    assert in_yuan(tmp_path, random.Random(1), rows) == in_units(unit, unit)
