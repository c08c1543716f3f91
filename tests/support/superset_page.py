"""A page of Superset in a browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.superset_users import STORED, by_form, shown_as

TALL, TALL_NARROW, NARROW = 5200, 11_000, 700
HEIGHT = "Math.ceil(document.querySelector('.dashboard-content, .grid-container').getBoundingClientRect().bottom + 40)"
HOLDER = ".dashboard-component-chart-holder"


@dataclass
class Visit:
    """An open page and what it complained about."""

    page: Page
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def chart(self, name: str) -> Any:
        """The box of a chart, by the name of its spec."""
        return self.page.locator(f'{HOLDER}:has(> [id^="CHART-"][id$="-{name}"])')

    def cells(self, name: str) -> list[list[str]]:
        """Body cells of a table chart."""
        rows = self.chart(name).locator("tbody tr")
        return [
            [cell.strip() for cell in rows.nth(i).locator("td").all_inner_texts()]
            for i in range(rows.count())
        ]

    def column(self, name: str, column: str) -> list[str]:
        """The body cells of one column of a table chart, also where it is shown as a link."""
        drawn = STORED.charts[name]["params"]["all_columns"]
        number = drawn.index(shown_as(name, column) or column)
        return [row[number] for row in self.cells(name)]

    @property
    def complaints(self) -> list[str]:
        """Errors of the console, answers that failed, requests that went outside."""
        return [*self.errors, *self.failed, *self.outside]


@dataclass
class Person:
    """Somebody's browser, logged in: pages open one after the other, as they would in one window.

    Parameters
    ----------
    context
        Keeps cookies and what was fetched before.
    base
        Address of Superset.
    width
        Of the screen; as high as is needed, since what lies below its edge is not drawn.
    """

    context: BrowserContext
    base: str
    width: int

    def open(self, name: str, query: str = "") -> Visit:
        """Go to a page and wait until every chart is drawn."""
        page = self.context.new_page()
        seen = Visit(page)
        page.on("console", lambda said: seen.errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.on("request", lambda ask: None if self._own(ask.url) else seen.outside.append(ask.url))
        page.on(
            "response",
            lambda got: seen.failed.append(f"{got.status} {got.url}") if got.status >= 400 else None,
        )
        page.goto(f"{self.base}/superset/dashboard/{name}/{query}")
        wait_for_charts(page)
        if (needed := page.evaluate(HEIGHT)) > (page.viewport_size or {"height": 0})["height"]:
            page.set_viewport_size({"width": self.width, "height": needed})
            wait_for_charts(page)
        return seen

    def _own(self, url: str) -> bool:
        return url.startswith((self.base, "data:", "blob:"))


People = Callable[[str, int], Person]
"""Somebody of a kind, with a screen of a width."""


def logged_in(browser: Browser, base: str, username: str, password: str, width: int = 1366) -> Person:
    """Somebody's browser; the login itself goes through the form once, without a browser."""
    http, _ = by_form(base, username, password)
    height = TALL if width > NARROW else TALL_NARROW
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    context.add_cookies([{"name": "session", "value": http.cookies["session"], "url": base}])
    return Person(context, base, width)


def wait_for_charts(page: Page, settle: int = 700) -> None:
    """Wait until every box holds a chart and none is loading."""
    page.wait_for_function(
        """() => {
            const boxes = document.querySelectorAll('.dashboard-component-chart-holder:has(.chart-slice)').length;
            const drawn = document.querySelectorAll('.slice_container').length;
            return boxes > 0 && drawn >= boxes && !document.querySelector('.loading, [data-test="loading-indicator"]');
        }""",
        timeout=60_000,
    )
    page.wait_for_timeout(settle)
