"""The file that each person is connected to, opened without Superset: whatever statement got through reads no more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from infra.superset import access, belonging
from jobs.definitions.dictionary import indicators
from jobs.serve import scopes
from jobs.serve.classes import table_classes
from tests.support.served_words import named, words
from tests.support.superset_users import (
    ACCESS,
    CITIES,
    COUNTY_OF,
    DOMAIN_OF,
    ENTERPRISE,
    PROVINCE,
    REGION_OF,
)

NOWHERE = {
    "official_without_region": [belonging.OFFICIAL_ROLE],
    "official_with_two_regions": [
        belonging.OFFICIAL_ROLE,
        *(belonging.region_role(REGION_OF[city]) for city in CITIES),
    ],
    "nobody": [],
}
"""Who belongs to no region, or to two: roles."""
ROLES = {a.username: list(a.roles) for a in access.load().accounts} | NOWHERE
CLOSE = {
    **dict(list(COUNTY_OF.items())[:2]),
    **dict(list(DOMAIN_OF.items())[:2]),
    ENTERPRISE["username"]: ENTERPRISE["county"],
}
"""Who belongs to less than a city: the code of it."""
FIRM_TABLES = [table for table, entry in table_classes().items() if entry.holds == "firms"]
Attempts = list[object]


def attempts(people: list[str], whats: list[str], person: bool = True) -> Attempts:
    """One case per person and thing that is tried, marked with the person."""
    mark = pytest.mark.person if person else pytest.mark.control
    return [pytest.param(who, what, marks=mark(who), id=f"{who}-{what}") for who in people for what in whats]


def file_of(served_file: Path, who: str) -> Path:
    """The file that a person is connected to."""
    wanted = belonging.scope_of(ROLES[who])
    return served_file if wanted == belonging.WHOLE else scopes.file_of(served_file.resolve(), wanted)


Foreign = Callable[[str], set[str]]
Words = dict[tuple[str, str], set[str]]
Contents = Callable[[str], Words]


@pytest.fixture(scope="module")
def foreign(served_file: Path) -> Foreign:
    """Codes and names of the firms that lie in other regions, counties or domains only, by the code of the own one."""
    with duckdb.connect(str(served_file), read_only=True) as connection:
        rows = connection.execute(
            "SELECT DISTINCT region_code, county_code, domain, unnest([uscc, name]) FROM enterprise_statement"
        ).fetchall()

    def elsewhere(code: str) -> set[str]:
        own = {word for *places, word in rows if code in places}
        return {word for *_, word in rows if word} - own

    return elsewhere


@pytest.fixture(scope="module")
def contents(served_file: Path) -> Contents:
    """The words that stand in a person's file, read once."""
    read: dict[Path, Words] = {}

    def of(who: str) -> Words:
        path = file_of(served_file, who).resolve()
        if path not in read:
            read[path] = words(path)
        return read[path]

    return of


def leaks(contents: Words, table: str, firms: set[str]) -> list[str]:
    """Columns of a table in which one of the firms is named."""
    return [c for (t, c), stands in contents.items() if t == table and named(stands, firms)]


@pytest.mark.parametrize(("who", "table"), attempts(CITIES, list(table_classes())))
def test_no_table_of_an_officials_file_names_another_regions_firm(
    contents: Contents, foreign: Foreign, who: str, table: str
) -> None:
    assert leaks(contents(who), table, foreign(REGION_OF[who])) == []


@pytest.mark.parametrize(("who", "table"), attempts(list(CLOSE), list(table_classes())))
def test_no_table_of_a_county_or_a_domain_names_another_ones_firm(
    contents: Contents, foreign: Foreign, who: str, table: str
) -> None:
    """Two counties of one city, two domains; and the file that an enterprise is connected to."""
    assert leaks(contents(who), table, foreign(CLOSE[who])) == []


@pytest.mark.parametrize(("who", "table"), attempts(list(NOWHERE), list(table_classes())))
def test_no_table_of_who_belongs_nowhere_names_a_firm(
    contents: Contents, foreign: Foreign, who: str, table: str
) -> None:
    assert leaks(contents(who), table, foreign("nowhere")) == []


@pytest.mark.parametrize(
    ("who", "table"), attempts([PROVINCE, "analyst", "admin"], FIRM_TABLES, person=False)
)
def test_the_same_search_finds_the_firms_where_all_may_be_read(
    contents: Contents, foreign: Foreign, who: str, table: str
) -> None:
    held = contents(who)
    if table in ("coverage", "attention_count") or not any(held[key] for key in held if key[0] == table):
        pytest.skip("names no firm, or holds no row in this installation")
    assert leaks(held, table, foreign(REGION_OF[CITIES[0]]))


@pytest.mark.parametrize("table", FIRM_TABLES)
def test_every_region_has_its_own_rows_unchanged(served_file: Path, table: str) -> None:
    for who in CITIES:
        query = f"SELECT * FROM \"{table}\" WHERE region_code = '{REGION_OF[who]}' ORDER BY ALL"
        with (
            duckdb.connect(str(file_of(served_file, who)), read_only=True) as own,
            duckdb.connect(str(served_file), read_only=True) as whole,
        ):
            assert own.execute(query).fetchall() == whole.execute(query).fetchall()


CELLS = {
    "kpi_region": "n < 3 AND value IS NOT NULL",
    "ranking_component": "n < 3 AND value IS NOT NULL",
    "target_progress": "n < 3 AND value IS NOT NULL",
}
"""Figures of fewer than three."""
OF_FIRMS = ", ".join(
    f"'{i.id}'" for i in indicators().values() if i.family not in ("item", "total", "derived")
)
"""Indicators whose n are firms; that of what departments report is the number of reports."""


@pytest.mark.parametrize(("who", "table"), attempts(CITIES, list(CELLS)))
def test_no_figure_of_another_region_rests_on_fewer_than_three_firms(
    served_file: Path, who: str, table: str
) -> None:
    query = (
        f"SELECT count(*) FROM {table} w JOIN region r ON r.code = w.region_code "
        f"WHERE '{REGION_OF[who]}' NOT IN (r.code, r.unit_code) AND r.level <> 'province' "
        f"AND w.indicator IN ({OF_FIRMS}) AND {CELLS[table]}"
    )
    with duckdb.connect(str(file_of(served_file, who)), read_only=True) as connection:
        assert connection.execute(query).fetchone() == (0,)


@pytest.mark.parametrize(("who", "table"), attempts([PROVINCE], ["kpi_region"], person=False))
def test_the_whole_file_has_such_figures(served_file: Path, who: str, table: str) -> None:
    with duckdb.connect(str(file_of(served_file, who)), read_only=True) as connection:
        found = connection.execute(f"SELECT count(*) FROM {table} WHERE {CELLS[table]}").fetchone()
    assert found is not None and found[0] > 0


@pytest.mark.parametrize("who", [pytest.param(w, marks=pytest.mark.person(w)) for w in ROLES])
def test_who_reads_which_file(who: str) -> None:
    own = dict(REGION_OF) | COUNTY_OF | {name: f"domain-{code}" for name, code in DOMAIN_OF.items()}
    own |= {user["username"]: user["region"] for user in ACCESS["officials"] if "region" in user}
    own |= {ENTERPRISE["username"]: ENTERPRISE["county"]}
    expected = own.get(who, belonging.NO_SCOPE if who in NOWHERE else belonging.WHOLE)
    assert belonging.scope_of(ROLES[who]) == expected


@pytest.mark.parametrize(
    "roles",
    [
        pytest.param(["地区 ../../secrets"], marks=pytest.mark.person("role that is a path")),
        pytest.param(["地区 "], marks=pytest.mark.person("role without a code")),
        pytest.param(["地区 whole"], marks=pytest.mark.person("role named after the whole file")),
        pytest.param(["县区 220182", "专班 industry"], marks=pytest.mark.person("two kinds")),
        pytest.param(["企业 91220182263655623L"], marks=pytest.mark.person("enterprise without a place")),
        pytest.param(
            ["企业 91220182263655623L 220182", "县区 220182"],
            marks=pytest.mark.person("enterprise that is an official of its county"),
        ),
        pytest.param(
            ["操作员", "地区 220100"], marks=pytest.mark.person("operator of a city, and so of none"), id="op"
        ),
        pytest.param(["企业用户"], marks=pytest.mark.person("enterprise without a code")),
        pytest.param(["Public"], marks=pytest.mark.person("public")),
        pytest.param(["Gamma", "sql_lab"], marks=pytest.mark.person("role of Superset's own")),
    ],
)
def test_a_role_that_is_no_region_reads_no_figure(roles: list[str]) -> None:
    assert belonging.scope_of(roles) == belonging.NO_SCOPE
