"""What all modules on specs share: the specs themselves, names of assets, conditions."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NOT_NULL = "not null"
HEADER = "header"
"""Name of the strip that every page begins with; the chart of a page is named after both."""
AUDIENCES = {"officials": "官员", "analysts": "分析员", "operators": "操作员", "enterprises": "企业用户"}
"""Roles that open a page, by the word that the page says whom it is for."""
SERVED, OPERATIONS = "served", "operations"
"""Databases of data sets: the published file, and that of the present state of reports, refusals and approvals."""
_NAMESPACE = uuid.UUID("7f9b2d4c-51a0-5a8e-9c36-2f4f0c1c7b11")

Spec = dict[str, Any]


class SpecError(ValueError):
    """A spec that cannot be applied; the text says which and why, in Chinese."""


@dataclass(frozen=True)
class Specs:
    """All assets by their file name."""

    databases: Spec
    datasets: dict[str, Spec]
    charts: dict[str, Spec]
    pages: dict[str, Spec]
    queries: dict[str, Spec] = field(default_factory=dict)

    @property
    def closed(self) -> list[str]:
        """Data sets that analysts alone may read."""
        return sorted(name for name, dataset in self.datasets.items() if "for" in dataset)


def database_of(dataset: Spec) -> str:
    """Database that a data set reads."""
    return str(dataset.get("database", SERVED))


def operations_file(served_file: str) -> str:
    """Path of the operations file by that of the served one, both through the symlinks that are moved."""
    return str(Path(served_file).parents[1] / "operations" / "current" / "operations.duckdb")


def names_of(dataset: Spec) -> set[str]:
    """Names a chart may use: columns, calculated columns and metrics."""
    return set(dataset["columns"]) | set(dataset["calculated"]) | set(dataset.get("metrics", {}))


def placed(page: Spec) -> list[str]:
    """Charts of a page, in their order."""
    return [cell["chart"] for row in page["rows"] for cell in row if "chart" in cell]


def sql_of(dataset: Spec, column: str) -> str:
    """A column as an expression: calculated ones are not known by name to each other."""
    calculated = dataset["calculated"].get(column)
    return f"({calculated['sql'].strip()})" if calculated else f'"{column}"'


def asset_uuid(kind: str, name: str) -> str:
    """The uuid of an asset, fixed by its kind and name."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}:{name}"))


def where_filters(conditions: Spec) -> list[Spec]:
    """``{column: value}`` as Superset's simple filters: one of a list, null, ``not null``, else equal."""

    def operator_of(value: Any) -> tuple[str, str]:
        if value is None:
            return "IS NULL", "IS_NULL"
        if value == NOT_NULL:
            return "IS NOT NULL", "IS_NOT_NULL"
        return ("IN", "IN") if isinstance(value, list) else ("==", "EQUALS")

    filters = []
    for column, value in conditions.items():
        operator, operator_id = operator_of(value)
        filters.append(
            {
                "clause": "WHERE",
                "expressionType": "SIMPLE",
                "subject": column,
                "operator": operator,
                "operatorId": operator_id,
                "comparator": None if value == NOT_NULL else value,
            }
        )
    return filters
