"""One browser for the tests of a module; people stay logged in from page to page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

import pytest
from playwright.sync_api import Browser, sync_playwright

from infra.local.packages import browser as program
from tests.support.people import PEOPLE
from tests.support.superset_page import People, Person, logged_in

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a network of its own."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def people(browser: Browser, superset_url: str, passwords: Mapping[str, str]) -> Iterator[People]:
    """People by kind, each with a browser of a width of the own."""

    @cache
    def person(kind: str, width: int) -> Person:
        who = PEOPLE[kind].who
        return logged_in(browser, superset_url, who, passwords[who], width)

    yield person
    for context in browser.contexts:
        context.close()
