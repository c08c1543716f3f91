"""From a published figure to the cells that were sent, and back: everything adds up, every cell is in its file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from jobs.cli import app
from jobs.definitions.dictionary import indicators
from jobs.feeds import quarantine
from jobs.feeds.ingest import poll
from jobs.operate import export, figure, served
from jobs.operate.repair import import_sheet
from jobs.operate.trace import LineageStep, Trace, trace
from jobs.refusals import Refusal
from tests.support.builder import Builder
from tests.support.installation import Installation, ledger_rows, release

pytestmark = pytest.mark.spark

UNIT = "220100"
"""Sends text files."""
HEADERS = {
    "revenue": ("营业收入_1-本月",),
    "revenue_prior": ("营业收入_上年同期",),
    "rd_total": ("研发费用合计",),
}


def sent(installation: Installation, path: str, row_no: int, column: str) -> Decimal:
    """Read a cell of a text file at the source, without the reader under test: in 元."""
    rows = list(csv.reader(io.StringIO((installation.source / path).read_bytes().decode("gb18030"))))
    (at,) = [i for i, text in enumerate(rows[0]) if text.split("（")[0].split("(")[0] in HEADERS[column]]
    return Decimal(rows[row_no - 1][at].replace(",", "")) * 1000


def amount(step: LineageStep) -> Decimal:
    """What the shown cell says, in 元."""
    (column,) = step.columns
    factor = {"千元": 1000, "元": 1, "万元": 10_000, "": 1}[step.line.unit(column)]
    return Decimal(step.line.cell(column).replace(",", "")) * factor


def by_role(made: Trace, i: int) -> dict[str, LineageStep]:
    return {o.role: o for o in made.lineage[i]}


def held_open(installation: Installation) -> duckdb.DuckDBPyConnection:
    """Keep the served file open: each of many questions would read its catalogue again."""
    return duckdb.connect(str(installation.served_file), read_only=True)


def test_growth_leads_to_the_very_cells_of_this_and_of_last_year(loaded: Installation) -> None:
    made = trace("2026Q2", "revenue_growth", UNIT, limit=10)
    assert made.adds_up and [c.name for c in made.checks] == ["户数", "分子", "分母"]
    assert (made.figure["region_code"], made.figure["reading"]) == (UNIT, "same_firm")
    assert made.figure["release"] == loaded.seen["releases"][-1]
    texts = 0
    for i in range(10):
        part, cells = made.parts[i], by_role(made, i)
        for role, column, value in (
            ("分子", "revenue", part.numerator),
            ("分母", "revenue_prior", part.denominator),
        ):
            line = cells[role].line
            assert cells[role].columns == (column,) and amount(cells[role]) == value
            if line.file.path.endswith(".csv"):
                assert sent(loaded, line.file.path, line.place[2], column) == value
                texts += 1
            assert part.code in line.texts and part.name
        assert cells["分子"].line.place == cells["分母"].line.place, "the form has both in one row"
    assert texts > 5
    sizes = [abs(p.numerator) for p in made.parts if p.counted and p.numerator is not None]
    assert sizes == sorted(sizes, reverse=True)


def test_a_ratio_leads_to_the_line_of_its_numerator_and_to_that_of_its_denominator(
    loaded: Installation,
) -> None:
    made = trace("2025Q4", "研发投入占营业收入比重", UNIT, tier="city_srdi", limit=None)
    assert made.adds_up and made.figure["n"] > 5
    counted = [i for i, p in enumerate(made.parts) if p.counted]
    assert len(counted) == made.figure["n"]
    for i in counted:
        cells = by_role(made, i)
        assert "/107/" in cells["分子"].line.file.path and "103_" in cells["分母"].line.file.path
        for role, column, value in (
            ("分子", "rd_total", made.parts[i].numerator),
            ("分母", "revenue", made.parts[i].denominator),
        ):
            line = cells[role].line
            assert cells[role].columns == (column,) and amount(cells[role]) == value
            if line.file.path.endswith(".csv"):
                assert sent(loaded, line.file.path, line.place[2], column) == value


def test_growth_on_last_years_own_figure_leads_to_last_years_form(loaded: Installation) -> None:
    made = trace("2025Q4", "rd_growth", UNIT, limit=5)
    assert made.adds_up
    for i in range(5):
        cells = by_role(made, i)
        assert "_2025" in cells["分子"].line.file.path and "_2024" in cells["分母"].line.file.path
        line = cells["分母"].line
        assert sent(loaded, line.file.path, line.place[2], "rd_total") == made.parts[i].denominator


def test_published_sums_of_the_newest_quarter_are_the_sums_of_their_enterprises(loaded: Installation) -> None:
    rows = loaded.query(
        "select region_code, tier, indicator, reading from kpi_region where programme = 'JL' and period = '2026Q2' "
        "and domain is null and size_class is null and industry is null and reading in "
        "('same_firm', 'amount_change', 'pooled', 'sum', 'median') and coalesce(tier, 'x') <> 'seed' "
        "and region_code in ('220000', '220200', '220281')"
    )
    own = [r for r in rows if served.by_enterprise(indicators()[r[2]])]
    wrong = []
    with held_open(loaded):
        for code, tier, indicator, reading in own:
            found = figure.published("2026Q2", indicator, code, tier, reading)
            wrong += [(found, c) for c in served.enterprises(found).checks if not c.equal]
    assert len(own) > 200 and wrong == []


def test_every_derived_figure_of_the_newest_quarter_comes_out_of_its_parts(loaded: Installation) -> None:
    rows = loaded.query(
        "select region_code, tier, indicator, reading, value from kpi_region where programme = 'JL' and period = '2026Q2'"
    )
    derived = [r for r in rows if indicators()[r[2]].family == "derived"]
    wrong = []
    with held_open(loaded):
        for code, tier, indicator, reading, _ in derived:
            found = figure.published("2026Q2", indicator, code, tier, reading)
            wrong += [(found, c) for c in served.composed(found).checks if not c.equal]
    assert sum(r[4] is not None for r in derived) > 20 and wrong == []


def test_a_share_of_an_item_in_a_count_leads_to_both_and_each_of_them_to_its_lines(
    loaded: Installation,
) -> None:
    made = trace("2026Q2", "培训服务覆盖率", "220000", "provincial_srdi")
    item, count = made.parts
    assert made.adds_up and made.figure["value"] is not None and made.lineage == {0: [], 1: []}
    assert (made.figure["numerator"], made.figure["denominator"]) == (item.numerator, count.numerator)
    assert (item.code, count.code) == ("item_PX05", "certificate_count")
    told = CliRunner().invoke(
        app, ["trace", "2026Q2", "training_coverage", "220000", "--tier", "provincial_srdi"]
    )
    assert "再追：zjtx trace 2026Q2 item_PX05 220000 --reading total" in told.output, told.output

    assert item.question is not None and count.question is not None
    reports = trace(*item.question, limit=None)
    assert reports.adds_up and reports.figure["numerator"] == item.numerator
    for i, part in enumerate(reports.parts):
        (step,) = reports.lineage[i]
        assert step.line.file.feed == "dept_report" and amount(step) == part.numerator
        assert part.name in step.line.file.path and "报送，" in part.label
    holders = trace(*count.question, limit=0)
    assert holders.adds_up and len(holders.parts) == count.numerator


def test_a_year_of_an_item_leads_to_the_rows_of_its_quarters(loaded: Installation) -> None:
    made = trace("2025Q4", "item_PX01", "220000", reading="year", limit=None)
    assert made.adds_up and made.figure["value"] is not None
    assert {p.label[:6] for p in made.parts} == {f"2025Q{q}" for q in (1, 2, 3, 4)}
    assert sum(amount(o) for cells in made.lineage.values() for o in cells) == made.figure["numerator"]


def test_a_quarter_alone_leads_to_both_cumulatives(loaded: Installation) -> None:
    made = trace("2026Q2", "revenue_quarter_growth", UNIT, limit=10)
    assert made.adds_up and made.figure["n"] > 10
    for i in range(10):
        part, cells = made.parts[i], by_role(made, i)
        assert part.numerator == amount(cells["分子"]) - amount(cells["分子减去"])
        assert part.denominator == amount(cells["分母"]) - amount(cells["分母减去"])
        assert "202606" in cells["分子"].line.file.path and "202603" in cells["分子减去"].line.file.path
    first = trace("2026Q1", "revenue_quarter_growth", UNIT, limit=1)
    assert set(by_role(first, 0)) == {"分子", "分母"}, "the first quarter is the cumulative itself"


def test_a_mean_leads_to_the_line_of_each_firm(loaded: Installation) -> None:
    made = trace("2026Q2", "patents_per_firm", "220000", limit=None)
    counted = [i for i, p in enumerate(made.parts) if p.counted]
    assert made.adds_up and made.figure["denominator"] == len(counted) > 10
    for i in counted:
        (step,) = made.lineage[i]
        assert step.line.file.feed == "dept_patent" and amount(step) == made.parts[i].numerator


def test_a_mean_over_everybody_leads_to_every_ticket(loaded: Installation) -> None:
    made = trace("2026Q2", "tickets_solved", "220000", limit=None)
    assert made.adds_up and made.figure["n"] == len(made.parts) > 0
    solved = 0
    for i, part in enumerate(made.parts):
        lines = [o.line for o in made.lineage[i]]
        assert {line.file.feed for line in lines} <= {"ticket"}
        own = [x for x in lines if x.cell("state") == "已办结" and x.cell("closed_on").startswith("2026")]
        assert len(own) == (part.numerator or 0)
        solved += len(own)
    assert solved == made.figure["numerator"] and max(p.numerator or 0 for p in made.parts) > 1


def test_awards_lead_to_the_notices_of_the_first_grant(loaded: Installation) -> None:
    made = trace("2025Q4", "certificate_new", "220000", reading="new_in_year", limit=None)
    assert made.adds_up and made.figure["n"] == len(made.parts) > 0
    for i, part in enumerate(made.parts):
        (step,) = made.lineage[i]
        assert part.label.startswith("2025-") and "grant" in part.label
        assert part.code in step.line.texts or part.name in step.line.texts


def test_flows_lead_to_the_certificates_that_came_and_went(loaded: Installation) -> None:
    flows = loaded.query(
        "select reading, max(n) from kpi_region where indicator = 'tier_flow' and period = '2026Q2' and tier is null "
        "and region_code = '220000' and n > 0 group by reading"
    )
    assert flows
    for reading, n in flows:
        made = trace("2026Q2", "tier_flow", "220000", reading=reading, limit=None)
        assert made.adds_up and len(made.parts) == n
        assert all(made.lineage[i] for i in range(len(made.parts)))


def test_the_fewest_batches_are_the_least_of_the_units(loaded: Installation) -> None:
    made = trace("2025Q4", "certificate_new", "220000", "city_srdi", "batches_min")
    assert made.adds_up and made.figure["numerator"] == min(p.numerator or 0 for p in made.parts)
    units = {p.question[2] for p in made.parts if p.question}
    assert len(units) == len(made.parts) > 5
    one = max(made.parts, key=lambda p: p.numerator or 0)
    assert one.question is not None
    batches = trace(*one.question, limit=None)
    assert batches.adds_up and [c.name for c in batches.checks] == ["户数", "文件数"]


def test_a_count_of_certificates_leads_to_the_lines_of_the_notices(loaded: Installation) -> None:
    made = trace("2026Q2", "certificate_count", UNIT, tier="provincial_srdi", limit=None)
    assert made.adds_up and made.figure["n"] == len(made.parts) > 5
    for i, part in enumerate(made.parts):
        (step,) = made.lineage[i]
        assert step.line.file.feed == "certificate_notice"
        assert part.code in step.line.texts or part.name in step.line.texts
        rows = CalamineWorkbook.from_path(str(loaded.source / step.line.file.path))
        page = rows.get_sheet_by_name(step.line.place[1]).to_python()
        cells = [str(c) for c in page[step.line.place[2] - 1]]
        assert part.code in cells or part.name in cells
    for reading in ("ever", "valid_or_higher"):
        assert trace("2026Q2", "certificate_count", "220000", "city_srdi", reading, limit=1).adds_up
    assert trace("2026Q2", "certificate_count", UNIT, limit=1).adds_up, "of any tier"


def test_coverage_leads_to_those_who_report_and_those_who_do_not(loaded: Installation) -> None:
    made = trace("2026Q2", "coverage_rate", UNIT, reading="statement", limit=None)
    assert made.adds_up
    assert len(made.parts) == made.figure["n_scope"] > made.figure["n"] > 0
    assert {bool(made.lineage[i]) for i, p in enumerate(made.parts) if p.counted} == {True}
    assert {bool(made.lineage[i]) for i, p in enumerate(made.parts) if not p.counted} == {False}


def test_coverage_by_any_feed_leads_to_a_line_of_one(loaded: Installation) -> None:
    made = trace("2026Q2", "coverage_rate", UNIT, reading="any", limit=None)
    one = trace("2026Q2", "coverage_rate", UNIT, reading="statement", limit=0)
    assert made.adds_up and made.figure["n"] >= one.figure["n"]
    assert {bool(made.lineage[i]) for i, p in enumerate(made.parts) if p.counted} == {True}


def test_the_command_shows_figure_check_enterprise_file_line_and_cell(
    loaded: Installation, tmp_path: Path
) -> None:
    shown = CliRunner().invoke(app, ["trace", "2026Q2", "revenue", "长春市", "--limit", "2"])
    assert shown.exit_code == 0, shown.output
    for text in (
        "JL 2026Q2 revenue 长春市 梯度 任一证书 口径 sum",
        f"发布：{loaded.seen['releases'][-1]}（第1版，完整，知识序号 ",
        "核对：户数 发布 ",
        "由构成得出 ",
        "：相符",
        "分子：营业收入_1-本月",
        "_202606.",
        "……另有 ",
    ):
        assert text in shown.output, shown.output
    target = tmp_path / "trace.csv"
    done = CliRunner().invoke(app, ["trace", "2026Q2", "revenue", UNIT, "--csv", str(target)])
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8-sig"))))
    counted = [r for r in rows if r["计入"] == "是"]
    (published,) = loaded.query(
        "select n, numerator from kpi_region where period = '2026Q2' and indicator = 'revenue' and reading = 'sum' and "
        f"region_code = '{UNIT}' and tier is null and domain is null and size_class is null and industry is null"
    )
    assert (len(counted), sum(Decimal(r["分子"]) for r in counted)) == published
    yuan = {"元": 1, "千元": 1000, "万元": 10_000}
    assert all(Decimal(r["单元格"].replace(",", "")) * yuan[r["单位"]] == Decimal(r["分子"]) for r in counted)


WRONG = {
    ("2026Q2", "revenue", "没有的市"): "没有地区“没有的市”",
    ("2026Q2", "revenu", UNIT): "没有指标“revenu”",
    ("2031Q1", "revenue", UNIT): "没有已发布的期间“2031Q1”",
    ("2026Q2", "coverage_rate", UNIT): "该处已发布的口径：any、",
}


@pytest.mark.parametrize("question", WRONG)
def test_what_is_not_published_is_told_with_what_is(
    loaded: Installation, question: tuple[str, str, str]
) -> None:
    with pytest.raises(Refusal, match=WRONG[question]):
        trace(*question)
    assert CliRunner().invoke(app, ["trace", *question]).exit_code == 1


@pytest.fixture(scope="module")
def repaired(installations: Builder, loaded_installation: Installation) -> Iterator[Installation]:
    """A unit sends June again with a text for one firm's revenue; it is corrected by hand, computed and published."""
    installation = installations.copy(loaded_installation)
    with installation.active():
        path = f"stat/{UNIT}/203/203_{UNIT}_202606"
        text = (installation.source / f"{path}.csv").read_bytes().decode("gb18030")
        rows = list(csv.reader(io.StringIO(text)))
        made = trace("2026Q2", "revenue", UNIT, limit=None)
        own = [
            part
            for i, part in enumerate(made.parts)
            if part.counted and made.lineage[i][0].line.file.path == f"{path}.csv"
            and sum(part.code in r for r in rows) == 1
        ]  # fmt: skip
        firm, before, total = own[0].code, own[0].numerator, made.figure["numerator"]
        at = rows[0].index("营业收入_1-本月")
        (number,) = [n for n, r in enumerate(rows, start=1) if firm in r]
        rows[number - 1][at] = "待核实"
        out = io.StringIO()
        csv.writer(out, lineterminator="\r\n").writerows(rows)
        installation.deliver(f"{path}_r9.csv", out.getvalue().encode("gb18030"), "2026-07-21T10:00:00+08:00")
        installation.at("2026-07-22T09:00:00+08:00")
        poll("stat_finance")
        waiting = [
            r
            for r in quarantine.open_rows("stat_finance")
            if r.file_name == f"{path}_r9.csv" and r.row_no == number
        ]
        sheet = installation.home / "sheet.xlsx"
        export.write(waiting, sheet)
        _edit(sheet, {"处理": "更正", "营业收入_1-本月": "7654321"})
        outcome = import_sheet(sheet, "张三")
        installation.seen |= {
            "firm": firm, "before": before, "total": total, "row": number, "path": f"{path}_r9.csv",
            "outcome": outcome, "sheet": sheet, "release": release(),
        }  # fmt: skip
        yield installation
    installations.drop(installation)


def _edit(path: Path, changes: dict[str, str]) -> None:
    """Change cells of the only row of the sheet, as a spreadsheet program would save it."""
    import xlsxwriter

    book = CalamineWorkbook.from_path(str(path))
    rows = [[str(c) for c in r] for r in book.get_sheet_by_name("stat_finance").to_python()]
    assert len(rows) == 2
    for header, text in changes.items():
        rows[1][rows[0].index(header)] = text
    with xlsxwriter.Workbook(str(path)) as out:
        page = out.add_worksheet("stat_finance")
        for r, row in enumerate(rows):
            for c, text in enumerate(row):
                page.write_string(r, c, text)


def test_the_published_figure_changes_by_the_corrected_row_alone(repaired: Installation) -> None:
    seen = repaired.seen
    (now,) = repaired.query(
        f"select numerator from kpi_region where period = '2026Q2' and indicator = 'revenue' and region_code = '{UNIT}' "
        "and reading = 'sum' and tier is null and domain is null and size_class is null and industry is null"
    )[0]
    assert now == seen["total"] - seen["before"] + 7_654_321_000
    assert quarantine.rows("stat_finance") and seen["outcome"].again == []


def test_a_corrected_row_leads_to_the_sheet_and_on_to_the_line_first_sent(repaired: Installation) -> None:
    seen: dict[str, Any] = repaired.seen
    made = trace("2026Q2", "revenue", UNIT, limit=None)
    assert made.adds_up
    (i,) = [n for n, p in enumerate(made.parts) if p.code == seen["firm"]]
    (step,) = made.lineage[i]
    assert (step.line.file.path, step.line.place[1:]) == (f"更正/1/{seen['path']}", ("stat_finance", 2))
    assert (step.line.cell("revenue"), step.line.unit("revenue")) == ("7654321", "千元")
    (first,) = step.corrects
    assert (first.file.path, first.place[2], first.cell("revenue")) == (seen["path"], seen["row"], "待核实")
    told = CliRunner().invoke(app, ["trace", "2026Q2", "revenue", UNIT, "--limit", "0"]).output
    assert "更正自：营业收入_1-本月（" in told and "＝“待核实”" in told


def test_both_files_tell_of_the_repair_and_of_the_release_that_used_it(repaired: Installation) -> None:
    seen = repaired.seen
    original = CliRunner().invoke(app, ["file", "show", seen["path"]]).output
    assert f"第{seen['row']}行 [已更正：张三" in original and f"更正/1/{seen['path']}" in original
    assert f"{seen['release']} JL 2026Q2 approved" in original
    sheet = CliRunner().invoke(app, ["file", "show", f"更正/1/{seen['path']}"]).output
    assert "来源：更正表 sheet.xlsx，张三；更正批次 " in sheet
    assert "它处理的隔离行：1" in sheet and "已更正" in sheet
    assert "收到 1 ＝ 采用 1 ＋ 隔离 0 ＋ 重复 0；撤下旧主键 0" in sheet
    assert f"{seen['release']} JL 2026Q2 approved" in sheet


def test_the_status_table_shows_the_unit_as_reported_and_settled(repaired: Installation) -> None:
    """The sheet is no report of its own: file and counts are the unit's, and nothing waits any more."""
    rows = repaired.query(
        f"select file_name, rows_landed = rows_silver + rows_quarantined + rows_duplicate, state from data_status "
        f"where programme = 'JL' and period = '2026Q2' and feed = 'stat_finance' and reporter = '{UNIT}'"
    )
    left = [r for r in quarantine.open_rows("stat_finance") if r.file_name == repaired.seen["path"]]
    assert rows == [(repaired.seen["path"], True, "待核实" if left else "按时")]


@pytest.fixture
def provinces(fresh_installation: Installation) -> Installation:
    """Four provinces' yearbook figures of our own making, computed and published."""
    names = {"220000": "吉林", "370000": "山东", "140000": "山西", "330000": "浙江"}
    spent = {"吉林": (200, 210), "山东": (2000, 2400), "山西": (270, 290), "浙江": (2400, 2640)}
    intense, activity, firms = (
        ["province,year,variables,chn_block4,value,units"],
        [],
        ["index,year,province,num"],
    )
    activity.append(intense[0])
    for n, name in enumerate(names.values(), start=1):
        for year, value in zip((2022, 2023), spent[name], strict=True):
            intense += [
                f"{name},{year},v4_ztr_jf_RD,经费,{value},亿元",
                f"{name},{year},v4_ztr_qd_RD,强度,{n}.5,%",
            ]
            activity += [
                f"{name},{year},v4_zh_nbzc_jcyj,基础,{n},万元",
                f"{name},{year},v4_zh_nbzc_hj,合计,{10 * n},万元",
            ]
            firms.append(f"{n},{year},{name},{100 * n}")
    for series, lines in (("RDIntense", intense), ("RDActivity", activity), ("HitechFirmsPub", firms)):
        fresh_installation.deliver(
            f"cn_statistics/techme_{series}.csv", "\n".join(lines), "2025-01-02T09:00:00+08:00"
        )
    fresh_installation.at("2025-02-01T09:00:00+08:00")
    for feed in ("yearbook_rd_activity", "yearbook_rd_intensity", "yearbook_hitech_firms"):
        poll(feed)
    release()
    return fresh_installation


def test_a_figure_of_a_whole_region_leads_to_the_lines_of_the_yearbook(provinces: Installation) -> None:
    del provinces
    growth = trace("2023", "region_rd_growth", "220000")
    assert growth.adds_up and growth.figure["value"] == pytest.approx(5.0)
    cells = by_role(growth, 0)
    assert (cells["分子"].line.cell("value"), cells["分母"].line.cell("value")) == ("210", "200")
    assert cells["分子"].line.file.path == "cn_statistics/techme_RDIntense.csv"
    share = trace("2023", "region_basic_research_share", "330000")
    cells = by_role(share, 0)
    assert (cells["分子"].line.cell("value"), cells["分母"].line.cell("value")) == ("4", "40")
    assert share.adds_up and share.parts[0].numerator == 4 and share.parts[0].denominator == 40
    level = trace("2023", "hitech_firms", "370000")
    assert level.adds_up and by_role(level, 0)["分子"].line.cell("value") == "200"


def test_every_release_of_the_copy_is_in_the_ledger(repaired: Installation) -> None:
    assert ledger_rows(
        repaired, f"select distinct state from release where release_id = '{repaired.seen['release']}'"
    ) == [("approved",)]
