"""A house: one ledger database, one lake, one landing folder and one clock, in the servers of the test session.

Environment and caches point to a house only while it is :meth:`~House.active`, so that tests do not see
each other's.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import duckdb
import psycopg
from psycopg import sql

from infra.local import postgres
from infra.local.credentials import write_private
from infra.local.services import Platform
from infra.local.site import HOST

STOPS = (
    "2026-01-20T09:00:00+08:00",
    "2026-03-31T09:00:00+08:00",
    "2026-04-20T09:00:00+08:00",
    "2026-07-20T09:00:00+08:00",
)
"""Business times at which the demo looks, computes and publishes."""

SANDBOX_FEEDS = (
    "stat_register", "certificate_notice",
    "stat_finance", "stat_construction", "stat_trade", "stat_catering", "stat_services", "stat_rd",
    "stat_staff", "stat_rd_projects", "dept_report", "dept_patent", "dept_credit_list", "dept_power", "srdi_annual",
    "ticket",
)  # fmt: skip
"""Feeds that are sent as files."""

SERVICE_FEEDS = (
    "tax_vat", "tax_income", "tax_deduction", "tax_invoice",
    "fin_loan", "fin_guarantee", "fin_ip_pledge", "fin_equity", "fin_listing", "fin_relending",
)  # fmt: skip
"""Feeds that are pulled from the tax office's interface and the finance database."""


def clear_caches() -> None:
    """Forget what the jobs read once per process from settings and reference files."""
    from jobs import settings
    from jobs.definitions import contract, dictionary, reference
    from jobs.definitions.policy import model

    for cached in (
        settings.settings, contract.load_feed, contract.load_table, reference.regions, reference.reporters,
        reference.source_name,
        reference.report_items, reference.report_feed, model.load_all, dictionary.indicators,
    ):  # fmt: skip
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for a while; all other ``ZJTX_*`` and connections are gone meanwhile."""
    before = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(("ZJTX_", "AIRFLOW_CONN_")):
            del os.environ[name]
    os.environ.update(values)
    time.tzset()
    clear_caches()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        time.tzset()
        clear_caches()


def wanted(env: Mapping[str, str]) -> dict[str, str]:
    """Return what of a process environment matters to the jobs."""
    return {
        k: v
        for k, v in env.items()
        if k.startswith(("ZJTX_", "AIRFLOW_CONN_")) or k in ("TZ", "NO_PROXY", "no_proxy")
    }


@dataclass
class House:
    """A ledger, a lake, a landing folder, a clock, and a folder that stands for the sources.

    Attributes
    ----------
    env : dict
        Environment of processes that work in the house.
    source : Path
        What the house's connections show.
    """

    env: dict[str, str]
    source: Path
    seen: dict[str, Any] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """ZJTX_HOME."""
        return Path(self.env["ZJTX_HOME"])

    @property
    def served_file(self) -> Path:
        """The DuckDB file that is served now."""
        return self.home / "served" / "current" / "zjtx.duckdb"

    @contextmanager
    def active(self, **more: str) -> Iterator[House]:
        """Point environment and caches to the house."""
        with environment(self.env | more):
            yield self

    def at(self, moment: str) -> None:
        """Set the business clock."""
        Path(self.env["ZJTX_CLOCK"]).write_text(moment, encoding="utf-8")

    def deliver(self, path: str, content: bytes | str, moment: str) -> Path:
        """Put a file at the source, modified at a business time."""
        target = self.source / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        stamp = datetime.fromisoformat(moment).timestamp()
        os.utime(target, (stamp, stamp))
        return target

    def hide_after(self, moment: str) -> None:
        """Take away what is delivered later; a folder, unlike the SFTP server, does not know the clock."""
        limit = datetime.fromisoformat(moment).timestamp()
        for path in self.source.rglob("*"):
            if path.is_file() and path.stat().st_mtime > limit:
                path.unlink()

    def rows(self, feed: str, known_by: int | None = None) -> list[dict[str, Any]]:
        """Return the latest accepted rows of a feed as dictionaries."""
        from jobs import lake
        from jobs.definitions.contract import load_feed
        from jobs.lake.tables import silver_columns

        with duckdb.connect() as con:
            latest = lake.standing(con, feed, list(silver_columns(load_feed(feed))), known_by)
            return con.execute(latest).to_arrow_table().to_pylist(maps_as_pydicts="strict")

    def query(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the served file."""
        with duckdb.connect(str(self.served_file), read_only=True) as con:
            return con.execute(text, list(values)).fetchall()


def delta_rows(path: str, columns: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Return all rows of a Delta table, without Spark."""
    from deltalake import DeltaTable

    return DeltaTable(path).to_pyarrow_table(columns=list(columns) if columns else None).to_pylist()


ADMITTED = {"house_": "ledger", "bank_": "bank_reader"}
"""Beginning of a database's name -> who may connect to it; an installation has no databases but its own."""


def _admit(platform: Platform) -> None:
    """Let the databases of houses and of their sources be connected to."""
    lines = "".join(f'host "/^{name}" {role} {HOST}/32 scram-sha-256\n' for name, role in ADMITTED.items())
    write_private(platform.site.pg / "pg_hba_own.conf", lines, postgres.account())
    with postgres.connect(platform.site) as con:
        before = con.execute("select pg_conf_load_time()").fetchone()
        con.execute("select pg_reload_conf()")
    while True:
        with postgres.connect(platform.site) as con:
            if con.execute("select pg_conf_load_time()").fetchone() != before:
                return


class Builder:
    """Makes houses in the servers of a platform, each a copy of an empty one.

    Parameters
    ----------
    platform : Platform
        With PostgreSQL and Spark running.
    """

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.count = 0
        self.base = wanted(platform.env())
        self.template: House | None = None
        _admit(platform)

    def _place(self, name: str) -> House:
        home = self.platform.site.home / "houses" / name
        source = home / "source"
        source.mkdir(parents=True)
        parts = urlsplit(self.base["ZJTX_LEDGER_URL"])
        own = {
            "ZJTX_HOME": str(home),
            "ZJTX_LAKE": str(home / "lake"),
            "ZJTX_CLOCK": str(home / "clock"),
            "ZJTX_LEDGER_URL": urlunsplit(parts._replace(path=f"/house_{name}")),
            "AIRFLOW_CONN_STAT_SFTP": f"file://{source}",
            "AIRFLOW_CONN_REAL_DATA": f"file://{source}",
            "AIRFLOW_CONN_TAX_API": f"file://{source}",
            "AIRFLOW_CONN_FINANCE_DB": f"file://{source}",
        }
        return House(self.base | own, source)

    def _database(self, house: House, template: House | None) -> None:
        def name_of(h: House) -> str:
            return urlsplit(h.env["ZJTX_LEDGER_URL"]).path[1:]

        made = sql.SQL("create database {} owner ledger").format(sql.Identifier(name_of(house)))
        if template is not None:
            made += sql.SQL(" template {}").format(sql.Identifier(name_of(template)))
        with postgres.connect(self.platform.site) as con:
            con.execute(made)

    def _empty(self) -> House:
        """Return the empty house that the others are copied from."""
        from jobs import lake, ledger
        from jobs.ledger.database import engine

        if self.template is None:
            house = self._place("template")
            self._database(house, None)
            with house.active():
                ledger.upgrade()
                with lake.connect() as spark:
                    lake.create_all(spark)
                engine().dispose()
            self.template = house
        return self.template

    def new(self) -> House:
        """Return a new, empty house."""
        template = self._empty()
        self.count += 1
        house = self._place(f"h{self.count}")
        self._database(house, template)
        shutil.copytree(template.home / "lake", house.home / "lake")
        return house

    def copy(self, original: House) -> House:
        """Return a house that begins where another one stands, with a copy of its sources as a folder."""
        from jobs.ledger.database import engine

        with original.active():
            engine().dispose()
        self.count += 1
        house = self._place(f"h{self.count}")
        self._database(house, original)
        # A copied sequence remembers numbers reserved in a log that it does not have: only after a checkpoint does it
        # reserve its own, and survives a kill of the server.
        with postgres.connect(self.platform.site) as con:
            con.execute("checkpoint")
        for name in ("lake", "landing", "served"):
            shutil.copytree(original.home / name, house.home / name, symlinks=True)
        shutil.copytree(original.source, house.source, dirs_exist_ok=True)
        moment = Path(original.env["ZJTX_CLOCK"]).read_text(encoding="utf-8")
        house.at(moment)
        house.hide_after(moment)
        return house

    def drop(self, house: House) -> None:
        """End a house: its connections and folders. The database goes with the session: dropping one costs seconds."""
        from jobs.ledger.database import engine

        with house.active():
            engine().dispose()
        shutil.rmtree(house.home)


def ledger_rows(house: House, query: str) -> list[tuple[Any, ...]]:
    """Ask the ledger of a house."""
    with psycopg.connect(house.env["ZJTX_LEDGER_URL"].replace("+psycopg", "")) as con:
        return con.execute(query).fetchall()  # type: ignore[arg-type]


def take_in(feeds: Iterable[str] = SANDBOX_FEEDS) -> dict[str, Any]:
    """Poll feeds of the active house."""
    from jobs.feeds.ingest import poll_all

    polls = poll_all(feeds)
    assert not polls.failures, polls.failures
    return {result.feed: result for result in polls.results}


def release() -> str:
    """Compute, audit, approve and publish what the gate of the active house allows; return the release."""
    from jobs.quality.audit import audit
    from jobs.release.candidate import compute_candidate
    from jobs.release.gate import decide_all
    from jobs.serve import publish

    made = compute_candidate(decide_all())
    assert made is not None
    verdict = audit(made)
    assert verdict.passed, verdict.failures
    publish.approve(made, "测试员")
    assert publish.publish() is not None
    return made
