"""Names are kept as the source wrote them; only where they are compared, width and blanks do not count."""

from __future__ import annotations

import re
import unicodedata

from jobs.definitions.contract import Column, Contract
from jobs.sqltext import name, text

_WIDE = "".join(map(chr, range(0xFF01, 0xFF5F)))
FULL = _WIDE + "\u3000\u00a0\r\n\t\u2212\ufe63"
HALF = unicodedata.normalize("NFKC", _WIDE) + "     --"
WITHOUT_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
_HALVED = str.maketrans(FULL, HALF, WITHOUT_WIDTH)
BLANKS = r"[ \t\n\x0b\f\r]"
"""What is a blank in a pattern: the class of each language holds other ones."""
_BLANK = re.compile(f"{BLANKS}+")
_PLAIN = r"[!-^`-~\x{3400}-\x{9fff}]+"
"""A text of printable and Chinese characters; without ``_``, with which a line break is written (``_x000D_``)."""


def is_wording(column: Column) -> bool:
    """Return whether a column's text is the source's own wording: a name, an address, a remark."""
    coded = column.semantic or column.codes or "pattern" in column.options
    return column.type == "STRING" and column.source == "cell" and not coded


def folded(raw: str) -> str:
    """Return a text as it is compared, equal to :func:`folded_sql`."""
    return _BLANK.sub("", raw.replace("_x000D_", " ").translate(_HALVED))


def folded_sql(raw: str) -> str:
    """Return DuckDB's SQL of a text as it is compared, equal to :func:`folded`."""
    changed = f"translate(replace({raw}, '_x000D_', ' '), {text(FULL + WITHOUT_WIDTH)}, {text(HALF)})"
    # To look up every character of every text is slow, and most texts have none that counts.
    return f"CASE WHEN {plain_sql(raw)} THEN {raw} ELSE regexp_replace({changed}, '{BLANKS}+', '', 'g') END"


def plain_sql(raw: str) -> str:
    """Return DuckDB's SQL of whether a text is in half-width and without blanks, so that nothing need be changed."""
    return f"regexp_full_match({raw}, '{_PLAIN}')"


def key_sql(contract: Contract) -> list[str]:
    """Return DuckDB's SQL of the parts of a contract's key, as they are compared."""
    quoted = ((contract.column(k), name(k)) for k in contract.key)
    return [folded_sql(own) if is_wording(column) else own for column, own in quoted]


def key_text(contract: Contract) -> str:
    """Return DuckDB's SQL of a key's text, as quarantined rows carry it."""
    parts = ", ".join(f"coalesce(CAST({k} AS VARCHAR), '')" for k in key_sql(contract))
    return f"concat_ws('|', {parts})"
