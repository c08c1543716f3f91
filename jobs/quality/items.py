"""Lines of the departments' reports: the item is on the list, its own department reports it, in its own unit."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column as Expression
from pyspark.sql import functions as F

from jobs.contract import Column, Contract
from jobs.quality import values
from jobs.reference import report_items

ITEM, UNIT = "report_item", "report_unit"
SEMANTICS = (ITEM, UNIT)
"""Semantic types of the two columns: the item's code, and the unit of its value."""


def _of(attribute: str, code: Expression) -> Expression:
    """Return what the list says of an item, null for a code that is not on it."""
    pairs = [F.lit(x) for i in report_items().values() for x in (i.code, getattr(i, attribute))]
    return F.element_at(F.create_map(*pairs), code)


def rules(
    contract: Contract, column: Column, plain: Expression, text_name: Callable[[Column], str]
) -> list[tuple[str, Expression, Expression]]:
    """Return name, condition of a breach and message of the rules of one of the two columns.

    Parameters
    ----------
    contract : Contract
    column : Column
    plain : Expression
        The column's text.
    text_name : callable
        Name of the helper column that holds another column's text.
    """
    sender = F.col("reporter")
    if column.semantic == ITEM:
        department = _of("department", plain)
        wrong = F.concat(F.lit("该指标应由 "), department, F.lit(" 报送，实为 "), sender)
        return [
            ("ITEM_CODE", plain.isNotNull() & department.isNull(), F.lit("指标代码不在部门报表指标清单内")),
            ("ITEM_DEPARTMENT", department != sender, wrong),
        ]
    code = F.col(text_name(next(c for c in contract.columns if c.semantic == ITEM)))
    unit = F.when(_of("department", code) == sender, _of("unit", code))
    message = F.concat(F.lit("计量单位与指标清单不符：应为“"), unit, F.lit("”，实为“"), plain, F.lit("”"))
    return [("ITEM_UNIT", plain != values.half_width(unit), message)]
