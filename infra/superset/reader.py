"""Who asks, and how far the statements go that are run in that name."""

from __future__ import annotations

from flask import g, has_request_context

from infra.superset.alone import Alone, lists
from infra.superset.belonging import ADMIN_ROLE, ANALYST_ROLE, firm_of
from infra.superset.statement import NOTHING, WHOLE_FILE, Bounds

_CHART_TABLES = "zjtx_chart_tables"


def _names() -> set[str]:
    """Names of the roles of whoever asks."""
    from superset import security_manager

    return {role.name for role in security_manager.get_user_roles()}


def reads_whole_file() -> bool:
    """Whether analysts' bounds apply: analysts, administrators, and the server's own commands."""
    if getattr(g, "user", None) is None:
        return not has_request_context()
    return bool(_names() & {ADMIN_ROLE, ANALYST_ROLE})


def allow_table(name: str) -> None:
    """The rest of this request may read a table: its chart was found to be a stored one."""
    setattr(g, _CHART_TABLES, g.get(_CHART_TABLES, frozenset()) | {name.casefold()})


def bounds() -> Bounds:
    """Bounds of a statement that is about to run; nothing for whoever has passed no check."""
    if reads_whole_file():
        return WHOLE_FILE
    tables = g.get(_CHART_TABLES)
    if not tables:
        return NOTHING
    firm = firm_of(_names())
    return Bounds(tables, free=False, alone=None if firm is None else Alone(firm, lists()))
