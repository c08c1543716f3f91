"""Facts frames made by hand: the columns of ``schemas/facts.yaml`` and those around them."""

import datetime as dt
from decimal import Decimal
from functools import cache

import yaml

from jobs.kpi.origins import Origins
from jobs.period import parse
from jobs.settings import settings

ORIGINS = Origins((("b1", "报表.xlsx", "表1"),))
AROUND = (
    "period STRING, at DATE, uscc STRING, name STRING, unit STRING, county STRING, domain STRING, industry_code STRING, "
    "opened_on DATE, closed BOOLEAN, valid_tiers ARRAY<STRING>, ever_tiers ARRAY<STRING>, "
    "ends ARRAY<STRUCT<tier: STRING, valid_to: DATE>>"
)


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
    there = {n: (0, 7) for n in names if facts.get(n) is not None}
    dated = [(t, dt.date.fromisoformat(d) if d else None) for t, d in ends]
    around = (
        period, parse(period).end, uscc, f"企业{uscc}", "220100", "220102", "industry", "C3511",
        dt.date(2010, 1, 1), closed, list(tiers), list(tiers), dated,
    )  # fmt: skip
    return (*around, *values, there, [], [])


def facts_frame(spark, rows):
    """A facts frame of rows by :func:`firm`."""
    columns = ", ".join(f"{n} DECIMAL(28,4)" for n in fact_names())
    tail = "lines MAP<STRING, STRUCT<origin: INT, row_no: INT>>, feeds_here ARRAY<STRING>, feeds_arrived ARRAY<STRING>"
    return spark.createDataFrame(list(rows), f"{AROUND}, {columns}, {tail}")
