"""Pieces that every asset of the bundle is made with."""

from __future__ import annotations

import uuid
from typing import Any

from infra.superset.specs import Spec

NOT_NULL = "not null"
_NAMESPACE = uuid.UUID("7f9b2d4c-51a0-5a8e-9c36-2f4f0c1c7b11")


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
