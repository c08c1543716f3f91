"""Facts of enterprises made by hand: one row per quarter and firm, only what a test says is reported."""

import datetime as dt
from decimal import Decimal

from jobs.definitions.period import parse
from tests.support.facts_frames import fact_names

FEEDS = [
    "statement", "stat_staff", "stat_rd", "tax_vat", "tax_income", "tax_invoice", "tax_deduction", "fin_loan",
    "fin_guarantee", "fin_ip_pledge", "dept_credit_list", "dept_power",
]  # fmt: skip
"""Feeds that have arrived, and hold the firm, unless a test says otherwise."""


FACTS = fact_names()
NUMBER = {name: i for i, name in enumerate(FACTS)}
"""Each fact stands in a file of its own."""


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
