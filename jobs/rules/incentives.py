"""What the policies say of incentives, as a model and a table of parameters: conditions are expressions, all else is rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa

from jobs.definitions.catalogue import dialect, quoted, text
from jobs.definitions.policy.document import Document
from jobs.definitions.policy.granting import granting, of_region
from jobs.definitions.policy.incentives import Incentive, ListingRule
from jobs.definitions.policy.model import Programme
from jobs.kpi.fact_models import line_of
from jobs.kpi.parameters import table

FIRST_AWARDED = "first_awarded_this_period"
"""Column of the tiers whose first grant ever came into force in the period."""
_DOCUMENTS = "first_award_documents"
_LISTS = ("valid_tiers", "ever_tiers", "feeds_here", "feeds_arrived")
_TEXT = pa.string()
_COLUMNS = {
    **dict.fromkeys(("incentive_id", "policy", "policy_region_code"), _TEXT), "applies": pa.bool_(),
    **dict.fromkeys(("name_zh", "clause", "quote", "kind", "owners"), _TEXT), "cap": pa.decimal128(28, 4), "status": _TEXT,
    "listed": pa.bool_(), "why": _TEXT, "missing": _TEXT, "amount_name": _TEXT, "quantified": pa.bool_(), "turn": _TEXT,
}  # fmt: skip


def incentive_tables(programme: Programme) -> dict[str, pa.Table]:
    """Return every incentive of every policy as parameters; regions compared with each other are granted none."""
    documents = granting() if programme.entity == "enterprise" else []
    return {"incentive_rules": table(_COLUMNS, _rows(documents, programme.region_code))}


def _rows(documents: Iterable[Document], region_code: str) -> list[tuple[object, ...]]:
    return [
        (
            i.id, d.id, d.region_code, d.region_code == region_code, i.name_zh, i.clause, i.quote, i.kind, "、".join(i.owners),
            i.rule.cap, i.rule.status, i.rule.eligible is not None, i.rule.why or None, i.rule.missing or None,
            i.rule.amount_name, i.rule.amount is not None, i.rule.turn,
        )
        for d in documents
        for i in d.incentives
    ]  # fmt: skip


def incentive_models(programme: Programme, facts: Iterable[str]) -> dict[str, str]:
    """Return the model of who meets the conditions of the policies of a programme's region.

    Parameters
    ----------
    programme : Programme
    facts : iterable of str
        Names of the facts, which have lines.
    """
    rules = of_region(programme.region_code) if programme.entity == "enterprise" else []
    return {"incentive_met": met(rules, frozenset(facts))}


def met(incentives: Sequence[Incentive], facts: frozenset[str]) -> str:
    """Return the model of who meets a condition, with the amount before the cap and what both rest on."""
    listed = [(i.id, i.rule) for i in incentives if i.rule.eligible is not None]
    each = [_who_meets(name, rule, facts) for name, rule in listed or [("", _NOBODY)]]
    return (
        "-- grain: period, uscc, incentive. Who meets the condition of an incentive.\n"
        + "\nUNION ALL\n".join(each)
    )


_NOBODY = ListingRule(status="未量化", why="-", eligible="false", needs=["name"])


def _who_meets(name: str, rule: ListingRule, facts: frozenset[str]) -> str:
    shown = ", ".join(f"{{key: {text(n)}, value: {_shown(n, facts)}}}" for n in rule.needs)
    lines = ", ".join(f"{{key: {text(n)}, line: {quoted(line_of(n))}}}" for n in rule.needs if n in facts)
    figure = quoted(line_of(rule.figure)) if rule.figure else "NULL"
    return (
        f'SELECT period, "at", uscc, name, unit, county, {text(name)} AS incentive_id,\n'
        f"  CAST({dialect(rule.amount or 'NULL')} AS DECIMAL(38, 8)) AS amount_before_cap, CAST({figure} AS BIGINT) AS figure_line,\n"
        f"  [{shown}] AS evidence,\n"
        f"  CAST([{lines}] AS STRUCT(key VARCHAR, line BIGINT)[]) AS lines\n"
        f"FROM fact_rows JOIN first_awards USING (period, uscc)\n"
        f"WHERE NOT closed AND ({dialect(str(rule.eligible))})"
    )


def _shown(name: str, facts: frozenset[str]) -> str:
    """Return the SQL of what is shown of a fact or column as evidence."""
    if name == FIRST_AWARDED:
        return _DOCUMENTS
    if name in _LISTS:
        return f"array_to_string({name}, ',')"
    return f"exact_text({quoted(name)})" if name in facts else f"CAST({quoted(name)} AS VARCHAR)"
