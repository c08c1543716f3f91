"""How long people wait for the pages: the first screen after login, and many people at once.

``make load``, on an installation with a publication (``make demo``). A browser opens every page of a person of each kind and is
watched; Locust then asks the same in the name of 8, 30 and 50 people (``visitors.py``), with ten seconds of thought between two
pages. The browser and the people are on the same machine and take their part of its processors.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from playwright.sync_api import Browser, Page, Request, ViewportSize, sync_playwright

from benchmarks.site import out
from infra.demo.screenshot import CHROMIUM, FLAGS
from infra.local.credentials import secret
from infra.local.services import Platform
from infra.local.site import HOST
from infra.measurements import Measured, Record, keep
from infra.superset.access import Account, load
from infra.superset.belonging import belonging_of
from jobs.settings import REPO

THOUGHT = 10
"""Seconds of thought between two pages."""
_OF_A_KIND = 2
"""People of each role that are watched; there are as many kinds of pages as roles."""
_SCREEN: ViewportSize = {"width": 1366, "height": 768}
_DATA = ("/api/v1/chart/data", "/superset/explore_json")
CHART = "图表 chart"
_DRAWN = """() => {
  const seen = [...document.querySelectorAll('.dashboard-component-chart-holder:has(.chart-slice)')]
    .filter(box => box.getBoundingClientRect().top < innerHeight);
  return seen.length > 0 && seen.every(box => box.querySelector('.slice_container') &&
    !box.querySelector('.loading, [data-test="loading-indicator"]'));
}"""
"""Whether every chart that can be seen without scrolling is drawn."""


def _chosen(accounts: tuple[Account, ...]) -> list[str]:
    """Return some people of every list, and of every kind of belonging."""
    some: dict[tuple[str, str], list[str]] = {}
    for account in accounts:
        own = belonging_of(account.roles)
        some.setdefault((account.roles[0], own.kind if own else ""), []).append(account.username)
    return [name for names in some.values() for name in names[:_OF_A_KIND]]


@contextmanager
def _page(browser: Browser, url: str, username: str, password: str) -> Iterator[Page]:
    """Log in with an empty browser."""
    context = browser.new_context(viewport=_SCREEN, locale="zh-CN", timezone_id="Asia/Shanghai")
    page = context.new_page()
    page.goto(f"{url}/login/")
    page.fill("#username, input[name=username]", username)
    page.fill("#password, input[name=password]", password)
    yield page
    context.close()


def _first_screen(browser: Browser, url: str, username: str, password: str) -> float:
    """Return the seconds from the login to the last chart of the screen."""
    with _page(browser, url, username, password) as page:
        begun = time.perf_counter()
        page.keyboard.press("Enter")
        page.wait_for_url(lambda address: "/login" not in address)
        page.wait_for_function(_DRAWN, timeout=120_000)
        return time.perf_counter() - begun


def _told(request: Request, url: str) -> dict[str, Any]:
    path = request.url.removeprefix(url)
    named = next((CHART for data in _DATA if path.startswith(data)), "其他 other")
    wanted = ("content-type", "accept", "x-csrftoken")
    headers = {name: value for name, value in request.headers.items() if name in wanted}
    return {
        "method": request.method,
        "path": path,
        "body": request.post_data,
        "headers": headers,
        "kind": "页面 page" if request.resource_type == "document" else named,
    }


def _watched(browser: Browser, url: str, username: str, password: str) -> dict[str, Any]:
    """Open every page of a person and note what the browser asks for."""
    pages: list[list[dict[str, Any]]] = []
    with _page(browser, url, username, password) as page:
        page.keyboard.press("Enter")
        page.wait_for_url(lambda address: "/login" not in address)
        page.wait_for_function(_DRAWN, timeout=120_000)
        addresses = page.evaluate(
            "() => [...new Set([...document.querySelectorAll('a[href*=\"/superset/dashboard/\"]')]"
            ".filter(a => a.offsetParent).map(a => a.href.split('?')[0]))]"
        )
        for address in addresses or [page.url]:
            asked: list[dict[str, Any]] = []

            def note(request: Request, asked: list[dict[str, Any]] = asked) -> None:
                if request.resource_type in ("document", "xhr", "fetch") and request.url.startswith(url):
                    asked.append(_told(request, url))

            page.on("request", note)
            page.goto(address)
            page.wait_for_load_state("networkidle")
            page.remove_listener("request", note)
            pages.append(asked)
    return {"username": username, "password": password, "pages": pages}


def _at_once(number: int, minutes: float, watched: Path) -> list[Measured]:
    """Let people work for some minutes; return how long they waited and how often in vain."""
    command = [str(REPO / ".venv-load" / "bin" / "locust"), "-f", str(REPO / "benchmarks" / "visitors.py")]
    command += [
        "--headless",
        "--only-summary",
        "--json",
        "-u",
        str(number),
        "-r",
        "2",
        "-t",
        f"{minutes * 60:.0f}s",
    ]
    env = {"PATH": os.environ["PATH"], "ZJTX_LOAD": str(watched), "HOME": os.environ.get("HOME", "/")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPO, env=env)
    try:
        kinds = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise typer.BadParameter(f"Locust 没有结果 / no result: {done.stderr[-2000:]}") from None
    asked = sum(kind["num_requests"] for kind in kinds)
    of_charts = next(kind for kind in kinds if kind["name"] == CHART)
    who = f"{number} 人 people"
    return [
        {"name": f"{who}，图表 chart p50", "value": _percentile(of_charts, 0.5), "unit": "s", "n": of_charts["num_requests"]},
        {"name": f"{who}，图表 chart p95", "value": _percentile(of_charts, 0.95), "unit": "s", "n": of_charts["num_requests"]},
        {"name": f"{who}，出错 errors", "value": sum(k["num_failures"] for k in kinds), "unit": "次 times", "n": asked},
    ]  # fmt: skip


def _percentile(kind: dict[str, Any], share: float) -> float:
    """Return within how many seconds a share of the requests was answered."""
    left = share * kind["num_requests"]
    for milliseconds, times in sorted((float(ms), times) for ms, times in kind["response_times"].items()):
        left -= times
        if left <= 0:
            return milliseconds / 1000
    return 0.0


def main(
    people: Annotated[str, typer.Option(help="几组人数 / numbers of people")] = "8,30,50",
    minutes: Annotated[float, typer.Option(help="每组几分钟 / minutes of each")] = 5,
    screens: Annotated[int, typer.Option(help="第一屏量几次 / times of the first screen")] = 5,
    record: Record = False,
) -> None:
    """许多人同时看页面：第一屏、图表的等待、出错 / many people at the pages: first screen, waiting, errors."""
    site = Platform.from_environment().site
    url = f"http://{HOST}:{site.ports.superset}"
    accounts = load().accounts
    passwords = {name: secret(site, f"superset_{name}") for name in _chosen(accounts)}
    first = accounts[0].username
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        waits = [_first_screen(browser, url, first, passwords[first]) for _ in range(screens)]
        told = [_watched(browser, url, name, password) for name, password in passwords.items()]
        browser.close()
    measured: list[Measured] = [
        {"name": "登录到第一屏 first screen after login", "value": statistics.median(waits), "unit": "s", "n": screens}
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        watched = Path(folder) / "watched.json"
        watched.touch(mode=0o600)
        watched.write_text(json.dumps({"url": url, "thought": THOUGHT, "people": told}), encoding="utf-8")
        for number in map(int, people.split(",")):
            measured += _at_once(number, minutes, watched)
    for row in measured:
        out.print(f"{row['name']}: {row['value']:.2f} {row['unit']}（n = {row['n']}）", highlight=False)
    keep(record, "benchmarks.load", measured)


if __name__ == "__main__":
    typer.run(main)
