"""What a line of a file says of units of measure: understood, not spoken of, or refused with the line quoted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from jobs.definitions.measures import (
    CHOICES,
    LIKE_MONEY,
    LIST,
    MANY_ZEROS,
    MONEY,
    MONEY_UNITS,
    SCALE,
    SHORT_SCALE,
    THOUSANDS,
    THREE_ZEROS,
    UNIT,
    listed_units,
    money_unit,
)
from jobs.sheets.header_names import flat


class Unclear(ValueError):
    """Nobody can tell in which unit figures are; the message says why, in Chinese."""


@dataclass(frozen=True)
class Statement:
    """The units that a text states: of money under their one name, and of anything else."""

    money: tuple[str, ...] = ()
    other: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.money or self.other)


_HAN = r"[\u3400-\u9fff]"
_END = rf"(?=\s|$|[)(.,;:、。!/]|\d{{4}}\s*[年./-]|{_HAN}{{2,8}}\s*:)"
_MORE = re.compile(
    rf"\s*/|\s*[、和与及]\s*(?!{_HAN}{{2,8}}\s*:)(?=[^\s,;:)。])|\s*[,;]?\s*(?=[十百千万亿]+(?:{UNIT})?\s*(?:$|[)\s,;、]))",
    re.I,
)
_MEASURE = r"(?:计量|金额|货币|数据|数量|计价|价值|记账|币值)"
_ABOUT = re.compile(
    rf"(?:以[上下]|上述)?(?:本|表|内|中|全|各|所有|全部|其中|注|备注|说明|报表|统计|的|人民币|数值|资金)*{_MEASURE}*的?"
)
_LONG = 500
"""Characters up to which a text is read as one."""
_SENTENCE = re.compile(r"[。；;！!？?\r\n]+")
_NEAR = 24
"""Characters before a label that may belong to it."""
_NO_HAN = re.compile(r"[^\u3400-\u9fff]")
_DIGITS = re.compile(r"\d{13,}")
_SPEAKS = re.compile(
    r"单\s*位|[元圆]|yuan|RMB|CNY|USD|HKD|EUR|dollar|\bunit|港币|英镑|\(\s*[百千万亿]+\s*\)|^\W*[百千万亿]+\W*$|"
    rf"(?:以|按|金额)\W{{0,3}}[十百千万亿]+\s*(?:[计为填]|\W|$)|{SCALE}|^\W*{SHORT_SCALE}\W*$|{THREE_ZEROS}|{MANY_ZEROS}",
    re.I,
)
_LABEL = re.compile(r"单\s*位|(?<![a-z])unit(?![a-z])", re.I)
_LINK = r"\s*(?:(?:均|都|一律|统一)?(?:为|是|用|采用))?\s*(?:[:=\-]+|\()?\s*[\"“(]?\s*"
_LINKED = re.compile(rf"{_LINK}({LIST})\s*[\"”]?\s*{_END}", re.I)
_VALUE = re.compile(r"\s*[:=]\s*(\S*)")
_ODD_VALUE = re.compile(rf"{_LINK}([^\s:,;、。()]{{1,12}})")
_FIELD = re.compile(rf"{_HAN}{{2,8}}:")
_ORGANISATION = re.compile(
    r"(?![十百千万亿]+元).*(?:[局厅委部院所站会社司厂店行校办心区县市州盟旗省乡镇村街道团队处科室署学府业库馆场矿段集企校中心]|公司|集团|大学|医院|政府)"
    r"(?:\(.{0,12}\)?)?|\d{6,}|[\"“_\s]*\(?(?:盖章|公章|签章|印章|章)\)?.*|.*\((?:盖章|公章|签章|印章|章)\).*"
)
_OF_FIRM = re.compile(
    r"\s*[(:]?\s*(?:盖|公|签|印)章|\s*(?:负责|法定|名称|详细|代码|编码|地址|电话|类型|性质|数|规模|隶属)"
)

_SCALED = re.compile(rf"[十百千万亿]{{1,3}}(?:{UNIT})?", re.I)
_BY = re.compile(
    rf"(?:以|按照?|用|采用|折合成?)\s*({UNIT})\s*(?:为(?:{_MEASURE})?单\s*位|计算?|填报|填列|填写|列示|表示|反映|统计|计量|折算)",
    re.I,
)
_BY_ODD = re.compile(
    rf"(?:以|按照?|用|采用)\s*(\S{{1,8}}?)\s*(?:为(?:{_MEASURE})?单\s*位|计算?|填|列|表示|反映)"
)
_AMOUNT_IS = re.compile(
    rf"(?:金额|币值|货币|计量|币种|数额|款额|价值)\s*(?:[:=]|均?为)?\s*\(?\s*({LIST})\s*{_END}|"
    rf"(?:金额|数据|数字|数值)(?:均|都|一律|统一)为\s*({LIST})\s*{_END}|\bin\s+({LIST})\s*{_END}",
    re.I,
)
_RATIO = re.compile(rf"(?<={_HAN})\(\s*{UNIT}\s*/\s*{UNIT}\s*\)", re.I)
"""Unit of an indicator that is none of the figures': 亩均税收（万元/亩）."""
_BRACKET = re.compile(rf"\(\s*({LIST})\s*\)", re.I)
# A single character before it may be a name: 李 元.
_ALONE = re.compile(
    rf"(?:^|(?<=[\s,;、])|(?<=\d[年月日]))(?!(?<=\s{_HAN}\s)元(?:\s|$))({LIST})(?=\s|$|[,;、])", re.I
)

_NO_MATTER = re.compile(
    rf"(?:附|续)?表\s*[一二三四五六七八九十\d][\d.\-]*(?=\s)|(?:人|员|长|者)\s*:?\s*(?![单民]){_HAN}{{1,2}}\s+{_HAN}(?=\s|$|[,;)])|"
    rf"除?(?:特别|另有|另行|已|单独)*(?:注明|说明|标注|标明)(?:者|的)?(?:以?外|除外)?[,]?|币种\s*[:]?\s*人民币(?!\s*{UNIT})|"
    rf"(?:精确|保留|计算|取整|四舍五入|留)\s*(?:到|至)?\s*(?:小数点后)?\s*(?:[一二两三四\d]位小数|[一二两三四\d]位|整数|{UNIT})(?:以下)?|"
    rf"{UNIT}以下(?:四舍五入|不计|舍去)",
    re.I,
)
_PRECISION = re.compile(
    rf"(?:精确|保留|计算|取整|四舍五入|留)\s*(?:到|至)\s*{MONEY}|{MONEY}以下(?:四舍五入|不计|舍去)", re.I
)
"""How exact figures are, which is no unit, but hints at one: 精确到元."""
_AMOUNT = re.compile(
    rf"[\d一二三四五六七八九两几数][\d.,]*\s*[十百千万亿多余]*\s*[美港欧日]?元|\d[\d,. ]*{SCALE}?\s*yuan",
    re.I,
)
_LEFT = re.compile(
    rf"(?<![\u3400-\u9fffA-Za-z\d])([十百千万亿]*(?:人民币|[美港欧日澳台])?[十百千万亿]*元(?:人民币)?){_END}",
    re.I,
)
_LEFT_FOREIGN = re.compile(
    r"[十百千万亿]*(?:美元|港元|港币|欧元|日元|英镑|澳元)(?=\s|$|[)(,;:、。])|(?<=\()\s*[百千万亿]+\s*(?=\))|"
    rf"{SCALE}\s+yuan|(?<![A-Za-z])[KM]?(?:USD|HKD|EUR|RMB|CNY|yuan|dollars?)(?![A-Za-z])|^\W*[百千万亿]+\W*$|金额\W{{0,3}}[百千万亿]+(?=\W|$)|"
    rf"(?<![a-z])in\s+(?:[a-z]+\s+)?{SCALE}s?(?![a-z])|{THOUSANDS}|^\W*(?:{SCALE}s?|{SHORT_SCALE})\W*$",
    re.I,
)
_OF_SOME = re.compile(rf"{_HAN}(?:为|是|成|至|(?<!达)到|按照?|以)\s*({MONEY})\s*{_END}", re.I)
"""A unit that is said of something: 资产总计为万元."""


def _unknown(word: str, text: str) -> Unclear:
    if LIKE_MONEY.fullmatch(word) and money_unit(word) is None:
        return Unclear(f"计量单位“{word}”不认识，{CHOICES}（见“{text[:120]}”）")
    return Unclear(f"计量单位看不懂：“{text[:120]}”")


def _sort(units: Iterable[str]) -> Statement:
    distinct = dict.fromkeys(units)
    return Statement(
        tuple(u for u in distinct if u in MONEY_UNITS), tuple(u for u in distinct if u not in MONEY_UNITS)
    )


class _Reader:
    """Takes what is understood out of a text; what is left is asked whether it still speaks of a unit."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.rest = _NO_MATTER.sub(" ", _DIGITS.sub("9", flat(text)))
        self.units: list[str] = []

    def take(self, pattern: re.Pattern[str]) -> None:
        while match := pattern.search(self.rest):
            self.units += listed_units(next(g for g in match.groups() if g))
            self.rest = f"{self.rest[: match.start()]} {self.rest[match.end() :]}"

    def labelled(self) -> None:
        at = 0
        while label := _LABEL.search(self.rest, at):
            before = self.rest[max(0, label.start() - _NEAR) : label.start()]
            about = _NO_HAN.split(before)[-1]
            match = _LINKED.match(self.rest, label.end())
            if match is None:
                self._no_unit(label, about)
                at = label.end()
                continue
            own = _sort(listed_units(match[1]))
            general = bool(_ABOUT.fullmatch(about))
            if own.money and not general:
                raise Unclear(f"“{about}单位”说的是哪些列、什么单位，看不懂：“{self.text[:120]}”")
            if _MORE.match(self.rest, match.end()):
                raise _unknown(re.split(r"[\s)(,;。]", self.rest[match.start(1) :].strip())[0], self.text)
            self.units += listed_units(match[1]) if general else ()
            start = label.start() - len(about)
            self.rest = f"{self.rest[:start]} {self.rest[match.end() :]}"
            at = start

    def _no_unit(self, label: re.Match[str], about: str) -> None:
        """Refuse a label without a unit that is known, unless it is an organisation that is meant."""
        after = self.rest[label.end() :]
        measured = bool(re.search(rf"{_MEASURE}的?$", about)) or label[0].lower() == "unit"
        odd = _ODD_VALUE.match(after)
        if odd and (LIKE_MONEY.fullmatch(odd[1]) or _SCALED.fullmatch(odd[1])):
            raise _unknown(odd[1], self.text)
        if _OF_FIRM.match(after) and not measured:
            return
        value = _VALUE.match(after)
        said = value[1] if value else ""
        if _FIELD.match(said):
            said = ""
        if measured or (not about and value and not (said and _ORGANISATION.fullmatch(said))):
            raise _unknown(said, self.text)
        if not about and not value and not after.strip() and not self.rest[: label.start()].strip():
            raise _unknown("", self.text)


def _of_sentences(text: str) -> Statement:
    """Return what a long text says, sentence by sentence; one without an end that speaks of a unit is unclear."""
    sentences = _SENTENCE.split(text)
    if endless := next((s for s in sentences if len(s) > _LONG and _SPEAKS.search(flat(s))), None):
        raise _unknown("", endless)
    return _sort(u for s in map(stated, sentences) for u in (*s.money, *s.other))


@lru_cache(maxsize=1 << 12)
def stated(text: str) -> Statement:
    """Return what a text says of units.

    Raises
    ------
    Unclear
        If it speaks of a unit and is not fully understood, e.g. 单位：百万元; organisations (填报单位：某局) are
        no units, and amounts (2000万元以上) are none either.
    """
    if not _SPEAKS.search(flat(text)):
        return Statement()
    if len(text) > _LONG:
        return _of_sentences(text)
    reader = _Reader(text)
    reader.take(_BY)
    if (odd := _BY_ODD.search(reader.rest)) and (LIKE_MONEY.fullmatch(odd[1]) or _SCALED.fullmatch(odd[1])):
        raise _unknown(odd[1], text)
    reader.labelled()
    reader.rest = _RATIO.sub(" ", reader.rest)
    for pattern in (_AMOUNT_IS, _BRACKET):
        reader.take(pattern)
    reader.rest = _AMOUNT.sub(" ", reader.rest)
    if not (left := _LEFT_FOREIGN.search(reader.rest)):
        reader.take(_ALONE)
        left = _LEFT.search(reader.rest) or _OF_SOME.search(reader.rest)
    if left:
        raise _unknown(left[0].strip(), text)
    hint = None if reader.units else _PRECISION.search(flat(text))
    return Statement(other=(hint[0],)) if hint else _sort(reader.units)


def states_units(text: str) -> bool:
    """Return whether a text speaks of a unit, understood or not."""
    try:
        return bool(stated(text))
    except Unclear:
        return True
