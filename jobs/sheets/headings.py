"""Header texts taken apart: the name, the units and the remarks in brackets or behind a stroke."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from jobs.definitions.measures import LIST, MONEY, UNIT, listed_units
from jobs.sheets.header_names import CJK, LONGEST, UNIT_WORD, core, flat, is_english, is_unit, key

_BRACKET = re.compile(r"\(([^()]*)(?:\)|$)")
_LABEL = re.compile(rf"^{UNIT_WORD}\s*")
_LABEL_BEHIND = re.compile(rf"(?<=\S)\s*{UNIT_WORD}$")
_LATIN_ALONE = re.compile(rf"(?=[^)]*[A-Za-z])(?:(?!{CJK.pattern}).)+")
_LISTED = re.compile(rf"(?:{UNIT_WORD}\s*)?({LIST})", re.I)
_BEHIND = re.compile(
    rf"(?:\s*[/|:,;、\-_]\s*|\s+|(?={UNIT_WORD}))(?:{UNIT_WORD}\s*)?({UNIT})$|({MONEY})$", re.I
)
_BEFORE = re.compile(rf"^(?:{UNIT_WORD}\s*)?({MONEY})\s*[/|:,;、\-]\s*", re.I)
_BETWEEN = re.compile(r"\s*[、;|]\s*|\s*,(?!\d{3})\s*")
_MARKS = re.compile(r"^[*#※☆★△▲]+|[*※☆★△▲†‡¹²³⁴⁵①-⑳]+$")
_NUMBERED = re.compile(
    r"^(?:\(?[一二三四五六七八九十]{1,3}[)、.]|\(?\d{1,2}[)、.](?!\d)|\d{1,3}\s+(?![\d年月季]))?\s*(?:其中\s*[:：]?)?\s*(?=\S)"
)
_SIGN = re.compile(
    rf"^(?:(?:[一二三四五六七八九十]{{1,3}}|\d{{1,2}})[、.]\s*)?[减加]\s*:\s*(?={CJK.pattern})"
)
"""How a statement shows that an item is taken off or added: 减：营业成本."""
_DIVIDERS = re.compile(r"[-/|:,;、.。·]")
_NO_MATTER = re.compile(
    r"(加盖)?(公章|盖章)|(排名)?不分先后|按[^,;、]{1,8}(排序|排列)|[以与]营业执照(为准|一致)|请?填[写报]|不含(增值)?税|(币种:?)?人民币|RMB|CNY|本币|必填项?|选填项?|可选|可不填|非必填|不可为空|"
    r"(请)?(保留|取|精确到|留)?(小数点后)?[一二两三四\d]位小数|(保留|取|填)?整数|小数点后[一二两三四\d]位|四舍五入|"
    r"精确到个位|填?(数字|数值|文本|数值型|文本型|字符型|日期型)|\d{1,2}|[一二三四五六七八九十]{1,3}|[A-F]|[甲乙丙丁戊己庚辛]|"
    r"(指标)?代码:?[A-Z]?\d{1,4}|第\d{1,2}[列栏]|见?填?报?说明|见?备?注[\d①-⑳]?|[①-⑳]|\d{1,2}位(代码|编码|数字)?|全称|下同|"
    r"(自动|公式)(计算|生成)|年月|年月日|年/月/日|YYYY-?MM(-?DD)?|YYYY年MM月(DD日)?",
    re.I,
)
"""Remarks that change neither unit nor meaning of a column, as forms carry them."""
_IDLE = re.compile(rf"(?:\s*[,;|:]\s*|(?<=\S)\s+)(?:{_NO_MATTER.pattern})$", re.I)
_STATED_BY = re.compile(rf"(?:以|按照?)({UNIT})(?:为单位|计算?|填报|填列|列示|反映)", re.I)
_ODD_MONEY = re.compile(r"[十百千万亿美港欧日澳台]+元$")
_LEADING = re.compile(rf"((?=[^)]*[a-z]{{2}})[A-Za-z][A-Za-z\s.,;:&'’/%*-]*?)[\s(/|:]*({CJK.pattern}.*?)\)?$")
_TRAILING = re.compile(rf"^(.*{CJK.pattern}.*?)(?:\s*[/,;|:]\s*|\s+)([^/,;|:\s()]+)$")


@dataclass(frozen=True)
class Heading:
    """One cell of a header.

    Attributes
    ----------
    name : str
        Without units and without remarks that do not matter; other remarks stay in their brackets.
    units : tuple of str
        Units that it states, those of money under their one name.
    unread : tuple of str
        Remarks of which nobody can tell whether they change the meaning.
    """

    name: str
    units: tuple[str, ...]
    unread: tuple[str, ...]

    @property
    def open_key(self) -> str:
        """The key of the name with what stands in brackets as part of it: 研发费用（1-本月）."""
        return name_key(_BRACKET.sub(lambda m: m[0] if _LATIN_ALONE.fullmatch(m[1]) else m[1], self.name))

    @property
    def own_key(self) -> str:
        """The key of the name as far as it is understood."""
        return name_key(self.name)

    @property
    def short_key(self) -> str:
        """The key of the name without any remark."""
        return name_key(_BRACKET.sub("", self.name))


@lru_cache(maxsize=1 << 14)
def name_key(name: str) -> str:
    """Return the key of a name without its number, footnote marks and what only divides its parts."""
    return _DIVIDERS.sub("", key(core(_NUMBERED.sub("", _MARKS.sub("", name.strip())))))


def _remark(content: str) -> tuple[list[str], list[str]]:
    """Return the units and the unread parts of a remark."""
    units: list[str] = []
    unread: list[str] = []
    for part in _BETWEEN.split(content.strip()):
        match = _LISTED.fullmatch(part) or _STATED_BY.fullmatch(part)
        words = [_LISTED.fullmatch(w) or _NO_MATTER.fullmatch(w) or _LABEL.fullmatch(w) for w in part.split()]
        if match:
            units += listed_units(match[1])
        elif all(words):
            units += [u for m in words if m and m.re is _LISTED for u in listed_units(m[1])]
        else:
            unread.append(part)
    return units, unread


@lru_cache(maxsize=1 << 14)
def heading(text: str) -> Heading:
    """Take a header cell apart."""
    units: list[str] = []
    unread: list[str] = []

    def taken(match: re.Match[str]) -> str:
        own, odd = _remark(match[1])
        units.extend(own)
        unread.extend(odd)
        return f"({'、'.join(odd)})" if odd else " "

    plain = _SIGN.sub("", flat(text))
    if len(plain) > LONGEST:
        return Heading(plain, (), ())
    if whole := _LISTED.fullmatch(plain):
        return Heading("", listed_units(whole[1]), ())
    name = _BRACKET.sub(taken, plain).strip()
    while match := next((m for p in (_BEHIND, _BEFORE, _IDLE) if (m := p.search(name))), None):
        if match.re is not _IDLE:
            units += listed_units(next(g for g in match.groups() if g))
        name = (name[: match.start()] + name[match.end() :]).strip()
    if units:
        name = _LABEL_BEHIND.sub("", name)
    if not units and not unread and is_unit(plain):
        return Heading("", (), (plain,))
    if match := _ODD_MONEY.search(name):
        name = f"{name[: match.start()]}({match[0]})"
        unread.append(match[0])
    if (match := _TRAILING.fullmatch(name)) and not is_english(match[2]):
        name = f"{match[1]}({match[2]})"
        unread.append(match[2])
    if match := _LEADING.fullmatch(name):
        name = f"{match[2]}({match[1]})"
        unread.append(match[1])
    return Heading(name, tuple(dict.fromkeys(units)), tuple(unread))
