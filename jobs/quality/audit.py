"""The audit of a candidate: Great Expectations on the silver rows new since the last one, and on every gold table.

All of it as pandas batches: the same suites on Spark frames cost many small jobs. Silver comes piece by piece
(:mod:`jobs.quality.silver`), gold tables are small; the cross-table checks and the counts against the ledger
are frames of pairs that must be equal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import great_expectations as gx
import pandas as pd
import pyarrow as pa
import structlog
from great_expectations.checkpoint import Checkpoint
from great_expectations.core.validation_definition import ValidationDefinition
from great_expectations.data_context import AbstractDataContext
from great_expectations.data_context.types.base import ProgressBarsConfig

from jobs import clock, lake
from jobs.contract import load_feed, load_table, table_names
from jobs.ledger import releases
from jobs.ledger.models import Release
from jobs.notify import notify
from jobs.policy.model import load, load_all
from jobs.quality import SILVER
from jobs.quality.crosschecks import CROSS, cross_table
from jobs.quality.silver import CONSERVATION, conservation, new_batches, pieces
from jobs.quality.suites import CRITICAL, read_suite
from jobs.release.versions import digest
from jobs.settings import settings

log = structlog.get_logger()

Failures = dict[str, list[dict[str, Any]]]
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


def _context() -> AbstractDataContext:
    settings().data_docs.mkdir(parents=True, exist_ok=True)
    context = gx.get_context(mode="file", project_root_dir=str(settings().data_docs))
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    context.variables.save()
    return context


def _batch(context: AbstractDataContext, name: str) -> Any:
    """Return a batch definition for a pandas frame, made once per table."""
    layer = "silver" if name.startswith(SILVER) or name == CONSERVATION else "gold"
    source = next((s for s in context.data_sources.all().values() if s.name == layer), None)
    source = source or context.data_sources.add_pandas(layer)
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


def _failures(result: Any, rows_by: list[str]) -> list[dict[str, Any]]:
    found = []
    for r in result.results:
        if not r.success:
            found.append(
                {
                    "expectation": r.expectation_config.type,
                    "kwargs": {k: v for k, v in r.expectation_config.kwargs.items() if k != "batch_id"},
                    "severity": r.expectation_config.severity.value,
                    "unexpected": r.result.get("unexpected_count"),
                    "examples": [str(v) for v in r.result.get("partial_unexpected_list", [])[:EXAMPLES]],
                    "rows": [
                        {c: str(row[c]) for c in rows_by if c in row}
                        for row in r.result.get("partial_unexpected_index_list") or []
                    ][:EXAMPLES],
                    "error": str((r.exception_info or {}).get("exception_message") or "")[:200],
                }
            )
    return found


EXAMPLES = 5
"""How many broken rows a failure names."""


@dataclass
class Auditor:
    """Validates frames by the checked-in suites, and shows all of it in the Data Docs at the end."""

    context: AbstractDataContext
    checkpoints: dict[str, Checkpoint] = field(default_factory=dict)
    seen: list[Any] = field(default_factory=list)

    def _checkpoint(self, name: str, rows_by: list[str]) -> Checkpoint:
        """Return the checkpoint of a table, set up once per audit: setting it up costs more than a run."""
        if name not in self.checkpoints:
            wanted = {
                "result_format": "SUMMARY",
                "unexpected_index_column_names": rows_by,
                "return_unexpected_index_query": False,
                "partial_unexpected_count": EXAMPLES,
            }
            made = Checkpoint(
                name=name, validation_definitions=[_validation(self.context, name)], result_format=wanted
            )
            self.checkpoints[name] = self.context.checkpoints.add_or_update(made)
        return self.checkpoints[name]

    def validate(self, name: str, frame: pd.DataFrame, rows_by: list[str]) -> list[dict[str, Any]]:
        """Return what a frame breaks of the suite of its name.

        Parameters
        ----------
        name : str
            Of table and suite.
        frame : DataFrame
        rows_by : list of str
            Columns by which a broken row is named.
        """
        outcome = self._checkpoint(name, rows_by).run(batch_parameters={"dataframe": frame})
        self.seen += outcome.run_results
        return [f for r in outcome.run_results.values() for f in _failures(r, rows_by)]

    def publish(self) -> None:
        """Bring the Data Docs up to date, once for all: each update writes the whole index again."""
        self.context.build_data_docs(resource_identifiers=self.seen)


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
    auditor = Auditor(_context())
    rows = [r for r in releases.of(release_id) if r.state in ("computed", "candidate")]
    since = _audited_to()
    for feed, until in _feeds(rows).items():
        verdict.failures |= _silver(auditor, feed, since.get(feed, 0), until)
    for programme in sorted({r.programme for r in rows}):
        verdict.failures |= _gold(auditor, release_id, programme)
    auditor.publish()
    releases.audited(release_id, clock.now(), verdict.passed, dict(verdict.failures))
    releases.move(release_id, "computed", "candidate" if verdict.passed else "refused")
    log.info("audited", release=release_id, passed=verdict.passed, critical=verdict.critical, run=run_id)
    if verdict.passed:
        notify("approval_waiting", f"等待审批：{release_id}", "审核已通过，批准后即可发布。")
    else:
        notify("audit_failed", f"审核未通过：{release_id}", _explain(verdict))
    return verdict


def _feeds(rows: list[Release]) -> dict[str, int]:
    """Return the feeds that a release's programmes read, each with the last batch it knows."""
    found: dict[str, int] = {}
    for r in rows:
        for use in load(r.programme).feeds:
            found[use.feed] = max(found.get(use.feed, 0), r.seq)
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
            for use in programme.feeds:
                found[use.feed] = max(found.get(use.feed, 0), r.seq)
    return found


def _silver(auditor: Auditor, feed: str, since: int, until: int) -> Failures:
    """Audit the rows of a feed's new batches, and their counts."""
    new = new_batches(feed, since, until)
    if not new:
        return {}
    broken = [f for frame in pieces(feed, new) for f in auditor.validate(SILVER + feed, frame, LINE)]
    counts = auditor.validate(CONSERVATION, conservation(feed, new), ["check", "subject"])
    found = {f"silver/{feed}": _merged(broken), f"silver/{feed}/{CONSERVATION}": counts}
    return {table: failures for table, failures in found.items() if failures}


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


_LOST = {"expectation": "table_has_rows", "kwargs": {}, "severity": CRITICAL.value, "unexpected": None,
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


_SAID = {
    "table_has_rows": "没有数据",
    "expect_table_columns_to_match_set": "列与合同不符",
    "expect_column_values_to_not_be_null": "必填项为空",
    "expect_column_values_to_be_in_set": "不在代码表内",
    "expect_column_values_to_be_between": "超出范围",
    "expect_column_values_to_match_regex": "格式不符",
    "expect_column_values_to_be_unique": "主键重复",
    "expect_compound_columns_to_be_unique": "主键重复",
    "expect_column_pair_values_to_be_equal": "应相等的两数不等",
}


def _row_words(row: dict[str, str]) -> str:
    """Name a broken row: by the line of its file, else by its key."""
    if "file_name" in row:
        sheet = f" 工作表 {row['sheet']}" if row.get("sheet") else ""
        return f"{row['file_name']}{sheet} 第 {row['row_no']} 行"
    return " ".join(f"{k}={v}" for k, v in row.items() if v not in ("None", "nan"))


def _title(table: str) -> str:
    """Return the Chinese name of an audited table."""
    layer, name = table.split("/")[:2]
    if layer == "silver":
        return load_feed(name).title
    return load_table(name).title if name in table_names() else "跨表核对"


def _explain(verdict: Verdict) -> str:
    lines = ["原发布内容继续有效；本次候选未进入审批。"]
    for table, found in verdict.failures.items():
        for f in found:
            column = f["kwargs"].get("column") or "、".join(f["kwargs"].get("column_list", []))
            what = f"{column} {_SAID.get(f['expectation'], '')}".strip()
            count = f" {f['unexpected']} 行" if f["unexpected"] else ""
            rows = "；".join(_row_words(r) for r in f["rows"])
            lines.append(
                f"{table}：{_title(table)} {what}{count}（{f['expectation']} {f['kwargs']} 级别 {f['severity']}）"
                f"示例 {f['examples']}{f['error']}" + (f" 位置 {rows}" if rows else "")
            )
    return "\n".join(lines)
