"""Contracts: valid by the standard, complete for the jobs, and header names compared as people mean them."""

import re
from pathlib import Path

import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from jobs.definitions import period
from jobs.definitions.catalogue import rows_of
from jobs.definitions.contract import feed_ids, load_feed, load_table, table_names
from jobs.definitions.dictionary import indicators
from jobs.definitions.facts import all_facts
from jobs.definitions.reference import regions, reporters
from jobs.feeds.judging.values import FULL, HALF
from jobs.settings import REPO
from jobs.sheets.header_names import normal_header
from jobs.sheets.matching import wanted

FILES = sorted((REPO / "schemas" / "feeds").glob("*.yaml")) + sorted(
    (REPO / "schemas" / "tables").glob("*.yaml")
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("营业收入", "营业收入"),
        ("（人）", "(人)"),
        ("期末用工人数（人）", "期末用工人数"),
        ("期末用工人数(人)", "期末用工人数"),
        ("营业收入（千元）", "营业收入"),
        ("１－本月", "1-本月"),
        ("1—本月", "1-本月"),
        ("1–本月", "1-本月"),
        ("营业\n收入", "营业收入"),
        ("营业_x000D_\n收入", "营业收入"),
        ("营 业　收 入", "营业收入"),
        ("ＵＳＣＣ", "USCC"),
    ],
)
def test_header_names_are_compared_without_width_breaks_dashes_and_units(written, meant):
    assert normal_header(written) == (meant if meant != "(人)" else "")


def test_a_bracket_that_is_no_unit_stays_part_of_the_name():
    assert normal_header("所属县（市、区）") == "所属县(市、区)"
    assert normal_header("所属市（州）") != normal_header("所属市")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_contract_is_valid_by_the_open_data_contract_standard(path: Path):
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    model = OpenDataContractStandard.model_validate(raw)
    assert (model.kind, model.status, model.id) == ("DataContract", "active", path.stem)
    assert re.fullmatch(r"v3\.\d+\.\d+", model.apiVersion)
    assert re.fullmatch(r"\d+\.\d+\.\d+", model.version or "")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_contract_has_a_key_in_order_and_no_column_twice(path: Path):
    contract = load_feed(path.stem) if path.parent.name == "feeds" else load_table(path.stem)
    names = [c.name for c in contract.columns]
    assert len(names) == len(set(names))
    positions = sorted(c.prop.primaryKeyPosition for c in contract.columns if c.key)
    assert positions == list(range(1, len(positions) + 1)) != []
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", n) for n in names)


@pytest.mark.parametrize("feed", feed_ids())
def test_feed_names_what_the_jobs_ask_of_it(feed):
    contract = load_feed(feed)
    spec = contract.feed
    groups = re.compile(spec.pattern).groupindex
    columns = {c.name for c in contract.columns}
    assert set(spec.scope) <= set(groups) | {p.column for p in spec.preamble}
    assert {p.column for p in spec.preamble} <= columns
    assert len(spec.schedule.split()) == 5
    for column in contract.columns:
        assert re.search("[\u4e00-\u9fff]", column.label), column.name
        assert column.source in ("cell", "path", "preamble")
        if column.source == "path":
            assert column.name in groups
        if column.money:
            assert column.type == "DECIMAL(20,2)"
    if spec.reporters:
        # Who reports is a region by its code, or a body by its Chinese name.
        bodies = {r for r in reporters(spec.reporters) if re.search("[\u4e00-\u9fff]", r)}
        assert set(reporters(spec.reporters)) - bodies <= set(regions())
    if spec.calendar:
        assert spec.reporters or spec.request or spec.entity == "region"
        assert 0 < spec.calendar.minimum <= 1


@pytest.mark.parametrize("feed", feed_ids())
def test_no_header_name_of_a_feed_means_two_columns(feed):
    contract = load_feed(feed)
    for edition in [None, *contract.feed.editions]:
        seen: dict[str, str] = {}
        for column in contract.cells:
            for header in wanted(column.in_edition(edition)):
                assert seen.setdefault(header, column.name) == column.name, header


@pytest.mark.parametrize("feed", feed_ids())
def test_editions_of_a_form_follow_each_other_and_speak_of_its_columns_and_stored_codes(feed):
    contract = load_feed(feed)
    editions = contract.feed.editions
    begins = [period.parse(e.since).begin for e in editions]
    assert begins == sorted(set(begins))
    assert len({e.name for e in editions}) == len(editions)
    if editions:
        assert {"period", "year"} & set(re.compile(contract.feed.pattern).groupindex)
    for edition in editions:
        assert set(edition.headers) <= {c.name for c in contract.cells}
        for name, codes in edition.codes.items():
            assert set(codes.values()) <= set(contract.column(name).codes.values()), name


def test_every_declared_key_column_must_not_be_blank_unless_the_key_allows_it():
    for feed in feed_ids():
        contract = load_feed(feed)
        assert all(contract.column(k).required for k in contract.key), feed


@pytest.mark.parametrize(
    ("path", "feed"),
    [
        ("stat/220100/203/203_220100_202602.csv", "stat_finance"),
        ("stat/220100/203/203_220100_202602_r2.XLSX", "stat_finance"),
        ("stat/22CBS/103/103_22CBS_2025.xls", "stat_finance"),
        ("stat/220100/203/203_220200_202602.csv", None),
        ("stat/220100/203/103_220100_2025.csv", None),
        ("stat/220100/107/1072_220100_2025.Csv", "stat_rd"),
        ("stat/220100/107/1072_220300_2025.csv", None),
        ("stat/220100/201/201_220100_202601.XLS", "stat_register"),
        ("stat/220100/201/201_220300_202601.csv", None),
        ("cert/220000/2023/名单.XLSX", "certificate_notice"),
        ("stat/220000/C203/C203_220000_202602.xlsx", "stat_construction"),
        ("stat/220000/F103/F103_220000_2025.xlsx", "stat_services"),
        ("stat/220000/E203/C203_220000_202602.xlsx", None),
        ("stat/220100/102/102_220100_2025.csv", "stat_staff"),
        ("stat/22CBS/202/202_22CBS_2026Q1.xlsx", "stat_staff"),
        ("stat/220100/202/202_220100_2026Q4.csv", None),
        ("stat/220100/107/1071_220100_2025.csv", "stat_rd_projects"),
        ("dept/省科技厅/report/省科技厅_2026Q1.xlsx", "dept_report"),
        ("dept/省科技厅/report/省教育厅_2026Q1.xlsx", None),
        ("dept/省知识产权局/patent/省知识产权局_2026Q1.xlsx", "dept_patent"),
        ("dept/省市场监管局/credit/省市场监管局_202601.xlsx", "dept_credit_list"),
        ("dept/国网吉林电力/power/国网吉林电力_202601.csv", "dept_power"),
        ("dept/市工信局/report/市工信局_2026Q1.xlsx", "dept_report"),
        ("dept/省工业和信息化厅/annual/省工业和信息化厅_2025.xlsx", "srdi_annual"),
        ("dept/省工业和信息化厅/annual/省工业和信息化厅_2025_r2.csv", "srdi_annual"),
        ("dept/省工业和信息化厅/annual/省工业和信息化厅_202512.xlsx", None),
        ("ticket/22CBS/ticket_22CBS_202601.xlsx", "ticket"),
    ],
)
def test_a_path_belongs_to_the_unit_and_form_that_its_name_repeats(path, feed):
    found = [f for f in feed_ids() if re.fullmatch(load_feed(f).feed.pattern, path)]
    assert found == ([feed] if feed else [])


def test_every_member_of_a_group_has_the_same_key_and_the_columns_that_indicators_read():
    groups: dict[str, list[str]] = {}
    for feed in feed_ids():
        if group := load_feed(feed).feed.group:
            groups.setdefault(group, []).append(feed)
    for group, members in groups.items():
        assert len({tuple(load_feed(f).key) for f in members}) == 1, group
        reads = [r for i in indicators().values() for r in i.reads.values() if r.feed == group]
        asked = {c for r in reads for c in (r.column, r.base_column) if c}
        assert asked, group
        for feed in members:
            assert asked <= {c.name for c in load_feed(feed).columns}, feed


def test_a_feed_whose_one_row_of_a_period_is_read_names_a_firm_once_per_period():
    reads = [r for i in indicators().values() if i.entity == "enterprise" for r in i.reads.values()]
    shapes = {(r.feed, rows_of(r, "")) for r in [*reads, *(f.read for f in all_facts())]}
    contracts = [load_feed(f) for f in feed_ids()]
    plain = [(c, s) for c in contracts for f, s in shapes if f in (c.id, c.feed.group) and s.plain]
    assert len(plain) > 10
    for contract, shape in plain:
        assert set(contract.key) == {"uscc", shape.by}, contract.id


def test_every_item_of_the_reports_has_a_unit_a_department_and_a_target():
    path = REPO / "schemas" / "reference" / "report_items.yaml"
    items = yaml.safe_load(path.read_text(encoding="utf-8"))["items"]
    assert len({i["code"] for i in items}) == len({i["name"] for i in items}) == len(items)
    for item in items:
        assert item["unit"] and item["department"] and item["level"] in ("unit", "province"), item
        assert item["basis"] and set(item["basis"]) <= {"cumulative", "quarter"}, item
        assert all(re.fullmatch(r"(JL|CC|SD|SX|ZJ)-T\d\d", t) for t in item["targets"]) and item["targets"]
    jilin = {i["department"] for i in items if any(t.startswith("JL-") for t in i["targets"])}
    assert jilin == set(reporters("departments"))


def test_a_table_is_no_feed():
    with pytest.raises(ValueError, match="不是数据源"):
        _ = load_table(table_names()[0]).feed


def test_full_and_half_width_stand_one_to_one():
    assert len(FULL) == len(HALF)
    assert FULL.translate(str.maketrans(FULL, HALF)) == HALF
