"""An Airflow without scheduler for the attempts: the real API server on PostgreSQL, with what is worth attacking."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from infra.airflow import server
from infra.local.credentials import airflow_passwords, airflow_users, secret, write_private
from infra.local.environment import process_environment
from infra.local.services import Platform
from infra.local.site import HOST
from jobs.settings import REPO

ADMIN, OPERATOR, ANALYST, ANONYMOUS = "admin", "operator", "analyst", "anonymous"
FORGETFUL, STRANGER = "forgetful", "stranger"
"""A viewer whose password is guessed; a name that nobody has."""

SEED = """
from argparse import Namespace

from airflow.cli.commands.dag_command import dag_reserialize
from airflow.api_fastapi.app import create_auth_manager
from airflow.models import Connection, Pool, Variable
from airflow.models.hitl import HITLDetail
from airflow.models.serialized_dag import SerializedDagModel
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from airflow._shared.timezones import timezone

create_auth_manager()
dag_reserialize(Namespace(bundle_name=None))
with create_session() as session:
    for name in ("real", "spare"):
        session.add(Connection(conn_id=name, conn_type="http", password="s3cret-of-" + name))
        session.add(Variable(key=name, val="value-of-" + name))
        session.add(Pool(pool=name, slots=1, description="", include_deferred=False))
        dag = SerializedDagModel.get_dag("publish", session=session)
        dag.create_dagrun(
            run_id=name, run_after=timezone.utcnow(), run_type=DagRunType.MANUAL, state=DagRunState.SUCCESS,
            triggered_by=DagRunTriggeredByType.TEST, session=session,
        )
        session.flush()
        task = session.query(TaskInstance).filter_by(dag_id="publish", run_id=name, task_id="approve").one()
        session.add(HITLDetail(ti_id=task.id, options=["批准", "退回"], subject="?", params={}))
"""


@dataclass
class Site:
    """A running API server.

    Attributes
    ----------
    url : str
    log : Path
        What it writes.
    env : dict
        Environment of its processes.
    passwords : dict
        User -> password.
    tokens : dict
        User -> token, given once.
    """

    url: str
    log: Path
    env: dict[str, str] = field(repr=False)
    passwords: dict[str, str] = field(repr=False)
    tokens: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def secret_key(self) -> str:
        """With which its tokens are signed."""
        return self.env["AIRFLOW__API_AUTH__JWT_SECRET"]

    def http(self, source: str = HOST) -> httpx.Client:
        """Return a client that calls from an address of this machine."""
        # Without certificates to read, which takes longer than the call.
        transport = httpx.HTTPTransport(local_address=source, verify=False)
        return httpx.Client(base_url=self.url, transport=transport, timeout=60, trust_env=False)

    def login(
        self, user: str, password: str, source: str = HOST, path: str = "/auth/token"
    ) -> httpx.Response:
        """Ask for a token."""
        with self.http(source) as http:
            return http.post(path, json={"username": user, "password": password})

    def as_user(self, user: str, method: str, path: str, body: Any = None) -> httpx.Response:
        """Call as somebody."""
        if user != ANONYMOUS and user not in self.tokens:
            answer = self.login(user, self.passwords[user])
            assert answer.status_code == 201, answer.text
            self.tokens[user] = answer.json()["access_token"]
        headers = {} if user == ANONYMOUS else {"Authorization": f"Bearer {self.tokens[user]}"}
        with self.http() as http:
            return http.request(method, path, json=body, headers=headers)


def inside(env: dict[str, str], code: str) -> str:
    """Run Python beside the server, on its database; returns the last line it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=REPO, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]
    return (done.stdout.splitlines() or [""])[-1]


def _wait(answers: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 180
    while True:
        with suppress(httpx.HTTPError):
            if answers():
                return
        assert process.poll() is None and time.monotonic() < deadline, log.read_text(errors="replace")[-3000:]
        time.sleep(0.3)


@contextmanager
def running(platform: Platform) -> Iterator[Site]:
    """Serve Airflow's API over the platform's PostgreSQL; there is one user more, whose password is guessed."""
    site = platform.site
    airflow_passwords(site)
    passwords = {u: secret(site, f"airflow_{u}") for u in airflow_users()} | {FORGETFUL: "its-right-password"}
    write_private(site.airflow / "passwords.json", json.dumps(passwords))
    env = process_environment(site) | server.environment(site)
    env["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] += f",{FORGETFUL}:viewer"
    server.migrate(site)
    inside(env, SEED)
    log = site.log / "airflow-api.log"
    command = next(p.command for p in server.service(site).programs if p.name == "airflow-api")
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=env, cwd=REPO, stdout=out, stderr=subprocess.STDOUT)
    url = f"http://{HOST}:{site.ports.airflow}"
    try:
        _wait(
            lambda: httpx.get(f"{url}/api/v2/version", timeout=5, trust_env=False).status_code == 200,
            process,
            log,
        )
        yield Site(url, log, env, passwords)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert not os.path.exists(f"/proc/{process.pid}")
