"""Which addresses of Superset are open to whom, and what officials' answers leave out.

Superset's permissions open whole families of addresses: who may read a dashboard may also list all users as its possible
owners. So on top of the permissions: before login the login page only; an official what the dashboard pages use; and no
answer tells an official who made, changed or owns what.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from infra.superset.belonging import ADMIN_ROLE, ANALYST_ROLE
from infra.superset.login import bearer, is_alive

ANYBODY = frozenset(
    {
        "static",
        "appbuilder.static",
        "health.health",
        "SupersetIndexView.index",
        "SupersetAuthView.login",
        "SupersetAuthView.logout",
        "LoginView.login",
        "LoginView.logout",
        "LoginApi.login",
        "LoginApi.refresh",
    }
)
OFFICIALS = ANYBODY | {
    "ChartDataRestApi.data",
    "CurrentUserRestApi.get_me",
    "CurrentUserRestApi.get_my_roles",
    "CurrentUserRestApi.update_me",
    "DashboardFilterStateRestApi.delete",
    "DashboardFilterStateRestApi.get",
    "DashboardFilterStateRestApi.post",
    "DashboardFilterStateRestApi.put",
    "DashboardPermalinkRestApi.get",
    "DashboardRestApi.favorite_status",
    "DashboardRestApi.get",
    "DashboardRestApi.get_charts",
    "DashboardRestApi.get_datasets",
    "DashboardRestApi.get_tabs",
    "SecurityRestApi.csrf_token",
    "Superset.dashboard",
    "Superset.dashboard_permalink",
    "Superset.explore_json",
    "Superset.language_pack",
    "Superset.log",
    "Superset.welcome",
    "UserInfoView.list",
}
CLOSED = "没有权限"
LOG_IN = "请先登录"
# what in an answer names people or roles, and what stands there instead
_PEOPLE: dict[str, Any] = {
    "owners": [],
    "roles": [],
    "changed_by": None,
    "changed_by_fk": None,
    "changed_by_name": "",
    "changed_by_url": "",
    "created_by": None,
    "created_by_fk": None,
    "created_by_name": "",
    "creator": "",
    "last_saved_by": None,
}
_ABOUT_ASSETS = ("DashboardRestApi.", "ChartRestApi.", "DashboardPermalinkRestApi.")


def without_people(content: Any) -> Any:
    """The content of an answer without the names and numbers of other users."""
    if isinstance(content, dict):
        return {key: _without(key, value) for key, value in content.items()}
    return [without_people(item) for item in content] if isinstance(content, list) else content


def _without(key: str, value: Any) -> Any:
    """What stands under a name; a column of a table may be called like a list of people."""
    is_people = key in _PEOPLE and not (_PEOPLE[key] == [] and isinstance(value, str))
    return _PEOPLE[key] if is_people else without_people(value)


def is_reader(roles: set[str]) -> bool:
    """Whether somebody with these roles is held to what officials may open: whoever neither analyses nor administers."""
    return not roles & {ADMIN_ROLE, ANALYST_ROLE}


def _persons() -> list[set[str]]:
    """Roles of whoever the request comes from: by cookie, by token, or both."""
    manager = current_app.appbuilder.sm
    users = [current_user] if current_user.is_authenticated else []
    if (claims := bearer()) and is_alive(claims):
        users += filter(None, [manager.get_user_by_id(int(claims["sub"]))])
    return [{role.name for role in manager.get_user_roles(user)} for user in users]


def _refuse(status: int, message: str) -> ResponseReturnValue:
    if request.path.startswith("/api/"):
        return jsonify(message=message), status
    if status == 401:
        return redirect(url_for("SupersetAuthView.login", next=request.full_path.rstrip("?")))
    return Response(message, status, mimetype="text/plain")


def _changes_more_than_the_password() -> bool:
    """Whether somebody would give himself another name, the administrator's for instance."""
    content = request.get_json(silent=True)
    return request.endpoint == "CurrentUserRestApi.update_me" and not (
        isinstance(content, dict) and set(content) <= {"password"}
    )


def install(app: Flask) -> None:
    """Close the addresses and clean the answers."""

    @app.before_request
    def _open_or_refuse() -> ResponseReturnValue | None:
        if request.endpoint is None or request.endpoint in ANYBODY:
            return None
        persons = _persons()
        if not persons:
            return _refuse(401, LOG_IN)
        g.reader = any(map(is_reader, persons))
        if g.reader and (request.endpoint not in OFFICIALS or _changes_more_than_the_password()):
            return _refuse(403, CLOSED)
        return None

    @app.after_request
    def _leave_people_out(response: Response) -> Response:
        if g.get("reader") and response.is_json and (request.endpoint or "").startswith(_ABOUT_ASSETS):
            response.set_data(json.dumps(without_people(response.get_json()), ensure_ascii=False))
        return response
