"""Pages on narrow screens, and who sees the way to which page.

Superset's grid computes widths from twelve columns, whatever the screen. So a script of every page notes in a cookie
that the screen is narrow, before the page asks for its positions, and the answer then has every cell in a row of its
own.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, json, request
from flask_login import current_user
from jinja2 import ChoiceLoader, FileSystemLoader

from infra.superset.belonging import ADMIN_ROLE
from infra.superset.layout import one_column

COOKIE = "zjtx_narrow"
BREAKPOINT = 700
_TEMPLATES = Path(__file__).parent / "templates"
_POSITIONS = "DashboardRestApi.get"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def open_pages() -> list[str]:
    """Names of the pages that the person who is logged in may open."""
    from superset import db
    from superset.models.dashboard import Dashboard

    if not current_user.is_authenticated:
        return []
    own = {role.name for role in current_app.appbuilder.sm.get_user_roles(current_user)}
    pages = {
        page.slug: {role.name for role in page.roles}
        for page in db.session.query(Dashboard).filter(Dashboard.slug.isnot(None))
    }
    # names become part of a style sheet, and analysts name their own pages
    return sorted(
        name for name, roles in pages.items() if (ADMIN_ROLE in own or own & roles) and _NAME.fullmatch(name)
    )


def install(app: Flask) -> None:
    """Add the script to every page, and answer narrow screens with one column."""
    app.jinja_loader = ChoiceLoader([FileSystemLoader(_TEMPLATES), app.jinja_loader])

    @app.context_processor
    def _for_templates() -> dict[str, Any]:
        return {"zjtx_open_pages": open_pages, "zjtx_cookie": COOKIE, "zjtx_breakpoint": BREAKPOINT}

    @app.after_request
    def _narrow(answer: Response) -> Response:
        if request.endpoint != _POSITIONS or answer.status_code != 200:
            return answer
        answer.vary.add("Cookie")
        content = answer.get_json()
        if request.cookies.get(COOKIE) == "1" and content["result"].get("position_json"):
            content["result"]["position_json"] = one_column(content["result"]["position_json"])
            answer.set_data(json.dumps(content, ensure_ascii=False))
        return answer
