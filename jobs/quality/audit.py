"""The audit of a candidate: Great Expectations on the silver rows new since the last one, and on every gold table.

All of it as pandas batches: the same suites on Spark frames cost many small jobs. Silver comes piece by piece
(:mod:`jobs.quality.silver`), gold tables are small; the cross-table checks and the counts against the ledger
are frames of pairs that must be equal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa
import structlog

from jobs import clock, lake
from jobs.contract import load_table, table_names
from jobs.ledger import releases
from jobs.ledger.models import Release
from jobs.notify import notify
from jobs.policy.model import load, load_all
from jobs.quality import CONSERVATION, CROSS, SILVER
from jobs.quality.auditor import EXAMPLES, Auditor, context
from jobs.quality.crosschecks import cross_table
from jobs.quality.refusal import Failures, explain
from jobs.quality.silver import conservation, new_batches, pieces
from jobs.quality.suites import CRITICAL
from jobs.release.versions import digest

log = structlog.get_logger()

LINE = ["file_name", "sheet", "row_no"]
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

    @property
    def critical(self) -> list[str]:
        """Names of the tables with a broken critical expectation."""
        return sorted(
            t for t, found in self.failures.items() if any(f["severity"] == CRITICAL.value for f in found)
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
    verdict.failures |= _silver(auditor, rows)
    for programme in sorted({r.programme for r in rows}):
        verdict.failures |= _gold(auditor, release_id, programme)
    auditor.publish()
    releases.audited(release_id, clock.now(), verdict.passed, dict(verdict.failures))
    releases.move(release_id, "computed", "candidate" if verdict.passed else "refused")
    log.info("audited", release=release_id, passed=verdict.passed, critical=verdict.critical, run=run_id)
    if verdict.passed:
        notify("approval_waiting", f"等待审批：{release_id}", "审核已通过，批准后即可发布。")
    else:
        notify("audit_failed", f"审核未通过：{release_id}", explain(verdict.failures))
    return verdict


def _feeds(rows: list[Release]) -> dict[str, int]:
    """Return the feeds that a release's programmes read, each with the last batch it knows."""
    found: dict[str, int] = {}
    for r in rows:
        for feed in load(r.programme).feed_ids:
            found[feed] = max(found.get(feed, 0), r.seq)
    return dict(sorted(found.items()))


def _audited_to() -> dict[str, int]:
    """Return feed -> last batch that a passed audit under the present rules has seen."""
    rules: dict[str, str] = {}
    found: dict[str, int] = {}
    for r in releases.passed():
        programme = load_all().get(r.programme)
        if programme is None:
            continue
        rules.setdefault(programme.id, digest(programme))
        if r.versions["digest"] == rules[programme.id]:
            for feed in programme.feed_ids:
                found[feed] = max(found.get(feed, 0), r.seq)
    return found


def _silver(auditor: Auditor, rows: list[Release]) -> Failures:
    """Audit the silver rows that are new to a release's programmes, and their counts against the ledger."""
    since, found, counts = _audited_to(), {}, []
    for feed, until in _feeds(rows).items():
        if new := new_batches(feed, since.get(feed, 0), until):
            pieces_of = (auditor.validate(SILVER + feed, frame, LINE) for frame in pieces(feed, new))
            found[f"silver/{feed}"] = _merged([f for broken in pieces_of for f in broken])
            counts.append(conservation(feed, new))
    if counts:
        pairs = pd.concat(counts, ignore_index=True)
        found[f"silver/{CONSERVATION}"] = auditor.validate(CONSERVATION, pairs, ["check", "subject"])
    return {table: broken for table, broken in found.items() if broken}


def _merged(broken: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each broken expectation once, whatever number of pieces it was found in."""
    found: dict[str, dict[str, Any]] = {}
    for f in broken:
        known = found.setdefault(f"{f['expectation']} {f['kwargs']}", f)
        if known is not f:
            known["unexpected"] = (known["unexpected"] or 0) + (f["unexpected"] or 0)
            known["examples"] = (known["examples"] + f["examples"])[:EXAMPLES]
            known["rows"] = (known["rows"] + f["rows"])[:EXAMPLES]
    return list(found.values())


_LOST: dict[str, Any] = {"expectation": "table_has_rows", "kwargs": {}, "severity": CRITICAL.value, "unexpected": None,
         "examples": [], "rows": [], "error": ""}  # fmt: skip
"""Failure of a table without any row of the release."""


def _gold(auditor: Auditor, release_id: str, programme: str) -> Failures:
    """Audit the gold tables of a programme, each by its suite, and what must hold between them."""
    tables = tables_of(release_id, programme)
    lost = sorted(set(load(programme).tables) - set(tables))
    found: Failures = {f"{programme}/{n}": [dict(_LOST)] for n in lost}
    if "kpi_region" not in tables:
        return found
    keys = {n: [k for k in load_table(n).key if k not in ("release", "programme")] for n in tables}
    frames = {name: table.to_pandas() for name, table in tables.items()}
    frames[CROSS], keys[CROSS] = cross_table(tables, programme), ["check", "subject"]
    for name, frame in frames.items():
        if broken := auditor.validate(name, frame, keys[name]):
            found[f"{programme}/{name}"] = broken
    return found


def audit_computed(run_id: str | None = None) -> list[Verdict]:
    """Audit every release that was computed and not audited yet: whoever computed it may have died since."""
    return [audit(release, run_id) for release in releases.unaudited()]


def tables_of(release_id: str, programme: str) -> dict[str, pa.Table]:
    """Return the gold tables that hold rows of a release and programme."""
    found = {n: lake.gold_arrow(n, release_id, programme) for n in table_names()}
    return {n: table for n, table in found.items() if table.num_rows}
