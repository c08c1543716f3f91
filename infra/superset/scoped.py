"""Which served file a person is connected to, and which answers of the data cache may be shown to the person.

The person is the one who is logged in (``flask.g.user``), never a name that a request or an address carries. Without
a person there is no scope: a command or a task that runs as nobody reads the file without figures.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from flask import current_app, g, has_app_context
from sqlalchemy.engine import make_url
from superset.exceptions import SupersetException
from superset.security import SupersetSecurityManager

from infra.superset.belonging import NO_SCOPE, WHOLE, firm_of, scope_of

_PINNED = "zjtx_build"


class NoServedFile(SupersetException):
    """There is no file for this person; nothing is read instead."""

    status = 503


class NotOpen(NoServedFile):
    """The file is there, and not for this person."""

    status = 403


def build(link: str) -> Path:
    """Return the folder of the build that is served, the same one for the whole of a request.

    Parameters
    ----------
    link
        Path of the served file through the symlink that publishing moves.
    """
    served = Path(os.path.realpath(Path(link).parent))
    return Path(g.setdefault(_PINNED, served)) if has_app_context() else served


def _roles() -> set[str] | None:
    """Names of the roles of the person who is logged in; None without a person."""
    if not has_app_context() or not getattr(g, "user", None):
        return None
    return {role.name for role in current_app.appbuilder.sm.get_user_roles(g.user)}


def scope() -> str:
    """Return the scope of the person who is logged in."""
    roles = _roles()
    return NO_SCOPE if roles is None else scope_of(roles)


def firm() -> str | None:
    """Return the one enterprise whose rows the person who is logged in may read; None: all of the file."""
    return firm_of(_roles() or ())


def file_of(folder: Path, name: str, wanted: str) -> Path:
    """Return the file of a scope in a build; a scope that the build does not know yet reads as none.

    Raises
    ------
    NoServedFile
        If the build has no files by region.
    """
    if wanted == WHOLE:
        return folder / name
    for known in (wanted, NO_SCOPE):
        if (path := folder / "scopes" / known / name).exists():
            return path
    raise NoServedFile("当前发布没有按地区的数据文件，请联系统计局操作员重新发布")


def served_file(link: str) -> Path:
    """Return the file that the person who is logged in reads."""
    return file_of(build(link), Path(link).name, scope())


def file_behind(asked: str | None, link: str, operations: str) -> Path:
    """Return the file behind a database: that of the present operations, or the served one that the person may read.

    Parameters
    ----------
    asked
        Path in the database's address; any that is not the operations file's is the served one's.
    link, operations
        Paths of both files through the symlinks that are moved.

    Raises
    ------
    NotOpen
        If somebody asks for the operations who does not read the whole file: there are all regions' reports in it.
    """
    if asked != operations:
        return served_file(link)
    if scope() != WHOLE:
        raise NotOpen("数据状态只对操作员和分析员开放")
    return Path(operations)


class ScopedSecurityManager(SupersetSecurityManager):
    """Superset's own, whose row rules carry the reader's file into every key of the data cache.

    Superset asks for this part of the key on both ways to a chart's data, the present one and ``explore_json``.
    """

    def get_rls_cache_key(self, datasource: Any) -> list[str]:
        """Return the row rules, the very file that the answer is read from, and the enterprise that reads it alone."""
        asked = make_url(datasource.database.sqlalchemy_uri).database
        path = file_behind(asked, current_app.config["SERVED_FILE"], current_app.config["OPERATIONS_FILE"])
        alone = [] if (own := firm()) is None else [f"企业 {own}"]
        return [*super().get_rls_cache_key(datasource), os.path.realpath(path), *alone]
