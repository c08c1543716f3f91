"""Lines among the rows that name no entity: titles of groups, notes, stamps of a print-out."""

from __future__ import annotations

import re
from functools import lru_cache

from jobs.definitions.contract import Column, Contract
from jobs.definitions.reference import regions
from jobs.sheets.header import Header, Row
from jobs.sheets.header_names import half_width, tidy

SECTION, NOTE = "分组标题", "说明行"

_NUMERAL = r"[一二三四五六七八九十百]{1,4}"
_COUNT = r"(共|计|合计)?\d+[户家个项](企业|单位)?"
_SECTION = re.compile(
    rf"{_NUMERAL}[、.,].*|\({_NUMERAL}\).*|[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ]+[、.]?.*|第({_NUMERAL}|\d+)(批|部分|类|组|期|档|章).{{0,20}}"
    rf"|附(件|表)\d*.*|.{{1,20}}[(:]{_COUNT}\)?|.{{1,20}}\((不含|含).*\)"
)
_NUMBERING = re.compile(rf"(\(?({_NUMERAL}|\d{{1,3}})\)?[、.,]?)?(?=\D)")
ENTITY = re.compile(r".*(公司|厂|集团|合作社|研究院|设计院|研究所|事务所|中心|商行|工作室|合伙\)?)(\(.*\))?")
"""How firms are called: such a text is no title, whatever it begins with."""
_NOTE = re.compile(
    r"[*※★☆△▲●◆■◇□→].+|注\d*[:.、]?.*|(备注|说明|附注|附|资料来源|数据来源|来源)([:\d].*|$)|.*(打印|导出|下载|生成|制表|出表|报表)"
    r"(时间|日期|人|单位|机构|系统|工具).*|[^:]{1,12}:.*|.*(无正文|以下空白|此处空白|结束|完毕)\W*|第\d+页.*|共\d+页.*|\d+/\d+页?"
    r"|[-=_—~·.*]+\d*[-=_—~·.*]*|[(【\[〔《<].*[)】\]〕》>]|\d{4}[-/年.]\d{1,2}([-/月.]\d{1,2}日?)?([T ]?\d{1,2}:\d{2}(:\d{2})?)?"
    r"|https?://.*|.*[。;；].*|截[至止].*|以上.*|本表.*|(END|EOF)"
)
_FIGURE = re.compile(r"[+-]?[\d.,]+%?|[0-9A-Z]{15,}")


@lru_cache(maxsize=1)
def _regions() -> frozenset[str]:
    return frozenset(half_width(r.name) for r in regions().values())


class Asides:
    """Tells lines of text among the rows of one sheet; who asks has looked for a code already."""

    def __init__(self, contract: Contract, header: Header, identity: Column | None) -> None:
        self.named = {i: contract.column(n) for n, i in header.places.items()}
        self.names = header.names
        self.at = header.places[identity.name] if identity else None
        # Where regions are the entities, their names are no titles.
        self.listed = identity is not None and bool(identity.codes)

    def kind(self, cells: Row) -> str | None:
        """Return what a line is, None for what may be a row with an entity.

        A line of several different texts is one only where each of them is of the kind; a firm's name alone
        stays a row.
        """
        texts = {i: half_width(t) for i, c in enumerate(cells) if (t := tidy(c))}
        texts = {i: t for i, t in texts.items() if t}
        distinct = set(texts.values())
        if not distinct or any(_FIGURE.fullmatch(t) for i, t in texts.items() if i in self.named):
            return None
        if len(distinct) == 1:
            return self._alone(texts, distinct.pop())
        if self.at in texts and self._is_section(texts[self.at]):
            return SECTION
        named = self.at in texts and _is_free(self.named[self.at]) if self.at is not None else False
        if not named and all(_NOTE.fullmatch(t) for t in distinct):
            return NOTE
        if self.at not in texts and all(self._is_section(t) or _is_small(t) for t in distinct):
            return SECTION
        return None

    def says_so(self, cells: Row) -> bool:
        """Whether a line's own words say that it is none of the rows, wherever it stands."""
        distinct = {t for c in cells if (t := half_width(c))}
        return bool(distinct) and all(self._is_section(t) or _NOTE.fullmatch(t) for t in distinct)

    def _alone(self, texts: dict[int, str], text: str) -> str | None:
        """Return what a line of one text is, which may stand in several merged cells."""
        if self._is_section(text):
            return SECTION
        if _NOTE.fullmatch(text) and not ENTITY.fullmatch(text):
            return NOTE
        own = [i for i in texts if i in self.named]
        if len({self.names[i] for i in texts if i < len(self.names)}) > 1:
            return SECTION
        # A name without anything else may be a firm's; a text in a column of codes, periods or figures is no entity.
        free = any(_is_free(self.named[i]) for i in own)
        return None if free or self.at in texts else NOTE

    def _is_section(self, text: str) -> bool:
        if self.listed or ENTITY.fullmatch(text):
            return False
        bare = _NUMBERING.sub("", text, count=1)
        name = re.sub(rf"[:(]?({_COUNT})?\)?$", "", bare)
        return bool(_SECTION.fullmatch(text)) or name in _regions()


def _is_free(column: Column) -> bool:
    return column.type == "STRING" and not column.semantic and not column.codes


def _is_small(text: str) -> bool:
    """Whether a text is a numeral or a count beside a title."""
    return bool(re.fullmatch(rf"\(?{_NUMERAL}\)?|{_COUNT}", text))
