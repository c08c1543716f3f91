"""The table of attempts to see what is not for somebody: who, by which way, on what; a page or table more is a row more.

Further attempts, each with its control, stand in the tests of this folder that are marked ``person``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from infra.superset.parts import placed
from jobs.serve.classes import table_classes
from tests.security.ways import CLOSED_PAGE, DEPARTING, GLUED, PLAIN, UNCONDITIONAL, first_table
from tests.support.people import HELD, PEOPLE, cases
from tests.support.superset_users import PAGE_OF, STORED, shown_as

ANONYMOUS = "anonymous"
OTHERS_FIRM = "another's firm through a filter"
SEARCH = "another's firm through the search of a table"
PLACES = ("region_name", "county_name", "domain_name", "name_code")
"""Columns of filters that say whose a row is."""


@dataclass(frozen=True)
class Attempt:
    """One attempt.

    Parameters
    ----------
    who
        Kind of person.
    way
        Key of ``ways.WAYS``, or one of the two above: they ask honestly for what is not there for the person.
    on
        Page, table or data set; for the two above page and chart, and the filter.
    """

    who: str
    way: str
    on: str


def attempts() -> list[Attempt]:
    """All rows of the table."""
    return [*_closed_pages(), *_open_pages(), *_tables(), *_others_firms()]


def _closed_pages() -> Iterator[Attempt]:
    """All ways as one person of each role, the plain ones as everybody else of it: a page is closed to a role."""
    tried: set[tuple[str | None, str]] = set()
    for who, page in [*cases(opened=False), *((ANONYMOUS, page) for page in STORED.pages)]:
        if who not in (ANONYMOUS, *HELD):
            continue
        key = (PEOPLE[who].audience, page) if who in PEOPLE else (None, page)
        again = key in tried or who == ANONYMOUS
        tried.add(key)
        yield from (Attempt(who, way, page) for way in (PLAIN if again else CLOSED_PAGE))


def _open_pages() -> Iterator[Attempt]:
    for who, page in cases():
        if who in HELD:
            first = who == next(kind for kind in ("city", *HELD) if PEOPLE[kind].opens(page))
            conditions = STORED.charts[first_table(page)].get("where")
            ways = [*GLUED, *(DEPARTING if first else ())]
            yield from (Attempt(who, way, page) for way in ways if conditions or way != UNCONDITIONAL)


def _tables() -> Iterator[Attempt]:
    """One table of each class: what refuses SQL looks at who asks. Data sets: all as one of a role, else those of firms."""
    classes = {entry.holds: table for table, entry in table_classes().items()}
    used = {STORED.charts[chart]["dataset"] for chart in PAGE_OF}
    known = table_classes()
    firms = {name for name in used if name in known and known[name].holds == "firms"}
    for who in (ANONYMOUS, *HELD):
        yield from (Attempt(who, "a table in SQL Lab", table) for table in sorted(classes.values()))
        sets = used if who in ("city", "enterprise", "operator") else firms
        yield from (Attempt(who, "all rows of a data set", name) for name in sorted(sets))


def _others_firms() -> Iterator[Attempt]:
    """Everybody who sees some firms and not all, on every list of firms."""
    for who, page in cases():
        person = PEOPLE[who]
        if who not in HELD or who == "province":
            continue
        for chart in placed(STORED.pages[page]):
            spec = STORED.charts[chart]
            if person.rows_of(spec["dataset"]) == "true":
                continue
            for item in STORED.pages[page]["filters"]:
                if chart in item["charts"] and item["column"] in PLACES:
                    yield Attempt(who, OTHERS_FIRM, f"{page} {chart} {item['id']}")
            if spec["params"].get("server_pagination") and shown_as(chart, "name"):
                yield Attempt(who, SEARCH, f"{page} {chart} name")


if __name__ == "__main__":
    for one in attempts():
        print(one.who, one.way, one.on, sep="\t")
