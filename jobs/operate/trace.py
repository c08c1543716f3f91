"""From a published figure to the lines that were sent: figure, enterprises, statements, files, cells."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.kpi.dictionary import Indicator
from jobs.ledger.repairs import Place
from jobs.operate import figure as figures
from jobs.operate import lines
from jobs.operate.figure import Check, Part, indicator_of, programme_of
from jobs.operate.lines import Line

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Origin:
    """A cell behind a part, as it stands on disk, and the cell it corrects, if it is a correction.

    Attributes
    ----------
    role : str
        ``分子``, ``分母`` or ``公告``.
    column : str
        Contract column; empty where the whole line counts.
    """

    role: str
    column: str
    line: Line
    corrects: tuple[Line, ...] = ()

    def text(self) -> str:
        """Return the cell with its header and unit as one reads it in the file; else the whole line."""
        if self.line.trouble:
            return self.line.trouble
        if not self.column:
            return "｜".join(t for t in self.line.texts if t.strip())
        unit = self.line.unit(self.column)
        return f"{self.line.header(self.column)}＝“{self.line.cell(self.column)}”" + (
            f"（{unit}）" if unit else ""
        )


@dataclass
class Trace:
    """A figure with what is behind it.

    Attributes
    ----------
    figure : dict
        Row of ``kpi_region`` with release and publication.
    parts : list of Part
        Entities in scope, those that count first.
    checks : list of Check
        Whether they add up to the figure.
    origins : dict
        Index of a part -> the cells behind it.
    """

    figure: dict[str, Any]
    parts: list[Part]
    checks: list[Check]
    origins: dict[int, list[Origin]]

    @property
    def adds_up(self) -> bool:
        """Whether everything that can be added up is equal to what is published."""
        return all(c.equal for c in self.checks)


def trace(
    period: str,
    indicator: str,
    region: str,
    tier: str | None = None,
    reading: str | None = None,
    limit: int | None = 20,
    progress: Progress = lambda *_: None,
) -> Trace:
    """Follow a published figure back.

    Parameters
    ----------
    period, indicator, region : str
        As published; indicator and region by code or name.
    tier, reading : str, optional
        Default: any certificate, and the indicator's headline.
    limit : int, optional
        Entities whose lines are read again from the files; None: all.
    progress : callable
        Told (what, how far, of how many).

    Raises
    ------
    jobs.operate.figure.NotPublished
        If there is no such figure.
    """
    found = figures.published(period, indicator, region, tier, reading)
    spec = indicator_of(found["indicator"])
    by_firm = programme_of(found).entity == "enterprise" and spec.family in ("growth", "ratio", "level")
    if by_firm:
        parts = figures.enterprises(found)
        checks = figures.checks(found, parts) if found["reading"] in figures.PANEL else []
    else:
        from jobs.operate import recount

        parts = recount.parts(found, progress)
        checks = figures.checks(found, parts)
    shown = range(len(parts) if limit is None else min(limit, len(parts)))
    places = {p for i in shown for p in (parts[i].line, parts[i].den_line) if p}
    progress("读取原文件", 0, 1)
    read = lines.read(places)
    progress("读取原文件", 1, 1)
    origins = {i: _origins(spec, found["reading"], parts[i], read) for i in shown}
    return Trace(found, parts, checks, origins)


def _origins(spec: Indicator, reading: str, part: Part, read: dict[Place, Line]) -> list[Origin]:
    main = spec.reads.get(reading) if spec.family == "coverage" else spec.main
    top, under = main.column if main else "", ""
    if spec.family == "ratio":
        under = spec.reads["denominator"].column
    elif spec.family == "growth" and main:
        under = main.base_column or main.column
    sides = [("公告" if spec.family == "count" else "分子", top, part.line), ("分母", under, part.den_line)]
    found = []
    for role, column, place in sides:
        if place:
            line = read[place]
            found.append(Origin(role, column, line, tuple(_behind(line, read))))
    return found


def _behind(line: Line, read: dict[Place, Line]) -> list[Line]:
    """Return the lines that a line of a corrected sheet stands for, down to the one sent."""
    found = []
    while line.origin:
        line = read[line.origin]
        found.append(line)
    return found


_COLUMNS = (
    "代码", "名称", "地点", "计入", "标签", "数值", "分子", "分母", "部分", "批次", "文件", "工作表", "行号", "列", "单元格", "单位",
)  # fmt: skip


def write_csv(made: Trace, target: Path) -> int:
    """Write every entity with every cell behind it, one line each, and return the number of lines."""
    count = 0
    with target.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(_COLUMNS)
        for i, part in enumerate(made.parts):
            own = (part.code, part.name, part.place, "是" if part.counted else "否", part.label)
            amounts = (part.value, part.numerator, part.denominator)
            cells: list[tuple[str, str, Line | None]] = [
                (o.role, o.column, line) for o in made.origins.get(i, []) for line in (o.line, *o.corrects)
            ]
            for role, column, line in cells or [("", "", None)]:
                told: tuple[Any, ...] = ("",) * 7
                if line:
                    batch, sheet, row = line.place
                    text = line.cell(column) if column else "｜".join(line.texts)
                    told = (batch, line.file.path, sheet, row, line.header(column), text, line.unit(column))
                writer.writerow([*own, *amounts, role, *told])
                count += 1
    return count
