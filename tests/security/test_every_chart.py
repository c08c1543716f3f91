"""Every chart of every page as every kind of person: what Superset answers equals a statement on the published tables.

The statement is written from the spec alone and runs on the file with all rows where the table says itself whose a row is,
else on the person's own file; charts and filters are asked as the page asks them when it is opened.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infra.superset.parts import placed
from jobs.serve.classes import table_classes
from tests.support.chart_sql import Chosen, Row, ask, difference, plain, statement, values_of
from tests.support.people import PEOPLE, Person, cases
from tests.support.superset_users import STORED, Page, rows

pytestmark = [pytest.mark.e2e, pytest.mark.pages]
Visitor = Callable[[str], Page]
MAP = "deck_geojson"
FILTER_ROWS = 1000
MAY_BE_EMPTY: Mapping[str, str] = dict.fromkeys(("peer_bar", "peer_table"), "要有别省的数据，测试的安装没有")
"""Charts that need not show a row to whoever reads all of them, and why; all others do."""


@contextmanager
def truth(served_file: Path, person: Person, table: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file in which a person's rows of a table are looked up."""
    entry = table_classes().get(table)
    says_whose = person.rows_of(table) not in ("true", "false")
    apart = entry is not None and entry.holds == "firms" and says_whose
    path = served_file.resolve() if apart else person.file(served_file, table)
    with duckdb.connect(str(path), read_only=True) as con:
        con.execute("SET TimeZone = 'Asia/Shanghai'")
        yield con


class Opened:
    """A page that a person has opened: what its filters offer and stand on, and what its charts answer."""

    def __init__(self, page: Page, kind: str, name: str, served_file: Path) -> None:
        self.page, self.person, self.name, self.served_file = page, PEOPLE[kind], name, served_file
        self.found: dict[str, str] = {}
        self.offered = {item["id"]: self._offers(item) for item in STORED.pages[name]["filters"]}

    def _rows(self, table: str, sql: str) -> list[Row]:
        with truth(self.served_file, self.person, table) as con:
            return ask(con, sql)

    def _offers(self, item: Mapping[str, Any]) -> list[Any]:
        """The values of a filter, compared with the table's."""
        asked = rows(self.page.ask(self.page.filter_request(item["id"], self.name)))
        values = [row[item["column"]] for row in asked]
        own = self.person.rows_of(item["dataset"])
        expected = {value for (value,) in self._rows(item["dataset"], values_of(item, own))}
        seen = {plain(value) for value in values}
        if seen != expected and not (seen < expected and len(values) == FILTER_ROWS):
            self.found[f"filter {item['id']}"] = f"{sorted(map(str, seen ^ expected))[:3]}"
        return values

    def stands_on(self, all_filters: bool) -> dict[str, list[Any]]:
        """Id of a filter -> the values that it stands on: its own default, or the first of single choices or of all."""
        filters = {item["id"]: item for item in STORED.pages[self.name]["filters"]}
        first = {
            key: values[:1]
            for key, values in self.offered.items()
            if values and (all_filters or filters[key].get("single"))
        }
        return first | {key: item["default"] for key, item in filters.items() if item.get("default")}

    def compare(self, chart: str, stands_on: Mapping[str, list[Any]]) -> int:
        """Compare a chart's answer with the table; return how many rows it has to show."""
        spec = STORED.charts[chart]
        acting = {
            item["column"]: stands_on[item["id"]]
            for item in STORED.pages[self.name]["filters"]
            if item["id"] in stands_on and chart in item["charts"]
        }
        expected = self._rows(spec["dataset"], statement(chart, acting, self.person.rows_of(spec["dataset"])))
        if spec["viz"] == MAP:
            told = self._map(chart, acting, expected)
        else:
            told = difference(chart, rows(self.page.ask(self._request(chart, acting))), expected)
        if told:
            self.found[chart] = told
        return len(expected)

    def _request(self, chart: str, acting: Chosen) -> dict[str, Any]:
        filters = [{"col": column, "op": "IN", "val": values} for column, values in acting.items()]
        return self.page.page_request(chart, *filters, page=self.name)

    def _map(self, chart: str, acting: Chosen, expected: list[Row]) -> str | None:
        filters = [{"col": column, "op": "IN", "val": values} for column, values in acting.items()]
        form = self.page.map_request(chart, self.name) | {"extra_form_data": {"filters": filters}}
        answer = self.page.ask_map(form)
        assert answer.status_code == 200, answer.text[:500]
        drawn = {json.dumps(one, sort_keys=True) for one in answer.json()["data"]["features"]}
        wanted = {json.dumps(json.loads(one), sort_keys=True) for (one,) in expected if one}
        return None if drawn == wanted else f"{sorted(drawn ^ wanted)[:1]}"


def named(found: list[tuple[str, str]]) -> list[Any]:
    """Test cases of kinds and pages."""
    return [pytest.param(*case, id="-".join(case), marks=pytest.mark.person(case[0])) for case in found]


@pytest.mark.parametrize(("kind", "name"), named(cases()))
def test_every_chart_of_a_page_shows_what_the_tables_say(
    visitor: Visitor, served_file: Path, kind: str, name: str
) -> None:
    opened = Opened(visitor(kind), kind, name, served_file)
    shown = {chart: opened.compare(chart, opened.stands_on(False)) for chart in placed(STORED.pages[name])}
    assert opened.found == {}
    if kind in ("province", "analyst", "administrator"):
        assert [chart for chart, count in shown.items() if not count and chart not in MAY_BE_EMPTY] == []


NARROWED = [(kind, name) for kind, name in cases() if kind in ("city", "enterprise", "operator")]


@pytest.mark.parametrize(("kind", "name"), named(NARROWED))
def test_every_filter_of_a_page_narrows_its_charts(
    visitor: Visitor, served_file: Path, kind: str, name: str
) -> None:
    opened = Opened(visitor(kind), kind, name, served_file)
    if (narrow := opened.stands_on(True)) == opened.stands_on(False):
        pytest.skip("no filter besides those that always stand on a value")
    for chart in placed(STORED.pages[name]):
        opened.compare(chart, narrow)
    assert opened.found == {}
