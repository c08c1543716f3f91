"""Small frames for tests of jobs.kpi: measure frames and silver by the shape the lake gives."""

import datetime as dt
from decimal import Decimal

from pyspark.sql import functions as F

from jobs.kpi import cells, contribution, growth
from jobs.kpi.compute import Inputs
from jobs.kpi.pending import nothing_waits
from jobs.kpi.reading import named
from jobs.kpi.spec import literals

LINE = "struct<batch_id: string, file_name: string, sheet: string, row_no: int>"
GROWTH_M = f"struct<value: bigint, base: bigint, prior: bigint, flag: string, source: string, line: {LINE}>"
RATIO_M = f"struct<num: bigint, den: bigint, flag: string, source: string, line: {LINE}>"
FROM_HERE = ("batch", "file", "", 1)


def growth_frame(spark, rows, keys="entity string"):
    """Rows: key values, then C, R, P (and optionally a flag)."""
    width = len(keys.split(","))
    data = [
        (
            *r[:width],
            (*r[width : width + 3], r[width + 3] if len(r) > width + 3 else None, "statistics", FROM_HERE),
        )
        for r in rows
    ]
    return spark.createDataFrame(data, f"{keys}, m {GROWTH_M}")


def ratio_frame(spark, rows, keys="entity string"):
    """Rows: key values, then numerator, denominator (and optionally a flag)."""
    width = len(keys.split(","))
    data = [
        (
            *r[:width],
            (*r[width : width + 2], r[width + 2] if len(r) > width + 2 else None, "statistics", FROM_HERE),
        )
        for r in rows
    ]
    return spark.createDataFrame(data, f"{keys}, m {RATIO_M}")


def readings(frame, *by):
    """Rows by reading (and by the given columns before it)."""
    found = {}
    for row in frame.collect():
        key = (*[row[b] for b in by], row["reading"])
        found[key if by else row["reading"]] = row
    return found


def growth_cells(frame, spec):
    """Growth of a frame with the finest cell columns, in every cell of places, with contributions."""
    m = F.col("m")
    rows = frame.withColumn("m", growth.prepare(m, spec.base_kind, nothing_waits()))
    folded = cells.roll_up(rows, cells.PLACES, named(growth.parts(m)), {}).withColumn("key", F.lit(spec.name))
    folded = contribution.totals(folded).withColumns({**literals(spec), **named(growth.derived())})
    found = [*growth.readings(), *contribution.contributions()]
    return folded.select(*cells.KEYS, F.inline(F.array(*found)))


REGISTER = (
    "uscc string, name string, county_code string, industry_code string, opened_on date, change_type string, "
    "effective_date date, staff_end bigint, domain string, seq bigint"
)
NOTICE = (
    "document_no string, document_date date, tier string, event string, issuer string, name string, "
    "new_name string, uscc string, unit_name string, county_name string, valid_from date, valid_to date"
)
FINANCE = (
    "uscc string, period string, year int, revenue decimal(20,2), revenue_prior decimal(20,2), "
    "batch_id string, file_name string, sheet string, row_no int"
)
RD = "uscc string, year int, rd_total decimal(20,2), batch_id string, file_name string, sheet string, row_no int"
REGIONS = "code string, name string, level string, parent_code string, former_code string"

PLACES = [
    ("10", "甲省", "province", None, None),
    ("11", "东山市", "prefecture", "10", None),
    ("12", "西河市", "prefecture", "10", None),
    ("111", "东一县", "county", "11", None),
    ("112", "东二县", "county", "11", "129"),
    ("121", "西一县", "county", "12", None),
]


def day(text):
    return dt.date.fromisoformat(text)


def event(uscc, county="111", change="in_register", on="2015-01-01", domain="industry", seq=1):
    return (uscc, f"企业{uscc}", county, "C35", None, change, day(on), 50, domain, seq)


def notice(
    uscc,
    on="2024-06-15",
    tier="a",
    what="grant",
    doc=None,
    valid=(None, None),
    where=("东山市", "东一县"),
    name=None,
):
    first, last = (day(v) if v else None for v in valid)
    name = name or f"企业{uscc}"
    return (doc or f"{on}-{tier}-{what}", day(on), tier, what, "10", name, None, uscc, *where, first, last)


def money(value):
    return None if value is None else Decimal(value)


def finance(uscc, period, revenue, prior=None, row=1):
    return (uscc, period, int(period[:4]), money(revenue), money(prior), "b1", "f.csv", "", row)


def research(uscc, year, total, row=1):
    return (uscc, year, money(total), "b2", "r.csv", "", row)


def inputs(spark, register, notices, finance_rows=(), rd_rows=()):
    make = spark.createDataFrame
    feeds = {
        "register": make(list(register), REGISTER),
        "notices": make(list(notices), NOTICE),
        "finance": make(list(finance_rows), FINANCE),
        "rd": make(list(rd_rows), RD),
    }
    return Inputs(feeds, make(PLACES, REGIONS))
