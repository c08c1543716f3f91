"""The audit of a candidate: Great Expectations on every gold table and on the cross-table checks.

Gold tables are small, so they are audited as pandas batches: the same suite on a Spark frame costs many
small jobs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import great_expectations as gx
import pandas as pd
import pyarrow as pa
import structlog
from great_expectations.checkpoint import Checkpoint, UpdateDataDocsAction
from great_expectations.core.validation_definition import ValidationDefinition
from great_expectations.data_context import AbstractDataContext
from great_expectations.data_context.types.base import ProgressBarsConfig

from jobs import clock, lake
from jobs.contract import table_names
from jobs.ledger import releases
from jobs.notify import notify
from jobs.policy.model import load
from jobs.quality.crosschecks import CROSS, cross_table
from jobs.quality.suites import CRITICAL, read_suite
from jobs.settings import settings

log = structlog.get_logger()


@dataclass
class Verdict:
    """What an audit found.

    Attributes
    ----------
    failures : dict
        ``programme/table`` -> list of broken expectations, each with its severity and an example.
    """

    release: str
    failures: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

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


def _context() -> AbstractDataContext:
    settings().data_docs.mkdir(parents=True, exist_ok=True)
    context = gx.get_context(mode="file", project_root_dir=str(settings().data_docs))
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    context.variables.save()
    return context


def _batch(context: AbstractDataContext, name: str) -> Any:
    """Return a batch definition for a pandas frame, made once per table."""
    source = next((s for s in context.data_sources.all().values() if s.name == "gold"), None)
    source = source or context.data_sources.add_pandas("gold")
    assets = {a.name for a in source.assets}
    asset = source.get_asset(name) if name in assets else source.add_dataframe_asset(name)
    known = {b.name: b for b in asset.batch_definitions}
    return known.get("whole") or asset.add_batch_definition_whole_dataframe("whole")


def _validation(context: AbstractDataContext, name: str) -> ValidationDefinition:
    """Return the validation of a table by its checked-in suite, as it is checked in now."""
    suite = context.suites.add_or_update(read_suite(name))
    return context.validation_definitions.add_or_update(
        ValidationDefinition(name=name, data=_batch(context, name), suite=suite)
    )


def _failures(result: Any) -> list[dict[str, Any]]:
    found = []
    for r in result.results:
        if not r.success:
            found.append(
                {
                    "expectation": r.expectation_config.type,
                    "kwargs": {k: v for k, v in r.expectation_config.kwargs.items() if k != "batch_id"},
                    "severity": r.expectation_config.severity.value,
                    "unexpected": r.result.get("unexpected_count"),
                    "examples": [str(v) for v in r.result.get("partial_unexpected_list", [])[:5]],
                    "error": str((r.exception_info or {}).get("exception_message") or "")[:200],
                }
            )
    return found


def validate(context: AbstractDataContext, name: str, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Validate one frame by the suite of its name and update the Data Docs."""
    checkpoint = context.checkpoints.add_or_update(
        Checkpoint(name=name, validation_definitions=[_validation(context, name)], actions=[_DOCS])
    )
    outcome = checkpoint.run(batch_parameters={"dataframe": frame})
    return [f for r in outcome.run_results.values() for f in _failures(r)]


_DOCS = UpdateDataDocsAction(name="docs")


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
    context = _context()
    rows = [r for r in releases.of(release_id) if r.state in ("computed", "candidate")]
    for programme in sorted({r.programme for r in rows}):
        tables = tables_of(release_id, programme)
        for name in sorted(set(load(programme).tables) - set(tables)):
            lost = {
                "expectation": "table_has_rows",
                "kwargs": {},
                "severity": CRITICAL.value,
                "examples": [],
                "error": "",
            }
            verdict.failures[f"{programme}/{name}"] = [lost]
        if "kpi_region" not in tables:
            continue
        frames = {name: table.to_pandas() for name, table in tables.items()}
        frames[CROSS] = cross_table(tables, programme)
        for name, frame in frames.items():
            if found := validate(context, name, frame):
                verdict.failures[f"{programme}/{name}"] = found
    releases.audited(release_id, clock.now(), verdict.passed, dict(verdict.failures))
    releases.move(release_id, "computed", "candidate" if verdict.passed else "refused")
    log.info("audited", release=release_id, passed=verdict.passed, critical=verdict.critical, run=run_id)
    if verdict.passed:
        notify("approval_waiting", f"等待审批：{release_id}", "审核已通过，批准后即可发布。")
    else:
        notify("audit_failed", f"审核未通过：{release_id}", _explain(verdict))
    return verdict


def audit_computed(run_id: str | None = None) -> list[Verdict]:
    """Audit every release that was computed and not audited yet: whoever computed it may have died since."""
    return [audit(release, run_id) for release in releases.unaudited()]


def tables_of(release_id: str, programme: str) -> dict[str, pa.Table]:
    """Return the gold tables that hold rows of a release and programme."""
    found = {n: lake.gold_arrow(n, release_id, programme) for n in table_names()}
    return {n: table for n, table in found.items() if table.num_rows}


def _explain(verdict: Verdict) -> str:
    lines = ["原发布内容继续有效；本次候选未进入审批。"]
    for table, found in verdict.failures.items():
        for f in found:
            lines.append(
                f"{table}：{f['expectation']} {f['kwargs']} 级别 {f['severity']} 示例 {f['examples']}{f['error']}"
            )
    return "\n".join(lines)
