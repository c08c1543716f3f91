"""From a published figure to the lines that were sent: figure, enterprises, statements, files, cells."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.ledger.repairs import Place
from jobs.operate import figure as figures
from jobs.operate import lines, served
from jobs.operate.figure import indicator_of, programme_of
from jobs.operate.lines import ReceivedLine
from jobs.operate.parts import Behind, Check, Part

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class LineageStep:
    """Cells of a line behind a part, as they stand on disk, and the line it corrects, if it is a correction.

    Attributes
    ----------
    role : str
        What the line is to the part (see :class:`jobs.operate.parts.Pointer`).
    columns : tuple of str
        Contract columns; empty where the whole line counts.
    """

    role: str
    columns: tuple[str, ...]
    line: ReceivedLine
    corrects: tuple[ReceivedLine, ...] = ()

    def text(self) -> str:
        """Return the cells with header and unit as one reads them in the file; else the whole line."""
        if self.line.trouble:
            return self.line.trouble
        if not self.columns:
            return "｜".join(t for t in self.line.texts if t.strip())
        return "，".join(self._cell(c) for c in self.columns)

    def _cell(self, column: str) -> str:
        unit = self.line.unit(column)
        cell = f"{self.line.header(column)}＝“{self.line.cell(column)}”"
        return f"{cell}（{unit}）" if unit else cell


@dataclass
class Trace:
    """A figure with what is behind it.

    Attributes
    ----------
    figure : dict
        Row of ``kpi_region`` with release and publication.
    parts : list of Part
        Enterprises, contracts, regions, reports or figures behind it, those that count first.
    checks : list of Check
        Whether they add up to the figure.
    lineage : dict
        Index of a part -> the lines behind it.
    """

    figure: dict[str, Any]
    parts: list[Part]
    checks: list[Check]
    lineage: dict[int, list[LineageStep]]

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
    figure = figures.published(period, indicator, region, tier, reading)
    made = _behind(figure, progress)
    shown = range(len(made.parts) if limit is None else min(limit, len(made.parts)))
    progress("读取原文件", 0, 1)
    read = lines.read({p.place for i in shown for p in made.parts[i].pointers})
    progress("读取原文件", 1, 1)
    return Trace(figure, made.parts, made.checks, {i: _lineage(made.parts[i], read) for i in shown})


def _behind(found: dict[str, Any], progress: Progress) -> Behind:
    """Return the parts of a figure: as published where they are, else counted again."""
    spec = indicator_of(found["indicator"])
    if spec.family == "derived":
        return served.composed(found)
    if found["reading"] in served.LEAST:
        return served.least_of_units(found)
    published = programme_of(found).entity == "enterprise" and served.by_enterprise(spec)
    if published and not served.several_lines(spec):
        return served.enterprises(found)
    # To count again takes the models and what they are computed by.
    from jobs.operate import recount

    if not published:
        return recount.behind(found, progress)
    return recount.with_every_line(found, served.enterprises(found), progress)


def _lineage(part: Part, read: dict[Place, ReceivedLine]) -> list[LineageStep]:
    return [
        LineageStep(p.role, p.columns, read[p.place], tuple(_corrected(read[p.place], read)))
        for p in part.pointers
    ]


def _corrected(line: ReceivedLine, read: dict[Place, ReceivedLine]) -> list[ReceivedLine]:
    """Return the lines that a line of a corrected sheet stands for, down to the one sent."""
    lines = []
    while line.original:
        line = read[line.original]
        lines.append(line)
    return lines


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
            for role, told in _cells(made.lineage.get(i, [])) or [("", ("",) * 7)]:
                writer.writerow([*own, *amounts, role, *told])
                count += 1
    return count


def _cells(lineage: list[LineageStep]) -> list[tuple[str, tuple[Any, ...]]]:
    """Return role, place, header, text and unit of every cell; a line without columns counts as one cell."""
    cells = []
    for step in lineage:
        for line in (step.line, *step.corrects):
            batch, sheet, row = line.place
            where = (batch, line.file.path, sheet, row)
            for c in step.columns:
                cells.append((step.role, (*where, line.header(c), line.cell(c), line.unit(c))))
            if not step.columns:
                cells.append((step.role, (*where, "", "｜".join(line.texts), "")))
    return cells
