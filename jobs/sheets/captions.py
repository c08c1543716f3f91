"""What lines between the rows, and sheets beside them, say against what holds for the whole table."""

from __future__ import annotations

import re
from collections.abc import Iterable

from xlsxwriter.utility import xl_col_to_name as letter

from jobs.definitions.contract import Contract
from jobs.definitions.feedspec import Preamble
from jobs.sheets.choice import Choice, Refused
from jobs.sheets.header_names import half_width
from jobs.sheets.lines_without_entity import ENTITY, NOTE, SECTION
from jobs.sheets.skipped_lines import ASIDE
from jobs.sheets.unit_statements import Unclear, stated
from jobs.sheets.units import Units

_CODE = re.compile(r"[0-9A-Z]{18}")
_FIGURE = re.compile(r"[+-]?\d[\d.,]*%?")


def said(rule: Preamble, text: str) -> list[str]:
    """Return the values that a text gives a column of the lines above a header."""
    return list(dict.fromkeys(m.lastgroup or m[1] for m in re.finditer(rule.pattern, text)))


def shown(cells: Iterable[str]) -> str:
    """Return a line as text; what a merged range repeats stands once."""
    texts = [c.strip() for c in cells]
    return " ".join(t for i, t in enumerate(texts) if i == 0 or t != texts[i - 1])


class Captions:
    """Lines among the rows that may head those below them: 附件2：复核通过名单 in a list of 认定.

    Parameters
    ----------
    contract : Contract
    attributes : dict
        What the lines above the header say of all rows.
    """

    def __init__(self, contract: Contract, attributes: dict[str, str]) -> None:
        self.contract, self.attributes = contract, attributes
        # A date among the rows is that of a print-out.
        self.rules = [r for r in contract.feed.preamble if contract.column(r.column).type != "DATE"]
        self.open: list[tuple[int, str]] = []

    def add(self, number: int, kind: str, text: str) -> None:
        """Keep a line until it shows whether rows follow."""
        if self.rules and kind in (SECTION, NOTE, ASIDE):
            self.open.append((number, text))

    def head_rows(self) -> None:
        """Compare the kept lines, below which a row stands.

        Raises
        ------
        Refused
            If one gives a column another value than the lines above the header.
        """
        for number, text in self.open:
            for rule in self.rules:
                own = self.attributes[rule.column]
                if (stated := said(rule, text)) and own not in stated:
                    label = self.contract.column(rule.column).label
                    raise Refused(
                        f"第{number}行“{text[:60]}”的“{label}”是{'、'.join(stated)}，"
                        f"表头以上的是{own}，以下各行属于哪一种无法判断：请分开报"
                    )
        self.open.clear()


def refuse_second_list(chosen: Choice) -> None:
    """Refuse a list that goes on in columns without a name at its side: firms would be lost.

    Raises
    ------
    Refused
        With the column and the first such cell.
    """
    header = chosen.header
    below = [row for row in chosen.cells[header.first + header.depth :] if any(map(str.strip, row))]
    for i in range(max(map(len, below), default=0)):
        if i < len(header.names) and header.names[i]:
            continue
        # A merged cell shows its text in every column.
        texts = [t for row in below if i < len(row) and (t := half_width(row[i])) and row[i] not in row[:i]]
        firms = [t for t in texts if ENTITY.fullmatch(t) or _CODE.fullmatch(t)]
        if firms and len(firms) == len(texts) and (len(firms) > 1 or len(below) == 1):
            raise Refused(
                f"第{i + 1}列（{letter(i)}列）没有列名，却逐行列有“{firms[0][:40]}”等：像是左右并列的名单，"
                "请改为上下一栏，或补上列名后重报"
            )


def refuse_unit_elsewhere(chosen: Choice, found: Units) -> None:
    """Refuse a table that names no unit where a cover or a sheet of notes names another than the contract.

    Raises
    ------
    Refused
        With sheet and line.
    """
    for name, rows in chosen.other_sheets if found.assumed else ():
        if any(sum(bool(_FIGURE.fullmatch(c.strip())) for c in row) > 1 for row in rows):
            continue  # a table of its own, whose unit is not this one's
        for number, row in enumerate(rows, start=1):
            try:
                money = stated(shown(c for c in row if c.strip())).money if any(row) else ()
            except Unclear:
                continue
            if money and set(money) != {found.general}:
                raise Refused(
                    f"工作表“{name}”第{number}行注明计量单位为{'、'.join(money)}，本表没有注明，"
                    f"与合同的{found.general}不同，无法判断：请在本表注明"
                )
