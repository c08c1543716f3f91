"""Pages in a real browser, as officials see them, compared with the served file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser

from tests.support.people import PEOPLE
from tests.support.shown_words import latin
from tests.support.superset_page import People, Visit, wait_for_charts
from tests.support.superset_users import FIRMS, PAGE_OF, PROGRAMME, STORED

WIDE = 1600

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def province(people: People) -> Visit:
    """The overview as the provincial official."""
    return people("province", WIDE).open("overview")


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
    assert latin(text) == set()
    page.close()


def test_a_link_opens_its_page_with_the_row_s_values_in_the_filters(
    people: People, truth: duckdb.DuckDBPyConnection
) -> None:
    seen = people("city", WIDE).open(PAGE_OF["target_states"])
    row = seen.chart("target_states").locator("tbody tr").first
    state, policy, count = (cell.strip() for cell in row.locator("td").all_inner_texts())
    row.locator("a.zj-link").click()
    seen.page.wait_for_url(lambda address: "/dashboard/targets/" in address)
    wait_for_charts(seen.page)
    chosen = seen.page.locator("[data-test=form-item-value]").all_inner_texts()
    period = newest(truth)
    assert {f"{period[:4]}年{period[-1]}季度", policy, state} <= {one.strip() for one in chosen}
    shown_rows = seen.cells("target_list")
    assert set(seen.column("target_list", "state_chip")) == {state}
    assert len(shown_rows) == min(int(count), STORED.charts["target_list"]["params"]["server_page_length"])
    assert seen.failed == []
    seen.page.close()


def test_next_page_of_a_table_and_another_order_are_answered(people: People) -> None:
    seen = people("city", WIDE).open(PAGE_OF[FIRMS])
    first = seen.column(FIRMS, "name")
    seen.chart(FIRMS).locator(".dt-pagination, .pagination").get_by_text("2", exact=True).click()
    wait_for_charts(seen.page)
    second = seen.column(FIRMS, "name")
    assert second and not set(first) & set(second)
    seen.chart(FIRMS).locator("th").first.click()
    wait_for_charts(seen.page)
    assert seen.cells(FIRMS) and seen.failed == []
    seen.page.close()


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
    wanted = STORED.charts["target_cards"]["where"]["target_id"]
    rows = truth.execute(
        """SELECT name_zh, value, unit, target_value, state, clause FROM target_progress
           WHERE programme = ? AND period = ? AND headline AND target_id IN (SELECT unnest(?)) ORDER BY target_id""",
        [PROGRAMME, newest(truth), wanted],
    ).fetchall()
    assert len(rows) == len(wanted)
    cards = province.chart("target_cards").locator(".zj-card")
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


def test_ranking_equals_the_served_file(people: People, truth: duckdb.DuckDBPyConnection) -> None:
    seen = people("province", WIDE).open(PAGE_OF["ranking_table"])
    rows = truth.execute(
        """SELECT rank, region_name, score FROM region_ranking WHERE programme = ? AND period = ?
           ORDER BY rank NULLS LAST, region_code""",
        [PROGRAMME, newest(truth)],
    ).fetchall()
    columns = (seen.column("ranking_table", one) for one in ("rank", "region_name", "score"))
    shown_rows = list(zip(*columns, strict=True))
    expected = [(str(rank), name, f"{score:,.1f}") for rank, name, score in rows if rank is not None]
    assert shown_rows[: len(expected)] == expected
    assert [cells[1] for cells in shown_rows[len(expected) :]] == [n for rank, n, _ in rows if rank is None]
    seen.page.close()


def test_map_is_drawn_with_its_caveats(people: People) -> None:
    seen = people("province", WIDE).open(PAGE_OF["map"])
    assert seen.chart("map").locator("canvas").count() >= 1
    note = " ".join(seen.page.locator(".zj-note").all_inner_texts())
    seen.page.close()
    assert "内部示意图" in note and "公主岭" in note and "长白山管委会" in note


def test_period_filter_changes_the_page(people: People, truth: duckdb.DuckDBPyConnection) -> None:
    periods = [
        row[0]
        for row in truth.execute(
            "SELECT period FROM publication WHERE programme = ? ORDER BY 1 DESC", [PROGRAMME]
        ).fetchall()
    ]
    if len(periods) < 2:
        pytest.skip("只发布了一个期间")
    seen = people("province", WIDE).open(PAGE_OF["ranking_table"])
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
    shown_first = [seen.column("ranking_table", one)[0] for one in ("region_name", "score")]
    assert shown_first == [leader[0], f"{leader[1]:,.1f}"]
    page.close()


@pytest.mark.parametrize("kind", ["city", "other city"])
def test_city_official_sees_own_firms_only(
    people: People, truth: duckdb.DuckDBPyConnection, kind: str
) -> None:
    seen = people(kind, WIDE).open(PAGE_OF[FIRMS])
    region = PEOPLE[kind].own["region"]
    name = truth.execute("SELECT name FROM region WHERE code = ?", [region]).fetchone()
    count = truth.execute(
        "SELECT count(*) FROM enterprise_statement WHERE programme = ? AND period = ? AND region_code = ? "
        "AND certificate_valid_to IS NOT NULL",
        [PROGRAMME, newest(truth), region],
    ).fetchone()
    assert name is not None and count is not None
    assert set(seen.column(FIRMS, "region_name")) == {name[0]}
    placeholder = seen.chart(FIRMS).locator("input[placeholder]").last.get_attribute("placeholder") or ""
    assert placeholder.split()[0] == str(count[0])
    assert seen.complaints == []
    seen.page.close()
