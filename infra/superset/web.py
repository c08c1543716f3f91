"""What Superset's web application gets on top: Chinese corrections, local map tile, landing page."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import superset
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.support import Translations
from flask import Flask, Response, current_app, jsonify, redirect, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_domain
from flask_login import current_user

from infra.superset.home import first_page
from infra.superset.links import ADDRESS
from infra.superset.narrow import open_pages

STATIC = Path(__file__).parent / "static"
STATIC_URL = "/zjtx/"
LANGUAGE_PACK_URL = "/superset/language_pack/zh"
LANDING_FROM = "/superset/welcome"
# its answers to GET are cached without regard to who asks; the page sends POST
_CACHED_FOR_ALL = "/superset/explore_json"
_SUPERSET = Path(superset.__file__).parent
# Superset's released scripts carry six things that no setting reaches
_CORRECTIONS = (
    # a counting pixel of an outside host: the security policy blocks it, at the price of an error in every console
    (re.compile(rb"https://[a-z.]*scarf\.sh/pixel/[0-9a-f-]+/"), b"/zjtx/blank.png?"),
    # map labels draw ASCII only, and in a font without Chinese
    (re.compile(rb'(characterSet:\{type:"object",value:)\w+\.characterSet\}'), rb'\1"auto"}'),
    (
        re.compile(rb'fontFamily:"Monaco, monospace"'),
        b'fontFamily:"Noto Sans CJK SC,Microsoft YaHei,PingFang SC,sans-serif"',
    ),
    # whoever leaves a page saves the colours that its charts chose, allowed to or not
    (
        re.compile(rb"(labelsColorMapMustSync:a,sharedLabelsColorsMustSync:o\}\}=t\(\);)\(a\|\|o\)&&"),
        rb"\1t().dashboardInfo.dash_save_perm&&(a||o)&&",
    ),
    # the choice of a column to search in names columns, not their labels
    (re.compile(rb"(return\{id:String\(t\),columnKey:n,)"), rb"\1columnLabel:e.label,"),
    (re.compile(rb"\{value:e\.columnKey,label:e\.columnKey\}"), b"{value:e.columnKey,label:e.columnLabel}"),
    # a chart looks for its description under a name that nothing stores it by
    (re.compile(rb"\.description_markdown\b"), b".description_markeddown"),
)
_STATEMENTS = "/api/v1/sqllab/execute"
# kinds of errors that a statement earns, as Superset names them
_STATEMENT_ERRORS = {
    "GENERIC_DB_ENGINE_ERROR",
    "COLUMN_DOES_NOT_EXIST_ERROR",
    "TABLE_DOES_NOT_EXIST_ERROR",
    "SYNTAX_ERROR",
    "DML_NOT_ALLOWED_ERROR",
    "INVALID_CTAS_QUERY_ERROR",
    "INVALID_CVAS_QUERY_ERROR",
}


def language_pack(corrections: dict[str, str]) -> str:
    """Superset's Chinese messages for the browser, with our corrections of the missing and the wrong ones."""
    pack = json.loads((_SUPERSET / "translations/zh/LC_MESSAGES/messages.json").read_text(encoding="utf-8"))
    pack["locale_data"]["superset"].update({text: [chinese] for text, chinese in corrections.items()})
    return json.dumps(pack, ensure_ascii=False)


def server_messages(corrections: dict[str, str]) -> Translations:
    """The same corrections for the messages that the server writes itself."""
    catalog = Catalog(locale="zh")
    for text, chinese in corrections.items():
        catalog.add(text, chinese)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)


def corrected_scripts() -> dict[str, bytes]:
    """Address and content of Superset's scripts that differ from the released ones."""
    scripts = {}
    for path in (_SUPERSET / "static" / "assets").glob("*.js"):
        released = content = path.read_bytes()
        for pattern, correction in _CORRECTIONS:
            content = pattern.sub(correction, content)
        if content != released:
            scripts[f"/static/assets/{path.name}"] = content
    return scripts


def _landing() -> str:
    """Address of the first page of who is logged in; where no page is open, that of the own account."""
    roles = {role.name for role in current_app.appbuilder.sm.get_user_roles(current_user)}
    page = first_page(roles, open_pages())
    return url_for("UserInfoView.list") if page is None else ADDRESS.format(page)


def install(app: Flask) -> None:
    """Answer five kinds of address ahead of Superset's own views.

    Superset serves the language pack only after login, which leaves the login page in English; map tiles and the
    brand must come from this host; and after login everyone lands on the own first page instead of an empty home page.
    """
    corrections = json.loads((STATIC / "zh_corrections.json").read_text(encoding="utf-8"))
    pack, messages, scripts = language_pack(corrections), server_messages(corrections), corrected_scripts()
    corrected: list[Translations] = []

    @app.before_request
    def _first() -> ResponseReturnValue | None:
        path = request.path
        if path.rstrip("/") == LANGUAGE_PACK_URL:
            return Response(
                pack, mimetype="application/json", headers={"Cache-Control": "public, max-age=3600"}
            )
        if path in scripts:
            return Response(
                scripts[path], mimetype="text/javascript", headers={"Cache-Control": "public, max-age=86400"}
            )
        if path.startswith(STATIC_URL):
            return send_from_directory(STATIC, path.removeprefix(STATIC_URL), max_age=86400)
        if path.rstrip("/") == LANDING_FROM and current_user.is_authenticated:
            return redirect(_landing())
        if path.startswith(_CACHED_FOR_ALL) and request.method != "POST":
            return jsonify(message="只接受页面自己发出的请求（POST）"), 405
        return None

    @app.before_request
    def _correct_server_messages() -> None:
        # the catalogue is loaded once per process, at the first request
        loaded = get_domain().get_translations()
        if loaded not in corrected:
            loaded.merge(messages)
            corrected.append(loaded)

    @app.after_request
    def _refused_statement(answer: Response) -> Response:
        # Superset answers every failed statement with 500, as if the server were broken
        if answer.status_code == 500 and request.path.rstrip("/") == _STATEMENTS and answer.is_json:
            errors = (answer.get_json(silent=True) or {}).get("errors") or [{}]
            if {error.get("error_type") for error in errors} <= _STATEMENT_ERRORS:
                answer.status_code = 400
        return answer
