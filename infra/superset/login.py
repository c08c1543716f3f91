"""Logging in and out of Superset: waits after wrong passwords, logins that end, a password policy, and a journal.

``LoginMixin`` goes in front of Superset's security manager; ``install`` connects what is no method of it.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
from datetime import datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app, g, request, session
from flask_appbuilder.exceptions import PasswordComplexityValidationError
from flask_appbuilder.security.sqla.models import User
from flask_appbuilder.security.utils import is_null_password
from flask_jwt_extended import JWTManager, decode_token, get_jwt
from flask_jwt_extended.exceptions import JWTExtendedException
from flask_login import user_logged_in, user_logged_out
from jwt import PyJWTError
from superset.extensions import db
from superset.utils.log import DBEventLogger
from werkzeug.security import check_password_hash

from infra.superset import attempts, passwords, sessions
from infra.superset.login_views import LoginApi, LoginView

SESSION_KEY = "login"
_LOGIN_KEYS = ("_user_id", "_fresh", "_id")
_journal = logging.getLogger("zjtx.login")


def address() -> str:
    """Where the request comes from; of an IPv6 address the network, whose owner has all of its addresses."""
    try:
        client = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "?"
    return str(ipaddress.ip_network((client, 64), strict=False)) if client.version == 6 else str(client)


def bearer() -> dict[str, Any]:
    """Claims of the token that the request carries; empty without a good one."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return {}
    try:
        return decode_token(token.strip())
    except (JWTExtendedException, PyJWTError):
        return {}


def _account(username: str, user: User | None) -> str:
    """The account as counted and written down: people type passwords into the wrong box, so no unknown names."""
    if user is not None:
        return user.username
    key = str(current_app.config["SECRET_KEY"]).encode()
    digest = hmac.new(key, username.strip().casefold().encode(), hashlib.sha256).hexdigest()
    return f"?{digest[:12]}"


def _clock(moment: datetime) -> str:
    return moment.astimezone().strftime("%H:%M:%S")


def _note(event: str, account: str, more: str = "") -> None:
    _journal.info("%s 账号=%s 地址=%s%s", event, account, address(), more)


class LoginMixin:
    """Part of the security manager that has to do with passwords and logins."""

    security_api = LoginApi
    authdbview = LoginView

    def auth_user_db(self, username: str | None, password: str | None) -> User | None:
        """The user of that name and password; None, as late for unknown names, when there is none or it has to wait."""
        if not username or is_null_password(password):
            return None
        user = None if "\0" in username else self.find_user(username=username)
        account, place = _account(username, user), address()
        verdict = attempts.admit(db.engine, account, place)
        g.login_wait = verdict.locked_until
        if verdict.refuses:
            # one line a wait: whoever goes on trying does not fill the disk
            if verdict.refused == 1:
                _note("拒绝", account, f" 暂停至={_clock(verdict.locked_until)}")
            return None
        if not self._is_right(user, password):
            more = f" 连续={verdict.failures}" + (f" 此前拒绝={verdict.refused}" if verdict.refused else "")
            _note("失败", account, more)
            if verdict.begins_wait:
                _note("暂停", account, f" 暂停至={_clock(verdict.locked_until)}")
            return None
        g.login_wait = None
        attempts.succeed(db.engine, account, place)
        self.update_user_auth_stat(user, True)
        _note("登录", account)
        return user

    def _is_right(self, user: User | None, password: str) -> bool:
        """Check the password; for unknown and switched-off accounts do the same work in vain."""
        known = user is not None and user.is_active and bool(user.password)
        stored = user.password if known else current_app.config["AUTH_DB_FAKE_PASSWORD_HASH_CHECK"]
        right = check_password_hash(stored, password) and known
        if not right:
            if known:
                self.update_user_auth_stat(user, False)
            elif first := self.get_first_user():
                self.noop_user_update(first)
        return right

    def load_user(self, pk: int) -> User | None:
        """The user of the cookie, while that login is alive."""
        user = super().load_user(pk)
        if user is not None and sessions.is_alive(db.engine, session.get(SESSION_KEY), user.id):
            return user
        return None

    def load_user_jwt(self, _header: dict[str, Any], claims: dict[str, Any]) -> User | None:
        """The user of a token; whether its login is alive was asked before."""
        user = super().load_user(claims["sub"])
        if user is not None:
            g.user = user
        return user

    def create_jwt_manager(self, app: Flask) -> JWTManager:
        """Tokens carry the name of their login and are good as long as it lives."""
        manager = super().create_jwt_manager(app)
        manager.additional_claims_loader(_claims)
        manager.token_in_blocklist_loader(lambda _header, claims: not is_alive(claims))
        return manager

    def reset_password(self, userid: int, password: str) -> None:
        """Set a password that the policy allows."""
        check_password(password)
        super().reset_password(userid, password)


def is_alive(claims: dict[str, Any]) -> bool:
    """Whether the login of a token lives."""
    return sessions.is_alive(db.engine, claims.get(SESSION_KEY), int(claims["sub"]))


def _claims(identity: str) -> dict[str, str]:
    """All tokens of one login, refreshed ones as well, carry the same name."""
    if "token_login" not in g:
        try:
            g.token_login = get_jwt()[SESSION_KEY]
        except RuntimeError:
            g.token_login = sessions.begin(db.engine, int(identity), sessions.TOKEN)
    return {SESSION_KEY: g.token_login}


def check_password(password: str) -> None:
    """Refuse, in Chinese, a password that the policy does not allow."""
    names = {name for (name,) in db.session.query(User.username)}
    if request:
        given = request.get_json(silent=True) if request.is_json else request.form
        names |= {str(given.get("username") or "")} if isinstance(given, dict) else set()
    if faults := passwords.problems(password, names):
        raise PasswordComplexityValidationError(f"密码{'；'.join(faults)}")


class EventLogger(DBEventLogger):
    """Superset's action log; it would keep the password that somebody sends to change it."""

    def log(self, *args: Any, records: list[dict[str, Any]] | None = None, **kwargs: Any) -> None:
        """Write the events down without passwords."""
        purged = [
            {k: v for k, v in record.items() if "password" not in k.lower()} for record in records or []
        ]
        super().log(*args, records=purged, **kwargs)


def _begin(_app: Flask, user: User) -> None:
    """Enter the login; nothing that the cookie held before survives it."""
    identity = {key: session[key] for key in _LOGIN_KEYS}
    session.clear()
    session.update(identity)
    session[SESSION_KEY] = sessions.begin(db.engine, user.id, sessions.PAGE)


def _end(_app: Flask, user: User) -> None:
    """End the login of the cookie or of the token, and the user's tokens with it."""
    claims = bearer()
    sessions.end(db.engine, session.get(SESSION_KEY))
    sessions.end(db.engine, claims.get(SESSION_KEY))
    session.clear()
    user_id = user.id if user.is_authenticated else claims.get("sub")
    if user_id is None:
        return
    with db.engine.begin() as connection:
        sessions.end_all(connection, int(user_id), sessions.TOKEN)
    person = db.session.get(User, int(user_id))
    _note("退出", person.username if person else str(user_id))


def _changed(_mapper: Any, connection: sa.engine.Connection, user: User) -> None:
    """A new password or another state ends the user's logins, in the same transaction; a new password ends waits."""
    state = sa.inspect(user).attrs
    password, active = (state[name].history.has_changes() for name in ("password", "active"))
    if password or active:
        sessions.end_all(connection, user.id)
    if password:
        attempts.forgive(connection, user.username)


def _deleted(_mapper: Any, connection: sa.engine.Connection, user: User) -> None:
    sessions.end_all(connection, user.id)


def install(app: Flask, journal: Path) -> None:
    """Connect logins and logouts to the table of sessions, and open the journal.

    Parameters
    ----------
    app
        Superset's application.
    journal
        File that logins, wrong passwords, waits and logouts are written to.
    """
    user_logged_in.connect(_begin, app)
    user_logged_out.connect(_end, app)
    for name, work in (("after_update", _changed), ("after_delete", _deleted)):
        if not sa.event.contains(User, name, work):
            sa.event.listen(User, name, work)
    journal.parent.mkdir(parents=True, exist_ok=True)
    journal.touch(mode=0o600)
    if not _journal.handlers:
        handler = WatchedFileHandler(journal, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S%z"))
        _journal.addHandler(handler)
        _journal.setLevel(logging.INFO)
        _journal.propagate = False
