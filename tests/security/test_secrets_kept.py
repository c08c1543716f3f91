"""The generated secrets stand in no log, on no command line, in no answer."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from infra.local import postgres
from infra.local.services import Platform
from infra.local.site import REPO

pytestmark = pytest.mark.spark
SHORTEST = 16
"""Characters of the shortest text that counts as a secret: no user name, no heading of a key file."""


def _texts(path: Path) -> Iterator[str]:
    """The secrets in a file: a password, passwords by user, the lines of a key, a table of users."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        yield from json.loads(text).values()
    else:
        yield from (line.split("\t")[-1] for line in text.splitlines() if not line.startswith("-----"))


def secrets_of(platform: Platform) -> dict[str, set[str]]:
    """File -> secrets in it; public keys are none."""
    files = [p for p in platform.site.secrets.iterdir() if p.suffix != ".pub" and "authorized" not in p.name]
    return {p.name: {t for t in _texts(p) if len(t) >= SHORTEST} for p in files}


def shown(platform: Platform, text: str) -> list[str]:
    """Names of the secrets that a text shows."""
    return [name for name, texts in secrets_of(platform).items() if any(t in text for t in texts)]


@pytest.mark.control("所有者")
def test_the_search_finds_what_the_owners_file_holds(platform: Platform) -> None:
    found = shown(platform, platform.site.settings_file.read_text())
    assert {"spark_token", "db_ledger", "db_airflow", "db_superset"} <= set(found)


@pytest.mark.person("读日志的人")
def test_no_log_shows_a_secret(platform: Platform) -> None:
    logs = [p for p in platform.site.log.rglob("*") if p.is_file()]
    assert {"spark.log", "postgres.log", "supervisord.log"} <= {p.name for p in logs}
    assert {p.name: shown(platform, p.read_text(errors="replace")) for p in logs} == {
        p.name: [] for p in logs
    }


@pytest.fixture
def talkative(platform: Platform) -> Iterator[None]:
    """A database server that logs every statement, as it does of its own where a statement is slow."""
    with postgres.connect(platform.site) as con:
        con.execute("alter system set log_min_duration_statement = 0")
        con.execute("select pg_reload_conf()")
        yield
        con.execute("alter system reset log_min_duration_statement")
        con.execute("select pg_reload_conf()")


@pytest.mark.person("读日志的人")
@pytest.mark.usefixtures("talkative")
def test_the_log_of_slow_statements_shows_no_password(platform: Platform) -> None:
    log = next(platform.site.log.rglob("postgres.log"))
    while "alter role" not in log.read_text(errors="replace"):
        postgres.create_databases(platform.site)
    assert shown(platform, log.read_text(errors="replace")) == []


@pytest.mark.person("另一账户")
def test_no_command_line_shows_a_secret(platform: Platform) -> None:
    lines = {p.pid: " ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])}
    assert {p.pid for p in platform.processes()} <= set(lines)
    assert {pid: found for pid, line in lines.items() if (found := shown(platform, line))} == {}


@pytest.mark.person("看状态的人")
def test_the_status_of_the_services_shows_no_secret(platform: Platform) -> None:
    done = subprocess.run(
        [platform.site.python, "-m", "infra.local", "status"],
        env=platform.env(), cwd=REPO, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "RUNNING" in done.stdout
    assert shown(platform, done.stdout + done.stderr) == []


@pytest.mark.e2e
@pytest.mark.person("未登录的人")
@pytest.mark.parametrize(
    "page", ["/login/", "/health", "/", "/api/v1/database/", "/static/appbuilder/js/ab.js"]
)
def test_no_page_before_the_login_shows_a_secret(platform: Platform, superset_url: str, page: str) -> None:
    answer = httpx.get(superset_url + page, trust_env=False, follow_redirects=True)
    assert shown(platform, answer.text + str(answer.headers)) == []


@pytest.mark.e2e
@pytest.mark.person("读日志的人")
def test_the_logs_of_superset_show_no_secret(platform: Platform, superset_url: str) -> None:
    httpx.get(f"{superset_url}/login/", trust_env=False)
    test_no_log_shows_a_secret(platform)
