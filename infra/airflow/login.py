"""Airflow's login: wrong passwords are counted by name and by address, logged, and locked out for a while."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import Annotated

import structlog
from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
from airflow.api_fastapi.auth.managers.simple.datamodels.login import LoginBody, LoginResponse
from airflow.api_fastapi.auth.managers.simple.services.login import SimpleAuthManagerLogin
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.utils import parse_login_body
from fastapi import APIRouter, Depends, HTTPException, Request, status
from fastapi.responses import HTMLResponse
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

log = structlog.get_logger(__name__)

BY_NAME, BY_ADDRESS = parse("5 per 15 minutes"), parse("30 per 15 minutes")
"""How many wrong passwords a name and an address may give before they are locked out."""
LOGIN_PATHS = ("/token", "/token/cli", "/token/login")
"""Routes of the simple auth manager that give tokens."""


class Attempts:
    """Wrong passwords of the last quarter of an hour.

    They are kept in the one process that answers: a restart forgets them.
    """

    def __init__(self) -> None:
        self._counts = MovingWindowRateLimiter(MemoryStorage())
        self._turn = threading.Lock()

    def login(self, body: LoginBody, address: str) -> str:
        """Return a token for the right password.

        Raises
        ------
        HTTPException
            401 for a wrong name or password; 429, without looking at the password, for who is locked out.
        """
        # A name has any length: its digest has not.
        keys = ((BY_NAME, hashlib.sha256(body.username.encode()).hexdigest()), (BY_ADDRESS, address))
        # One at a time: attempts side by side must not all be let through before the first is counted.
        with self._turn:
            if wait := max((self._wait(limit, key) for limit, key in keys), default=0):
                _tell(body.username, address, "locked out")
                raise HTTPException(
                    status.HTTP_429_TOO_MANY_REQUESTS,
                    f"口令错误次数过多，请 {wait // 60 + 1} 分钟后再试 / too many wrong passwords",
                    headers={"Retry-After": str(wait)},
                )
            try:
                token = SimpleAuthManagerLogin.create_token(body=body)
            except HTTPException:
                for limit, key in keys:
                    self._counts.hit(limit, key)
                _tell(body.username, address, "wrong password")
                raise
            self._counts.clear(*keys[0])
            return token

    def _wait(self, limit: RateLimitItem, key: str) -> int:
        """Return the seconds until another attempt is let through, 0 for at once."""
        if self._counts.test(limit, key):
            return 0
        return max(1, round(self._counts.get_window_stats(limit, key).reset_time - time.time()))


def _tell(username: str, address: str, why: str) -> None:
    """Log a failed login; a name nobody has may be a password typed into the wrong field."""
    known = any(user.username == username for user in SimpleAuthManager.get_users())
    log.warning("login failed", user=username if known else "(unknown)", address=address, why=why)


attempts = Attempts()
login_router = APIRouter(tags=["SimpleAuthManagerLogin"])


@login_router.post("/token", status_code=status.HTTP_201_CREATED)
@login_router.post("/token/cli", status_code=status.HTTP_201_CREATED)
def create_token(request: Request, body: Annotated[LoginBody, Depends(parse_login_body)]) -> LoginResponse:
    """Give a token for a name and its password."""
    return LoginResponse(
        access_token=attempts.login(body, request.client.host if request.client else "unknown")
    )


@login_router.get("/login", response_class=HTMLResponse, include_in_schema=False)
def page(request: Request) -> HTMLResponse:
    """Show the login form; whoever is logged in leaves first, or the form's token would not replace the old one."""
    if token := request.cookies.get(COOKIE_NAME_JWT_TOKEN):
        get_auth_manager().revoke_token(token)
    form = next(r for r in request.app.routes if getattr(r, "path", "") == "/{rest_of_path:path}")
    answer: HTMLResponse = form.endpoint(request, "login")
    return answer
