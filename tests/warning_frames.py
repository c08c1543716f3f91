"""Frames of enterprise facts made by hand: one row per quarter and firm, only what a test says is reported."""

import datetime as dt
from decimal import Decimal

from jobs.contract import load_table
from jobs.kpi.origins import Origins
from jobs.period import parse
from tests.facts_frames import fact_names

FEEDS = [
    "statement", "stat_staff", "stat_rd", "tax_vat", "tax_income", "tax_invoice", "tax_deduction", "fin_loan",
    "fin_guarantee", "fin_ip_pledge", "dept_credit_list", "dept_power",
]  # fmt: skip
"""Feeds that have arrived, and hold the firm, unless a test says otherwise."""


FACTS = fact_names()
ORIGINS = Origins(tuple(("b1", f"{name}.xlsx", "表1") for name in FACTS))
"""Each fact stands in a file of its own."""
NUMBER = {name: i for i, name in enumerate(FACTS)}
HEAD = {
    "period": "STRING",
    "at": "DATE",
    "uscc": "STRING",
    "name": "STRING",
    "unit": "STRING",
    "county": "STRING",
    "domain": "STRING",
    "industry_code": "STRING",
    "closed": "BOOLEAN",
    "certified": "BOOLEAN",
    "valid_tiers": "ARRAY<STRING>",
    "ends": "ARRAY<STRUCT<tier: STRING, valid_to: DATE>>",
    "feeds_here": "ARRAY<STRING>",
    "feeds_arrived": "ARRAY<STRING>",
    "lines": "MAP<STRING, STRUCT<origin: INT, row_no: INT>>",
}


def firm(
    uscc, period="2025Q4", *, here=None, lacks=(), arrived=FEEDS, ends=(), closed=False, certified=True,
    industry_code="C3511", **facts,
):  # fmt: skip
    """One row: facts by name; ``lacks`` are feeds without the firm, ``ends`` pairs of tier and last day."""
    ends = [(tier, dt.date.fromisoformat(day)) for tier, day in ends]
    return {
        "period": period,
        "at": parse(period).end,
        "uscc": uscc,
        "name": f"企业{uscc}",
        "unit": "220100",
        "county": "220102",
        "domain": "industry",
        "industry_code": industry_code,
        "closed": closed,
        "certified": certified,
        "valid_tiers": sorted({tier for tier, _ in ends}),
        "ends": ends,
        "feeds_here": [f for f in (arrived if here is None else here) if f not in lacks],
        "feeds_arrived": list(arrived),
        "lines": {name: (NUMBER.get(name), i + 2) for i, name in enumerate(sorted(facts))},
        **{name: Decimal(str(value)) for name, value in facts.items()},
    }


def frame(spark, *rows):
    """Return a frame with all facts of facts.yaml; what a row does not say is null."""
    columns = HEAD | dict.fromkeys(FACTS, "DECIMAL(28,4)")
    assert all(set(row) <= set(columns) for row in rows), "no such fact"
    schema = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    return spark.createDataFrame([tuple(row.get(name) for name in columns) for row in rows], schema)


def columns_of(found):
    """Columns of a frame with their types, as contracts write them."""
    return {f.name: f.dataType.simpleString().upper() for f in found.schema.fields}


def contract_columns(table):
    """Columns of a table, without those that say of which release and programme a row is."""
    columns = {c.name: c.type for c in load_table(table).columns}
    return {name: kind for name, kind in columns.items() if name not in ("release", "programme")}
