"""`python -m infra.demo.screenshot FILE [USER]`: the overview as a user sees it, for the README."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from playwright.sync_api import sync_playwright

from infra.local.credentials import secret
from infra.local.services import Platform
from infra.local.site import HOST

FLAGS = ["--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
         "--disable-background-networking"]  # fmt: skip
DRAWN = """() => {
  const boxes = document.querySelectorAll('.dashboard-component-chart-holder:has(.chart-slice)').length;
  return boxes > 0 && document.querySelectorAll('.slice_container').length >= boxes
    && !document.querySelector('.loading, [data-test="loading-indicator"]');
}"""


def main(
    target: Path,
    user: Annotated[str, typer.Argument(help="Superset 用户")] = "shengji",
    chromium: Annotated[Path, typer.Option(help="浏览器程序")] = Path("/usr/bin/chromium"),
) -> None:
    """登录看板并截图 / log in and take a picture of the overview."""
    site = Platform.from_environment().site
    base = f"http://{HOST}:{site.ports.superset}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=FLAGS)
        size = {"width": 1600, "height": 3250}
        page = browser.new_page(viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai")  # type: ignore[arg-type]
        page.goto(f"{base}/login/")
        page.fill("#username, input[name=username]", user)
        page.fill("#password, input[name=password]", secret(site, f"superset_{user}"))
        page.keyboard.press("Enter")
        page.wait_for_url(lambda address: "/login" not in address)
        page.wait_for_function(DRAWN, timeout=60_000)
        page.wait_for_timeout(2_000)
        page.screenshot(path=str(target))
        browser.close()


if __name__ == "__main__":
    typer.run(main)
