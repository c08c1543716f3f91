"""What a number format says of the number under it: per cent, a smaller scale, a unit, or nothing at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

_SECTION = re.compile(r'"[^"]*"|[\\!].|\[[^\]]*\]|;|[^;"\\!\[]+|.', re.S)
_PART = re.compile(r'"([^"]*)"|[\\!](.)|\[(?:\$([^\]-]*))?[^\]]*\]|([_*].)|(.)', re.S)
_GENERAL = re.compile(r"general|g/通用格式", re.I)
_SCALES = {"": 0, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "K": 3, "M": 6}
_WORD = re.compile(r"(千万|百万|十万|亿|万|千|K|M|(?=元))(元)?", re.I)
_SHOWS = re.compile(r'(?:"[^"]*"|[\\!_*].|[^A-Za-z@"\\!_*])*+[A-Za-z@]|通用格式')
"""A format without digits that shows something of the value: a date, a text."""
_DOLLAR = re.compile(r"[A-Z]*\$|USD|HKD|EUR|€|£|港币|英镑|欧元|美元|日元", re.I)
_HOME = {"", "¥", "￥", "CNY", "RMB", "元", "人民币"}


@dataclass(frozen=True)
class Meaning:
    """What a number under a format means beyond its digits.

    Attributes
    ----------
    code : str
        The format.
    percent : bool
        A hundred times the number is shown, with the sign.
    power : int
        Power of ten by which the number is shown smaller, the greatest of the sections'.
    stored : frozenset of (int or None)
        Power of ten of the unit in which the number is stored, as the sections' own words (万元) give it; None
        where one shows the number smaller and names no unit.
    silent : bool
        The number is not shown at all.
    currency : str
        Another currency than the yuan.
    """

    code: str
    percent: bool
    power: int
    stored: frozenset[int | None]
    silent: bool
    currency: str

    def fits(self, power: int) -> bool:
        """Whether the format contradicts nothing where the number's unit is that power of ten."""
        return not (self.silent or self.currency) and self.stored <= {power}


@lru_cache(maxsize=4096)
def meaning(code: str) -> Meaning | None:
    """Return what a format says, None if it shows a number as it is."""
    sections = _sections(code)[:3]
    read = [_read(s) for s in sections]
    shown = [r for r in read if r[0]]
    if not shown:
        # Nothing but literal text, or a date: only an empty format hides the number.
        silent = (";" in code and not any(sections)) or (bool(code.strip()) and not _SHOWS.search(code))
        return Meaning(code, False, 0, frozenset(), True, "") if silent else None
    said = Meaning(
        code,
        percent=any(r[0].count("%") for r in shown),
        power=max(_power(r[0]) for r in shown),
        stored=frozenset(_stored(*r[:2]) for r in shown if _power(r[0]) or _WORD.search(r[1])),
        silent=not sections[0],
        currency=next((r[2] for r in shown if r[2]), ""),
    )
    return said if said.percent or said.silent or said.currency or said.stored else None


def _sections(code: str) -> list[str]:
    """Return the sections for positive, negative and zero."""
    made = [""]
    for piece in _SECTION.findall(code):
        if piece == ";":
            made.append("")
        else:
            made[-1] += piece
    return made


def _read(section: str) -> tuple[str, str, str]:
    """Return a section's digits and signs (``d , . %``, ``:`` for a point that is only text), text and currency.

    No digits: the section shows no number.
    """
    signs, words, currency = "", "", ""
    section = _GENERAL.sub("0", section)
    for quoted, escaped, money, _, plain in _PART.findall(section):
        literal = quoted or escaped
        if literal == "." and plain == "":
            signs += ":"
        elif literal:
            words += literal
        elif money and money.strip().upper() not in _HOME:
            currency = money
        elif plain in "0#?" and plain:
            signs += "d"
        elif plain in ",.%" and plain:
            signs += plain
        elif plain:
            words += plain
    if not currency and (match := _DOLLAR.search(words)):
        currency = match[0]
    return (signs if "d" in signs else ""), words, currency


def _power(signs: str) -> int:
    """Return the power of ten by which a section shows numbers smaller.

    Commas that no digit of the integer part follows divide by a thousand each; a point that is only text
    (``0!.0``) moves by the digits after it.
    """
    signs = signs.replace("%", "")
    whole, _, decimals = signs.partition(".")
    commas = len(whole) - len(whole.rstrip(",")) + decimals.count(",")
    moved = whole.partition(":")[2].count("d") if not decimals else 0
    return 3 * commas + moved


def _stored(signs: str, words: str) -> int | None:
    """Return the power of ten of the unit in which the number is stored, None where no unit is named."""
    match = _WORD.search(words)
    return None if match is None else _SCALES[match[1].upper()] - _power(signs)


def per_cent(text: str) -> str:
    """Return a stored number's text as the per cent a person sees."""
    return f"{format((Decimal(text) * 100).normalize() + 0, 'f')}%"
