"""Pages in a real browser, as officials see them, compared with the served file."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pytest
import yaml
from playwright.sync_api import Browser, sync_playwright

from infra.superset.parts import placed
from tests.support.superset_page import Visit, visit, wait_for_charts
from tests.support.superset_users import CITIES, CITY, PROGRAMME, PROVINCE, REGION_OF, SPECS, STORED

CHROMIUM = "/usr/bin/chromium"
ENGLISH = re.compile(r"[A-Za-z]{3,}")
PAGES = [name for name, page in STORED.pages.items() if "officials" in page["for"]]

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a network of its own."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--use-angle=swiftshader",
                "--enable-unsafe-swiftshader",
                "--disable-background-networking",
            ],
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def province(browser: Browser, superset_url: str, passwords: Mapping[str, str]) -> Visit:
    """The overview as the provincial official."""
    return visit(browser, superset_url, PROVINCE, passwords[PROVINCE])


@pytest.fixture
def truth(served_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The served file."""
    with duckdb.connect(str(served_file), read_only=True) as connection:
        connection.execute("SET TimeZone = 'Asia/Shanghai'")
        yield connection


def newest(truth: duckdb.DuckDBPyConnection) -> str:
    """The newest published period."""
    found = truth.execute("SELECT max(period) FROM publication WHERE programme = ?", [PROGRAMME]).fetchone()
    assert found is not None
    return str(found[0])


def shown(value: float | None, unit: str) -> str:
    """A figure as the page has to print it."""
    if value is None:
        return "—"
    return f"{value:,.2f}" if unit == "%" else f"{value:,.0f}"


def test_login_page_is_chinese(browser: Browser, superset_url: str) -> None:
    page = browser.new_page()
    page.goto(f"{superset_url}/login/")
    page.wait_for_selector("#username, input[name=username]")
    page.wait_for_timeout(500)
    text = page.inner_text("body")
    assert "用户名" in text and "登录" in text
    assert not ENGLISH.findall(text)
    page.close()


def test_page_is_chinese_and_clean(province: Visit) -> None:
    text = province.page.inner_text("body")
    assert "省级总览" in province.page.title() or "省级总览" in province.page.content()
    assert not ENGLISH.findall(text), sorted(set(ENGLISH.findall(text)))
    assert province.errors == []
    assert province.outside == []
    assert province.failed == []
    assert province.page.locator("[role=alert], .ant-alert-error").count() == 0


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_chinese_and_explains_itself(
    browser: Browser, superset_url: str, passwords: Mapping[str, str], name: str
) -> None:
    seen = visit(browser, superset_url, CITY, passwords[CITY], name)
    text = seen.page.inner_text("body")
    assert not ENGLISH.findall(text), sorted(set(ENGLISH.findall(text)))
    assert seen.failed == [] and seen.errors == [] and seen.outside == []
    ways = seen.page.locator(".zj-way:visible").all_inner_texts()
    assert ways == [
        page["title"]
        for _, page in sorted(STORED.pages.items(), key=lambda item: item[1]["order"])
        if "officials" in page["for"]
    ]
    told = seen.page.locator(".slice_description").all_inner_texts()
    assert len(told) == len(placed(STORED.pages[name])) - 1
    assert all("来源：" in one for one in told)
    seen.page.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_one_column_on_a_telephone(
    browser: Browser, superset_url: str, passwords: Mapping[str, str], name: str
) -> None:
    seen = visit(browser, superset_url, CITY, passwords[CITY], name, width=390)
    boxes = [box.bounding_box() for box in seen.page.locator(".dashboard-component-chart-holder").all()]
    assert boxes and all(box and box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    tops = [(box["y"], box["y"] + box["height"]) for box in boxes if box]
    assert all(above[1] <= below[0] for above, below in itertools.pairwise(tops))
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert seen.failed == []
    seen.page.context.close()


def test_a_link_opens_its_page_with_the_row_s_values_in_the_filters(
    browser: Browser, superset_url: str, passwords: Mapping[str, str], truth: duckdb.DuckDBPyConnection
) -> None:
    seen = visit(browser, superset_url, CITY, passwords[CITY])
    row = seen.chart("target_states").locator("tbody tr").first
    state, policy, count = (cell.strip() for cell in row.locator("td").all_inner_texts())
    row.locator("a.zj-link").click()
    seen.page.wait_for_url(lambda address: "/dashboard/targets/" in address)
    wait_for_charts(seen.page)
    chosen = seen.page.locator("[data-test=form-item-value]").all_inner_texts()
    period = newest(truth)
    assert [f"{period[:4]}年{period[-1]}季度", policy, state] == [
        one.strip() for one in chosen if "选项" not in one
    ]
    shown_rows = seen.cells("target_list")
    assert {cells[2] for cells in shown_rows} == {state}
    assert len(shown_rows) == min(int(count), 10)
    assert seen.failed == []
    seen.page.context.close()


def test_next_page_of_a_table_and_another_order_are_answered(
    browser: Browser, superset_url: str, passwords: Mapping[str, str]
) -> None:
    seen = visit(browser, superset_url, CITY, passwords[CITY])
    first = [cells[0] for cells in seen.cells("enterprises")]
    seen.chart("enterprises").locator(".dt-pagination, .pagination").get_by_text("2", exact=True).click()
    wait_for_charts(seen.page)
    second = [cells[0] for cells in seen.cells("enterprises")]
    assert second and not set(first) & set(second)
    seen.chart("enterprises").locator("th").first.click()
    wait_for_charts(seen.page)
    assert seen.cells("enterprises") and seen.failed == []
    seen.page.context.close()


def test_strip_names_publication(province: Visit, truth: duckdb.DuckDBPyConnection) -> None:
    period = newest(truth)
    row = truth.execute(
        """SELECT publication_id, release, strftime(data_as_of, '%Y年%-m月%-d日 %H:%M'), status,
                  n_missing, n_to_come, n_open
           FROM publication WHERE programme = ? AND period = ?""",
        [PROGRAMME, period],
    ).fetchone()
    assert row is not None
    text = province.page.locator(".zj-strip").inner_text()
    assert all(part in text for part in row[:3])
    status, missing, ahead, waiting = row[3:]
    tag = "部分报送" if status != "complete" else "必报报表到齐" if missing + ahead + waiting else "报送完整"
    assert tag in text and (tag == "报送完整") == ("报送完整" in text)
    told = (f"缺 {missing} 份报表", f"{ahead} 份未到期或待查看", f"{waiting} 份待核实")
    assert [t in text for t in told] == [missing > 0, ahead > 0, waiting > 0]
    assert f"{period[:4]}年第{period[-1]}季度" in text


def test_cards_equal_the_served_file(province: Visit, truth: duckdb.DuckDBPyConnection) -> None:
    wanted = yaml.safe_load((SPECS / "charts" / "target_cards.yaml").read_text(encoding="utf-8"))["where"][
        "target_id"
    ]
    rows = truth.execute(
        """SELECT name_zh, value, unit, target_value, state, clause FROM target_progress
           WHERE programme = ? AND period = ? AND headline AND target_id IN (SELECT unnest(?)) ORDER BY target_id""",
        [PROGRAMME, newest(truth), wanted],
    ).fetchall()
    assert len(rows) == len(wanted)
    cards = province.page.locator(".zj-card")
    assert cards.count() == len(rows)
    for number, (name, value, unit, target, state, clause) in enumerate(rows):
        card = cards.nth(number)
        assert card.locator(".zj-name").inner_text() == name
        assert card.locator(".zj-value").inner_text() == shown(value, unit)
        assert card.locator(".zj-unit").inner_text() == unit
        assert card.locator(".zj-target").inner_text().endswith(f"{shown(target, unit)} {unit}")
        assert card.locator(".zj-state").inner_text() == state
        assert clause in card.inner_text()
        box = card.bounding_box()
        assert box is not None and box["width"] > 150 and box["height"] > 150


def test_ranking_equals_the_served_file(province: Visit, truth: duckdb.DuckDBPyConnection) -> None:
    rows = truth.execute(
        """SELECT rank, region_name, score FROM region_ranking WHERE programme = ? AND period = ?
           ORDER BY rank NULLS LAST, region_code""",
        [PROGRAMME, newest(truth)],
    ).fetchall()
    seen = [[cells[0], cells[1], cells[2]] for cells in province.cells("ranking_table")]
    expected = [[str(rank), name, f"{score:,.1f}"] for rank, name, score in rows if rank is not None]
    assert seen[: len(expected)] == expected
    assert [cells[1] for cells in seen[len(expected) :]] == [name for rank, name, _ in rows if rank is None]


def test_map_is_drawn_with_its_caveats(province: Visit) -> None:
    assert province.chart("map").locator("canvas").count() >= 1
    note = province.page.locator(".zj-note").first.inner_text()
    assert "内部示意图" in note and "公主岭" in note and "长白山管委会" in note


def test_period_filter_changes_the_page(
    browser: Browser, superset_url: str, passwords: Mapping[str, str], truth: duckdb.DuckDBPyConnection
) -> None:
    periods = [
        row[0]
        for row in truth.execute(
            "SELECT period FROM publication WHERE programme = ? ORDER BY 1 DESC", [PROGRAMME]
        ).fetchall()
    ]
    if len(periods) < 2:
        pytest.skip("只发布了一个期间")
    seen = visit(browser, superset_url, PROVINCE, passwords[PROVINCE])
    page, earlier = seen.page, periods[1]
    page.locator("[data-test=form-item-value]").first.locator(".ant-select").click()
    page.locator(".ant-select-item-option", has_text=f"{earlier[:4]}年{earlier[-1]}季度").first.click()
    page.locator("[data-test=filter-bar__apply-button]").click()
    page.wait_for_function(
        f"() => document.querySelector('.zj-strip')?.innerText.includes('{earlier[:4]}年第{earlier[-1]}季度')"
    )
    wait_for_charts(page)
    leader = truth.execute(
        "SELECT region_name, score FROM region_ranking WHERE programme = ? AND period = ? AND rank = 1 ORDER BY region_code",
        [PROGRAMME, earlier],
    ).fetchone()
    assert leader is not None
    assert seen.cells("ranking_table")[0][1:3] == [leader[0], f"{leader[1]:,.1f}"]
    page.context.close()


@pytest.mark.parametrize("username", CITIES)
def test_city_official_sees_own_firms_only(
    browser: Browser,
    superset_url: str,
    passwords: Mapping[str, str],
    truth: duckdb.DuckDBPyConnection,
    username: str,
) -> None:
    seen = visit(browser, superset_url, username, passwords[username])
    region = REGION_OF[username]
    name = truth.execute("SELECT name FROM region WHERE code = ?", [region]).fetchone()
    count = truth.execute(
        "SELECT count(*) FROM enterprise_statement WHERE programme = ? AND period = ? AND region_code = ? "
        "AND certificate_valid_to IS NOT NULL",
        [PROGRAMME, newest(truth), region],
    ).fetchone()
    assert name is not None and count is not None
    cells = seen.cells("enterprises")
    assert cells and {row[1] for row in cells} == {name[0]}
    placeholder = (
        seen.chart("enterprises").locator("input[placeholder]").last.get_attribute("placeholder") or ""
    )
    assert placeholder.split()[0] == str(count[0])
    assert seen.errors == [] and seen.failed == [] and seen.outside == []
    seen.page.context.close()
