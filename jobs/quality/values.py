"""Values out of texts, as Spark expressions: numbers, dates, periods. What is none gives null, never a guess."""

from __future__ import annotations

import re

from pyspark.sql import Column as Expression
from pyspark.sql import functions as F

from jobs.contract import Column, Contract
from jobs.quality.widths import FULL, HALF, WITHOUT_WIDTH, is_wording

_BLANK = re.compile(r"\s+")
_NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)$"
_POWER = r"^[+-]?(\d+(\.\d*)?|\.\d+)[eE][+-]?\d{1,2}$"
_LOST = r"^[+-]?\d*(?:\.(\d*))?[eE]\+?(\d{1,2})$"
_THOUSANDS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"
_DATES = {
    r"^\d{4}-\d{1,2}-\d{1,2}$": "yyyy-M-d",
    r"^\d{4}/\d{1,2}/\d{1,2}$": "yyyy/M/d",
    r"^\d{4}\.\d{1,2}\.\d{1,2}$": "yyyy.M.d",
    r"^\d{4}年\d{1,2}月\d{1,2}[日号]$": "yyyy年M月d日",
    r"^(19|20)\d{6}$": "yyyyMMdd",
    r"^(19|20)\d{2}(0[1-9]|1[0-2])$": "yyyyMM",
    r"^\d{4}[-/]\d{1,2}$": "yyyy-M",
    r"^\d{4}年\d{1,2}月$": "yyyy年M月",
}
_SERIAL = r"^[1-9]\d{4}$"
"""Five digits in a date's place are a spreadsheet's count of days: 10000 is 1927-05-18, 99999 is 2173-10-13."""
_DAY_ZERO = "1899-12-30"
_MIDNIGHT = r"[ T]0{1,2}:00(:00(\.0+)?)?$"


def half_width(raw: Expression) -> Expression:
    """Return a text in half-width characters, without line breaks, blanks around it and marks of no width."""
    plain = F.replace(raw, F.lit("_x000D_"), F.lit(" "))
    return F.trim(F.translate(plain, FULL + WITHOUT_WIDTH, HALF))


def as_written(raw: Expression) -> Expression:
    """Return a name as the source wrote it, on one line and without blanks and marks of no width around it."""
    one_line = F.regexp_replace(F.replace(raw, F.lit("_x000D_"), F.lit("")), r"\s*[\r\n]+\s*", " ")
    return F.btrim(one_line, F.lit(" \t\u3000\u00a0" + WITHOUT_WIDTH))


def folded(name: Expression) -> Expression:
    """Return a name in the form in which names are compared: half-width, no blanks within."""
    return F.regexp_replace(half_width(name), r"\s+", "")


def key_columns(contract: Contract) -> list[Expression]:
    """Return the parts of a contract's key as they are compared."""
    return [folded(F.col(k)) if is_wording(contract.column(k)) else F.col(k) for k in contract.key]


def lost_digits(plain: Expression) -> Expression:
    """Return whether a number's power of ten says more places than its digits fill: 1.23457E+08."""
    decimals = F.length(F.regexp_extract(plain, _LOST, 1))
    return plain.rlike(_LOST) & (F.regexp_extract(plain, _LOST, 2).try_cast("int") > decimals)


def number(plain: Expression) -> Expression:
    """Return a number; commas are read where they divide thousands, everything else is no number.

    A power of ten is read where no digit was lost for it.
    """
    bare = F.when(plain.rlike(_THOUSANDS), F.translate(plain, ",", "")).otherwise(plain)
    value = bare.try_cast("decimal(38,10)")
    return F.when(bare.rlike(_NUMBER), value).when(bare.rlike(_POWER) & ~lost_digits(bare), value)


def _serial(plain: Expression) -> Expression:
    days = F.when(plain.rlike(_SERIAL), plain.try_cast("int"))
    return F.date_add(F.lit(_DAY_ZERO).cast("date"), days)


def date(plain: Expression) -> Expression:
    """Return a date; a month alone stands for its first day."""
    day = F.regexp_replace(F.regexp_replace(plain, _MIDNIGHT, ""), r"^(\d{4})/(\d{1,2})$", "$1-$2")
    day = F.regexp_replace(day, "号$", "日")
    tries = [
        F.when(day.rlike(pattern), F.to_date(F.try_to_timestamp(day, F.lit(form))))
        for pattern, form in _DATES.items()
    ]
    return F.coalesce(*tries, _serial(day))


def month(plain: Expression) -> Expression:
    """Return a month as ``202409``; a whole date stands for its month on the first or last day only.

    ``2024.1`` is none: January, or October without its zero.
    """
    digits = F.regexp_replace(plain, r"^(\d{4})[年\-/](\d{1})月?$", r"$10$2")
    digits = F.regexp_replace(digits, r"^(\d{4})[年\-/.](\d{2})月?$", r"$1$2")
    whole = plain.rlike(r"^\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}|" + _SERIAL)
    day = F.when(whole, date(plain))
    edge = (F.dayofmonth(day) == 1) | (day == F.last_day(day))
    return F.coalesce(
        F.when(digits.rlike(r"^(19|20)\d{2}(0[1-9]|1[0-2])$"), digits),
        F.when(edge, F.date_format(day, "yyyyMM")),
    )


def quarter(plain: Expression) -> Expression:
    """Read 2026Q1, 2026年1季度, 2026年一季度, 2026年第一季度."""
    digits = F.translate(plain, "一二三四", "1234")
    digits = F.regexp_replace(digits, r"^(\d{4})年?第?([1-4])季度?$", "$1Q$2")
    return F.when(digits.rlike(r"^(19|20)\d{2}Q[1-4]$"), digits)


def year(plain: Expression) -> Expression:
    """Return a year."""
    digits = F.regexp_replace(plain, r"(年|年度|\.0)$", "")
    return F.when(digits.rlike(r"^(19|20)\d{2}$"), digits.try_cast("int"))


def begins(semantic: str, value: Expression) -> Expression:
    """Return the first day of a period's value."""
    text = value.cast("string")
    first = {
        "month": F.substring(text, 5, 2).try_cast("int"),
        "quarter": F.substring(text, 6, 1).try_cast("int") * 3 - 2,
    }
    return F.make_date(F.substring(text, 1, 4).try_cast("int"), first.get(semantic, F.lit(1)), F.lit(1))


def listed(column: Column, plain: Expression) -> Expression:
    """Return the code that a contract column's list gives for a text."""
    half = str.maketrans(FULL, HALF)
    # Names of regions and the like are padded with blanks to one width.
    codes_of = {_BLANK.sub("", text.translate(half)): code for text, code in column.codes.items()}
    pairs = [F.lit(x) for pair in codes_of.items() for x in pair]
    return F.element_at(F.create_map(*pairs), F.regexp_replace(plain, r"\s+", ""))
