"""Units of measure: the one vocabulary of what files, headers and contracts may say."""

from __future__ import annotations

import re

MONEY_UNITS: dict[str, int] = {"元": 1, "千元": 1_000, "万元": 10_000, "亿元": 100_000_000}
"""Yuan in one unit of a source."""

CHOICES = f"应为 {'、'.join(MONEY_UNITS)} 之一"
"""What a message says after a unit of money that is not known."""

_SPELT = {
    "元": ("元至角分", "元、角、分", "元角分", "元", "圆", "yuan"),
    "千元": ("千元", "仟元", "1000元", "1000yuan", "thousandyuan"),
    "万元": ("万元", "萬元", "10000元", "10000yuan", "tenthousandyuan"),
    "亿元": ("亿元", "億元", "100000000元", "100000000yuan", "100millionyuan", "hundredmillionyuan"),
}
_CANONICAL = {word: unit for unit, words in _SPELT.items() for word in words}
_PLAIN = [
    "人", "名", "人次", "人年", "人月", "人天", "户", "户次", "家", "个", "件", "项", "项次", "次", "台", "套", "台(套)", "台/套",
    "台套", "份", "张", "篇", "册", "条", "批", "笔", "只", "头", "辆", "艘", "架", "座", "处", "所", "位", "组", "期", "年",
    "月", "天", "日", "小时", "%", "百分比", "百分点", "倍", "分", "吨", "千克", "公斤", "克", "米", "千米", "公里", "平方米", "亩",
    "公顷", "升", "立方米", "千瓦时", "度", "千瓦", "吨标准煤", "吨标煤",
]  # fmt: skip
_OTHER_MONEY = r"[十百千万亿仟佰萬億]*(?:[美港欧日澳加韩台]|英镑|新台)?(?:元|圆|币|美金|欧元|英镑)"

_YUAN = r"(?:人\s*民\s*币|RMB|CNY|[¥￥])"


def _spaced(word: str) -> str:
    """Return a pattern of a word whose characters may stand apart, and whose digits may be grouped."""
    return r"[\s,]*".join(map(re.escape, word))


_NOT_BEHIND = r"(?<![十百千万亿仟佰萬億美港欧日])(?<!illion)(?<!illion\s)"
"""Before a unit of money stands no word that makes another one of it: 百万元, million yuan."""


def _any(words: list[str]) -> str:
    return "|".join(_spaced(w) for w in sorted(words, key=len, reverse=True))


MONEY = (
    rf"(?:(?:\(?\s*{_YUAN}\s*[():]?\s*)?{_NOT_BEHIND}(?:{_any(list(_CANONICAL))})(?:\s*\(?\s*{_YUAN}\s*\)?)?)"
)
"""Pattern of a known unit of money, in the form that :func:`jobs.sheets.header_names.flat` gives a text."""

PLAIN = rf"(?:{_any(_PLAIN)})"
"""Pattern of a unit of anything else."""

UNIT = f"(?:{MONEY}|{PLAIN})"
LIST = rf"{UNIT}(?:\s*(?:[、,;和与及]|\s)\s*{UNIT}(?![^\W\d_]))*"
"""Pattern of one or several units: 户、万元."""

LIKE_MONEY = re.compile(rf"{_YUAN}?{_OTHER_MONEY}|{_YUAN}|.*(?:yuan|RMB|CNY|USD|HKD|EUR|dollars?).*", re.I)
"""A word that looks like a unit of money, known or not."""

LIKE_SCALED = re.compile(rf"[十百千万亿]{{1,3}}(?:{PLAIN})?")
"""A unit of anything in tens, thousands or millions; none of them is known."""

SCALE = r"(?:thousand|million|billion)"
SHORT_SCALE = r"(?:mn|mln|bn)"
THREE_ZEROS, MANY_ZEROS = r"['’]000", r"(?<!\d)000s"
"""English words of scale, and how an accountant writes thousands: RMB'000, in 000s."""
THOUSANDS = rf"{THREE_ZEROS}(?!\d)|{MANY_ZEROS}(?![a-z])"
"""Thousands in figures, and no part of a longer number or word."""
_ENGLISH_SCALE = re.compile(rf"(?<![a-z])(?:(?:hundred|{SCALE})s?|{SHORT_SCALE})(?![a-z])|{THOUSANDS}", re.I)
_MONEY_WORDS = re.compile(MONEY, re.I)

_WORDS = re.compile(UNIT, re.I)
_SMALL = re.compile(rf"{_YUAN}|[\s,()]|:", re.I)


def money_unit(word: str) -> str | None:
    """Return the unit of money that a spelling means, None if it is none that is known."""
    return _CANONICAL.get(_SMALL.sub("", word).casefold())


def listed_units(text: str) -> tuple[str, ...]:
    """Return the units of a text that :data:`LIST` matches; those of money under their one name."""
    listed = (m[0].strip() for m in _WORDS.finditer(text))
    return tuple(dict.fromkeys(money_unit(w) or w for w in listed))


def english_scale(text: str) -> str | None:
    """Return the first English word of scale that belongs to no known unit: in millions, RMB'000; None if there is none.

    Parameters
    ----------
    text : str
        In the form that :func:`jobs.sheets.header_names.flat` gives it.
    """
    match = _ENGLISH_SCALE.search(_MONEY_WORDS.sub(" ", text))
    return match[0] if match else None
