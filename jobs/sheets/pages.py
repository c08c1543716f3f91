"""Pages of an interface as a table: a page a line, a record a row under the keys of all records."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from jobs.sheets.grid import CONTROLS, Rounded, Unreadable

_POWER = re.compile(r"[eE][+-]?\d{1,2}$")
_NOTHING = "\x00"
_SPELT_NOTHING = rb"\u0000"
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
"""Spells one half of a character of two; most have the other one beside it."""


class Record(int):
    """Running number of a record, which knows the page it stands on."""

    page: str


def _number(text: str) -> str:
    """Return a number's text as it was sent; programs write great numbers with a power of ten and lose no digit by it."""
    if not _POWER.search(text):
        return text
    made = Rounded(text)
    made.figure = format(Decimal(text), "f")
    return made


def _records(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every record with the name of its page; numbers stay the text that was sent."""
    with path.open("rb") as f:
        for number, line in enumerate(f, start=1):
            page = f"第{number}页"
            try:
                data = json.loads(line, parse_int=str, parse_float=_number, parse_constant=str)["data"]
                if not all(isinstance(record, dict) for record in data):
                    raise TypeError("记录应为对象")
            except (ValueError, TypeError, KeyError) as error:
                raise Unreadable(f"{page}不是带 data 列表的 JSON，或没有传完") from error
            if _HALF.search(line) and _is_broken(data):
                raise Unreadable(f"{page}有只剩一半的字符（代理码不成对），存不下来：请在原系统改正后再报")
            if _SPELT_NOTHING in line and _holds_nothing(data):
                raise Unreadable(f"{page}有空字符（\\u0000），不是文字：请在原系统改正后再报")
            for record in data:
                yield page, record


def _is_broken(data: Any) -> bool:
    """Whether a text among the values or keys holds half of a character, which no file of ours can keep."""
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _holds_nothing(data: Any) -> bool:
    """Whether a text among the values or keys holds the character of no text, for which a text file is refused as well."""
    if isinstance(data, dict):
        return any(_holds_nothing(part) for pair in data.items() for part in pair)
    if isinstance(data, list):
        return any(map(_holds_nothing, data))
    return isinstance(data, str) and _NOTHING in data


def _text(value: Any) -> str:
    """Return a value as text, without the control characters around it; numbers are text already, and stay what they are."""
    if value is None or isinstance(value, str):
        return value.strip(CONTROLS) if type(value) is str else value or ""
    return json.dumps(value, ensure_ascii=False)


def records(path: Path) -> Iterator[tuple[Record, list[str]]]:
    """Yield a header of all keys, in the order of their first appearance, then the records, numbered from 1.

    Raises
    ------
    Unreadable
        If a page is no list of records.
    """
    keys = list(dict.fromkeys(key for _, record in _records(path) for key in record))
    yield Record(0), keys
    for number, (page, record) in enumerate(_records(path), start=1):
        place = Record(number)
        place.page = page
        yield place, [_text(record.get(key)) for key in keys]
