"""An installation: one ledger database, one lake, one landing folder and one clock, in the servers of the test session.

Environment and caches point to an installation only while it is :meth:`~Installation.active`, so that tests do not see
each other's.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg

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
class Installation:
    """A ledger, a lake, a landing folder, a clock, and a folder that stands for the sources.

    Attributes
    ----------
    env : dict
        Environment of processes that work in the installation.
    source : Path
        What the installation's connections show.
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
    def active(self, **more: str) -> Iterator[Installation]:
        """Point environment and caches to the installation."""
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


def ledger_rows(installation: Installation, query: str) -> list[tuple[Any, ...]]:
    """Ask the ledger of an installation."""
    with psycopg.connect(installation.env["ZJTX_LEDGER_URL"].replace("+psycopg", "")) as con:
        return con.execute(query).fetchall()  # type: ignore[arg-type]


def take_in(feeds: Iterable[str] = SANDBOX_FEEDS) -> dict[str, Any]:
    """Poll feeds of the active installation."""
    from jobs.feeds.ingest import poll_all

    polls = poll_all(feeds)
    assert not polls.failures, polls.failures
    return {result.feed: result for result in polls.results}


def release() -> str:
    """Compute, audit, approve and publish what the gate of the active installation allows; return the release."""
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
