"""Facts of enterprises made by hand: the columns of ``schemas/facts.yaml`` and those around them."""

import datetime as dt
from decimal import Decimal
from functools import cache

import yaml

from jobs.definitions.period import parse
from jobs.settings import settings


@cache
def fact_names():
    """Names of the facts, with those of the period a year before."""
    read = yaml.safe_load((settings().schemas / "facts.yaml").read_text(encoding="utf-8"))["facts"]
    return [n for f in read for n in ([f["name"], f["name"] + "_prior"] if f.get("prior") else [f["name"]])]


def firm(uscc="F", period="2025Q4", tiers=("city_srdi",), ends=(), closed=False, **facts):
    """One row: facts by name, the others not reported; ``ends``: pairs of tier and ISO date."""
    names = fact_names()
    assert set(facts) <= set(names), set(facts) - set(names)
    values = [None if facts.get(n) is None else Decimal(str(facts[n])) for n in names]
    dated = [(t, dt.date.fromisoformat(d) if d else None) for t, d in ends]
    around = (
        period, parse(period).end, uscc, f"企业{uscc}", "220100", "220102", "industry", "C3511",
        dt.date(2010, 1, 1), closed, list(tiers), list(tiers), dated,
    )  # fmt: skip
    return (*around, *values)
