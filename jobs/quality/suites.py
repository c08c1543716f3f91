"""Great Expectations suites: generated from table contracts and checked in, plus the hand-written ones.

The generated suite of a table says what its contract says: columns, required values, code lists, ranges,
the primary key. ``expectations/cross_table.json`` is written by hand and stands on the frame of
:mod:`jobs.quality.crosschecks`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from great_expectations import ExpectationSuite
from great_expectations import expectations as gxe
from great_expectations.expectations.metadata_types import FailureSeverity

from jobs.contract import Column, Contract, load_table, table_names
from jobs.settings import settings

CRITICAL = FailureSeverity.CRITICAL
"""Severity that stops a release."""


def _column_expectations(column: Column) -> list[Any]:
    found: list[Any] = []
    if column.required:
        found.append(gxe.ExpectColumnValuesToNotBeNull(column=column.name, severity=CRITICAL))
    if column.prop.enum:
        values = [e.value for e in column.prop.enum]
        found.append(gxe.ExpectColumnValuesToBeInSet(column=column.name, value_set=values, severity=CRITICAL))
    low, high = column.options.get("minimum"), column.options.get("maximum")
    if low is not None or high is not None:
        found.append(
            gxe.ExpectColumnValuesToBeBetween(
                column=column.name, min_value=low, max_value=high, severity=CRITICAL
            )
        )
    return found


def suite_of(contract: Contract) -> ExpectationSuite:
    """Return the suite that a table's contract implies."""
    names = [c.name for c in contract.columns]
    found: list[Any] = [
        gxe.ExpectTableColumnsToMatchSet(column_set=names, exact_match=True, severity=CRITICAL)
    ]
    if contract.key:
        # ODCS exports make each part of a composite key unique by itself: the key is unique as a whole.
        found.append(gxe.ExpectCompoundColumnsToBeUnique(column_list=contract.key, severity=CRITICAL))
    for column in contract.columns:
        found += _column_expectations(column)
    return ExpectationSuite(name=contract.id, expectations=found)


def _plain(suite: ExpectationSuite) -> dict[str, Any]:
    """Return a suite as JSON without the random ids."""
    return {
        "name": suite.name,
        "expectations": [
            {"type": e.expectation_type, "kwargs": e.configuration.kwargs, "severity": e.severity.value}
            for e in suite.expectations
        ],
    }


def text_of(suite: ExpectationSuite) -> str:
    """Return the checked-in form of a suite."""
    return json.dumps(_plain(suite), ensure_ascii=False, indent=1, sort_keys=True, default=str) + "\n"


def path_of(name: str) -> Path:
    """Return where a suite is checked in."""
    return settings().expectations / f"{name}.json"


def write_all() -> list[Path]:
    """Write the generated suites and return their files."""
    written = []
    for name in table_names():
        path = path_of(name)
        path.write_text(text_of(suite_of(load_table(name))), encoding="utf-8")
        written.append(path)
    return written


def read_suite(name: str) -> ExpectationSuite:
    """Read a checked-in suite."""
    data = json.loads(path_of(name).read_text(encoding="utf-8"))
    found = []
    for e in data["expectations"]:
        cls = getattr(gxe, "".join(part.capitalize() for part in e["type"].split("_")))
        found.append(cls(**e["kwargs"], severity=FailureSeverity(e["severity"])))
    return ExpectationSuite(name=data["name"], expectations=found)
