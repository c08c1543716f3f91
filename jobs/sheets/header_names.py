"""Header names in the form in which they are compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from jobs.definitions.measures import LIKE_MONEY, LIKE_SCALED, LIST

LATIN = re.compile(r"[A-Za-z][A-Za-z\s.,;:&'’()/%*-]*$")
CJK = re.compile(r"[\u3400-\u9fff]")

CODE = re.compile(r"[0-9A-Z]{15,}|\d\.\d+E\+?\d+", re.I)
"""A firm's code, also one that a spreadsheet has made a number of."""
NUMBER = re.compile(r"[+-]?[\d.,]+")

LONGEST = 200
"""Characters beyond which a cell is no header that is taken apart."""
_HALF = {c: unicodedata.normalize("NFKC", chr(c)) for c in (0x3000, *range(0xFF01, 0xFF5F))}
_BRACKETS = str.maketrans("【〔〖「『[{<】〕〗」』]}>", "(" * 8 + ")" * 8)
_DASH = re.compile("[‐-―－—–−]")
_GAP = re.compile(r"[\s\u200b-\u200d\u2060\ufeff]+")

UNIT_WORD = r"(?:(?:计量|金额|货币|数据)?\s*单\s*位\s*[:=]?|unit\s*:)"
_UNIT_SUFFIX = re.compile(rf"\((?:{UNIT_WORD}\s*)?{LIST}\)$", re.I)
_BARE = re.compile(rf"\(?\s*(?:{UNIT_WORD}\s*)?\(?\s*(?:{LIST}|-)\s*\)?\s*\)?", re.I)
_BRACKETED = re.compile(rf"\((?:{UNIT_WORD}\s*)?(.+?)\)|{UNIT_WORD}\s*(.+)", re.I)
_ENGLISH = re.compile(r"(?=[\x20-\x7e’“”]*[a-z]{2})[A-Za-z0-9(][\x20-\x7e’“”]*$")
_ENGLISH_BEHIND = re.compile(r"(?=[\x20-\x7e’“”]*[a-z]{2})[A-Za-z][\x20-\x7e’“”]*$")


def _half(text: str) -> str:
    return _DASH.sub("-", text.replace("_x000D_", "").translate(_HALF))


def half_width(text: str) -> str:
    """Return a text in half-width characters, with one kind of dash and without any blanks."""
    return _GAP.sub("", _half(text))


@lru_cache(maxsize=1 << 12)
def flat(text: str) -> str:
    """Return a text in half-width characters, with one kind of dash, bracket and blank."""
    return _GAP.sub(" ", _half(text).translate(_BRACKETS)).strip()


def normal_header(text: str) -> str:
    """Return the form in which header names are compared.

    Full-width characters become half-width, blanks and line breaks go, all dashes are one, a unit in
    brackets at the end is dropped.
    """
    return _UNIT_SUFFIX.sub("", half_width(text))


@lru_cache(maxsize=1 << 16)
def tidy(text: str) -> str:
    """Return a header cell without breaks and the blanks around it."""
    return re.sub(r"\s*[\r\n]+\s*", "", text.replace("_x000D_", "")).strip()


@lru_cache(maxsize=1 << 16)
def key(text: str) -> str:
    """Return the form in which whole header texts are compared; ``_`` only divides upper from lower names."""
    return "".join(normal_header(p) for p in tidy(text).split("_"))


def is_english(text: str) -> bool:
    """Return whether a header cell is a translation: Latin letters, also with digits among the words."""
    return len(text) > 1 and bool(LATIN.fullmatch(text) or _ENGLISH.fullmatch(text))


@lru_cache(maxsize=1 << 16)
def is_unit(text: str) -> bool:
    """Return whether a header cell only says a unit, one that is known or one that is not."""
    plain = flat(text)
    if len(plain) > LONGEST:
        return False
    if _BARE.fullmatch(plain):
        return True
    inner = _BRACKETED.fullmatch(plain)
    word = ((inner[1] or inner[2]) if inner else plain).strip()
    return bool(LIKE_MONEY.fullmatch(word) or (inner and LIKE_SCALED.fullmatch(word)))


@lru_cache(maxsize=1 << 16)
def core(text: str) -> str:
    """Return a header cell without what is no name: English beside Chinese, a unit, the mark of a sub-item."""
    plain = tidy(text).lstrip("#＃")
    if len(plain) > LONGEST:
        return plain
    if is_unit(plain):
        return ""
    chinese = _ENGLISH_BEHIND.sub("", LATIN.sub("", plain)).strip()
    return chinese if CJK.search(chinese) else plain
