"""Great Expectations at work: rows judged by the checked-in suites, all of it shown in the Data Docs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import great_expectations as gx
import pandas as pd
from great_expectations import ExpectationSuite
from great_expectations.core.validation_definition import ValidationDefinition
from great_expectations.data_context import AbstractDataContext
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from jobs.quality.suites import read_suite
from jobs.quality.witness import rows_of
from jobs.settings import settings

EXAMPLES = 5
"""How many broken rows a failure names."""
SHOWN = 200
"""Validations that the index of the Data Docs lists, the newest first."""
BROKEN = "_broken"
"""Ends the name under which the Data Docs show all rows of a table judged by what its witnesses broke."""


def _files(place: Path) -> dict[str, str]:
    """Return the store of a folder."""
    place.mkdir(parents=True, exist_ok=True)
    return {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(place)}


def context(folder: Path | None = None) -> AbstractDataContext:
    """Open a context that keeps validations and Data Docs as files; all else of it lives as long as the audit.

    Parameters
    ----------
    folder : Path, optional
        Default: the installation's own.
    """
    uncommitted = (folder or settings().data_docs) / "gx" / "uncommitted"
    kept = InMemoryStoreBackendDefaults()
    kept.stores[kept.validation_results_store_name]["store_backend"] = _files(uncommitted / "validations")
    # How much its index lists is said when it is built.
    kept.data_docs_sites = {
        "local_site": {
            "class_name": "SiteBuilder",
            "store_backend": _files(uncommitted / "data_docs" / "local_site"),
        }
    }
    config = DataContextConfig(
        store_backend_defaults=kept,
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    return gx.get_context(mode="ephemeral", project_config=config)


@contextmanager
def _made_once() -> Iterator[None]:
    """Have the configuration of each expectation made once in a validation, which asks for it some seventy times.

    No expectation is changed while it is validated, so the one made first is what each further one would be.
    """
    asked: Any = Expectation
    fresh = asked.configuration
    made: dict[int, tuple[Expectation, ExpectationConfiguration]] = {}

    def once(expectation: Expectation) -> ExpectationConfiguration:
        if id(expectation) not in made:
            made[id(expectation)] = (expectation, fresh.fget(expectation))
        return made[id(expectation)][1]

    asked.configuration = property(once)
    try:
        yield
    finally:
        asked.configuration = fresh


def _text(value: Any) -> str:
    """Return an unexpected value for people; of a pair both sides, of a key its parts."""
    if isinstance(value, dict):
        value = tuple(value.values())
    return " / ".join(str(v) for v in value) if isinstance(value, tuple) else str(value)


def _failures(result: Any, rows_by: list[str]) -> list[dict[str, Any]]:
    failures = []
    for r in result.results:
        if not r.success:
            failures.append(
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
    return failures


@dataclass
class Auditor:
    """Judges rows by the checked-in suites, and shows all of it in the Data Docs at the end."""

    context: AbstractDataContext
    names: set[str] = field(default_factory=set)
    seen: list[ValidationResultIdentifier] = field(default_factory=list)

    def __post_init__(self) -> None:
        # One for all tables: each further one has the whole configuration written again.
        source = self.context.data_sources.add_pandas("lake")
        self.rows = source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("whole")

    def _validated(self, suite: ExpectationSuite, frame: pd.DataFrame, said: dict[str, Any]) -> Any:
        """Return the result of a suite, kept for the Data Docs."""
        if suite.name in self.names:  # the piece before
            self.context.validation_definitions.delete(suite.name)
            self.context.suites.delete(suite.name)
        self.names.add(suite.name)
        definition = ValidationDefinition(
            name=suite.name, data=self.rows, suite=self.context.suites.add(suite)
        )
        added = self.context.validation_definitions.add(definition)
        with _made_once():
            result = added.run(batch_parameters={"dataframe": frame}, result_format=said)
        identifier = ExpectationSuiteIdentifier(name=suite.name)
        self.seen.append(ValidationResultIdentifier(identifier, result.meta["run_id"], result.batch_id))
        return result

    def _broken(
        self, suite: ExpectationSuite, frame: pd.DataFrame, rows_by: list[str]
    ) -> list[dict[str, Any]]:
        """Return what a frame breaks of a suite, with values and rows."""
        said = {
            "result_format": "SUMMARY",
            "unexpected_index_column_names": rows_by,
            "return_unexpected_index_query": False,
            "partial_unexpected_count": EXAMPLES,
        }
        return _failures(self._validated(suite, frame, said), rows_by)

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
        return self._broken(read_suite(name), frame, rows_by)

    def judge(
        self,
        con: duckdb.DuckDBPyConnection,
        relation: str,
        name: str,
        rows_by: list[str],
        chosen: pd.DataFrame,
    ) -> list[dict[str, Any]]:
        """Return what the rows of a relation break of a suite: what :meth:`validate` says of them all.

        Witnesses tell whether anything is broken; how often, and where first, is asked of all rows then, about
        the broken expectations and their columns alone.

        Parameters
        ----------
        con : DuckDBPyConnection
        relation : str
            Table or view with the columns :data:`jobs.quality.witness.PLACE`.
        name : str
            Of the suite.
        rows_by : list of str
            Columns by which a broken row is named.
        chosen : DataFrame
            Witnesses of the suite among the rows (:func:`jobs.quality.witness.witnesses`).
        """
        result = self._validated(read_suite(name), chosen, {"result_format": "BOOLEAN_ONLY"})
        if result.success:
            return []
        failed = [_said(r.expectation_config) for r in result.results if not r.success]
        again = read_suite(name)
        again.name += BROKEN
        again.expectations = [e for e in again.expectations if _said(e.configuration) in failed]
        told = self._broken(again, rows_of(con, relation, rows_by, _columns(again, rows_by)), rows_by)
        if len(told) != len(failed):
            raise RuntimeError(
                f"{name}：代表行不合 {len(failed)} 条规则，全部行不合 {len(told)} 条，两者必须相同"
            )
        return told

    def publish(self) -> None:
        """Bring the Data Docs up to date, once for all: each update writes the whole index again."""
        # Building the index reads each validation that it lists: without a limit, every one there ever was.
        index = {
            "class_name": "DefaultSiteIndexBuilder",
            "validation_results_limit": max(SHOWN, len(self.seen)),
        }
        for name, site in (self.context.variables.data_docs_sites or {}).items():
            self.context.update_data_docs_site(name, site | {"site_index_builder": index})
        self.context.build_data_docs(resource_identifiers=self.seen)


def _said(config: ExpectationConfiguration) -> str:
    """Return what an expectation says, as a text to compare."""
    return f"{config.type} { ({k: v for k, v in config.kwargs.items() if k != 'batch_id'}) }"


def _columns(suite: ExpectationSuite, rows_by: list[str]) -> set[str] | None:
    """Return the columns that a suite is about and those that name a row; nothing if it is about all."""
    names = set(rows_by)
    for says in (e.configuration.kwargs for e in suite.expectations):
        if "column" not in says and "column_list" not in says:
            return None
        names |= set(says.get("column_list") or [says["column"]])
    return names
