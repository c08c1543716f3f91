"""Header names in the form in which they are compared."""

from __future__ import annotations

import re
from functools import lru_cache

LATIN = re.compile(r"[A-Za-z][A-Za-z\s.,;:&'’()/%*-]*$")
CJK = re.compile(r"[\u3400-\u9fff]")
BARE_UNIT = re.compile(r"[(（]?(单位[:：])?(元|千元|万元|亿元|人|件|项|户|家|个|%|人年|人月|人次|-)[)）]?")

_HALF = {c: c - 0xFEE0 for c in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_DASH = re.compile("[‐-―－—–−]")
_UNIT_SUFFIX = re.compile(r"\((单位:)?(元|千元|万元|亿元|人|件|项|户|家|个|%|人年|人月|人次)\)$")
_GAP = re.compile(r"[\s\u200b-\u200d\u2060\ufeff]+")


def half_width(text: str) -> str:
    """Return a text in half-width characters, with one kind of dash and without any blanks."""
    return _GAP.sub("", _DASH.sub("-", text.replace("_x000D_", "").translate(_HALF)))


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


@lru_cache(maxsize=1 << 16)
def core(text: str) -> str:
    """Return a header cell without what is no name: English beside Chinese, a unit, the mark of a sub-item."""
    plain = tidy(text).lstrip("#＃")
    if BARE_UNIT.fullmatch(plain):
        return ""
    chinese = LATIN.sub("", plain).strip()
    return chinese if CJK.search(chinese) else plain
