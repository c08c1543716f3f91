"""Users of Superset as ``access.yaml`` names them, and a client of its API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
