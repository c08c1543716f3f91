"""The lake in an object store, the slices on workers of a cluster: the content of one machine, whoever is killed or comes second."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil
import pyarrow as pa
import pytest
from deltalake import CommitProperties, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError
from psycopg import sql

from infra.local import postgres, processes
from infra.local.hooks import HOOKS
from infra.local.services import STORAGE, Platform
from infra.local.site import HOST, Ports
from tests.faults.stages import content
from tests.support.builder import Builder
from tests.support.installation import STOPS, Installation, environment, release, take_in, wanted

pytestmark = pytest.mark.faults

KILLED_AT = 2
"""Stop of the business clock at which a worker is killed."""


def arrive(installation: Installation, files: Path, stop: str) -> None:
    """Move the clock to a stop; what is delivered by then lies at the source."""
    shutil.copytree(files, installation.source, dirs_exist_ok=True)
    installation.at(stop)
    installation.hide_after(stop)


@pytest.fixture(scope="module")
def one_machine(own: Builder, files: Path) -> list[str]:
    """Content of the four publications, computed on one machine with the lake in a folder."""
    installation = own.new()
    with installation.active():
        for stop in STOPS:
            arrive(installation, files, stop)
            take_in()
            release()
    return content(installation)


@dataclass
class Cluster:
    """Servers of a cluster, and the installation in them."""

    platform: Platform
    installation: Installation

    def kill_worker(self, over: threading.Event, killed: list[int]) -> None:
        """Kill a worker and what it runs as soon as a slice has laid down a file."""
        from jobs.lake import staging, store
        from jobs.settings import settings

        root = f"{settings().lake_root}/{staging.FOLDER}"
        while not over.wait(0.05):
            if any(store.names_in(f"{root}/{name}") for name in store.names_in(root)):
                pid = self.platform.supervisor.pids()["spark-worker-1"]
                for process in [psutil.Process(pid), *processes.descendants({pid})]:
                    process.kill()
                    killed.append(process.pid)
                return


@pytest.fixture(scope="module")
def cluster(files: Path) -> Iterator[Cluster]:
    """The four stops in an object store, over two workers, one of which dies in the middle of the third."""
    home = Path(tempfile.mkdtemp(prefix="zjtx-cluster-"))
    home.chmod(0o755)
    ports = Ports.free()
    given = {
        "ZJTX_LAKE": "s3://lake/zjtx",
        "ZJTX_S3_ENDPOINT": f"http://{HOST}:{ports.s3}",
        "ZJTX_SPARK_MASTER": f"spark://{HOST}:{ports.workers}",
        "AIRFLOW_CONN_STAT_SFTP": f"file://{home / 'source'}",
        "ZJTX_REAL_DATA": str(home / "none"),
    }
    with environment({}):
        platform = Platform(home, ports, given)
    try:
        platform.start(STORAGE)
        for _, _, work in HOOKS:
            work(platform.site)
        yield Cluster(platform, Installation(wanted(platform.env()), home / "source"))
    finally:
        platform.stop()
        shutil.rmtree(home, ignore_errors=True)


def test_a_killed_worker_of_a_cluster_changes_nothing(
    cluster: Cluster, one_machine: list[str], files: Path
) -> None:
    installation, killed = cluster.installation, list[int]()
    with installation.active():
        for number, stop in enumerate(STOPS):
            arrive(installation, files, stop)
            take_in()
            over = threading.Event()
            killer = threading.Thread(target=cluster.kill_worker, args=(over, killed), daemon=True)
            if number == KILLED_AT:
                killer.start()
            release()
            over.set()
    assert killed
    assert content(installation) == one_machine


def test_another_ledger_writes_nothing_into_the_lake(cluster: Cluster) -> None:
    from jobs import ledger
    from jobs.lake.tables import open_table
    from jobs.ledger.database import engine

    Builder(cluster.platform)  # lets databases of this name be connected to
    with postgres.connect(cluster.platform.site) as con:
        con.execute(sql.SQL("create database installation_another owner ledger"))
    parts = urlsplit(cluster.installation.env["ZJTX_LEDGER_URL"])
    url = urlunsplit(parts._replace(path="/installation_another"))
    with cluster.installation.active(ZJTX_LEDGER_URL=url):
        from jobs.feeds.ingest import poll_all

        ledger.upgrade()
        before = open_table("bronze", "stat_register").version()
        (failure,) = poll_all(("stat_register",)).failures.values()
        assert "属于另一个台账，没有写入" in str(failure)
        assert open_table("bronze", "stat_register").version() == before
        engine().dispose()


def test_of_two_commits_at_once_the_store_takes_one(cluster: Cluster) -> None:
    from jobs.lake.tables import open_table

    with cluster.installation.active():
        first, second = open_table("gold", "coverage"), open_table("gold", "coverage")
        row = first.to_pyarrow_table().slice(0, 1)
        once = CommitProperties(app_transactions=[Transaction("twice", 1)])
        write_deltalake(first, pa.table(row), mode="append", commit_properties=once)
        with pytest.raises(CommitFailedError):
            write_deltalake(second, pa.table(row), mode="append", commit_properties=once)
