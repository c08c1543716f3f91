"""Names as they are compared, as Spark expressions: what :mod:`jobs.quality.widths` says for DuckDB."""

from __future__ import annotations

from pyspark.sql import Column as Expression
from pyspark.sql import functions as F

from jobs.contract import Contract
from jobs.quality.widths import BLANKS, FULL, HALF, WITHOUT_WIDTH, is_wording


def folded(name: Expression) -> Expression:
    """Return a name in the form in which names are compared: half-width, no blanks within."""
    plain = F.replace(name, F.lit("_x000D_"), F.lit(" "))
    return F.regexp_replace(F.translate(plain, FULL + WITHOUT_WIDTH, HALF), f"{BLANKS}+", "")


def key_columns(contract: Contract) -> list[Expression]:
    """Return the parts of a contract's key as they are compared."""
    return [folded(F.col(k)) if is_wording(contract.column(k)) else F.col(k) for k in contract.key]
