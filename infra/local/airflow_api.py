"""A small client of Airflow's REST API, for the demo and the tests."""

import time
from collections.abc import Iterable
from typing import Any

import httpx

FINAL = ("success", "failed")


class AirflowClient:
    """REST calls as one user of the simple auth manager.

    Parameters
    ----------
    url : str
        Address of the API server.
    user, password : str
        A generated user; see var/secrets/airflow_<user>.
    timeout : float
        Seconds a single call may take.
    """

    def __init__(self, url: str, user: str, password: str, timeout: float = 30) -> None:
        self._login = {"username": user, "password": password}
        # Loopback traffic must not follow a proxy of the environment.
        self._http = httpx.Client(base_url=url, timeout=timeout, trust_env=False)

    def __enter__(self) -> "AirflowClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def call(self, method: str, path: str, **options: Any) -> Any:
        """One call below /api/v2; logs in at the first call and when the token has run out."""
        if "Authorization" not in self._http.headers:
            self._authorize()
        answer = self._http.request(method, f"/api/v2/{path}", **options)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._authorize()
            answer = self._http.request(method, f"/api/v2/{path}", **options)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def _authorize(self) -> None:
        answer = self._http.post("/auth/token", json=self._login)
        answer.raise_for_status()
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def dags(self) -> list[dict[str, Any]]:
        """All DAGs the scheduler knows."""
        return list(self.call("GET", "dags", params={"limit": 100})["dags"])

    def import_errors(self) -> list[dict[str, Any]]:
        """Files under dags/ that could not be parsed."""
        return list(self.call("GET", "importErrors")["import_errors"])

    def wait_dags(self, wanted: Iterable[str], timeout: float = 120) -> None:
        """Wait until the DAG processor has parsed the named DAGs."""
        missing, deadline = set(wanted), time.monotonic() + timeout
        while missing := missing - {dag["dag_id"] for dag in self.dags()}:
            if time.monotonic() > deadline:
                raise TimeoutError(f"DAG 未出现 / DAGs missing: {sorted(missing)}; {self.import_errors()}")
            time.sleep(0.5)

    def unpause(self, dag: str, *, paused: bool = False) -> None:
        """Let a DAG run (or pause it)."""
        self.call("PATCH", f"dags/{dag}", json={"is_paused": paused})

    def trigger(self, dag: str, conf: dict[str, Any] | None = None, partition_key: str | None = None) -> str:
        """Start a run now and return its id."""
        body: dict[str, Any] = {"logical_date": None, "conf": conf or {}}
        if partition_key is not None:
            body["partition_key"] = partition_key
        return str(self.call("POST", f"dags/{dag}/dagRuns", json=body)["dag_run_id"])

    def run(self, dag: str, run_id: str) -> dict[str, Any]:
        """One run."""
        return dict(self.call("GET", f"dags/{dag}/dagRuns/{run_id}"))

    def runs(self, dag: str = "~", limit: int = 100) -> list[dict[str, Any]]:
        """Runs of one DAG (or of all), the newest first."""
        params = {"limit": limit, "order_by": "-id"}
        return list(self.call("GET", f"dags/{dag}/dagRuns", params=params)["dag_runs"])

    def tasks(self, dag: str, run_id: str) -> dict[str, str | None]:
        """Task -> state of one run."""
        rows = self.call("GET", f"dags/{dag}/dagRuns/{run_id}/taskInstances", params={"limit": 100})
        return {row["task_id"]: row["state"] for row in rows["task_instances"]}

    def seconds(self) -> dict[str, float]:
        """``dag.task`` -> seconds of the clock that its instances ran, of all runs together."""
        took: dict[str, float] = {}
        params = {"limit": 100, "offset": 0}
        while rows := self.call("GET", "dags/~/dagRuns/~/taskInstances", params=params)["task_instances"]:
            for row in rows:
                name = f"{row['dag_id']}.{row['task_id']}"
                took[name] = took.get(name, 0.0) + (row["duration"] or 0.0)
            params["offset"] += len(rows)
        return took

    def wait(self, dag: str, run_id: str, timeout: float = 300) -> str:
        """Wait for the end of a run and return its state; TimeoutError names the tasks that are not done."""
        deadline = time.monotonic() + timeout
        while (state := self.run(dag, run_id)["state"]) not in FINAL:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{dag} {run_id}: {state}, {self.tasks(dag, run_id)}")
            time.sleep(0.5)
        return str(state)

    def ensure_pool(self, name: str, slots: int, description: str) -> None:
        """Create a pool or bring it to the wanted size."""
        body = {"name": name, "slots": slots, "description": description, "include_deferred": False}
        try:
            self.call("POST", "pools", json=body)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != httpx.codes.CONFLICT:
                raise
            self.call(
                "PATCH", f"pools/{name}", json={"pool": name, "slots": slots, "include_deferred": False}
            )
