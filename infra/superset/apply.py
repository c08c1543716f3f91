"""One command for all of Superset's content: ``python -m infra.superset.apply``.

Imports data sets, charts and dashboards, drops those that the specs no longer hold, and sets users, roles and row
rules. Runs inside Superset's environment; a second run changes nothing. Needs ``ZJTX_PASSWORDS`` (a JSON file of
user name to password) besides what ``superset_config.py`` reads.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from pathlib import Path
from typing import Any

import click
import duckdb
import yaml
from sqlalchemy.engine import Engine

from infra.superset import access as access_file
from infra.superset import bundle, home, parts, specs
from infra.superset.belonging import ADMIN_ROLE
from infra.superset.parts import SpecError, Specs


def served_columns(served_file: str) -> dict[str, set[str]]:
    """Columns of every table of the served file; empty before the first publication."""
    if not Path(served_file).exists():
        return {}
    with duckdb.connect(os.path.realpath(served_file), read_only=True) as connection:
        rows = connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
    columns: dict[str, set[str]] = {}
    for table, column in rows:
        columns.setdefault(table, set()).add(column)
    return columns


def check(loaded: Specs, access: access_file.Access, served: dict[str, set[str]]) -> None:
    """Refuse specs that do not fit the files that are served, and data sets without a row rule.

    A file of which no table is there was not written yet: of its data sets nothing can be said.
    """
    written = {parts.database_of(spec) for name, spec in loaded.datasets.items() if name in served}
    for name, dataset in loaded.datasets.items():
        missing = set(dataset["columns"]) - served.get(name, set())
        if missing and "sql" not in dataset and parts.database_of(dataset) in written:
            raise SpecError(f"对外数据文件的表 {name} 缺少列：{'、'.join(sorted(missing))}")
    columns = {name: set(spec["columns"]) | served.get(name, set()) for name, spec in loaded.datasets.items()}
    access_file.check_rules(access, columns, loaded.closed)
    home.pages_of(access.home, loaded.pages)


def _snapshot() -> dict[str, Any]:
    """What the command manages, as stored now: the difference of two snapshots is what a run changed."""
    from superset import db, security_manager
    from superset.connectors.sqla.models import RowLevelSecurityFilter

    stored: dict[str, Any] = {}
    for label, model in _managed_models().items():
        for item in db.session.query(model).all():
            content = item.export_to_dict(recursive=label == "数据集")
            content.pop("last_saved_at", None)
            stored[f"{label} {item}"] = json.dumps(content, default=str, sort_keys=True, ensure_ascii=False)
    for role in security_manager.get_all_roles():
        stored[f"角色 {role.name}"] = sorted(str(permission) for permission in role.permissions)
    for rule in db.session.query(RowLevelSecurityFilter).all():
        tables, roles = sorted(str(t) for t in rule.tables), sorted(role.name for role in rule.roles)
        stored[f"行规则 {rule.name}"] = [rule.filter_type, rule.clause, rule.group_key, tables, roles]
    for user in security_manager.get_all_users():
        roles = sorted(role.name for role in user.roles)
        stored[f"用户 {user.username}"] = [user.active, user.password, user.first_name, roles]
    for kind, page in home.stored(db.session.connection()).items():
        stored[f"首页 {kind}"] = page
    return stored


def _managed_models() -> dict[str, Any]:
    """Kinds of assets, dependants first."""
    from superset.connectors.sqla.models import SqlaTable
    from superset.models.core import Database
    from superset.models.dashboard import Dashboard
    from superset.models.slice import Slice
    from superset.models.sql_lab import SavedQuery

    return {"查询": SavedQuery, "看板": Dashboard, "图表": Slice, "数据集": SqlaTable, "数据库": Database}


def _prune(files: dict[str, str]) -> None:
    """Delete our assets that the specs dropped; ours carry name-based uuids, those made by hand random ones."""
    from superset import db

    wanted = {yaml.safe_load(text).get("uuid") for text in files.values()}
    for model in _managed_models().values():
        for item in db.session.query(model).all():
            if uuid.UUID(str(item.uuid)).version == 5 and str(item.uuid) not in wanted:
                db.session.delete(item)
    db.session.commit()


def _apply(loaded: Specs, access: access_file.Access, passwords: dict[str, str], served_file: str) -> None:
    from superset import db, security_manager
    from superset.commands.importers.v1.assets import ImportAssetsCommand
    from superset.utils.core import override_user

    from infra.superset import security

    files = bundle.build(loaded, served_file)
    security.apply_accounts(access.accounts, passwords)
    administrator = next(account.username for account in access.accounts if ADMIN_ROLE in account.roles)
    with override_user(security_manager.find_user(username=administrator)):
        ImportAssetsCommand(files).run()
        _prune(files)
    security.apply_roles(
        access, loaded.pages, [parts.asset_uuid("database", name) for name in loaded.databases]
    )
    security.apply_row_rules(access.row_rules(loaded.closed))
    home.store(db.session.connection(), home.pages_of(access.home, loaded.pages))
    db.session.commit()


def _create_tables(engine: Engine) -> None:
    """Create those of our own tables that are missing."""
    from infra.superset import attempts, security, sessions  # noqa: F401  (they define the tables)
    from infra.superset.stores import METADATA

    METADATA.create_all(engine)


def main() -> int:
    """Apply everything and print what changed."""
    from superset.app import create_app
    from superset.extensions import db

    app = create_app()
    with app.app_context():
        served_file = app.config["SERVED_FILE"]
        loaded, access = specs.load(), access_file.load()
        held = served_columns(served_file) | served_columns(app.config["OPERATIONS_FILE"])
        check(loaded, access, held)
        passwords = json.loads(Path(os.environ["ZJTX_PASSWORDS"]).read_text(encoding="utf-8"))
        _create_tables(db.engine)
        before = _snapshot()
        _apply(loaded, access, passwords, served_file)
        after = _snapshot()
    changed = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    for key in changed:
        kind = "新增" if key not in before else "删除" if key not in after else "修改"
        click.echo(f"{kind} {key}")
    click.echo(f"完成：{len(changed)} 项变化" if changed else "完成：没有变化")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SpecError as refusal:
        click.echo(f"拒绝应用：{refusal}", err=True)
        sys.exit(2)
