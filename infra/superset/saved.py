"""Saved queries that all analysts share: those of the specs.

Superset shows everybody the own saved queries only, and knows no other way to share one than to send its address, which
others cannot open either. Here reading is opened for the queries of the specs; to change or delete one remains with whoever
made it: the next apply would undo it anyway, and until then another analyst would miss it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import g, request

from infra.superset.parts import asset_uuid
from infra.superset.specs import SPEC_ROOT


def shared() -> list[str]:
    """Return the uuids of the queries that the specs hold now: a new one needs no restart."""
    return [asset_uuid("query", path.stem) for path in sorted((SPEC_ROOT / "queries").glob("*.yaml"))]


def install() -> None:
    """Let the filter of saved queries pass the shared ones to whoever only reads."""
    from superset.models.sql_lab import SavedQuery
    from superset.queries.saved_queries.filters import SavedQueryFilter

    def apply(_self: Any, query: Any, _value: Any) -> Any:
        own = SavedQuery.created_by == g.user
        if request.method != "GET":
            return query.filter(own)
        return query.filter(sa.or_(own, SavedQuery.uuid.in_(shared())))

    SavedQueryFilter.apply = apply
