"""Values out of texts, as macros of DuckDB: numbers, dates, periods. What is none gives null, never a guess.

A pattern decides what a text is before anything is cast: a cast by itself takes ``1e3``, `` 12 `` and ``1_000``.
"""

from __future__ import annotations

import duckdb

from jobs.definitions.wording import BLANKS, FULL, HALF, WITHOUT_WIDTH, plain_sql
from jobs.sqltext import text

_WHOLE_DAY = (
    r"\d{4}-\d{1,2}-\d{1,2}|\d{4}/\d{1,2}/\d{1,2}|\d{4}\.\d{1,2}\.\d{1,2}|\d{4}年\d{1,2}月\d{1,2}[日号]"
)
_WHOLE_MONTH = r"\d{4}[-/]\d{1,2}|\d{4}年\d{1,2}月"
_SERIAL = r"[1-9]\d{4}"
"""Five digits in a date's place are a spreadsheet's count of days: 10000 is 1927-05-18, 99999 is 2173-10-13."""

MACROS = rf"""
-- To look up every character of every text is slow, and most texts have none that counts.
CREATE MACRO is_plain(raw) AS {plain_sql("raw")};

-- In half-width characters, without line breaks, blanks around it and marks of no width.
CREATE MACRO half_width(raw) AS CASE WHEN is_plain(raw) THEN raw ELSE
    trim(translate(replace(raw, '_x000D_', ' '), {text(FULL + WITHOUT_WIDTH)}, {text(HALF)}), ' ') END;

-- A name as the source wrote it, on one line and without blanks and marks of no width around it.
CREATE MACRO as_written(raw) AS CASE WHEN is_plain(raw) THEN raw ELSE
    trim(regexp_replace(replace(raw, '_x000D_', ''), '{BLANKS}*[\r\n]+{BLANKS}*', ' ', 'g'),
         ' ' || chr(9) || {text(chr(0x3000) + chr(0xA0) + WITHOUT_WIDTH)}) END;

CREATE MACRO without_blanks(plain) AS regexp_replace(plain, '{BLANKS}+', '', 'g');

-- Whether a number's power of ten says more places than its digits fill: 1.23457E+08.
CREATE MACRO lost_digits(plain) AS coalesce(
    TRY_CAST(nullif(regexp_extract(plain, '^[+-]?\d*(?:\.\d*)?[eE]\+?(\d{{1,2}})$', 1), '') AS INTEGER)
    > length(regexp_extract(plain, '^[+-]?\d*(?:\.(\d*))?[eE]', 1)), false);

-- Commas are read where they divide thousands, a power of ten where no digit was lost for it.
CREATE MACRO long_number(plain) AS TRY_CAST(CASE
    WHEN regexp_full_match(plain, '[+-]?(\d+(\.\d*)?|\.\d+)') THEN plain
    WHEN regexp_full_match(plain, '[+-]?\d{{1,3}}(,\d{{3}})+(\.\d+)?') THEN replace(plain, ',', '')
    WHEN regexp_full_match(plain, '[+-]?(\d+(\.\d*)?|\.\d+)[eE][+-]?\d{{1,2}}') AND NOT lost_digits(plain) THEN plain
    END AS DECIMAL(38, 10));

-- A number. Nearly all fit into 64 bits, where a cast takes a fiftieth of the time.
CREATE MACRO as_number(plain) AS CASE WHEN regexp_full_match(plain, '[+-]?\d{{1,11}}(\.\d{{0,6}})?')
    THEN CAST(CAST(plain AS DECIMAL(18, 6)) AS DECIMAL(38, 10)) ELSE long_number(plain) END;

-- An amount in yuan, of a number in units of so many; one of more than eighteen digits is none.
CREATE MACRO as_yuan(plain, yuan) AS CASE WHEN regexp_full_match(plain, '[+-]?\d{{1,9}}(\.\d{{0,2}})?')
    THEN CAST(CAST(CAST(plain AS DECIMAL(11, 2)) AS DECIMAL(38, 2)) * yuan AS DECIMAL(20, 2))
    ELSE TRY_CAST(CAST(TRY_CAST(long_number(plain) AS DECIMAL(28, 10)) AS DECIMAL(38, 10)) * yuan AS DECIMAL(20, 2)) END;

-- A day; a month alone stands for its first day.
CREATE MACRO as_day(day) AS CASE WHEN regexp_full_match(day, '{_SERIAL}')
    THEN DATE '1899-12-30' + CAST(day AS INTEGER)
    ELSE TRY_CAST(CASE
        WHEN day LIKE '0000%' THEN NULL
        WHEN regexp_full_match(day, '{_WHOLE_DAY}') THEN rtrim(regexp_replace(day, '[/.年月日号]', '-', 'g'), '-')
        WHEN regexp_full_match(day, '{_WHOLE_MONTH}') THEN rtrim(regexp_replace(day, '[/年月]', '-', 'g'), '-') || '-01'
        WHEN regexp_full_match(day, '(19|20)\d{{6}}') THEN day[1:4] || '-' || day[5:6] || '-' || day[7:8]
        WHEN regexp_full_match(day, '(19|20)\d{{2}}(0[1-9]|1[0-2])') THEN day[1:4] || '-' || day[5:6] || '-01'
        END AS DATE) END;
CREATE MACRO as_date(plain) AS as_day(regexp_replace(plain, '[ T]0{{1,2}}:00(:00(\.0+)?)?$', ''));

-- A month as 202409; a whole date stands for its month on the first or last day only.
-- 2024.1 is none: January, or October without its zero.
CREATE MACRO edge_month(day) AS CASE WHEN day = last_day(day) OR dayofmonth(day) = 1 THEN strftime(day, '%Y%m') END;
CREATE MACRO as_month(plain) AS CASE
    WHEN regexp_full_match(plain, '(19|20)\d{{2}}(0[1-9]|1[0-2])') THEN plain
    WHEN regexp_full_match(plain, '(19|20)\d{{2}}[年\-/.](0[1-9]|1[0-2])月?') THEN plain[1:4] || plain[6:7]
    WHEN regexp_full_match(plain, '(19|20)\d{{2}}[年\-/][1-9]月?') THEN plain[1:4] || '0' || plain[6:6]
    WHEN regexp_matches(plain, '^\d{{4}}[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}|^{_SERIAL}$') THEN edge_month(as_date(plain))
    END;

-- 2026Q1, 2026年1季度, 2026年一季度, 2026年第一季度.
CREATE MACRO quarter_of(digits) AS CASE WHEN regexp_full_match(digits, '(19|20)\d{{2}}Q[1-4]') THEN digits END;
CREATE MACRO as_quarter(plain) AS coalesce(quarter_of(plain),
    quarter_of(regexp_replace(translate(plain, '一二三四', '1234'), '^(\d{{4}})年?第?([1-4])季度?$', '\1Q\2')));

CREATE MACRO as_year(plain) AS TRY_CAST(regexp_extract(plain, '^((?:19|20)\d{{2}})(?:年|年度|\.0)?$', 1) AS INTEGER);
"""


def define(con: duckdb.DuckDBPyConnection) -> None:
    """Give a connection the macros."""
    con.execute(MACROS)


def begins(semantic: str, value: str) -> str:
    """Return SQL of the first day of a period's value."""
    first = {"month": f"{value}[5:6]", "quarter": f"CAST({value}[6:6] AS INTEGER) * 3 - 2"}.get(semantic, "1")
    return f"make_date(CAST(CAST({value} AS VARCHAR)[1:4] AS INTEGER), CAST({first} AS INTEGER), 1)"
