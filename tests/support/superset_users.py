"""Users of Superset as ``access.yaml`` names them, and a client of its API."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import yaml

from infra.superset.parts import placed, where_filters
from infra.superset.queries import query_context, simple_filter
from infra.superset.specs import load

SPECS = Path(__file__).parents[2] / "superset_dashboards"
PROGRAMME = yaml.safe_load((SPECS / "parameters.yaml").read_text(encoding="utf-8"))["programme"]
ACCESS = yaml.safe_load((SPECS / "access.yaml").read_text(encoding="utf-8"))
REGION_OF = {user["username"]: user["region"] for user in ACCESS["officials"][:3]}
"""The province and two of its units: the rules of the others come from the same lines of the same file."""
PROVINCE = next(name for name, region in REGION_OF.items() if region.endswith("0000"))
CITIES = [name for name, region in REGION_OF.items() if not region.endswith("0000")]
CITY, OTHER_CITY = CITIES[:2]
COUNTY_OF = {user["username"]: user["county"] for user in ACCESS["officials"] if "county" in user}
DOMAIN_OF = {user["username"]: user["domain"] for user in ACCESS["officials"] if "domain" in user}
ENTERPRISE = ACCESS["enterprises"][0]
OPERATOR = ACCESS["operators"][0]["username"]
ANALYST = ACCESS["analysts"][0]["username"]
ADMIN = ACCESS["administrators"][0]["username"]
DASHBOARD = "overview"

STORED = load()
FILTERS = {item["id"]: item for item in STORED.pages[DASHBOARD]["filters"]}
PAGE_OF = {chart: name for name, page in STORED.pages.items() for chart in placed(page)}
OFFICIALS_CHARTS = [chart for chart, page in PAGE_OF.items() if "officials" in STORED.pages[page]["for"]]


class Client:
    """A logged-in user of Superset's API."""

    def __init__(self, base: str, username: str, password: str) -> None:
        self.http = httpx.Client(base_url=base, timeout=60, headers={"Referer": base})
        login = {"username": username, "password": password, "provider": "db"}
        token = self.http.post("/api/v1/security/login", json=login).raise_for_status().json()["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"
        self.http.headers["X-CSRFToken"] = (
            self.http.get("/api/v1/security/csrf_token/").raise_for_status().json()["result"]
        )

    @cached_property
    def _forms(self) -> dict[str, dict[str, dict[str, Any]]]:
        return {}

    def chart(self, title: str, page: str = DASHBOARD) -> dict[str, Any]:
        """Form data of a chart of a page."""
        if page not in self._forms:
            charts = self.http.get(f"/api/v1/dashboard/{page}/charts").raise_for_status().json()["result"]
            self._forms[page] = {chart["slice_name"]: chart["form_data"] for chart in charts}
        return self._forms[page][title]

    @cached_property
    def dashboard(self) -> int:
        """Number of the page that greets officials."""
        return self.number(DASHBOARD)

    def number(self, page: str) -> int:
        """Number of a page."""
        return int(self.http.get(f"/api/v1/dashboard/{page}").raise_for_status().json()["result"]["id"])

    def page_request(self, name: str, *filters: Mapping[str, Any]) -> dict[str, Any]:
        """What the page sends for a chart, by the name of its spec, under some filters."""
        spec, page = STORED.charts[name], PAGE_OF[name]
        form, context = self.chart(spec["title"], page), query_context(name, spec)
        assert context is not None, f"{name} is drawn through the older interface"
        for query in context["queries"]:
            query["filters"] = [*filters, *query["filters"]]
        number = int(form["datasource"].split("__")[0])
        ids = {"slice_id": form["slice_id"], "dashboardId": self.number(page)}
        return {**context, "datasource": {"id": number, "type": "table"}, "form_data": {**form, **ids}}

    def all_rows(self, name: str, *filters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Rows of a table that is shown by pages, one page after the other."""
        found: list[dict[str, Any]] = []
        body = self.page_request(name, *filters)
        while len(found) % body["queries"][0]["row_limit"] == 0:
            body["queries"][0]["row_offset"] = len(found)
            if not (page := rows(self.ask(body))):
                break
            found += page
        return found

    def filter_request(self, filter_id: str) -> dict[str, Any]:
        """What the page sends for the values of a filter."""
        item = FILTERS[filter_id]
        sort = item.get("sort_by")
        query = {
            "columns": [item["column"]],
            "metrics": [sort] if sort else [],
            "orderby": [[sort or item["column"], item.get("ascending", True)]],
            "filters": [simple_filter(condition) for condition in where_filters(item.get("where", {}))],
            "extras": {"having": "", "where": ""},
            "row_limit": 1000,
        }
        titles = {spec["dataset"]: spec["title"] for spec in STORED.charts.values()}
        number = int(self.chart(titles[item["dataset"]])["datasource"].split("__")[0])
        form = {
            "type": "NATIVE_FILTER",
            "native_filter_id": f"NATIVE_FILTER-{filter_id}",
            "dashboardId": self.dashboard,
        }
        return {
            "datasource": {"id": number, "type": "table"},
            "queries": [query],
            "form_data": form,
            "result_format": "json",
            "result_type": "full",
        }

    def ask(self, body: Mapping[str, Any]) -> httpx.Response:
        """Send a request for data."""
        return self.http.post("/api/v1/chart/data", json=body)

    def sql(self, statement: str) -> httpx.Response:
        """Run a statement in SQL Lab."""
        response = self.http.get("/api/v1/database/")
        result = response.json().get("result") if response.status_code == 200 else None
        body = {
            "database_id": result[0]["id"] if result else 1,
            "sql": statement,
            "schema": "main",
            "runAsync": False,
        }
        return self.http.post("/api/v1/sqllab/execute/", json=body)

    def map_request(self) -> dict[str, Any]:
        """What the page sends for the map."""
        form = self.chart(STORED.charts["map"]["title"])
        return {**form, "dashboardId": self.dashboard}


class Page(Client):
    """A user who logged in through the page: the older interface knows sessions only."""

    def __init__(self, base: str, username: str, password: str) -> None:
        self.http, _ = by_form(base, username, password)
        self.http.headers["X-CSRFToken"] = (
            self.http.get("/api/v1/security/csrf_token/").raise_for_status().json()["result"]
        )

    def ask_map(self, form: Mapping[str, Any], **arguments: str) -> httpx.Response:
        """Ask the older interface as the page does."""
        where = {"dashboard_id": str(self.dashboard), **arguments}
        return self.http.post("/superset/explore_json/", params=where, data={"form_data": json.dumps(form)})


def by_form(base: str, username: str, password: str) -> tuple[httpx.Client, httpx.Response]:
    """A browser's client after the login form was sent, and the answer to that."""
    http = httpx.Client(base_url=base, timeout=60, headers={"Referer": base})
    page = http.get("/login/").raise_for_status().text
    token = re.search(r'id="csrf_token"\s+value="([^"]+)"', page)
    assert token, page[:500]
    form = {"username": username, "password": password, "csrf_token": token.group(1)}
    return http, http.post("/login/", data=form)


def by_token(base: str, username: str, password: str, **more: Any) -> httpx.Response:
    """The answer to a login for a token."""
    body = {"username": username, "password": password, "provider": "db", **more}
    return httpx.post(f"{base}/api/v1/security/login", json=body, timeout=60)


@dataclass
class Guest:
    """An account made for one test, so that what happens to it does not disturb others."""

    admin: Client
    role: str
    name: str = field(default_factory=lambda: f"guest{secrets.token_hex(4)}")
    password: str = field(default_factory=lambda: f"Tmp-{secrets.token_urlsafe(16)}7")
    id: int = 0

    def __post_init__(self) -> None:
        """Make the account."""
        response = self.admin.http.get("/api/v1/security/roles/?q=(page_size:100)").raise_for_status().json()
        roles = [item["id"] for item in response["result"] if item["name"] == self.role]
        user = {"username": self.name, "first_name": self.name, "last_name": self.name, "active": True}
        body = {**user, "email": f"{self.name}@localhost.invalid", "roles": roles, "password": self.password}
        made = self.admin.http.post("/api/v1/security/users/", json=body)
        assert made.status_code == 201, made.text
        self.id = made.json()["id"]

    def change(self, **values: Any) -> None:
        """Let the administrator change the account."""
        self.admin.http.put(f"/api/v1/security/users/{self.id}", json=values).raise_for_status()

    def remove(self) -> None:
        """Delete the account; one that changed something stays on record, switched off."""
        if self.admin.http.delete(f"/api/v1/security/users/{self.id}").status_code != 200:
            self.change(active=False)


Login = Callable[[str], Client]


def login_once(base: str, passwords: Mapping[str, str]) -> Login:
    """Clients by user name, each logged in once."""
    clients: dict[str, Client] = {}

    def client(username: str) -> Client:
        if username not in clients:
            clients[username] = Client(base, username, passwords[username])
        return clients[username]

    return client


def rows(answer: httpx.Response) -> list[dict[str, Any]]:
    """Rows of an answer that has to succeed."""
    assert answer.status_code == 200, answer.text[:500]
    return answer.json()["result"][0]["data"]
