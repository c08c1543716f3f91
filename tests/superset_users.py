"""Users of Superset as ``access.yaml`` names them, and a client of its API."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

SPECS = Path(__file__).parents[1] / "superset_dashboards"
PROGRAMME = yaml.safe_load((SPECS / "parameters.yaml").read_text(encoding="utf-8"))["programme"]
ACCESS = yaml.safe_load((SPECS / "access.yaml").read_text(encoding="utf-8"))
REGION_OF = {user["username"]: user["region"] for user in ACCESS["officials"]}
PROVINCE = next(name for name, region in REGION_OF.items() if region.endswith("0000"))
CITIES = [name for name, region in REGION_OF.items() if not region.endswith("0000")]
CITY, OTHER_CITY = CITIES[:2]
ANALYST = ACCESS["analysts"][0]["username"]
ADMIN = ACCESS["administrators"][0]["username"]
DASHBOARD = ACCESS["dashboards"][0]


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

    def chart(self, title: str) -> dict[str, Any]:
        """Form data of a chart of the dashboard."""
        charts = self.http.get(f"/api/v1/dashboard/{DASHBOARD}/charts").raise_for_status().json()["result"]
        return next(chart["form_data"] for chart in charts if chart["slice_name"] == title)

    def data(self, form: Mapping[str, Any], in_dashboard: bool = True, **query: Any) -> httpx.Response:
        """Ask the data of a chart, with a query of our own."""
        dashboard = self.http.get(f"/api/v1/dashboard/{DASHBOARD}").raise_for_status().json()["result"]["id"]
        body = {
            "datasource": {"id": int(str(form["datasource"]).split("__")[0]), "type": "table"},
            "queries": [{"row_limit": 50000, "metrics": [], "columns": [], "filters": [], **query}],
            "form_data": {
                "slice_id": form["slice_id"],
                **({"dashboardId": dashboard} if in_dashboard else {}),
            },
            "result_format": "json",
            "result_type": "full",
        }
        return self.http.post("/api/v1/chart/data", json=body)

    def sql(self, statement: str) -> httpx.Response:
        """Run a statement in SQL Lab."""
        found = self.http.get("/api/v1/database/")
        result = found.json().get("result") if found.status_code == 200 else None
        body = {
            "database_id": result[0]["id"] if result else 1,
            "sql": statement,
            "schema": "main",
            "runAsync": False,
        }
        return self.http.post("/api/v1/sqllab/execute/", json=body)


def by_form(base: str, username: str, password: str) -> tuple[httpx.Client, httpx.Response]:
    """A browser's client after the login form was sent, and the answer to that."""
    http = httpx.Client(base_url=base, timeout=60, headers={"Referer": base})
    page = http.get("/login/").raise_for_status().text
    found = re.search(r'id="csrf_token"\s+value="([^"]+)"', page)
    assert found, page[:500]
    form = {"username": username, "password": password, "csrf_token": found.group(1)}
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
        found = self.admin.http.get("/api/v1/security/roles/?q=(page_size:100)").raise_for_status().json()
        roles = [item["id"] for item in found["result"] if item["name"] == self.role]
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
