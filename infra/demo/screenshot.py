"""`python -m infra.demo.screenshot FILE [USER]`: a page as a user sees it, on a screen of any width or on paper."""

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
CHROMIUM = Path("/usr/bin/chromium")
TALL = 5200
HEIGHT = "document.querySelector('.dashboard-content, .grid-container').getBoundingClientRect().bottom + 40"
DRAWN = """() => {
  const boxes = document.querySelectorAll('.dashboard-component-chart-holder:has(.chart-slice)').length;
  return boxes > 0 && document.querySelectorAll('.slice_container').length >= boxes
    && !document.querySelector('.loading, [data-test="loading-indicator"]');
}"""


def main(
    target: Path,
    user: Annotated[str, typer.Argument(help="Superset 用户")] = "shengji",
    page_name: Annotated[str, typer.Option("--page", help="页面")] = "overview",
    width: Annotated[int, typer.Option(help="屏幕宽（像素）")] = 1600,
    height: Annotated[int, typer.Option(help="屏幕高；0 为整页")] = 0,
    printed: Annotated[bool, typer.Option("--print", help="打印的样子")] = False,
    chromium: Annotated[Path, typer.Option(help="浏览器程序")] = CHROMIUM,
) -> None:
    """登录看板并截图 / log in and take a picture of a page."""
    site = Platform.from_environment().site
    base = f"http://{HOST}:{site.ports.superset}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=FLAGS)
        size = {"width": width, "height": height or TALL}
        page = browser.new_page(viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai")  # type: ignore[arg-type]
        page.goto(f"{base}/login/")
        page.fill("#username, input[name=username]", user)
        page.fill("#password, input[name=password]", secret(site, f"superset_{user}"))
        page.keyboard.press("Enter")
        page.wait_for_url(lambda address: "/login" not in address)
        page.goto(f"{base}/superset/dashboard/{page_name}/")
        page.wait_for_function(DRAWN, timeout=60_000)
        page.wait_for_timeout(2_000)
        if not height:
            # charts below the screen's edge are not drawn, so the screen becomes as high as the page
            page.set_viewport_size({"width": width, "height": page.evaluate(HEIGHT)})
            page.wait_for_function(DRAWN, timeout=60_000)
            page.wait_for_timeout(2_000)
        if printed:
            page.emulate_media(media="print")
        page.screenshot(path=str(target))
        browser.close()


if __name__ == "__main__":
    typer.run(main)
