"""Users of Superset as ``access.yaml`` names them, and a client of its API."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import yaml

from infra.superset.parts import HEADER, SERVED, placed, where_filters
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
PAGE_OF: dict[str, str] = {}
"""The first page, in the order of the pages, on which a chart stands."""
for _name, _page in sorted(STORED.pages.items(), key=lambda item: item[1]["order"]):
    PAGE_OF |= {chart: PAGE_OF.get(chart, _name) for chart in placed(_page)}
FIRMS = "enterprises"
"""The chart that lists firms."""


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
    def _boards(self) -> dict[str, dict[str, Any]]:
        return {}

    def board(self, page: str) -> dict[str, Any]:
        """A page as it is stored: its number, its charts by the names of their specs, the data sets of its filters."""
        if page not in self._boards:
            address = f"/api/v1/dashboard/{page}"
            kept = self.http.get(address).raise_for_status().json()["result"]
            charts = self.http.get(f"{address}/charts").raise_for_status().json()["result"]
            forms = {chart["form_data"]["slice_id"]: chart["form_data"] for chart in charts}
            cells = {
                key.removeprefix("CHART-").removeprefix("markup-"): cell["meta"]["chartId"]
                for key, cell in json.loads(kept["position_json"]).items()
                if key.startswith("CHART-")
            }
            filters = json.loads(kept["json_metadata"])["native_filter_configuration"]
            sets = {f["id"].removeprefix("NATIVE_FILTER-"): f["targets"][0]["datasetId"] for f in filters}
            charts_of = {name: forms[number] for name, number in cells.items()}
            self._boards[page] = {"id": kept["id"], "charts": charts_of, "filters": sets}
        return self._boards[page]

    def chart(self, name: str, page: str | None = None) -> dict[str, Any]:
        """Form data of a chart, by the name of its spec, on a page: its first one by default."""
        key = HEADER if name.startswith(f"{HEADER}_") else name
        return self.board(page or PAGE_OF[name])["charts"][key]

    @cached_property
    def dashboard(self) -> int:
        """Number of the page that greets officials."""
        return self.number(DASHBOARD)

    def number(self, page: str) -> int:
        """Number of a page."""
        return int(self.board(page)["id"])

    def page_request(self, name: str, *filters: Mapping[str, Any], page: str | None = None) -> dict[str, Any]:
        """What a page sends for a chart, by the name of its spec, under some filters."""
        spec, page = STORED.charts[name], page or PAGE_OF[name]
        form, context = self.chart(name, page), query_context(name, spec)
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

    def filter_request(self, filter_id: str, page: str = DASHBOARD) -> dict[str, Any]:
        """What a page sends for the values of a filter."""
        item = next(item for item in STORED.pages[page]["filters"] if item["id"] == filter_id)
        sort = item.get("sort_by")
        query = {
            "columns": [item["column"]],
            "metrics": [sort] if sort else [],
            "orderby": [[sort or item["column"], item.get("ascending", True)]],
            "filters": [simple_filter(condition) for condition in where_filters(item.get("where", {}))],
            "extras": {"having": "", "where": ""},
            "row_limit": 1000,
        }
        form = {
            "type": "NATIVE_FILTER",
            "native_filter_id": f"NATIVE_FILTER-{filter_id}",
            "dashboardId": self.number(page),
        }
        return {
            "datasource": {"id": self.board(page)["filters"][filter_id], "type": "table"},
            "queries": [query],
            "form_data": form,
            "result_format": "json",
            "result_type": "full",
        }

    def ask(self, body: Mapping[str, Any]) -> httpx.Response:
        """Send a request for data."""
        return self.http.post("/api/v1/chart/data", json=body)

    @cached_property
    def served_database(self) -> int:
        """Number of the database of the served file; the first one's for who may not list databases."""
        response = self.http.get("/api/v1/database/")
        listed = response.json().get("result") if response.status_code == 200 else []
        return next((one["id"] for one in listed if one["database_name"] == STORED.databases[SERVED]), 1)

    def sql(self, statement: str) -> httpx.Response:
        """Run a statement in SQL Lab."""
        body = {
            "database_id": self.served_database,
            "sql": statement,
            "schema": "main",
            "runAsync": False,
        }
        return self.http.post("/api/v1/sqllab/execute/", json=body)

    def map_request(self, name: str = "map", page: str | None = None) -> dict[str, Any]:
        """What a page sends for a map."""
        return {**self.chart(name, page), "dashboardId": self.number(page or PAGE_OF[name])}


class Page(Client):
    """A user who logged in through the page: the older interface knows sessions only."""

    def __init__(self, base: str, username: str, password: str) -> None:
        self.http, _ = by_form(base, username, password)
        self.http.headers["X-CSRFToken"] = (
            self.http.get("/api/v1/security/csrf_token/").raise_for_status().json()["result"]
        )

    def ask_map(self, form: Mapping[str, Any], **arguments: str) -> httpx.Response:
        """Ask the older interface as the page does."""
        where = {"dashboard_id": str(form.get("dashboardId")), **arguments}
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


Login = Callable[[str], Client]


STALE_AFTER = 20 * 60
"""Seconds after which a client logs in anew: Superset's tokens end after thirty minutes."""


def login_once(base: str, passwords: Mapping[str, str], kind: type[Client] = Client) -> Login:
    """Clients by user name, each logged in once, and again before what it holds has ended."""
    clients: dict[str, tuple[float, Client]] = {}

    def client(username: str) -> Client:
        began, known = clients.get(username, (0.0, None))
        if known is None or time.monotonic() - began > STALE_AFTER:
            known = kind(base, username, passwords[username])
            clients[username] = time.monotonic(), known
        return known

    return client


def rows(answer: httpx.Response) -> list[dict[str, Any]]:
    """Rows of an answer that has to succeed."""
    assert answer.status_code == 200, answer.text[:500]
    return answer.json()["result"][0]["data"]


def shown_as(chart: str, column: str) -> str | None:
    """The column under which a table shows another one: itself, or the link whose words it is; None where it does not."""
    spec = STORED.charts[chart]
    links = STORED.datasets[spec["dataset"]].get("links", {})
    drawn = spec["params"].get("all_columns", [])
    return next((c for c in drawn if c == column or links.get(c, {}).get("text") == column), None)


def texts(found: list[dict[str, Any]], chart: str, column: str) -> list[str]:
    """The words of a column of a table, without the markup of links."""
    shown = shown_as(chart, column) or column
    return [html.unescape(re.sub(r"<[^>]*>", "", str(row[shown]))) for row in found]
