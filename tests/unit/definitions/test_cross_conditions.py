"""Rules between columns as the contracts state them: a missing value decides nothing, and each rule can be broken."""

from __future__ import annotations

import random

import duckdb
import pytest

from jobs.definitions.contract import SEVERITIES, Contract, feed_ids, load_feed

FEEDS = [f for f in feed_ids() if any(c.rules for c in load_feed(f).columns)]
DAYS = (None, "2025-01-01", "2025-01-02")


def rows_for(contract: Contract, count: int = 60) -> list[dict[str, str | int | None]]:
    """Rows of small numbers and near days, many of them missing: some keep a rule, some break it, some say nothing."""
    draw = random.Random(20251231)
    return [
        {
            c.name: draw.choice(DAYS) if c.type == "DATE" else draw.choice((None, 0, 0, 1, 2, 101))
            for c in contract.columns
            if c.type == "DATE" or c.is_figure
        }
        for _ in range(count)
    ]


@pytest.mark.parametrize("feed", FEEDS)
def test_every_rule_between_columns_is_broken_by_some_rows_and_undecided_on_others(feed: str) -> None:
    contract = load_feed(feed)
    rules = [rule for column in contract.columns for rule in column.rules]
    assert len({r.name for r in rules}) == len(rules) and {r.severity for r in rules} <= set(SEVERITIES)
    rows = rows_for(contract)
    kinds = {c.name: c.type for c in contract.columns if c.name in rows[0]}
    typed = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in kinds.items())
    listed = ", ".join("(" + ", ".join(literal(v) for v in row.values()) + ")" for row in rows)
    table = f"SELECT {typed} FROM (VALUES {listed}) AS t({', '.join(kinds)})"
    asked = ", ".join(rule.condition for rule in rules)
    for judged in zip(*duckdb.sql(f"SELECT {asked} FROM ({table})").fetchall(), strict=True):
        assert False in judged and None in judged


def literal(value: str | int | None) -> str:
    """Write a value as SQL."""
    return "NULL" if value is None else f"'{value}'" if isinstance(value, str) else str(value)
