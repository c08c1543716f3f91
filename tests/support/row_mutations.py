"""A seeded mutator of tables: cells, rows, columns, headers, lines about units."""

from __future__ import annotations

import random
import string
from collections.abc import Callable

from tests.support.unit_statements import LINES as LINES_OF_UNITS
from tests.support.unit_statements import NO_STATEMENT, NOT_UNDERSTOOD, SCALE

Grid = list[list[object]]


ODD: list[object] = [
    "", " ", "-", "…", "#", "—", "合计", "小 计", "注：", "1,234", "１２３", "1e9", "1e99", "9" * 60, "-0", "NaN", "#REF!", "TRUE",
    "9.12E+17", 912201010000000100, 45536, "45536", "2024年9月", "2024.10", "202613", "吉 林", "全    国", "_x000D_", "上\n下",
    '甲"乙', "'", "=1+1", "\u200b", "\ufeff", "😀", "𠮷", "a" * 3000, "\x07", "\\", "%", 1e300, -1e-300, 0.1, True, "填表人：甲",
    "单位：百万元", "单位：万元", "元", "(千元)", "110", "在　册",
    "#N/A", "########", "Err:502", "1.23457E+08", '="912201010000000100"', "'500", "\x1a", "220102000000", "一、长春市（2户）", "12.3%",
]  # fmt: skip


LINES: list[list[object]] = [
    ["合计", 1, 2, 3], ["", "", "小计", 9], ["注：以上"], ["说明"], ["资料来源：某局"], ["续表"], ["单位：万元"], ["单位", "千元"],
    ["Region", "Name"], ["一、长春市（2户）"], ["打印时间：2026-03-10 10:22"], ["*为快报数"], ["（本页无正文）"], ["\x1a"], ["第1页 共3页"],
    ["长春市"], ["注 1月免报"],
    ["甲", "乙", 1, 2], [""], ["x"] * 40, ["各地区企业"], ["", "", "", "", "(千元)"],
]  # fmt: skip


def _cell(rng: random.Random, value: object) -> object:
    text = str(value)
    tricks: list[Callable[[], object]] = [
        lambda: rng.choice(ODD),
        lambda: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
        lambda: " ".join(text),
        lambda: text[: rng.randrange(len(text) + 1)],
        lambda: text + rng.choice(string.printable),
        lambda: text * rng.randrange(2, 4),
        lambda: text.replace("，", "").replace("1", ",1"),
        lambda: f"{text}\r\n{text}",
        lambda: float(text.replace(",", "")) if text.replace(",", "").replace(".", "").isdigit() else text,
    ]
    return rng.choice(tricks)()


def _columns(rng: random.Random, rows: Grid) -> None:
    width = max([1, *map(len, rows)])
    for row in rows:
        row.extend([""] * (width - len(row)))
    a, b, kind = rng.randrange(width), rng.randrange(width), rng.randrange(4)
    for row in rows:
        if kind == 0:
            row[a], row[b] = row[b], row[a]
        elif kind == 1:
            del row[a]
        elif kind == 2:
            row.insert(b, row[a])
        else:
            row.insert(a, "")


def _lines(rng: random.Random, rows: Grid) -> None:
    at, kind = rng.randrange(len(rows)), rng.randrange(6)
    if kind == 0:
        rows.insert(at, list(rng.choice(LINES)))
    elif kind == 1:
        rows.insert(rng.randrange(len(rows)), list(rows[at]))
    elif kind == 2 and len(rows) > 1:
        del rows[at]
    elif kind == 3:
        rows[at] = rows[at][: rng.randrange(len(rows[at]) + 1)]
    elif kind == 4:
        rows[at] = [*rows[at], rng.choice(ODD)]
    else:
        rng.shuffle(rows)


def _header(rng: random.Random, rows: Grid) -> None:
    """Spoil the upper rows: where header, title and unit stand."""
    at = rng.randrange(min(5, len(rows)))
    row = rows[at]
    if not row:
        return
    i, kind = rng.randrange(len(row)), rng.randrange(4)
    text = str(row[i])
    if kind == 0:
        row[i] = _cell(rng, text)
    elif kind == 1 and text:
        cut = rng.randrange(len(text))
        below: list[object] = [""] * len(row)
        row[i], below[i] = text[:cut], text[cut:]
        rows.insert(at + 1, below)
    elif kind == 2:
        row[i] = f"{text}\n{rng.choice(['Name', 'Value', '(万元)', '（千元）', '（百万元）'])}"
    else:
        row[i] = ""


def unit_line(rng: random.Random, rows: Grid) -> str | None:
    """Put in a line about a unit; return the unit that it states, "" for none, None for one that nobody knows."""
    unit = rng.choice(list(SCALE))
    ways = [way for ways in LINES_OF_UNITS.values() for way in ways]
    text, meant = rng.choice([
        (rng.choice(NOT_UNDERSTOOD), None),
        (rng.choice(NO_STATEMENT), ""),
        (rng.choice(ways).format(unit), unit),
        (rng.choice(ways).format(unit), unit),
    ])  # fmt: skip
    line: list[object] = [""] * max([1, *map(len, rows)])
    line[rng.choice([0, -1, rng.randrange(len(line))])] = text
    rows.insert(rng.choice([0, 0, len(rows), rng.randrange(len(rows) + 1)]), line)
    return meant


def unit_in_header(rng: random.Random, row: list[object]) -> None:
    """Let one cell of a header say a unit, or something else, in a remark."""
    if not row:
        return
    i = rng.randrange(len(row))
    words = (*SCALE, "人", "百万元", "万美元", "不含税", "含税", "预计", "1-本月", "万元，不含税")
    form = rng.choice(("{}（{}）", "{}【{}】", "{}/{}", "{} {}", "{}，{}", "{}（单位：{}）", "{}（{}"))
    row[i] = form.format(row[i], rng.choice(words))


def second_header(rng: random.Random, rows: Grid, first: int) -> None:
    """Begin the table again somewhere below its header, with the columns in another order, or in the same."""
    width = max([1, *map(len, rows)])
    order = list(range(width))
    if rng.random() < 0.7:
        rng.shuffle(order)
    at = rng.randrange(first + 1, len(rows) + 1)
    below = [rows[first], *rows[at:]]
    rows[at:] = [[row[i] if i < len(row) else "" for i in order] for row in below]


def mutated_rows(rng: random.Random, rows: Grid) -> Grid:
    """Return rows with some of their cells, lines, columns and header names spoilt."""
    made = [list(r) for r in rows]
    for _ in range(rng.choice([0, 1, 1, 2, 3, 8])):
        kind = rng.randrange(8)
        if kind == 5:
            unit_line(rng, made)
        elif kind == 6:
            unit_in_header(rng, made[rng.randrange(min(5, len(made)))])
        elif kind == 7:
            second_header(rng, made, rng.randrange(min(5, len(made))))
        elif kind <= 1:
            row = rng.choice(made)
            if row:
                i = rng.randrange(len(row))
                row[i] = _cell(rng, row[i])
        else:
            (_lines, _columns, _header)[kind - 2](rng, made)
        made = made or [[""]]
    return made
