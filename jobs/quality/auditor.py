"""Great Expectations at work: frames validated by the checked-in suites, all of it shown in the Data Docs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import great_expectations as gx
import pandas as pd
from great_expectations.checkpoint import Checkpoint
from great_expectations.core.validation_definition import ValidationDefinition
from great_expectations.data_context import AbstractDataContext
from great_expectations.data_context.types.base import ProgressBarsConfig

from jobs.quality import CONSERVATION, SILVER
from jobs.quality.suites import read_suite
from jobs.settings import settings

EXAMPLES = 5
"""How many broken rows a failure names."""


def context() -> AbstractDataContext:
    """Open the file context in which suites, checkpoints and Data Docs live."""
    settings().data_docs.mkdir(parents=True, exist_ok=True)
    opened = gx.get_context(mode="file", project_root_dir=str(settings().data_docs))
    opened.variables.progress_bars = ProgressBarsConfig(globally=False)
    opened.variables.save()
    return opened


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


def _text(value: Any) -> str:
    """Return an unexpected value for people; of a pair both sides, of a key its parts."""
    if isinstance(value, dict):
        value = tuple(value.values())
    return " / ".join(str(v) for v in value) if isinstance(value, tuple) else str(value)


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
                    "examples": [_text(v) for v in r.result.get("partial_unexpected_list", [])[:EXAMPLES]],
                    "rows": [
                        {c: str(row[c]) for c in rows_by if c in row}
                        for row in r.result.get("partial_unexpected_index_list") or []
                    ][:EXAMPLES],
                    "error": str((r.exception_info or {}).get("exception_message") or "")[:200],
                }
            )
    return found


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
