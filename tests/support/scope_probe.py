"""Runs in Superset's own environment and says, as JSON, what its connection mutator does for each person.

Called by a test with an installation's environment: ``python -m tests.support.scope_probe FOLDER`` (FOLDER is empty).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import duckdb
from flask import Flask
from sqlalchemy.engine.url import make_url
from superset.app import create_app

from infra.superset import scoped, served_duckdb

URL = make_url("duckdb:///anything.duckdb")


def connect(app: Flask, claimed: str | None) -> served_duckdb.GuardedConnection:
    """Connect as Superset does; ``claimed`` is the name that it hands to the mutator."""
    _, params = app.config["DB_CONNECTION_MUTATOR"](URL, {}, claimed, app.appbuilder.sm, None)
    return params["creator"]()


def regions(app: Flask, claimed: str | None) -> list[str]:
    """Regions whose firms the connection holds, asked past the guard of its statements."""
    held = connect(app, claimed)._raw
    return [
        code
        for (code,) in held.execute(
            "SELECT DISTINCT region_code FROM enterprise_statement ORDER BY 1"
        ).fetchall()
    ]


def people(app: Flask) -> dict[str, Any]:
    """What each account reads, with its own name and with the administrator's, and its part of a key of the data cache;
    and what nobody reads.
    """
    from superset import db
    from superset.connectors.sqla.models import SqlaTable
    from superset.utils.core import override_user

    manager = app.appbuilder.sm
    answers: dict[str, Any] = {}
    with app.app_context():
        users = [user.username for user in manager.get_all_users()]
    for username in users:
        with app.app_context(), override_user(manager.find_user(username=username)):
            file = scoped.served_file(app.config["SERVED_FILE"])
            open_to_all = db.session.query(SqlaTable).filter_by(table_name="region_ranking").one()
            key = manager.get_rls_cache_key(open_to_all)
            answers[username] = [str(file.resolve()), regions(app, username), regions(app, "admin"), key]
    with app.app_context():
        answers["nobody"] = [
            str(scoped.served_file(app.config["SERVED_FILE"]).resolve()),
            regions(app, "admin"),
        ]
    return answers


def swaps(app: Flask, folder: Path) -> list[list[str]]:
    """Builds that two requests see while publishing moves the link between the first one's questions."""
    link = folder / "current"
    link.symlink_to("builds/P1")
    seen = []
    for moved in ("P2", "P1"):
        with app.app_context():
            asked = [scoped.build(str(link / "zjtx.duckdb")).name]
            link.unlink()
            link.symlink_to(f"builds/{moved}")
            asked.append(scoped.build(str(link / "zjtx.duckdb")).name)
        seen.append(asked)
    return seen


def opened(folder: Path) -> dict[str, Any]:
    """Files that stay open after many were asked, with the limits of their memory."""
    names = ["", *(f"scopes/{code}/" for code in "abcde")]
    for build in ("P1", "P2"):
        for name in names:
            path = folder / "builds" / build / name / "zjtx.duckdb"
            path.parent.mkdir(parents=True, exist_ok=True)
            duckdb.connect(str(path)).close()
    answers: dict[str, Any] = {}
    for build in ("P1", "P2", "P1"):
        held = [served_duckdb.connect(folder / "builds" / build / name / "zjtx.duckdb") for name in names]
        answers[build] = [
            str(Path(p).relative_to(folder / "builds").parent) for p in served_duckdb._instances
        ]
    limits = []
    for connection in held:
        asked = connection._raw.execute(
            "SELECT current_setting('memory_limit'), (SELECT count(*) FROM duckdb_databases() WHERE NOT internal)"
        )
        limits.append(asked.fetchone())
    return answers | {"limits": limits}


def main() -> None:
    """Print what was found."""
    app, folder = create_app(), Path(sys.argv[1])
    answers = {"people": people(app), "swaps": swaps(app, folder), "opened": opened(folder)}
    print("PROBE " + json.dumps(answers))


if __name__ == "__main__":
    main()
