"""Services that root starts: each works as an account of its own, and none reads more than it needs."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local import accounts
from infra.local.environment import process_environment
from infra.local.services import Platform, Ports
from infra.local.site import DASHBOARD_ACCOUNT, REPO, SERVICE_ACCOUNT, Site
from infra.local.superset import make_passwords
from tests.support.strangers import STRANGER, assert_shut, look

pytestmark = pytest.mark.spark
ZJTX = REPO / ".venv" / "bin" / "zjtx"
OLD = "landing/left-by-root"
CLOSED = (
    "settings.env", "lake", "landing", "quality", "sandbox", "log", "airflow", "pg",
    "secrets/db_ledger", "secrets/db_postgres", "run/supervisord.conf",
)  # fmt: skip
KEYS_OF_OTHERS = (
    "secrets/db_postgres", "secrets/superset_secret_key", "secrets/superset_passwords.json", "superset", "pg",
    "run/supervisord.conf", "log/spark.log",
)  # fmt: skip
WORK = """
from jobs.account import become_owner
become_owner()
from jobs import lake
from jobs.settings import settings
with lake.connect() as spark:
    spark.range(3).write.format("delta").save(settings().lake_root + "/probe")
from deltalake import DeltaTable
print(DeltaTable(settings().lake_root + "/probe").to_pyarrow_table().num_rows)
"""
PUBLISH = """
from jobs.account import become_owner
become_owner()
from jobs.serve import publish
from jobs.settings import settings
folder = settings().served / "builds" / "P00001"
with publish._group_reads():
    folder.mkdir()
    (folder / publish.FILE).write_text("published")
# a region's file that comes later, as after a rollback
with publish._group_reads():
    (folder / "scopes" / "none").mkdir(parents=True)
    (folder / "scopes" / "none" / publish.FILE).write_text("published")
publish._swap(folder)
"""


@pytest.fixture(scope="module")
def own() -> Iterator[Platform]:
    """An installation that root used without accounts before, started with them."""
    home = Path(tempfile.mkdtemp(prefix="zjtx-accounts-"))
    home.chmod(0o755)
    if os.geteuid() != 0:
        pytest.skip("只有 root 启动的服务才用各自的账户 / only root's services get accounts of their own")
    if shut := accounts.barred(Site(home)):
        pytest.skip(f"各账户用不了 / the accounts cannot use {' '.join(shut)}")
    before = Platform(home, Ports.free())
    before.site.make_directories()
    (home / OLD).write_text("old")
    platform = Platform(home, before.site.ports, separate=True)
    try:
        platform.start(["postgres", "spark", "sftp", "tax"])
        yield platform
    finally:
        platform.stop()
        shutil.rmtree(home)


def python(platform: Platform, text: str) -> str:
    """Run Python as root does, in the environment of the installation."""
    done = subprocess.run(
        [platform.site.python, "-c", text], env=process_environment(platform.site),
        cwd=REPO, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_service_runs_as_root(own: Platform) -> None:
    manager = own.supervisor.process()
    assert manager is not None
    users = {(p.name(), p.username()) for p in own.processes() if p.pid != manager.pid}
    assert [name for name, user in users if user == "root"] == []
    assert {("java", SERVICE_ACCOUNT), ("postgres", "pgserver")} <= users


def test_what_root_left_is_handed_over(own: Platform) -> None:
    assert (own.site.home / OLD).owner() == SERVICE_ACCOUNT
    assert own.site.settings_file.owner() == SERVICE_ACCOUNT


def test_what_root_writes_by_the_jobs_the_services_can_read_and_replace(own: Platform) -> None:
    assert python(own, WORK) == "3"
    files = [p for p in (own.site.home / "lake" / "probe").rglob("*") if p.is_file()]
    assert {p.owner() for p in files} == {SERVICE_ACCOUNT}


def test_the_command_of_root_works_as_the_account_of_the_services(own: Platform) -> None:
    done = subprocess.run(
        [ZJTX, "ledger", "upgrade"],
        env=process_environment(own.site), cwd=REPO, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.person("看板服务的账户")
@pytest.mark.parametrize(
    "path",
    [
        *CLOSED,
        "secrets/superset_passwords.json",
        "secrets/spark_token",
        "secrets/tax_token",
        "secrets/sftp_client_key",
    ],
)
def test_the_account_of_the_dashboards_reads_nothing_else(own: Platform, path: str) -> None:
    make_passwords(own.site)
    assert_shut(own.site.home / path, DASHBOARD_ACCOUNT)


@pytest.mark.control("看板服务的账户")
def test_the_account_of_the_dashboards_reads_what_is_published(own: Platform) -> None:
    python(own, PUBLISH)
    file = own.site.home / "served" / "current" / "zjtx.duckdb"
    region = file.parent / "scopes" / "none" / file.name
    assert [look(f, DASHBOARD_ACCOUNT).stdout for f in (file, region)] == ["published"] * 2
    assert_shut(file, STRANGER)
    assert pwd.getpwuid(file.stat().st_uid).pw_name == SERVICE_ACCOUNT


@pytest.mark.person("另一账户")
@pytest.mark.parametrize("path", [*CLOSED, "secrets", "run", "served", "superset"])
def test_another_account_reads_nothing(own: Platform, path: str) -> None:
    assert_shut(own.site.home / path, STRANGER)


@pytest.mark.person("数据服务的账户")
@pytest.mark.parametrize("path", KEYS_OF_OTHERS)
def test_the_account_of_the_services_reads_no_keys_of_others(own: Platform, path: str) -> None:
    make_passwords(own.site)
    assert_shut(own.site.home / path, SERVICE_ACCOUNT)


def test_root_takes_an_installation_back_where_the_accounts_cannot_work_any_more(own: Platform) -> None:
    """Last: it stops the services."""
    Platform(own.site.home, own.site.ports).start(["postgres"])
    assert {(own.site.home / name).owner() for name in (OLD, "lake", "settings.env", "superset")} == {"root"}
