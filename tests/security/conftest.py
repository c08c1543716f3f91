"""Attempts: each test of this folder that is marked ``person`` tries something as that person; a table tells how it went
(tests/conftest.py: the process that prints it collects no test of its own where there are several).

An attempt's control (marker ``control``) is the same probe made by somebody, or on something, that does show what is
looked for: it proves that the probe would have seen a leak.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import psycopg
import pytest

from infra.superset.belonging import OFFICIAL_ROLE
from tests.support.guests import Guest
from tests.support.people import NOBODY, PEOPLE
from tests.support.superset_users import ADMIN, Client, Login, Page, login_once


@pytest.fixture(scope="session")
def login(superset_url: str, passwords: Mapping[str, str]) -> Login:
    """Clients by user name."""
    return login_once(superset_url, passwords)


@pytest.fixture(scope="module")
def guest_without_region(login: Login) -> Iterator[Guest]:
    """An account with the role of officials and no region, made for the module: applying the access file switches it off."""
    guest = Guest(login(ADMIN), OFFICIAL_ROLE)
    yield guest
    guest.remove()


@pytest.fixture(scope="module")
def official_without_region(guest_without_region: Guest, superset_url: str) -> Client:
    """A user with the role of officials and no region."""
    return Client(superset_url, guest_without_region.name, guest_without_region.password)


@pytest.fixture(scope="module")
def visitor(
    superset_url: str, passwords: Mapping[str, str], guest_without_region: Guest
) -> Callable[[str], Page]:
    """One person of each kind, by the kind, logged in through the page as a browser is."""
    guest = guest_without_region
    known = {kind: person.who for kind, person in PEOPLE.items()} | {NOBODY: guest.name}
    login = login_once(superset_url, {**passwords, guest.name: guest.password}, Page)
    return lambda kind: cast(Page, login(known[kind]))


@pytest.fixture
def database(platform: Any, superset_url: str) -> Iterator[psycopg.Connection]:
    """Superset's metadata."""
    with psycopg.connect(
        platform.env()["ZJTX_SUPERSET_DB_URL"].replace("+psycopg2", ""), autocommit=True
    ) as connection:
        yield connection


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> object:
    """Let the report say who tried; reports also come from worker processes."""
    report = yield
    for name in ("person", "control"):
        if marker := item.get_closest_marker(name):
            report.user_properties.append((name, str(marker.args[0])))
    return report
