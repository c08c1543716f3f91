"""Choosing the sheet of a file that is meant, and making sure that it is the form it claims to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from jobs.definitions.contract import Column, Contract
from jobs.definitions.edition import Edition
from jobs.sheets import editions, recognise
from jobs.sheets.files import sheets
from jobs.sheets.grid import OPEN, Sheet
from jobs.sheets.header import AmbiguousHeader, Header, Merged, Row, find
from jobs.sheets.header_names import half_width, key
from jobs.sheets.matching import wanted
from jobs.sheets.recognise import listed

HEAD_ROWS = 20
"""Rows at the top of a sheet among which title, unit and header are looked for."""


class Refused(ValueError):
    """The file as a whole is refused; the message names rule and place, in Chinese."""


@dataclass
class Choice:
    """A sheet with the header it has, the rows read so far, the other sheets' names, and what else is to be said.

    ``other_sheets`` holds name and first rows of the other sheets that a person sees.
    """

    sheet: Sheet
    header: Header
    head: list[tuple[int, Row]]
    whole: bool
    others: list[str] = field(default_factory=list)
    other_sheets: list[tuple[str, list[Row]]] = field(default_factory=list)
    hint: str = ""

    @property
    def cells(self) -> list[Row]:
        """The rows read so far, without their numbers."""
        return [cells for _, cells in self.head]

    @property
    def rank(self) -> tuple[bool, int, bool]:
        """By which the better sheet is known: required columns, then all, then anything below."""
        return self.whole, len(self.header.places), self.has_data

    @property
    def has_data(self) -> bool:
        """Whether anything stands under the header, as far as it was read."""
        below = self.cells[self.header.first + self.header.depth :]
        return len(self.head) == HEAD_ROWS or any(c.strip() for row in below for c in row)


def choose(contract: Contract, edition: Edition | None, path: Path) -> Choice:
    """Return the visible sheet that names most columns.

    Raises
    ------
    Refused
        If none has the required columns, two have the same, the file fits another contract or edition, or
        only a hidden sheet fits.
    """
    columns = [c.in_edition(edition) for c in contract.cells]
    seen = _Seen(columns)
    for sheet in sheets(path):
        seen.look(sheet)
    best = max(seen.choices, key=lambda c: c.rank, default=None)
    if seen.unclear and (best is None or not best.whole):
        raise Refused("；".join(seen.unclear) + seen.hint)
    if best is None:
        wanted = "、".join(c.label for c in columns if c.in_header)
        reason = f"前 {HEAD_ROWS} 行找不到表头：应有列 {wanted}{_opening(seen.heads)}"
        raise Refused(_with_guess(contract, reason, seen.heads) + seen.hint)
    _refuse_other_edition(contract, edition, best)
    if not best.whole:
        raise Refused(_with_guess(contract, _lacking(columns, best), seen.heads) + seen.hint)
    _refuse_twins(seen.forms)
    _refuse_table_above(columns, best)
    _refuse_other_form(contract, best)
    best.others = [n for n in seen.names if n != best.sheet.name]
    best.other_sheets = [
        (n, rows) for n, (rows, _) in zip(seen.visible, seen.heads, strict=True) if n in best.others
    ]
    best.hint = seen.hint
    return best


class _Seen:
    """The sheets of a file, looked at one after the other.

    Attributes
    ----------
    choices : list of Choice
        Visible sheets worth keeping.
    hidden : list of str
        Hidden sheets that have all required columns.
    visible : list of str
        Names of the visible sheets.
    heads : list
        First rows of every visible sheet, and its lines of merged cells.
    forms : list of str
        Visible sheets that have all required columns, and rows under them.
    unclear : list of str
        Why the header of a visible sheet cannot be read.
    """

    def __init__(self, columns: list[Column]) -> None:
        self.columns = columns
        self.choices: list[Choice] = []
        self.forms: list[str] = []
        self.hidden: list[str] = []
        self.heads: list[tuple[list[Row], Merged]] = []
        self.names: list[str] = []
        self.visible: list[str] = []
        self.unclear: list[str] = []
        self.open: list[str] = []

    def look(self, sheet: Sheet) -> None:
        """Look at the first rows of a sheet."""
        head = list(islice(sheet.rows, HEAD_ROWS))
        cells = [row for _, row in head]
        self.names.append(sheet.name)
        if not sheet.hidden:
            self.visible.append(sheet.name)
            self.heads.append((cells, sheet.merged))
            self.open += [sheet.name for marks in sheet.marks.values() if any(m.kind == OPEN for m in marks)]
        try:
            header = find(cells, self.columns, sheet.merged)
        except AmbiguousHeader as error:
            self.unclear += [] if sheet.hidden else [_side_by_side(head, self.columns) or str(error)]
            return
        whole = header is not None and all(c.name in header.places for c in self.columns if c.in_header)
        if sheet.hidden:
            self.hidden += [sheet.name] if whole else []
        elif header:
            new = Choice(sheet, header, head, whole)
            self.forms += [sheet.name] if whole and new.has_data else []
            self.choices = _of_best_rank(self.choices, new)

    @property
    def hint(self) -> str:
        """What else there is to say where no visible sheet can be read."""
        hints = ""
        if self.open:
            hints += f"；工作表{listed(list(dict.fromkeys(self.open)))}的开头有公式未计算：请用表格软件打开、重算并保存后再报"
        if self.hidden:
            hints += f"；隐藏的工作表{listed(self.hidden)}符合本表，但隐藏的工作表不作依据：如应报此表，请取消隐藏后重报"
        return hints


def _of_best_rank(choices: list[Choice], new: Choice) -> list[Choice]:
    """Return the sheets worth keeping in memory: those of the best rank so far."""
    best = max([new, *choices], key=lambda c: c.rank).rank
    return [c for c in [*choices, new] if c.rank == best]


def _side_by_side(head: list[tuple[int, Row]], columns: list[Column]) -> str | None:
    """Return why a list that was set in columns side by side to spare paper is not read."""
    known = {name for c in columns for name in wanted(c)}
    for number, cells in head:
        names = [t for c in cells if (t := half_width(c))]
        once = list(dict.fromkeys(names))
        times = len(names) // max(1, len(once))
        own = any(key(n) in known for n in once)
        if own and len(once) > 1 and times > 1 and names == once * times:
            return (
                f"第{number}行的表头{listed(once)}左右并列 {times} 栏，同一列名出现 {times} 次，无法判断各格属于哪一条："
                "请改为上下一栏后重报"
            )
    return None


def _opening(heads: list[tuple[list[Row], Merged]]) -> str:
    texts = list(dict.fromkeys(c.strip() for rows, _ in heads for row in rows for c in row if c.strip()))
    return f"（见到的开头：{listed(texts)}）" if texts else "（没有内容）"


def _with_guess(contract: Contract, reason: str, heads: list[tuple[list[Row], Merged]]) -> str:
    fit = recognise.guess(contract, heads)
    return f"{reason}；{fit}" if fit else reason


def _lacking(columns: list[Column], best: Choice) -> str:
    """Return which required columns a header lacks, and what it has instead."""
    header = best.header
    missing = "、".join(c.label for c in columns if c.in_header and c.name not in header.places)
    row = best.head[header.first][0]
    names = [n for n in header.names if n]
    blank = [i + 1 for i, n in enumerate(header.names) if not n]
    unnamed = f"；第{'、'.join(map(str, blank[:12]))}列没有列名" if blank else ""
    return f"缺少必需列：{missing}（表头在第{row}行，见到的列：{listed(names)}{unnamed}）"


def _refuse_other_edition(contract: Contract, edition: Edition | None, best: Choice) -> None:
    if reason := editions.other(contract, edition, best.header, best.cells, best.sheet.merged):
        raise Refused(reason)


def _refuse_twins(forms: list[str]) -> None:
    """Refuse a workbook of which two sheets are the form, be one the fuller: the other's rows would be lost."""
    if len(set(forms)) > 1:
        raise Refused(f"有 {len(forms)} 张工作表都是本表，无法判断用哪一张：{listed(forms)}")


def _refuse_table_above(columns: list[Column], best: Choice) -> None:
    """Refuse a sheet with a whole table above the header that names more columns: its rows would be lost."""
    above = best.cells[: best.header.first]
    try:
        other = find(above, columns, best.sheet.merged)
    except AmbiguousHeader:
        return
    needed = [c.name for c in columns if c.in_header]
    if other is None or len(other.places) < 2 or not all(n in other.places for n in needed):
        return
    must = [other.places[n] for n in needed]
    for row in above[other.first + other.depth :]:
        if all(i < len(row) and row[i].strip() for i in must):
            first, second = best.head[other.first][0], best.head[best.header.first][0]
            raise Refused(
                f"第{first}行是表头并有数据，第{second}行又有一个列更多的表头，无法判断读哪一段：请合为一个表后重报"
            )


def _refuse_other_form(contract: Contract, best: Choice) -> None:
    above = best.cells[: best.header.first]
    if reason := recognise.wrong_title(contract, above):
        raise Refused(reason)
    if fit := recognise.better(contract, best.header, best.cells, best.sheet.merged):
        own = f"本表《{contract.title}》的 {len(contract.cells)} 列只对上 {len(best.header.places)} 列"
        raise Refused(f"文件同时符合两种表，疑为错报：{own}，{fit}")
