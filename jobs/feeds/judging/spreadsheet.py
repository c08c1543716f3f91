"""What a spreadsheet leaves where a value should be: error values, columns too narrow, powers of ten."""

from __future__ import annotations

from jobs.definitions.contract import Column
from jobs.sheets.grid import ERROR_VALUE


def rules(column: Column, plain: str, value: str) -> list[tuple[str, str, str]]:
    """Return name, condition of a breach and message of what is no value of a column, as SQL.

    Parameters
    ----------
    column : Column
    plain, value : str
        The column's text, and its typed value.
    """
    narrow = f"regexp_full_match({plain}, '#{{2,}}')"
    message = (
        f"CASE WHEN {narrow} THEN '单元格只有“' || {plain} || '”：列宽不足，数值没有导出，请加宽该列后重新导出' "
        f"ELSE '单元格是错误值“' || {plain} || '”，不是未填：请改正公式或填数后重报' END"
    )
    # Nearly no text begins like one of them: the others are spared the pattern.
    like = f"starts_with({plain}, '#') OR starts_with({plain}, 'Err')"
    error = f"CASE WHEN {like} THEN regexp_full_match({plain}, '#{{2,}}|{ERROR_VALUE}') END"
    breaches = [("ERROR_CELL", error, message)]
    if column.is_figure:
        lost = f"'“' || {plain} || '”是科学计数，写出的位数少于整数位数，末尾数字已丢失：请按原数填报'"
        breaches.append(("DIGITS_LOST", f"CASE WHEN {value} IS NULL THEN lost_digits({plain}) END", lost))
    return breaches
