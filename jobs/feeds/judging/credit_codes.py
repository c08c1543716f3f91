"""The unified social credit code (统一社会信用代码, GB 32100-2015) as macros of DuckDB.

Method: methods of GB 32100-2015; 31 symbols, weights 3^(i-1) mod 31, check symbol (31 - sum mod 31) mod 31.
"""

from __future__ import annotations

import duckdb

from jobs.definitions.wording import BLANKS

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
WEIGHTS = [pow(3, i, 31) for i in range(17)]
_SUM = " + ".join(f"(strpos('{ALPHABET}', code[{i}:{i}]) - 1) * {w}" for i, w in enumerate(WEIGHTS, start=1))
_ORG_SUM = " + ".join(f"CAST(code[{9 + i}:{9 + i}] AS INTEGER) * {w}" for i, w in enumerate(_ORG_WEIGHTS))

MACROS = rf"""
-- The code in upper case without blanks and hyphens (full-width was undone before).
CREATE MACRO as_uscc(plain) AS CASE WHEN regexp_full_match(plain, '[{ALPHABET}]{{18}}') THEN plain
    ELSE upper(regexp_replace(plain, '{BLANKS}|-', '', 'g')) END;

CREATE MACRO uscc_formed(code) AS regexp_full_match(code, '[{ALPHABET}]{{18}}');

-- The check symbol that the first 17 symbols ask for; meaningful for well-formed codes.
CREATE MACRO uscc_symbol(code) AS substr('{ALPHABET}', (31 - ({_SUM}) % 31) % 31 + 1, 1);

-- Whether a spreadsheet has taken the code for a number and dropped digits: 9.12E+17, or 15 digits and 000.
-- A code that ends in 000 by right passes both checks: its own and that of the organisation code in it
-- (GB 11714, methods §USCC: digits 9-16, weights 3 7 9 10 5 8 4 2 mod 11, check digit 17).
CREATE MACRO uscc_lost(code) AS CASE
    WHEN regexp_full_match(code, '\d{{15}}000') THEN
        NOT (uscc_symbol(code) = '0' AND (11 - ({_ORG_SUM}) % 11) % 11 = 0)
    ELSE regexp_full_match(code, '\d(\.\d+)?E\+?\d+') END;
"""


def define(con: duckdb.DuckDBPyConnection) -> None:
    """Give a connection the macros."""
    con.execute(MACROS)
