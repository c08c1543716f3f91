"""Lines below the header that are no data: totals, footers, repeated headers. None goes without a trace."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from jobs.definitions.contract import Column, Contract
from jobs.sheets.header import Header, Row, is_tail
from jobs.sheets.header_names import CODE, NUMBER, is_unit, tidy
from jobs.sheets.lines_without_entity import Asides
from jobs.sheets.second_header import SecondHeader
from jobs.sheets.unit_statements import states_units
from jobs.sheets.units import at_line

TOTAL, FOOTER, REPEATED, ASIDE = "合计行", "表尾", "重复的表头", "旁注"
UNIT, SPACER = "单位说明", "只有零的行"

_BLANKS = re.compile(r"[\s\u3000]+")
_SUM = r"(总计|合计|小计|共计|总数)"
_TOTAL = re.compile(
    rf"(其中[:：])?[\u4e00-\u9fff（）()·、]{{0,12}}{_SUM}([:：（(]?共?\d*[户家个人项]?[)）]?)?|"
    r"(共|计)?\d+[户家个项](企业|单位)?|其中[:：][^公司厂集团]{1,16}|(累计|平均)(数|值)?|占比|比重|上年(同期)?(数|值)?|"
    r"(同比|环比)?(增长|增速|增幅|增减)(率)?[(（]?[%％]?[)）]?|全国|全省|全市|全州|全县|(东部|中部|西部|东北|华北|华东|华中|华南|西南|西北|沿海|内陆)(地区)?"
)
_CONTINUED = re.compile(r"(（续）|\(续\)|续表\d*|接上表|第\d+页.*|.*[（(]续[)）])")
_ZERO = re.compile(r"[+-]?0+([.,]0+)?%?")
_DASHES = re.compile(r"[-—–―－~～/／*]+")
"""What stands where there is nothing to say."""
_MOST_TEXTS = 4
"""Most texts of a line that only says a unit, with date and reporter."""
_MOST_LISTED = 100
"""Lines of which the ledger keeps number and text; all are counted."""


@dataclass
class Skipped:
    """Lines that were left out: how many of each kind, and the first of them.

    Attributes
    ----------
    listens : bool
        Whether it matters what they say of units.
    spoken : dict
        Unit that they state -> number of the first line that does, however many lines were left out before.
    """

    counts: dict[str, int] = field(default_factory=dict)
    lines: list[dict[str, Any]] = field(default_factory=list)
    listens: bool = False
    spoken: dict[str, int] = field(default_factory=dict)

    def add(self, row: int, kind: str, text: str) -> None:
        """Keep one line.

        Raises
        ------
        Unclear
            If it speaks of a unit that is not understood.
        """
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if len(self.lines) < _MOST_LISTED:
            self.lines.append({"row": row, "kind": kind, "text": text[:200]})
        # A header that repeats says what it said before.
        if self.listens and kind != REPEATED:
            said = at_line(row, text)
            for unit in (*said.money, *said.other):
                self.spoken.setdefault(unit, row)


def _identity(contract: Contract, places: Iterable[str]) -> Column | None:
    """Return the key column by which a row names its entity, if the file has it."""
    keyed = [contract.column(k) for k in contract.key if k in set(places)]
    keyed = [c for c in keyed if not c.is_period and c.type != "DATE"]
    return next((c for c in keyed if c.semantic == "uscc" or c.codes), keyed[0] if keyed else None)


class Lines:
    """Tells data from what stands between and below it.

    A line is left out only where its key column shows that it is no entity; whatever else is odd about it
    goes to the row rules, which give a reason.
    """

    def __init__(self, contract: Contract, header: Header, head: list[Row]) -> None:
        self.header = header
        self.footer = re.compile(contract.feed.footer)
        self.column = _identity(contract, header.places)
        self.at = header.places[self.column.name] if self.column else None
        self.entities = {_BLANKS.sub("", t) for t in self.column.codes} if self.column else set()
        end = header.first + header.depth
        self.own = [[tidy(c) for c in row] for row in head[header.first : end]]
        self.above = {t for row in head[: header.first] for c in row if (t := tidy(c))}
        self.in_footer = self.after_header = False
        self.money = [i for n, i in header.places.items() if contract.column(n).money]
        self.second = SecondHeader(contract, header, self.own)
        self.asides = Asides(contract, header, self.column)

    def kind(self, cells: Row, number: int) -> str | None:
        """Return what a line is, None for a data row; blank lines are not asked about.

        Raises
        ------
        AmbiguousHeader
            If it is a header whose columns are not those of the first one.
        """
        if self.names_entity(cells):
            return None
        texts = [t for c in cells if (t := tidy(c))]
        self.after_header = self._begins_again(cells, texts, number)
        if self.after_header:
            return REPEATED
        kind = self._left_out(cells, list(dict.fromkeys(texts)))
        self.in_footer = kind == FOOTER or (self.in_footer and kind is not None)
        return kind

    def names_entity(self, cells: Row) -> bool:
        """Whether a line is a data row beyond doubt; it ends a footer, and what a repeated header began."""
        if self.at is None or self.at >= len(cells) or not self._is_entity(cells[self.at]):
            return False
        self.in_footer = self.after_header = False
        return True

    def _begins_again(self, cells: Row, texts: Row, number: int) -> bool:
        return (
            self._repeats(cells, texts)
            or (self.after_header and is_tail(cells))
            or self.second.repeats(cells, number, self.after_header)
        )

    def _left_out(self, cells: Row, distinct: Row) -> str | None:
        if all(_ZERO.fullmatch(t) for t in distinct):
            return SPACER
        if self._is_footer(cells, distinct):
            return FOOTER
        if self._is_total(cells, distinct):
            return TOTAL
        if self._states_unit(cells, distinct):
            return UNIT
        own = any(i < len(cells) and cells[i].strip() for i in self.header.places.values())
        return self.asides.kind(cells) if own else ASIDE

    def stands_alone(self, cells: Row, joins: bool) -> bool:
        """Whether a line is more than the rest of a broken one above it.

        Parameters
        ----------
        cells : list of str
        joins : bool
            Whether it has just as many cells as the line above lacks.
        """
        distinct = list(dict.fromkeys(t for c in cells if (t := tidy(c))))
        if not distinct or (self.at is not None and self.at < len(cells) and self._is_entity(cells[self.at])):
            return True
        if self._is_footer(cells, distinct) or self._is_total(cells, distinct):
            return True
        return any(_same(cells, own) for own in self.own) or (not joins and self.asides.says_so(cells))

    def _is_entity(self, text: str) -> bool:
        """Whether a key cell names an entity beyond doubt; nearly every line ends here."""
        return text in self.entities or bool(CODE.fullmatch(text))

    def _entity(self, cells: Row) -> str:
        text = _BLANKS.sub("", tidy(cells[self.at])) if self.at is not None and self.at < len(cells) else ""
        return "" if _DASHES.fullmatch(text) else text

    def _repeats(self, cells: Row, texts: Row) -> bool:
        """Whether a page begins again: title, unit line or header, word for word."""
        if (len(texts) > 1 or self.after_header) and any(_same(cells, own) for own in self.own):
            return True
        return set(texts) <= self.above or (len(set(texts)) == 1 and bool(_CONTINUED.fullmatch(texts[0])))

    def _states_unit(self, cells: Row, distinct: Row) -> bool:
        """Whether a line below the header says a unit of money: and nothing else, or in the place of a figure."""
        if any(i < len(cells) and cells[i].strip(" -—") and is_unit(cells[i]) for i in self.money):
            return True
        if not self.money or len(distinct) > _MOST_TEXTS or any(NUMBER.fullmatch(t) for t in distinct):
            return False
        return states_units(" ".join(distinct))

    def _is_footer(self, cells: Row, distinct: Row) -> bool:
        if not self.footer.match(distinct[0]):
            return self.in_footer and len(distinct) == 1
        entity = self._entity(cells)
        return entity not in self.entities and not CODE.fullmatch(entity)

    def _is_total(self, cells: Row, distinct: Row) -> bool:
        entity = self._entity(cells)
        if entity:
            return entity not in self.entities and bool(_TOTAL.fullmatch(entity))
        word = next((t for t in distinct if not (NUMBER.fullmatch(t) or _DASHES.fullmatch(t))), "")
        return bool(_TOTAL.fullmatch(_BLANKS.sub("", word)))


def _same(cells: Row, own: Row) -> bool:
    return all(not (t := tidy(c)) or (i < len(own) and own[i] == t) for i, c in enumerate(cells))
