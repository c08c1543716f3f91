"""What a spreadsheet leaves where a value should be: error values, columns too narrow, powers of ten."""

from __future__ import annotations

from pyspark.sql import Column as Expression
from pyspark.sql import functions as F

from jobs.contract import Column
from jobs.quality import values

_ERROR = (
    r"^(#(REF|VALUE|NAME|NUM|NULL|SPILL|CALC|FIELD|BLOCKED|CONNECT|BUSY|UNKNOWN|ERROR|DIV/0|[\u4e00-\u9fff]{1,6})[!?]"
    r"|#N/A( .*)?|#GETTING_DATA|Err:\d{3})$"
)
"""Error values of the spreadsheets in use."""
_NARROW = "^#{2,}$"


def rules(column: Column, plain: Expression, value: Expression) -> list[tuple[str, Expression, Expression]]:
    """Return name, condition of a breach and message of what is no value of a column.

    Parameters
    ----------
    column : Column
    plain, value : Expression
        The column's text, and its typed value.
    """
    narrow = plain.rlike(_NARROW)
    message = F.concat(
        F.lit("单元格"),
        F.when(narrow, "只有“").otherwise("是错误值“"),
        plain,
        F.when(narrow, "”：列宽不足，数值没有导出，请加宽该列后重新导出").otherwise(
            "”，不是未填：请改正公式或填数后重报"
        ),
    )
    found = [("ERROR_CELL", plain.rlike(_ERROR) | narrow, message)]
    if column.is_figure:
        lost = F.concat(
            F.lit("“"), plain, F.lit("”是科学计数，写出的位数少于整数位数，末尾数字已丢失：请按原数填报")
        )
        found.append(("DIGITS_LOST", value.isNull() & values.lost_digits(plain), lost))
    return found
