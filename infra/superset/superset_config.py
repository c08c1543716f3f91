"""Superset's configuration. Everything that differs between machines comes from the environment."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import yaml
from flask import Flask
from sqlalchemy.engine.url import URL

from infra.superset import login, narrow, readers, saved, scoped, served_duckdb, sessions, web
from infra.superset.manager import GuardedSecurityManager
from infra.superset.parts import operations_file

_ROOT = Path(__file__).resolve().parents[2]
_HOME = Path(os.environ.get("ZJTX_HOME", _ROOT / "var")).resolve()
_HTTPS = os.environ.get("ZJTX_SUPERSET_HTTPS", "0") == "1"
_BRAND: dict[str, Any] = yaml.safe_load(
    (_ROOT / "superset_dashboards" / "brand.yaml").read_text(encoding="utf-8")
)

SECRET_KEY = (
    Path(os.environ.get("ZJTX_SUPERSET_SECRET_FILE", _HOME / "secrets" / "superset_secret_key"))
    .read_text()
    .strip()
)
SQLALCHEMY_DATABASE_URI = os.environ["ZJTX_SUPERSET_DB_URL"]
SUPERSET_WEBSERVER_PORT = int(os.environ.get("ZJTX_PORT_SUPERSET", "28088"))

# --- sessions


class _SecurityManager(login.LoginMixin, GuardedSecurityManager, scoped.ScopedSecurityManager):
    """Superset's own, with our rules of logging in, of asking, and of what the data cache may answer."""


CUSTOM_SECURITY_MANAGER = _SecurityManager
LOGIN_JOURNAL = _HOME / "superset" / "login.log"
EVENT_LOGGER = login.EventLogger()
FAB_PASSWORD_COMPLEXITY_ENABLED = True
FAB_PASSWORD_COMPLEXITY_VALIDATOR = login.check_password
WTF_CSRF_ENABLED = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _HTTPS
# the address that a proxy names counts behind a proxy only; anybody can send the header
ENABLE_PROXY_FIX = _HTTPS
PERMANENT_SESSION_LIFETIME = int(sessions.LIFETIME.total_seconds())
JWT_ACCESS_TOKEN_EXPIRES = int(sessions.IDLE.total_seconds())
JWT_REFRESH_TOKEN_EXPIRES = PERMANENT_SESSION_LIFETIME
# Superset's own limit leaves out the address that takes the passwords, and counts per worker: ours is in `attempts.py`
AUTH_RATE_LIMITED = False
# the limit of all requests of an address, per worker; a page asks for a hundred things, and an office has one address
RATELIMIT_ENABLED = True
RATELIMIT_APPLICATION = "300 per second"
RATELIMIT_STORAGE_URI = "memory://"
# of features that are off; their keys as released are known to everybody
GUEST_TOKEN_JWT_SECRET = secrets.token_urlsafe(32)
GLOBAL_ASYNC_QUERIES_JWT_SECRET = secrets.token_urlsafe(32)
PUBLIC_ROLE_LIKE = None
FAB_API_SWAGGER_UI = False
FAB_ADD_SECURITY_API = True

# --- caches: state of the pages on disk, no cache of data (a query of the served file takes milliseconds)


def _disk(name: str, seconds: int) -> dict[str, Any]:
    folder = _HOME / "superset" / "cache" / name
    return {
        "CACHE_TYPE": "FileSystemCache",
        "CACHE_DIR": str(folder),
        "CACHE_DEFAULT_TIMEOUT": seconds,
        "CACHE_THRESHOLD": 5000,
    }


CACHE_CONFIG = _disk("meta", 300)
DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
FILTER_STATE_CACHE_CONFIG = _disk("filter", 30 * 86400)
EXPLORE_FORM_DATA_CACHE_CONFIG = _disk("explore", 7 * 86400)

# --- the served file
SERVED_FILE = str(Path(os.environ.get("ZJTX_SERVED", _HOME / "served")).resolve() / "current" / "zjtx.duckdb")
OPERATIONS_FILE = operations_file(SERVED_FILE)
PREVENT_UNSAFE_DB_CONNECTIONS = True
SQLLAB_TIMEOUT = 30
SQL_MAX_ROW = 50_000
DISPLAY_MAX_ROW = 10_000
ROW_LIMIT = 5_000
SQLLAB_CTAS_NO_LIMIT = False
DEFAULT_SQLLAB_LIMIT = 1_000


def DB_CONNECTION_MUTATOR(uri: URL, params: dict[str, Any], *_: Any) -> tuple[URL, dict[str, Any]]:
    """Replace every DuckDB connection by the locked one of the file that the person may read.

    The name that Superset passes is not asked: it may come from an address or an impersonation.
    """
    if uri.get_backend_name() == "duckdb":
        path = scoped.file_behind(uri.database, SERVED_FILE, OPERATIONS_FILE)
        params = {"poolclass": params.get("poolclass"), "creator": lambda: served_duckdb.connect(path)}
    return uri, params


FEATURE_FLAGS = {
    "DASHBOARD_RBAC": True,
    "RLS_IN_SQLLAB": True,
    "ENABLE_TEMPLATE_PROCESSING": False,
    "ALERT_REPORTS": False,
    # pictures are taken by an account of its own, from that account's file
    "THUMBNAILS": False,
    "ENABLE_DASHBOARD_SCREENSHOT_ENDPOINTS": False,
    "ENABLE_DASHBOARD_DOWNLOAD_WEBDRIVER_SCREENSHOT": False,
    "ALLOW_ADHOC_SUBQUERY": False,
    "DRILL_TO_DETAIL": False,
    "DRILL_BY": False,
}

# --- Chinese
BABEL_DEFAULT_LOCALE = "zh"
BABEL_DEFAULT_TIMEZONE = "Asia/Shanghai"
LANGUAGES = {"zh": {"flag": "cn", "name": "简体中文"}}
D3_FORMAT = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["¥", ""]}
D3_TIME_FORMAT = {
    "dateTime": "%Y年%-m月%-d日 %X",
    "date": "%Y年%-m月%-d日",
    "time": "%H:%M:%S",
    "periods": ["上午", "下午"],
    "days": [f"星期{day}" for day in "日一二三四五六"],
    "shortDays": [f"周{day}" for day in "日一二三四五六"],
    "months": [f"{month}月" for month in range(1, 13)],
    "shortMonths": [f"{month}月" for month in range(1, 13)],
}

# --- nothing from outside; no 'unsafe-eval'
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'", "data:"],
        "frame-ancestors": ["'self'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": _HTTPS,
    "session_cookie_secure": _HTTPS,
}
HTML_SANITIZATION = True
# lets the notes on a dashboard use the classes of its style sheet
HTML_SANITIZATION_SCHEMA_EXTENSIONS = {"attributes": {"*": ["className"]}}

# --- brand
APP_NAME = _BRAND["name"]
FAVICONS = [{"href": "/zjtx/icon.svg"}]
THEME_DEFAULT = {
    "token": {
        "brandAppName": APP_NAME,
        "brandLogoAlt": APP_NAME,
        "brandLogoUrl": "/zjtx/logo.svg",
        "brandLogoMargin": "10px 0",
        "brandLogoHref": "/",
        "brandLogoHeight": "32px",
        "brandIconMaxWidth": 260,
        "fontUrls": [],
        "fontFamily": "'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', 'PingFang SC', sans-serif",
        "fontFamilyCode": "'Noto Sans Mono CJK SC', Consolas, monospace",
        "colorPrimary": _BRAND["colour"],
        "colorLink": _BRAND["colour"],
    },
    "algorithm": "default",
}
THEME_DARK = None
EXTRA_CATEGORICAL_COLOR_SCHEMES = [
    {"id": "zjtx", "label": APP_NAME, "description": "", "isDefault": True, "colors": _BRAND["palette"]},
]
EXTRA_SEQUENTIAL_COLOR_SCHEMES = [
    {
        "id": "zjtx_sequential",
        "label": "由低到高",
        "description": "",
        "isDiverging": False,
        "colors": _BRAND["sequential"],
    },
    {
        "id": "zjtx_diverging",
        "label": "以零为界",
        "description": "",
        "isDiverging": True,
        "colors": _BRAND["diverging"],
    },
]
ENABLE_UI_THEME_ADMINISTRATION = False


def FLASK_APP_MUTATOR(app: Flask) -> None:
    """Chinese corrections, local tile, landing page; logins and who may open what."""
    web.install(app)
    login.install(app, journal=LOGIN_JOURNAL)
    readers.install(app)
    narrow.install(app)
    saved.install()
