"""Names are kept as the source wrote them; only where they are compared, width and blanks do not count."""

from __future__ import annotations

import re

from jobs.contract import Column, Contract

FULL = "".join(chr(c) for c in range(0xFF01, 0xFF5F)) + "\u3000\u00a0\r\n\t\u2212\ufe63"
HALF = "".join(chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F)) + "     --"
WITHOUT_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
_HALVED = str.maketrans(FULL, HALF, WITHOUT_WIDTH)
_BLANK = re.compile(r"[ \t\n\x0b\f\r]+")
"""Blanks as Spark takes them: Python's own class holds more."""


def is_wording(column: Column) -> bool:
    """Return whether a column's text is the source's own wording: a name, an address, a remark."""
    coded = column.semantic or column.codes or "pattern" in column.options
    return column.type == "STRING" and column.source == "cell" and not coded


def folded(text: str) -> str:
    """Return a text as it is compared, equal to :func:`folded_sql`."""
    return _BLANK.sub("", text.replace("_x000D_", " ").translate(_HALVED))


def folded_sql(text: str) -> str:
    """Return DuckDB's SQL of a text as it is compared, equal to :func:`jobs.quality.values.folded`."""
    half = HALF.replace("'", "''")
    plain = f"translate(replace({text}, '_x000D_', ' '), '{FULL}{WITHOUT_WIDTH}', '{half}')"
    return f"regexp_replace({plain}, '\\s+', '', 'g')"


def key_sql(contract: Contract) -> list[str]:
    """Return DuckDB's SQL of the parts of a contract's key, as they are compared."""
    quoted = ((contract.column(k), f'"{k}"') for k in contract.key)
    return [folded_sql(name) if is_wording(column) else name for column, name in quoted]
