"""The unified social credit code (统一社会信用代码, GB 32100-2015) as Spark expressions.

Method: methods of GB 32100-2015; 31 symbols, weights 3^(i-1) mod 31, check symbol (31 - sum mod 31) mod 31.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
WEIGHTS = [pow(3, i, 31) for i in range(17)]


def normal(code: Column) -> Column:
    """Return the code in upper case without blanks and hyphens (full-width was undone before)."""
    return F.upper(F.regexp_replace(code, r"[\s-]", ""))


def well_formed(code: Column) -> Column:
    """Return whether the code has 18 symbols of the alphabet."""
    return code.rlike(f"^[{ALPHABET}]{{18}}$")


def check_symbol(code: Column) -> Column:
    """Return the check symbol that the first 17 symbols ask for; meaningful for well-formed codes."""
    terms = [
        (F.instr(F.lit(ALPHABET), F.substring(code, i + 1, 1)) - 1) * F.lit(w) for i, w in enumerate(WEIGHTS)
    ]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return F.substring(F.lit(ALPHABET), (F.lit(31) - total % 31) % 31 + 1, F.lit(1))


def lost(code: Column) -> Column:
    """Return whether a spreadsheet has taken the code for a number and dropped digits: 9.12E+17, or 15 digits and 000.

    A code that ends in 000 by right passes both checks: its own and that of the organisation code in it
    (GB 11714, methods §USCC: digits 9-16, weights 3 7 9 10 5 8 4 2 mod 11, check digit 17).
    """
    total = sum(
        (F.substring(code, 9 + i, 1).try_cast("int") * w for i, w in enumerate(_ORG_WEIGHTS)), F.lit(0)
    )
    rounded = code.rlike(r"^\d{15}000$")
    right = (check_symbol(code) == "0") & ((F.lit(11) - total % 11) % 11 == 0)
    return code.rlike(r"^\d(\.\d+)?E\+?\d+$") | F.coalesce(rounded & ~right, F.lit(False))
