"""Small frames for tests of figures that Spark still counts again: silver by the shape the lake gives."""

import datetime as dt
from decimal import Decimal

from jobs.kpi.compute import Inputs


def readings(frame, *by):
    """Rows by reading (and by the given columns before it)."""
    found = {}
    for row in frame.collect():
        key = (*[row[b] for b in by], row["reading"])
        found[key if by else row["reading"]] = row
    return found


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


def inputs(spark, register, notices):
    make = spark.createDataFrame
    feeds = {"register": make(list(register), REGISTER), "notices": make(list(notices), NOTICE)}
    return Inputs(feeds, make(PLACES, REGIONS))
