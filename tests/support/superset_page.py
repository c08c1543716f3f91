"""A page of Superset in a browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page


@dataclass
class Visit:
    """An open page and what it complained about."""

    page: Page
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def chart(self, name: str) -> Any:
        """The box of a chart, by the name of its spec."""
        return self.page.locator(f'.dashboard-component-chart-holder:has(> [id^="CHART-"][id$="-{name}"])')

    def cells(self, name: str) -> list[list[str]]:
        """Body cells of a table chart."""
        rows = self.chart(name).locator("tbody tr")
        return [
            [cell.strip() for cell in rows.nth(i).locator("td").all_inner_texts()]
            for i in range(rows.count())
        ]


def visit(
    browser: Browser, base: str, username: str, password: str, name: str | None = None, width: int = 1600
) -> Visit:
    """Log in through the form, go to a page, by default to the one that greets, and wait until every chart is drawn."""
    height = 3400 if width > 700 else 9000
    page = browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai"
    ).new_page()
    seen = Visit(page)
    page.on("console", lambda message: seen.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on(
        "request",
        lambda ask: None if ask.url.startswith((base, "data:", "blob:")) else seen.outside.append(ask.url),
    )
    page.on(
        "response",
        lambda answer: seen.failed.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None,
    )
    page.goto(f"{base}/login/")
    page.fill("#username, input[name=username]", username)
    page.fill("#password, input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/login" not in address)
    if name is not None:
        wait_for_charts(page)
        seen.failed.clear()
        seen.errors.clear()
        page.goto(f"{base}/superset/dashboard/{name}/")
    wait_for_charts(page)
    return seen


def wait_for_charts(page: Page) -> None:
    """Wait until every box holds a chart and none is loading."""
    page.wait_for_function(
        """() => {
            const boxes = document.querySelectorAll('.dashboard-component-chart-holder:has(.chart-slice)').length;
            const drawn = document.querySelectorAll('.slice_container').length;
            return boxes > 0 && drawn >= boxes && !document.querySelector('.loading, [data-test="loading-indicator"]');
        }""",
        timeout=60_000,
    )
    page.wait_for_timeout(1500)
