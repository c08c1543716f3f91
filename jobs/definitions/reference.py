"""Reference lists of ``schemas/reference``: regions, who must report, items of the departments' reports."""

from __future__ import annotations

import csv
from functools import lru_cache
from typing import NamedTuple

from jobs import yamlfile
from jobs.settings import settings


class Region(NamedTuple):
    """A region of the reference list."""

    code: str
    name: str
    level: str
    parent_code: str
    former_code: str
    lon: float | None
    lat: float | None


@lru_cache(maxsize=1)
def regions() -> dict[str, Region]:
    """Return all regions by code."""
    with (settings().schemas / "reference" / "regions.csv").open(encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    return {
        r["code"]: Region(
            r["code"],
            r["name"],
            r["level"],
            r["parent_code"],
            r["former_code"],
            float(r["lon"]) if r["lon"] else None,
            float(r["lat"]) if r["lat"] else None,
        )
        for r in rows
    }


def inside(code: str, region: str) -> bool:
    """Return whether a region is another one or lies in it."""
    known, at = regions(), code
    while at:
        if at == region:
            return True
        at = known[at].parent_code if at in known else ""
    return False


def known_codes() -> set[str]:
    """Return every code a row may carry: present and former ones."""
    return set(regions()) | {r.former_code for r in regions().values() if r.former_code}


def reporter_name(reporter: str) -> str:
    """Return what a reporter is called: a region's or body's name; ``*`` is a feed that is one source."""
    if reporter == "*":
        return "全部数据"
    return regions()[reporter].name if reporter in regions() else reporter


@lru_cache(maxsize=8)
def source_name(connection: str) -> str:
    """Return who stands behind a connection that is one source: the office whose interface or database it is."""
    path = settings().schemas / "reference" / "reporters.yaml"
    offices = yamlfile.read(path).get("sources", {})
    return str(offices.get(connection) or reporter_name("*"))


class ReportItem(NamedTuple):
    """A line that departments may report.

    ``level`` says who answers: each unit for itself (``unit``) or the province as a whole (``province``);
    ``basis`` which of ``cumulative`` and ``quarter`` stand in the report.
    """

    code: str
    name: str
    unit: str
    department: str
    level: str
    basis: tuple[str, ...]


@lru_cache(maxsize=1)
def report_items() -> dict[str, ReportItem]:
    """Return the items of the departments' reports by code."""
    path = settings().schemas / "reference" / "report_items.yaml"
    items = yamlfile.read(path)["items"]
    return {
        i["code"]: ReportItem(i["code"], i["name"], i["unit"], i["department"], i["level"], tuple(i["basis"]))
        for i in items
    }


@lru_cache(maxsize=1)
def report_feed() -> str:
    """Return the feed that brings the items of the departments' reports."""
    path = settings().schemas / "reference" / "report_items.yaml"
    return str(yamlfile.read(path)["feed"])


def reporter_lists() -> list[str]:
    """Return the names of the lists of who must report, sorted."""
    path = settings().schemas / "reference" / "reporters.yaml"
    lists = yamlfile.read(path)
    return sorted(name for name, listed in lists.items() if isinstance(listed, list))


@lru_cache(maxsize=8)
def reporters(name: str) -> tuple[str, ...]:
    """Return a named list of who must report: codes of regions (e.g. the ranked units) or names of bodies.

    Raises
    ------
    KeyError
        If ``schemas/reference/reporters.yaml`` has no such list.
    """
    path = settings().schemas / "reference" / "reporters.yaml"
    return tuple(yamlfile.read(path)[name])
