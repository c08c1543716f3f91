"""Who may do what in Airflow: the simple auth manager's login and files, with roles and sessions of our own.

The roles of the simple auth manager cannot be cut to what each person needs (its ``op`` reads and changes connections,
variables and pools and deletes runs), so every question is answered from one table here: what it does not name is refused.
"""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from airflow.api_fastapi.auth.managers.models.resource_details import AccessView, DagAccessEntity
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.common.types import MenuItem
from airflow.configuration import conf
from airflow.models.revoked_token import RevokedToken
from fastapi import FastAPI
from jwt import InvalidTokenError

LONGEST = 10 * 3600
"""Seconds after its login at which a session ends, however busy it is."""


class Role(StrEnum):
    """What ``core.simple_auth_manager_users`` says behind a user's name."""

    ADMIN = "admin"
    OPERATOR = "operator"
    VIEWER = "viewer"


_SEEN = (
    None,
    DagAccessEntity.DEPENDENCIES,
    DagAccessEntity.HITL_DETAIL,
    DagAccessEntity.RUN,
    DagAccessEntity.TASK,
    DagAccessEntity.TASK_INSTANCE,
    DagAccessEntity.VERSION,
    DagAccessEntity.WARNING,
)
"""What the pages of a flow and of its runs are made of."""
_VIEWER = {("GET", entity) for entity in _SEEN}
_OPERATOR = _VIEWER | {
    ("GET", DagAccessEntity.AUDIT_LOG),
    ("GET", DagAccessEntity.CODE),
    ("GET", DagAccessEntity.TASK_LOGS),
    ("GET", DagAccessEntity.XCOM),
    ("PUT", None),  # switch a flow on and off
    ("POST", DagAccessEntity.RUN),  # start it
    ("PUT", DagAccessEntity.HITL_DETAIL),  # approve or send back
}
FLOWS: dict[Role, set[tuple[str, DagAccessEntity | None]]] = {Role.VIEWER: _VIEWER, Role.OPERATOR: _OPERATOR}
"""Role -> what it may do to flows. Marking and clearing are not among it: a flow that is started again does the same."""
VIEWS = {
    Role.VIEWER: {AccessView.WEBSITE},
    Role.OPERATOR: {AccessView.WEBSITE, AccessView.IMPORT_ERRORS},
}
MENU = {
    Role.VIEWER: {MenuItem.DAGS, MenuItem.ASSETS},
    Role.OPERATOR: {
        MenuItem.DAGS,
        MenuItem.ASSETS,
        MenuItem.REQUIRED_ACTIONS,
        MenuItem.AUDIT_LOG,
        MenuItem.XCOMS,
    },
}


class Person(SimpleAuthManagerUser):
    """A user within one session.

    Parameters
    ----------
    username : str
    role : Role
    session : str
        Id that all tokens of the session carry.
    began : int
        When the password was given, in seconds of the epoch.
    """

    def __init__(self, username: str, role: Role, session: str, began: int) -> None:
        super().__init__(username=username, role=role)
        self.session = session
        self.began = began


def _roles() -> dict[str, Role]:
    """Return user -> role as the configuration says now."""
    return {user.username: Role(user.role or "") for user in SimpleAuthManager.get_users()}


class AuthManager(SimpleAuthManager):
    """Roles cut to what each person needs; sessions that end."""

    def init(self) -> None:
        """Refuse to start without a password for everybody: none is made up (and printed) here."""
        if conf.getboolean("core", "simple_auth_manager_all_admins"):
            raise ValueError("simple_auth_manager_all_admins 不可打开：任何人都会成为管理员")
        without = _roles().keys() - {user for user, password in self.get_passwords().items() if password}
        if without:
            raise ValueError(f"没有口令的用户：{'、'.join(sorted(without))}")

    def get_fastapi_app(self) -> FastAPI:
        """Return the login pages, with the counted login in place of the simple auth manager's own."""
        from infra.airflow.login import LOGIN_PATHS, login_router

        pages = super().get_fastapi_app()
        assert pages is not None
        others = [r for r in pages.router.routes if getattr(r, "path", None) not in LOGIN_PATHS]
        pages.router.routes[:] = []
        pages.include_router(login_router)
        pages.router.routes.extend(others)
        return pages

    # Sessions

    def serialize_user(self, user: SimpleAuthManagerUser) -> dict[str, Any]:
        """Return the claims of a token; whoever has just logged in begins a session."""
        if not isinstance(user, Person):
            user = Person(user.username, Role(user.role or ""), uuid.uuid4().hex, int(time.time()))
        return {"sub": user.username, "sid": user.session, "auth_time": user.began}

    def deserialize_user(self, token: dict[str, Any]) -> Person:
        """Return the person of a token; the role is the one of today, not the one of the login."""
        began = int(token["auth_time"])
        if time.time() > began + LONGEST:
            raise ValueError("session too old")
        return Person(token["sub"], _roles()[token["sub"]], token["sid"], began)

    def generate_jwt(
        self, user: SimpleAuthManagerUser, *, expiration_time_in_seconds: int | None = None
    ) -> str:
        """Return a token that lives no longer than its session."""
        claims = self.serialize_user(user)
        idle = expiration_time_in_seconds or conf.getint("api_auth", "jwt_expiration_time")
        left = claims["auth_time"] + LONGEST - time.time()
        return self._get_token_signer().generate(claims, valid_for=max(0, min(idle, left)))

    def refresh_user(self, *, user: SimpleAuthManagerUser) -> SimpleAuthManagerUser:
        """Renew a browser's token at every request, so that it ends when nothing was asked for a while."""
        return user

    async def get_user_from_token(self, token: str) -> Person:
        """Return the person of a token whose session has not ended."""
        user = await super().get_user_from_token(token)
        assert isinstance(user, Person)
        if RevokedToken.is_revoked(user.session):
            raise InvalidTokenError("Session has ended")
        return user

    def revoke_token(self, token: str) -> None:
        """End the whole session of a token: the tokens it was renewed from and by live on otherwise."""
        super().revoke_token(token)
        try:
            claims = self._get_token_validator().validated_claims(token)
            RevokedToken.revoke(claims["sid"], datetime.fromtimestamp(claims["auth_time"] + LONGEST, UTC))
        except (InvalidTokenError, KeyError):
            return  # nothing that could be used any more

    # What a person may do. Whoever administers may do all.

    def is_authorized_dag(
        self,
        *,
        method: str,
        user: SimpleAuthManagerUser,
        access_entity: DagAccessEntity | None = None,
        details: object = None,
    ) -> bool:
        """Tell whether a person may do this to flows."""
        return _is_admin(user) or (str(method), access_entity) in FLOWS.get(Role(user.role or ""), set())

    def is_authorized_asset(
        self, *, method: str, user: SimpleAuthManagerUser, details: object = None
    ) -> bool:
        """Tell whether a person may do this to assets: everybody sees what wakes a flow."""
        return _is_admin(user) or str(method) == "GET"

    def is_authorized_asset_alias(
        self, *, method: str, user: SimpleAuthManagerUser, details: object = None
    ) -> bool:
        """Tell whether a person may do this to asset aliases."""
        return self.is_authorized_asset(method=method, user=user)

    def is_authorized_view(self, *, access_view: AccessView, user: SimpleAuthManagerUser) -> bool:
        """Tell whether a person may see a part of the website."""
        return _is_admin(user) or access_view in VIEWS.get(Role(user.role or ""), set())

    def is_authorized_configuration(
        self, *, method: str, user: SimpleAuthManagerUser, details: object = None
    ) -> bool:
        """Tell whether a person may see the configuration."""
        return _is_admin(user)

    def is_authorized_connection(
        self, *, method: str, user: SimpleAuthManagerUser, details: object = None
    ) -> bool:
        """Tell whether a person may see or change connections."""
        return _is_admin(user)

    def is_authorized_variable(
        self, *, method: str, user: SimpleAuthManagerUser, details: object = None
    ) -> bool:
        """Tell whether a person may see or change variables."""
        return _is_admin(user)

    def is_authorized_pool(self, *, method: str, user: SimpleAuthManagerUser, details: object = None) -> bool:
        """Tell whether a person may see or change pools."""
        return _is_admin(user)

    def is_authorized_team(self, *, method: str, user: SimpleAuthManagerUser, details: object = None) -> bool:
        """Tell whether a person belongs to a team: there are none."""
        return _is_admin(user)

    def is_authorized_custom_view(
        self, *, method: str, resource_name: str, user: SimpleAuthManagerUser
    ) -> bool:
        """Tell whether a person may see a page of a plugin."""
        return _is_admin(user)

    def filter_authorized_menu_items(
        self, menu_items: list[MenuItem], *, user: SimpleAuthManagerUser
    ) -> list[MenuItem]:
        """Return the entries of the menu that lead somewhere for this person."""
        return [m for m in menu_items if _is_admin(user) or m in MENU.get(Role(user.role or ""), set())]


def _is_admin(user: SimpleAuthManagerUser) -> bool:
    """Tell whether a user administers."""
    return user.role == Role.ADMIN
