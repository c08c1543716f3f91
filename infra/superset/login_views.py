"""The two ways into Superset, by form and for a token: why somebody is refused is said in Chinese."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from flask import Response, g, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder.api import expose, safe
from flask_appbuilder.security.api import SecurityApi
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.views import AuthDBView

WRONG = "用户名或密码错误"
_WAIT_PAGE = """<!doctype html>
<html lang="zh"><meta charset="utf-8"><title>暂停登录</title>
<body><p>{message}</p><p><a href="{back}">返回登录页</a></p></body></html>
"""


def _seconds(until: datetime) -> int:
    return max(math.ceil((until - datetime.now(UTC)).total_seconds()), 1)


def too_many(until: datetime) -> str:
    """What somebody is told who has to wait; the same for accounts that do not exist."""
    return f"密码连续输错次数过多，请 {math.ceil(_seconds(until) / 60)} 分钟后再试；急用请联系系统管理员"


class LoginApi(SecurityApi):
    """``/api/v1/security/login``."""

    @expose("/login", methods=["POST"])
    @safe
    def login(self) -> Response:
        """Log in for a token."""
        response = super().login()
        if until := g.get("login_wait"):
            response = self.response(429, message=too_many(until))
            response.headers["Retry-After"] = str(_seconds(until))
        elif response.status_code == 401:
            response = self.response(401, message=WRONG)
        return response


class LoginView(AuthDBView):
    """The address that the login form is sent to.

    Superset's login page says by itself that name or password are wrong, and nothing else; who has to wait gets a page.
    """

    invalid_login_message = WRONG

    @expose("/login/", methods=["GET", "POST"])
    @no_cache
    def login(self) -> ResponseReturnValue:
        """Log in for a cookie."""
        response = super().login()
        if until := g.get("login_wait"):
            page = _WAIT_PAGE.format(message=too_many(until), back=url_for("SupersetAuthView.login"))
            response = Response(page, 429, headers={"Retry-After": str(_seconds(until))})
        return response
