"""Great Expectations suites: generated from contracts and checked in, plus the hand-written ones.

The generated suite of a gold table says what its contract says: columns, required values, code lists,
ranges, the primary key; that of a silver table what its feed's contract blocks, on the frames of
:mod:`jobs.quality.silver`. ``cross_table.json`` and ``conservation.json`` are written by hand and stand on
pairs of figures that must be equal.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from great_expectations import ExpectationSuite
from great_expectations import expectations as gxe
from great_expectations.expectations.metadata_types import FailureSeverity

from jobs.definitions import checks
from jobs.definitions.contract import (
    Column,
    Contract,
    CrossRule,
    feed_ids,
    load_feed,
    load_table,
    table_names,
)
from jobs.definitions.lineage import LINEAGE
from jobs.definitions.measures import MONEY_UNITS
from jobs.definitions.reference import known_codes
from jobs.feeds.judging.credit_codes import ALPHABET
from jobs.lake.tables import silver_columns
from jobs.refusals import Refusal
from jobs.settings import settings

CRITICAL = FailureSeverity(checks.CRITICAL)
"""Severity that stops a release."""
UNITS = "money_units"
"""Column of a silver frame: the units in which a row's amounts were reported, as one text."""
SEVERITY = {"block": CRITICAL, "explain": FailureSeverity.WARNING, "info": FailureSeverity.INFO}
"""Of a contract's rule -> of its expectation: what was blocked before must not lie in the lake."""
NOT_AUDITED = {"reported", "units", "deleted"}
"""Columns of a silver table that its frame leaves out: maps, and the mark of withdrawn keys."""
_FORMS = {
    "uscc": f"^[{ALPHABET}]{{18}}$",
    "month": r"^(19|20)\d{2}(0[1-9]|1[0-2])$",
    "quarter": r"^(19|20)\d{2}Q[1-4]$",
}


def rule_name(rule: CrossRule) -> str:
    """Return the column of a silver frame that holds the text of a rule where a row breaks it."""
    return f"rule_{rule.name}"


def _column_expectations(column: Column, values: list[Any]) -> list[Any]:
    expectations: list[Any] = []
    if column.required:
        expectations.append(gxe.ExpectColumnValuesToNotBeNull(column=column.name, severity=CRITICAL))
    if values:
        expectations.append(
            gxe.ExpectColumnValuesToBeInSet(column=column.name, value_set=values, severity=CRITICAL)
        )
    low, high = column.options.get("minimum"), column.options.get("maximum")
    if low is not None or high is not None:
        expectations.append(
            gxe.ExpectColumnValuesToBeBetween(
                column=column.name, min_value=low, max_value=high, severity=CRITICAL
            )
        )
    return expectations


def suite_of(contract: Contract) -> ExpectationSuite:
    """Return the suite that a table's contract implies."""
    names = [c.name for c in contract.columns]
    expectations: list[Any] = [
        gxe.ExpectTableColumnsToMatchSet(column_set=names, exact_match=True, severity=CRITICAL)
    ]
    if contract.key:
        # ODCS exports make each part of a composite key unique by itself: the key is unique as a whole.
        expectations.append(gxe.ExpectCompoundColumnsToBeUnique(column_list=contract.key, severity=CRITICAL))
    for column in contract.columns:
        expectations += _column_expectations(column, [e.value for e in column.prop.enum or []])
    return ExpectationSuite(name=contract.id, expectations=expectations)


def _silver_expectations(column: Column) -> list[Any]:
    """Return what the row rules block of a column, said once more about what lies in the lake."""
    values = sorted({str(v) for v in column.codes.values()})
    if column.semantic == "region":
        values = sorted(known_codes())
    expectations = _column_expectations(column, values)
    forms = [_FORMS.get(column.semantic or ""), column.options.get("pattern")]
    for form in [f for f in forms if f]:
        expectations.append(
            gxe.ExpectColumnValuesToMatchRegex(column=column.name, regex=form, severity=CRITICAL)
        )
    expectations += [
        gxe.ExpectColumnValuesToBeNull(column=rule_name(rule), severity=SEVERITY[rule.severity])
        for rule in column.rules
    ]
    if column.semantic == "year":
        expectations.append(
            gxe.ExpectColumnValuesToBeBetween(
                column=column.name, min_value=1900, max_value=2099, severity=CRITICAL
            )
        )
    return expectations


def silver_suite_of(contract: Contract) -> ExpectationSuite:
    """Return the suite of a feed's latest silver rows that its contract implies."""
    money = any(c.money for c in contract.columns)
    names = [c for c in silver_columns(contract) if c not in NOT_AUDITED] + [UNITS] * money
    names += [rule_name(rule) for column in contract.columns for rule in column.rules]
    expectations: list[Any] = [
        gxe.ExpectTableColumnsToMatchSet(column_set=names, exact_match=True, severity=CRITICAL),
        _unique(contract.key),
    ]
    for column in contract.columns:
        expectations += _silver_expectations(column)
    for name in LINEAGE:
        if name != "reporter":
            expectations.append(gxe.ExpectColumnValuesToNotBeNull(column=name, severity=CRITICAL))
    if money:
        known = "|".join(MONEY_UNITS)
        form = f"^({known})(、({known}))*$"
        expectations.append(gxe.ExpectColumnValuesToMatchRegex(column=UNITS, regex=form, severity=CRITICAL))
    return ExpectationSuite(name=checks.SILVER + contract.id, expectations=expectations)


def _unique(key: list[str]) -> Any:
    if len(key) == 1:
        return gxe.ExpectColumnValuesToBeUnique(column=key[0], severity=CRITICAL)
    return gxe.ExpectCompoundColumnsToBeUnique(column_list=key, severity=CRITICAL)


def generated() -> dict[str, ExpectationSuite]:
    """Return every suite that follows from a contract, by name: gold tables and silver tables."""
    gold = {name: suite_of(load_table(name)) for name in table_names()}
    return gold | {checks.SILVER + feed: silver_suite_of(load_feed(feed)) for feed in feed_ids()}


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
    for name, suite in generated().items():
        path = path_of(name)
        path.write_text(text_of(suite), encoding="utf-8")
        written.append(path)
    return written


def read_suite(name: str) -> ExpectationSuite:
    """Read a checked-in suite.

    Raises
    ------
    Refusal
        If it is missing: the message names the command that writes it.
    """
    path = path_of(name)
    if not path.is_file():
        raise Refusal(f"没有审核规则 {path.name}：先运行 zjtx suites write 由合同生成，再审核")
    data = json.loads(path.read_text(encoding="utf-8"))
    expectations = []
    for e in data["expectations"]:
        cls = getattr(gxe, "".join(part.capitalize() for part in e["type"].split("_")))
        expectations.append(cls(**e["kwargs"], severity=FailureSeverity(e["severity"])))
    return ExpectationSuite(name=data["name"], expectations=expectations)
