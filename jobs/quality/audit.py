"""The audit of a candidate: Great Expectations on the silver rows new since the last one, and on every gold table.

DuckDB reads the rows and finds those that stand for all (:mod:`jobs.quality.witness`); Great Expectations judges
them by the checked-in suites, and all rows by what those break. Silver comes piece by piece
(:mod:`jobs.quality.silver`); the cross-table checks and the counts against the ledger are frames of pairs that
must be equal. What passes is computed a second time, without Spark (:mod:`jobs.release.second_computation`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import duckdb
import structlog

from jobs import clock, lake
from jobs.definitions.checks import CONSERVATION, CROSS, SILVER
from jobs.definitions.contract import load_table, table_names
from jobs.definitions.policy.model import load, load_all
from jobs.ledger import releases
from jobs.ledger.models import Release
from jobs.notify import notify
from jobs.quality.ahead import ahead, looked_at
from jobs.quality.auditor import EXAMPLES, Auditor, context
from jobs.quality.crosschecks import cross_table
from jobs.quality.refusal import COMPUTED_AGAIN, Failures, explain
from jobs.quality.silver import TABLE, conservation, new_batches, pieces
from jobs.quality.suites import CRITICAL
from jobs.quality.witness import scratch
from jobs.release.second_computation import Second, again
from jobs.release.versions import digest

log = structlog.get_logger()

ROW_PLACE = ["file_name", "sheet", "row_no"]
"""What names a silver row: its line in the file as received."""


@dataclass
class Verdict:
    """What an audit found.

    Attributes
    ----------
    failures : dict
        ``programme/table`` or ``silver/feed`` -> list of broken expectations, each with its severity and
        examples: the values, and the rows they stand in.
    """

    release: str
    failures: Failures = field(default_factory=dict)
    second: Second | None = None
    """How the release came out when it was computed again; nothing if the checks refused it already."""

    @property
    def critical(self) -> list[str]:
        """Names of the tables with a broken critical expectation."""
        return sorted(
            t for t, broken in self.failures.items() if any(f["severity"] == CRITICAL.value for f in broken)
        )

    @property
    def passed(self) -> bool:
        """Whether nothing critical is broken."""
        return not self.critical


def audit(release_id: str, run_id: str | None = None) -> Verdict:
    """Audit a computed release; it becomes a candidate, or is refused when something critical is broken.

    Parameters
    ----------
    release_id : str
    run_id : str, optional
        The Airflow run that does it.

    Returns
    -------
    Verdict
        A refused release leaves the served file as it is and sends a notice.
    """
    verdict = Verdict(release_id)
    auditor = Auditor(context())
    rows = [r for r in releases.of(release_id) if r.state in ("computed", "candidate")]
    since = _audited_to()
    feeds = {feed: (since.get(feed, 0), until) for feed, until in feeds_of(rows).items()}
    verdict.failures |= silver_failures(auditor, feeds)
    for programme in sorted({r.programme for r in rows}):
        verdict.failures |= gold_failures(auditor, release_id, programme)
    auditor.publish()
    if verdict.passed:
        verdict.second = again(rows)
        for table, periods in verdict.second.differing.items():
            verdict.failures.setdefault(table, []).append(_other(periods))
        log.info("computed again", release=release_id, outcome=verdict.second.words())
    releases.audited(release_id, clock.now(), verdict.passed, dict(verdict.failures))
    releases.move(release_id, "computed", "candidate" if verdict.passed else "refused")
    log.info("audited", release=release_id, passed=verdict.passed, critical=verdict.critical, run=run_id)
    if verdict.passed:
        notify("approval_waiting", f"等待审批：{release_id}", "审核已通过，批准后即可发布。")
    else:
        notify("audit_failed", f"审核未通过：{release_id}", explain(verdict.failures))
    return verdict


def feeds_of(rows: list[Release]) -> dict[str, int]:
    """Return the feeds that a release's programmes read, each with the last batch it knows."""
    last_known: dict[str, int] = {}
    for r in rows:
        for feed in load(r.programme).feed_ids:
            last_known[feed] = max(last_known.get(feed, 0), r.seq)
    return dict(sorted(last_known.items()))


def _audited_to() -> dict[str, int]:
    """Return feed -> last batch that a passed audit under the present rules has seen."""
    rules: dict[str, str] = {}
    audited: dict[str, int] = {}
    for r in releases.passed():
        programme = load_all().get(r.programme)
        if programme is None:
            continue
        rules.setdefault(programme.id, digest(programme))
        if r.versions["digest"] == rules[programme.id]:
            for feed in programme.feed_ids:
                audited[feed] = max(audited.get(feed, 0), r.seq)
    return audited


def silver_failures(auditor: Auditor, feeds: dict[str, tuple[int, int]]) -> Failures:
    """Audit the silver rows of new batches, and their counts against the ledger.

    Parameters
    ----------
    auditor : Auditor
    feeds : dict
        Feed -> number of the last batch that was audited before, and of the last one to be audited now.

    Returns
    -------
    dict
        ``silver/feed`` -> broken expectations; what breaks nothing is not named.
    """
    failures: Failures = {}
    every = {feed: new_batches(feed, *numbers) for feed, numbers in feeds.items()}
    batches_of = {feed: new for feed, new in every.items() if new}
    asked = [(feed, piece) for feed, new in batches_of.items() for piece in pieces(feed, new)]
    broken: dict[str, list[dict[str, Any]]] = {feed: [] for feed in batches_of}
    with closing(ahead(looked_at(piece, TABLE, SILVER + feed) for feed, piece in asked)) as coming:
        for (feed, _), (con, chosen) in zip(asked, coming, strict=True):
            broken[feed] += auditor.judge(con, TABLE, SILVER + feed, ROW_PLACE, chosen)
    failures |= {f"silver/{feed}": _merged(own) for feed, own in broken.items()}
    if batches_of:
        pairs = conservation(batches_of)
        failures[f"silver/{CONSERVATION}"] = auditor.validate(CONSERVATION, pairs, ["check", "subject"])
    return {table: broken for table, broken in failures.items() if broken}


def _merged(broken: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each broken expectation once, whatever number of pieces it was found in."""
    merged: dict[str, dict[str, Any]] = {}
    for f in broken:
        known = merged.setdefault(f"{f['expectation']} {f['kwargs']}", f)
        if known is not f:
            known["unexpected"] = (known["unexpected"] or 0) + (f["unexpected"] or 0)
            known["examples"] = (known["examples"] + f["examples"])[:EXAMPLES]
            known["rows"] = (known["rows"] + f["rows"])[:EXAMPLES]
    return list(merged.values())


_LOST: dict[str, Any] = {"expectation": "table_has_rows", "kwargs": {}, "severity": CRITICAL.value, "unexpected": None,
         "examples": [], "rows": [], "error": ""}  # fmt: skip
"""Failure of a table without any row of the release."""


def gold_failures(auditor: Auditor, release_id: str, programme: str) -> Failures:
    """Audit the gold tables of a programme, each by its suite, and what must hold between them.

    Returns
    -------
    dict
        ``programme/table`` -> broken expectations; what breaks nothing is not named.
    """
    with scratch() as con:
        tables = [n for n in table_names() if lake.gold_view(con, n, release_id, programme)]
        lost = sorted(set(load(programme).tables) - set(tables))
        failures: Failures = {f"{programme}/{n}": [dict(_LOST)] for n in lost}
        if "kpi_region" not in tables:
            return failures
        each = (looked_at(_opened(n, release_id, programme), n, n) for n in tables)
        with closing(ahead(each)) as coming:
            for name, (own, chosen) in zip(tables, coming, strict=True):
                key = [k for k in load_table(name).key if k not in ("release", "programme")]
                failures[f"{programme}/{name}"] = auditor.judge(own, name, name, key, chosen)
        pairs = cross_table(con, set(tables), programme)
    failures[f"{programme}/{CROSS}"] = auditor.validate(CROSS, pairs, ["check", "subject"])
    return {table: broken for table, broken in failures.items() if broken}


@contextmanager
def _opened(table: str, release_id: str, programme: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a gold table's rows of a release and programme."""
    with scratch() as con:
        lake.gold_view(con, table, release_id, programme)
        yield con


def _other(periods: list[str]) -> dict[str, Any]:
    """Return the failure of a table that came out otherwise when it was computed again."""
    return dict(_LOST) | {"expectation": COMPUTED_AGAIN, "rows": [{"period": p} for p in periods]}


def audit_computed(run_id: str | None = None) -> list[Verdict]:
    """Audit every release that was computed and not audited yet: whoever computed it may have died since."""
    return [audit(release, run_id) for release in releases.unaudited()]
