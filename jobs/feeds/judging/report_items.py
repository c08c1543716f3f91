"""Lines of the departments' reports: the item is on the list, its own department reports it, in its own unit."""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from jobs.definitions.contract import Column, Contract
from jobs.definitions.reference import report_items

ITEM, UNIT = "report_item", "report_unit"
SEMANTICS = (ITEM, UNIT)
"""Semantic types of the two columns: the item's code, and the unit of its value."""


def define(con: duckdb.DuckDBPyConnection) -> None:
    """Give a connection what the list says of each item."""
    for told in ("department", "unit"):
        listed = {i.code: getattr(i, told) for i in report_items().values()}
        con.execute(
            f"SET VARIABLE item_{told} = map($codes, $told)",
            {"codes": list(listed), "told": list(listed.values())},
        )


def _of(told: str, code: str) -> str:
    """Return what the list says of an item, null for a code that is not on it."""
    return f"getvariable('item_{told}')[{code}]"


def rules(
    contract: Contract, column: Column, plain: str, text_name: Callable[[Column], str]
) -> list[tuple[str, str, str]]:
    """Return name, condition of a breach and message of the rules of one of the two columns, as SQL.

    Parameters
    ----------
    contract : Contract
    column : Column
    plain : str
        The column's text.
    text_name : callable
        The helper column that holds another column's text.
    """
    if column.semantic == ITEM:
        department = _of("department", plain)
        wrong = f"concat('该指标应由 ', {department}, ' 报送，实为 ', _reporter)"
        return [
            (
                "ITEM_CODE",
                f"{plain} IS NOT NULL AND {department} IS NULL",
                "'指标代码不在部门报表指标清单内'",
            ),
            ("ITEM_DEPARTMENT", f"{department} <> _reporter", wrong),
        ]
    code = text_name(next(c for c in contract.columns if c.semantic == ITEM))
    unit = f"CASE WHEN {_of('department', code)} = _reporter THEN {_of('unit', code)} END"
    message = f"concat('计量单位与指标清单不符：应为“', {unit}, '”，实为“', {plain}, '”')"
    return [("ITEM_UNIT", f"{plain} <> half_width({unit})", message)]
