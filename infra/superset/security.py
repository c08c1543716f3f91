"""Sets Superset's users, roles and row rules to what ``access.yaml`` says: nothing more, nothing less."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from superset import db, security_manager
from superset.connectors.sqla.models import RowLevelSecurityFilter, SqlaTable
from superset.models.core import Database
from superset.models.dashboard import Dashboard
from werkzeug.security import check_password_hash, generate_password_hash

from infra.superset.access import Access, Account, RowRule
from infra.superset.belonging import (
    ADMIN_ROLE,
    ANALYST_ROLE,
    ENTERPRISE_ROLE,
    OFFICIAL_ROLE,
    OPERATOR_ROLE,
    PREFIXES,
)
from infra.superset.parts import AUDIENCES, Spec, SpecError, asset_uuid
from infra.superset.passwords import problems
from infra.superset.stores import METADATA

# the password file's entry as last applied: whoever changed the password since keeps the own one
_GIVEN = sa.Table(
    "zjtx_login_given",
    METADATA,
    sa.Column("username", sa.String(128), primary_key=True),
    sa.Column("password", sa.String(256), nullable=False),
)
# what the dashboard pages ask for, and the page for one's own password; which addresses of these families are open
# to officials is said in `readers.py`
_READER = {
    ("can_read", "Dashboard"),
    ("can_read", "Chart"),
    ("can_dashboard", "Superset"),
    # the map asks by this older address
    ("can_explore_json", "Superset"),
    ("can_dashboard_permalink", "Superset"),
    ("can_read", "DashboardPermalinkRestApi"),
    ("can_read", "DashboardFilterStateRestApi"),
    ("can_write", "DashboardFilterStateRestApi"),
    ("can_read", "CurrentUserRestApi"),
    ("can_write", "CurrentUserRestApi"),
    ("can_read", "user"),
    ("can_language_pack", "Superset"),
    ("can_read", "SecurityRestApi"),
    ("can_log", "Superset"),
}
_ANALYST_BASES = ("Gamma", "sql_lab")


def apply_accounts(accounts: Iterable[Account], passwords: Mapping[str, str]) -> None:
    """Create or correct the accounts; accounts that are not listed are switched off."""
    accounts = list(accounts)
    if missing := [account.username for account in accounts if not passwords.get(account.username)]:
        raise SpecError(f"口令文件缺少这些用户：{'、'.join(missing)}")
    names = {account.username for account in accounts}
    for account in accounts:
        _apply_account(account, passwords[account.username], names)
    for user in security_manager.get_all_users():
        if user.username not in names and user.active:
            user.active = False
    db.session.commit()


def _apply_account(account: Account, password: str, names: set[str]) -> None:
    is_new = _is_new(account.username, password)
    if is_new and (faults := problems(password, names)):
        raise SpecError(f"口令文件中用户 {account.username} 的密码{'；'.join(faults)}")
    roles = [_role(name) for name in account.roles]
    user = security_manager.find_user(username=account.username)
    if user is None:
        mail = f"{account.username}@localhost.invalid"
        user = security_manager.add_user(account.username, account.name, "", mail, roles, password)
        if not user:
            raise SpecError(f"用户 {account.username} 无法创建")
        return
    user.active = True
    user.first_name, user.last_name = account.name, ""
    if {role.name for role in user.roles} != set(account.roles):
        user.roles = roles
    if is_new and not check_password_hash(user.password, password):
        user.password = generate_password_hash(password)


def _is_new(username: str, password: str) -> bool:
    """Note the password file's entry; whether it differs from the one noted before."""
    mine = _GIVEN.c.username == username
    noted = db.session.execute(sa.select(_GIVEN.c.password).where(mine)).scalar()
    if noted and check_password_hash(noted, password):
        return False
    db.session.execute(sa.delete(_GIVEN).where(mine))
    row = {"username": username, "password": generate_password_hash(password)}
    db.session.execute(sa.insert(_GIVEN).values(row))
    return True


def _role(name: str) -> Any:
    return security_manager.find_role(name) or security_manager.add_role(name)


def apply_roles(access: Access, pages: Mapping[str, Spec], database_uuids: Iterable[str]) -> None:
    """Give the roles their permissions and open the pages to those whom they are for."""
    reader = [security_manager.add_permission_view_menu(*pair) for pair in sorted(_READER)]
    for role in (OFFICIAL_ROLE, OPERATOR_ROLE, ENTERPRISE_ROLE):
        _set_permissions(role, reader)
    analyst = [
        permission for base in _ANALYST_BASES for permission in security_manager.find_role(base).permissions
    ]
    for uuid in database_uuids:
        database = db.session.query(Database).filter_by(uuid=uuid).one()
        analyst.append(security_manager.add_permission_view_menu("database_access", database.perm))
    _set_permissions(ANALYST_ROLE, analyst)
    for belonging in access.belongings:
        _set_permissions(belonging.role, [])
    _set_permissions("Public", [])
    for slug, page in pages.items():
        wanted = {AUDIENCES[audience] for audience in page["for"]}
        dashboard = db.session.query(Dashboard).filter_by(slug=slug).one()
        if {role.name for role in dashboard.roles} != wanted:
            dashboard.roles = [_role(name) for name in sorted(wanted)]
    db.session.commit()


def _set_permissions(role_name: str, permissions: list[Any]) -> None:
    role = _role(role_name)
    wanted = {permission.id: permission for permission in permissions if permission}
    if {permission.id for permission in role.permissions} != set(wanted):
        role.permissions = list(wanted.values())


def apply_row_rules(rules: list[RowRule]) -> None:
    """Set the row rules, drop those that the file no longer names, then the roles of belongings nobody has."""
    for rule in rules:
        _apply_row_rule(rule)
    wanted = {rule.name for rule in rules}
    for stored in db.session.query(RowLevelSecurityFilter).all():
        if stored.name not in wanted:
            db.session.delete(stored)
    needed = {name for rule in rules for name in rule.roles} | {ADMIN_ROLE}
    for role in security_manager.get_all_roles():
        if role.name.startswith(tuple(PREFIXES.values())) and role.name not in needed:
            db.session.delete(role)
    db.session.commit()


def _apply_row_rule(rule: RowRule) -> None:
    stored = db.session.query(RowLevelSecurityFilter).filter_by(name=rule.name).one_or_none()
    if stored is None:
        stored = RowLevelSecurityFilter(name=rule.name)
        db.session.add(stored)
    stored.filter_type, stored.clause, stored.group_key = rule.kind, rule.clause, rule.group_key
    tables = (
        db.session.query(SqlaTable)
        .filter(
            SqlaTable.table_name.in_(rule.datasets),
            sa.or_(
                SqlaTable.sql.is_(None), SqlaTable.uuid.in_([asset_uuid("dataset", n) for n in rule.datasets])
            ),
        )
        .all()
    )
    if {table.table_name for table in tables} != set(rule.datasets):
        raise SpecError(f"行规则 {rule.name} 的数据集不全")
    if {table.id for table in stored.tables} != {table.id for table in tables}:
        stored.tables = tables
    if {role.name for role in stored.roles} != set(rule.roles):
        stored.roles = [_role(name) for name in rule.roles]
