"""Open quarantined rows as a workbook to be corrected: one sheet per feed, the reason at each cell."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import xlsxwriter

from jobs.definitions.contract import DOUBT, Contract, load_feed
from jobs.feeds.quarantine import CONFLICT, ELSEWHERE, Row
from jobs.feeds.repair import ACTION, CORRECT, DROP, FIXED, GUIDE, LEAVE, header
from jobs.ledger import session
from jobs.ledger.models import File
from jobs.refusals import Refusal

MOST = 1_000_000
"""Rows of one sheet; a workbook holds 1,048,576."""
HIDDEN = ("批次", "工作表", "指纹")

_GUIDE = (
    "每张工作表是一个数据源，每行是一条隔离数据，单元格内容与收到的一致。",
    "橙色单元格有问题，批注和“原因”列写明规则；只有橙色单元格可以改，其余已锁定。",
    "KEY_CONFLICT（同一主键内容不同）：整行可改；KEY_OTHER_SCOPE（主键属于别的报送单位）：只可改主键列。",
    "“处理”列：更正＝按本行内容重新入库；放弃＝该行作废；留待＝暂不处理（缺省）。",
    "数值按“单位”列所示单位填写，与原文件相同。不要增删行列，不要改锁定的列。",
    "改完后运行：zjtx quarantine import 本文件 --by 姓名",
)


class TooManyRows(Refusal, ValueError):
    """A sheet cannot hold the rows asked for."""


def editable(contract: Contract, row: Row) -> set[str]:
    """Return the cells of a quarantined row that a correction may change.

    Those with a reason of their own; of rows whose key clashes with another row of the file every cell,
    as nobody can tell which is wrong; of a key that somebody else holds the key's cells.
    """
    cells = {c.name for c in contract.cells}
    if CONFLICT in row.rules:
        return cells
    own = {r["column"] for r in row.reasons}
    return cells & (own | set(contract.key) if ELSEWHERE in row.rules else own)


def units_of(rows: Iterable[Row]) -> dict[int, str]:
    """Return file id -> the money units of its figures, in words."""
    with session() as s:
        files = {i: s.get_one(File, i) for i in {r.file_id for r in rows}}
    words = {}
    for number, file in files.items():
        contract, units = load_feed(file.feed), (file.details or {}).get("units", {})
        same = set(units.values())
        several = (f"{contract.column(c).label}：{u}" for c, u in units.items())
        words[number] = "".join(same) if len(same) <= 1 else "；".join(several)
    return words


def reasons_text(contract: Contract, row: Row) -> str:
    """Return a row's reasons in one cell: column, value, rule and message."""
    names = {c.name: c.label for c in contract.columns}
    return "；".join(
        f"{names.get(r['column'], r['header'])} “{r['value']}” {r['rule']}：{r['message']}"
        for r in row.reasons
    )


def fixed_of(contract: Contract, row: Row, unit: str) -> tuple[str, ...]:
    """Return the columns before the cells."""
    named = (row.batch_id, row.sheet, str(row.row_no), row.fingerprint(), row.file_name)
    return (*named, LEAVE, reasons_text(contract, row), unit)


def extra_names(contract: Contract, rows: Iterable[Row]) -> list[str]:
    """Return the headers of the columns that the rows' files have beside the contract's."""
    own = {c.name for c in contract.cells}
    # Who corrects a doubtful row, or takes it as it is, settles the doubt.
    return sorted({n for r in rows for n in r.cells if n not in own and n != DOUBT})


def write(rows: list[Row], target: Path) -> dict[str, int]:
    """Write open rows as a workbook.

    Parameters
    ----------
    rows : list of Row
    target : Path

    Returns
    -------
    dict
        Feed -> number of rows.

    Raises
    ------
    TooManyRows
        If one feed has more rows than a sheet holds.
    """
    by_feed: dict[str, list[Row]] = {}
    for row in rows:
        by_feed.setdefault(row.feed, []).append(row)
    for feed, own in by_feed.items():
        if len(own) > MOST:
            raise TooManyRows(f"{feed} 有 {len(own)} 行，一张工作表装不下：请用 --file、--rule 分批导出")
    units = units_of(rows)
    with xlsxwriter.Workbook(str(target), {"strings_to_numbers": False}) as book:
        guide = book.add_worksheet(GUIDE)
        guide.set_column(0, 0, 100)
        for number, line in enumerate(_GUIDE):
            guide.write_string(number, 0, line)
        styles = _styles(book)
        for feed, own in sorted(by_feed.items()):
            _sheet(book.add_worksheet(feed), load_feed(feed), own, units, styles)
    return {feed: len(own) for feed, own in sorted(by_feed.items())}


def _styles(book: Any) -> dict[str, Any]:
    plain = {"num_format": "@", "valign": "top"}
    return {
        "head": book.add_format({"bold": True, "bg_color": "#DDE6F0", "text_wrap": True, "valign": "top"}),
        "locked": book.add_format(plain),
        "open": book.add_format(plain | {"locked": False}),
        "bad": book.add_format(plain | {"locked": False, "bg_color": "#FCD5B4"}),
        "action": book.add_format(plain | {"locked": False, "bg_color": "#E2EFDA"}),
    }


def _sheet(
    page: Any, contract: Contract, rows: list[Row], units: dict[int, str], styles: dict[str, Any]
) -> None:
    cells, extras = [c.name for c in contract.cells], extra_names(contract, rows)
    for column, text in enumerate([*header(contract), *extras]):
        page.write_string(0, column, text, styles["head"])
        page.set_column(column, column, 40 if text == "原因" else 16, None, {"hidden": text in HIDDEN})
    for number, row in enumerate(rows, start=1):
        for column, text in enumerate(fixed_of(contract, row, units[row.file_id])):
            page.write_string(number, column, text, styles["action" if column == ACTION else "locked"])
        free, own = editable(contract, row), {r["column"]: r for r in row.reasons}
        for column, name in enumerate([*cells, *extras], start=len(FIXED)):
            bad = name in own and name in free
            style = styles["bad" if bad else "open" if name in free else "locked"]
            page.write_string(number, column, row.cells.get(name, ""), style)
            if bad:
                page.write_comment(number, column, f"{own[name]['rule']}：{own[name]['message']}")
    choice = {"validate": "list", "source": [CORRECT, DROP, LEAVE]}
    page.data_validation(1, ACTION, len(rows), ACTION, choice)
    page.freeze_panes(1, len(FIXED))
    page.autofilter(0, 0, len(rows), len(FIXED) + len(cells) + len(extras) - 1)
    page.protect("", {"autofilter": True, "sort": False, "format_columns": True, "format_rows": True})
