"""In which unit figures are: as the file states it, refused where it is not understood, else as the contract says."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest

from jobs.definitions.contract import Contract, feed_ids, load_feed
from jobs.definitions.measures import MONEY_UNITS
from jobs.operate.files import header_lines
from jobs.sheets.choice import Refused
from jobs.sheets.unit_statements import Statement, Unclear
from jobs.sheets.unit_statements import stated as read_line
from tests.support.files import FINANCE, line
from tests.support.messy_files import Rows, book, read, refusal, region_table, text_file
from tests.support.unit_statements import (
    LINES,
    NO_STATEMENT,
    NOT_UNDERSTOOD,
    OF_SOMETHING_ELSE,
    SCALE,
    stated,
)

FEED = load_feed("stat_finance")
F = {"reporter": "220100", "period": "202602"}
DATA = [line(1, 5), line(2, "6.5")]
WITH_MONEY = [c for c in map(load_feed, feed_ids()) if any(x.money for x in c.cells)]


def first_line(name: str) -> Rows:
    return [[name], list(FINANCE), *DATA]


class TestTheTableOfStatements:
    def test_every_line_is_read_as_it_is_meant_refused_or_taken_for_what_it_is(self) -> None:
        """Printed with ``pytest -s``: each line that was tried and what becomes of it."""
        table = [(text, unit) for _, text, unit in stated()]
        table += [(text, "拒收") for text in NOT_UNDERSTOOD]
        table += [(text, "不是金额的单位") for text in OF_SOMETHING_ELSE]
        table += [(text, "未说单位") for text in NO_STATEMENT]
        found = [(text, meant, became(text)) for text, meant in table]
        for text, _, read_as in found:
            print(f"{text}\t{read_as}")
        print(f"{len(found)} 种说法")
        assert [row for row in found if row[1] != row[2]] == []

    @pytest.mark.parametrize("text", [w[0].format("万元") for w in LINES.values()])
    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_a_line_of_each_kind_counts_above_the_header(self, tmp_path: Path, text: str, kind: str) -> None:
        rows = first_line(text)
        found, _ = read(tmp_path, FEED, text_file(rows) if kind == "csv" else book({"表": rows}), **F)
        assert (found.units, found.assumed) == ({"revenue": "万元", "revenue_prior": "万元"}, [])

    @pytest.mark.parametrize("text", [*NOT_UNDERSTOOD[:12], *OF_SOMETHING_ELSE])
    def test_what_is_not_understood_refuses_the_file_and_is_quoted(self, tmp_path: Path, text: str) -> None:
        reason = refusal(tmp_path, FEED, text_file(first_line(text)), **F)
        word = text.strip("（）").rpartition("单位：")[2].split("、")[0].split("（")[0]
        assert "单位" in reason and word.removeprefix("注：金额") in reason

    def test_a_line_is_named_by_its_number_and_its_words(self, tmp_path: Path) -> None:
        rows = [["财务状况"], ["", "", "", "", "单位：见各列"], list(FINANCE), *DATA]
        assert refusal(tmp_path, FEED, text_file(rows), **F) == "第2行：计量单位看不懂：“单位：见各列”"

    @pytest.mark.parametrize(
        "text", ["（万元）", "万元", "金额单位：万元", "（人民币万元）", "单位：万元\n币种：人民币"]
    )
    def test_a_line_that_only_states_a_unit_is_no_title(self, tmp_path: Path, text: str) -> None:
        rows = [[text], ["地区", "有R&D活动", "研究与试验发展经费_内部支出"], ["吉林", 1, 2]]
        found, _ = read(tmp_path, region_table(), book({"表": rows}), table="00", year="2023")
        assert found.units == {"spending": "万元"}

    def test_a_line_may_break_within_its_cell(self, tmp_path: Path) -> None:
        rows = first_line("规模以上工业法人单位财务状况\n单位：万元")
        assert read(tmp_path, FEED, book({"表": rows}), **F)[0].units["revenue"] == "万元"

    def test_exhaustively_no_short_word_is_taken_for_another_unit(self) -> None:
        known = {"元", "千元", "万元", "亿元", "人", "户", "%"}
        for length in range(1, 5):
            for letters in product("百万亿元美人/、", repeat=length):
                word = "".join(letters)
                try:
                    found = read_line(f"单位：{word}")
                except Unclear:
                    continue
                assert {*word.split("、")} - {""} <= known, (word, found)
                assert set(found.money) == {w for w in word.split("、") if w in SCALE}


def became(text: str) -> str:
    try:
        found = read_line(text)
    except Unclear:
        return "拒收"
    if not found:
        return "未说单位"
    return "、".join(found.money) if found.money else "不是金额的单位"


class TestWhereNothingIsSaid:
    @pytest.mark.parametrize("text", NO_STATEMENT)
    def test_the_contracts_unit_is_taken_and_told(self, tmp_path: Path, text: str) -> None:
        found, _ = read(tmp_path, FEED, text_file(first_line(text)), **F)
        assert found.units == {"revenue": "千元", "revenue_prior": "千元"}
        assert found.details()["units_assumed"] == ["revenue", "revenue_prior"]

    def test_the_file_is_shown_with_where_each_unit_comes_from(self, tmp_path: Path) -> None:
        names = [*FINANCE, "研发费用_1-本月（万元）"]
        found, _ = read(tmp_path, FEED, text_file([names, [*line(1, 5), 3]]), **F)
        shown = [text for label, text in header_lines(FEED, found.details()) if label == "表头"]
        assert shown[4:6] == [
            "营业收入_1-本月 ← 营业收入_1-本月（E列），单位 千元（合同规定，文件未注明）",
            "营业收入_上年同期 ← 营业收入_上年同期（F列），单位 千元（合同规定，文件未注明）",
        ]
        assert shown[6] == "研发费用_1-本月 ← 研发费用_1-本月（万元）（H列），单位 万元"

    def test_a_line_below_that_says_the_same_is_a_statement(self, tmp_path: Path) -> None:
        found, data = read(tmp_path, FEED, text_file([list(FINANCE), *DATA, ["单位：千元"]]), **F)
        assert (len(data), found.assumed, found.skipped.counts) == (2, [], {"单位说明": 1})

    @pytest.mark.parametrize("beside", ["（万元）", "/元"])
    def test_two_figures_under_one_name_of_which_one_states_its_unit_are_not_guessed(
        self, tmp_path: Path, beside: str
    ) -> None:
        names = [*FINANCE[:4], f"营业收入_1-本月{beside}", *FINANCE[5:]]
        text = refusal(tmp_path, FEED, text_file([names, *DATA]), **F)
        assert text.startswith("“营业收入_上年同期”没有注明计量单位，同一指标的另一列注明了")
        found, _ = read(tmp_path, FEED, text_file([["单位：千元"], names, *DATA]), **F)
        assert found.units["revenue_prior"] == "千元"


class TestLinesBelowTheHeader:
    @pytest.mark.parametrize(
        "text", ["注：本表单位：万元", "单位：万元", "（万元）", "填报单位：某局 单位：万元"]
    )
    @pytest.mark.parametrize("between", [0, 120, 300])
    def test_another_unit_refuses_however_many_lines_were_left_out_before(
        self, tmp_path: Path, text: str, between: int
    ) -> None:
        rows = [list(FINANCE), *DATA, *[["", "", "小计", "", 1, 1, 1]] * between, [text]]
        for content in (text_file(rows), book({"表": rows})):
            reason = refusal(tmp_path, FEED, content, **F)
            assert reason == (
                f"第{4 + between}行（表头以下）注明单位为万元，与表头或合同的千元不符，无法判断"
            )

    @pytest.mark.parametrize("unit", ["万元", "千元", "百万元"])
    def test_a_row_that_says_the_kind_of_every_column_is_compared_too(
        self, tmp_path: Path, unit: str
    ) -> None:
        rows = [list(FINANCE), ["—", "文本", "文本", "代码", unit, unit, "人"], *DATA]
        if unit == "千元":
            found, data = read(tmp_path, FEED, text_file(rows), **F)
            assert (len(data), found.assumed) == (2, [])
        else:
            assert unit in refusal(tmp_path, FEED, text_file(rows), **F)

    @pytest.mark.parametrize("text", ["注：金额单位：百万元", "单位：万美元", "说明：单位：万"])
    def test_one_that_is_not_understood_refuses(self, tmp_path: Path, text: str) -> None:
        reason = refusal(tmp_path, FEED, text_file([list(FINANCE), *DATA, [text]]), **F)
        assert reason.startswith("第4行：计量单位") and text[text.rindex("：") + 1 :] in reason

    @pytest.mark.parametrize(
        "text", ["注：年营业收入2000万元以下的不填", "注：户均贷款（万元/户）另表报送", "单位负责人：张三"]
    )
    def test_an_amount_a_ratio_and_a_person_are_no_units(self, tmp_path: Path, text: str) -> None:
        found, data = read(tmp_path, FEED, text_file([list(FINANCE), *DATA, [text]]), **F)
        assert (len(data), found.units["revenue"]) == (2, "千元")

    def test_how_exact_figures_are_is_no_unit_and_no_assurance_of_the_contracts(self, tmp_path: Path) -> None:
        rows = [list(FINANCE), *DATA, ["注：金额精确到元"]]
        assert "精确到元" in refusal(tmp_path, FEED, text_file(rows), **F)
        assert read(tmp_path, FEED, text_file([["单位：千元"], *rows]), **F)[0].units["revenue"] == "千元"

    def test_a_line_of_one_column_contradicts_what_was_taken_for_the_others(self, tmp_path: Path) -> None:
        names = [*FINANCE, "研发费用_1-本月（万元）"]
        rows = [["单位：千元"], names, [*line(1, 5), 3], ["注：单位：万元"]]
        assert "不符，无法判断" in refusal(tmp_path, FEED, text_file(rows), **F)


class TestUnitsThatAreNotTheColumns:
    @pytest.mark.parametrize(
        ("place", "name", "why"),
        [
            (4, "营业收入_1-本月（人）", "列“营业收入_1-本月（人）”注明的“人”不是金额的计量单位"),
            (6, "期末用工人数（万元）", "列“期末用工人数（万元）”注明的计量单位“万元”与“期末用工人数”不符"),
            (6, "期末用工人数（%）", "列“期末用工人数（%）”注明的计量单位“%”与“期末用工人数”不符"),
            (6, "期末用工人数（千人）", "列“期末用工人数（千人）”（第7列）的括注“千人”看不懂，是否仍是“期末用工人数”的口径和单位无法判断"),
            (0, "报告期（万元）", "列“报告期（万元）”不是金额，却注明了计量单位“万元”，是否指全表无法判断"),
        ],
    )  # fmt: skip
    def test_they_refuse(self, tmp_path: Path, place: int, name: str, why: str) -> None:
        names = [name if i == place else n for i, n in enumerate(FINANCE)]
        assert refusal(tmp_path, FEED, text_file([names, *DATA]), **F) == why

    @pytest.mark.parametrize(("name", "value"), [("计量单位", "万元"), ("单位", "万元"), ("金额单位", "")])
    def test_a_column_that_states_a_unit_row_by_row_refuses(
        self, tmp_path: Path, name: str, value: str
    ) -> None:
        text = refusal(tmp_path, FEED, text_file([[*FINANCE, name], [*line(1, 5), value]]), **F)
        assert text == f"第8列“{name}”逐行注明计量单位，《{FEED.title}》没有这一列，金额的单位无法判断"

    def test_a_column_of_organisations_does_not(self, tmp_path: Path) -> None:
        found, _ = read(tmp_path, FEED, text_file([[*FINANCE, "单位"], [*line(1, 5), "某局"]]), **F)
        assert found.extra == ["单位"]

    @pytest.mark.parametrize("unit", ["万千瓦时", "亿千瓦时", "兆瓦时"])
    @pytest.mark.parametrize("where", ["line", "header"])
    def test_so_in_a_form_without_money(self, tmp_path: Path, unit: str, where: str) -> None:
        power = load_feed("dept_power")
        names = ["用电月份", "统一社会信用代码", "户名", "行政区划代码", "用电量", "上年同月用电量"]
        row = ["202602", line(1, 1)[1], "甲", "220102", 5, 4]
        rows = [[f"单位：{unit}"], names, row]
        if where == "header":
            rows = [[*names[:5], f"上年同月用电量（{unit}）"], row]
        assert unit in refusal(tmp_path, power, text_file(rows), reporter="国网", period="202602")
        assert len(read(tmp_path, power, text_file([["单位：千瓦时"], names, row]), **F)[1]) == 1

    def test_the_name_of_a_sheet_counts(self, tmp_path: Path) -> None:
        rows = [list(FINANCE), *DATA]
        assert read(tmp_path, FEED, book({"财务状况（万元）": rows}), **F)[0].units["revenue"] == "万元"
        assert "百万元" in refusal(tmp_path, FEED, book({"单位：百万元": rows}), **F)


Way = Callable[[list[str], dict[str, str]], tuple[Rows, Rows]]
"""Names of the columns and unit of each money column -> rows of the header and what stands above it."""


def _in_names(form: str) -> Way:
    return lambda names, units: ([], [[form.format(n, units[n]) if n in units else n for n in names]])


def _units_row(form: str) -> Way:
    return lambda names, units: ([], [names, [form.format(units[n]) if n in units else "" for n in names]])


def _of_all(form: str) -> Way:
    """One unit for all columns: that of the first."""
    return lambda names, units: ([["", form.format(next(iter(units.values())))]], [names])


def _beside(*cells: str) -> Way:
    return lambda names, units: (
        [],
        [[*names, *(c.format(next(iter(units.values()))) for c in cells)]],
    )


EACH: dict[str, Way] = {
    f"name with {form}": _in_names(form)
    for form in ("{}（{}）", "{}({})", "{}【{}】", "{}[{}]", "{}/{}", "{}，{}", "{} {}", "{}{}", "{}（单位：{}）",
    "{}（人民币{}）", "{}（{}，不含税）",
                 "{}（{}", "{}\n（{}）", "{}：{}", "{}-{}", "{}（{}）*", "{}（必填）（{}）", "{}（以{}计）", "{}，{}，保留整数", "{} Amount ({})")
} | {f"row of {form}": _units_row(form) for form in ("{}", "（{}）", "单位：{}", "人民币{}")}  # fmt: skip
ALL: dict[str, Way] = {f"line {forms[0]}": _of_all(forms[0]) for forms in LINES.values()} | {
    "beside the header": _beside("单位：{}"),
    "beside the header in two cells": _beside("单位", "{}"),
}


def expected_units(contract: Contract, units: dict[str, str], way: str) -> dict[str, str]:
    """Return the unit that each money column should have: of a line the first one's for all."""
    named = {c.label: c.name for c in contract.cells if c.money}
    one = next(iter(units.values()))
    return {named[label]: one if way in ALL else unit for label, unit in units.items()}


def cases(every_unit: bool) -> Iterator[tuple[Contract, str, int]]:
    """Yield contract, way and which unit the first column has; the others follow in turn."""
    for contract in WITH_MONEY:
        for number, way in enumerate([*EACH, *ALL]):
            shifts = range(len(SCALE)) if every_unit or contract is FEED else [number % len(SCALE)]
            yield from ((contract, way, shift) for shift in shifts)


class TestEveryMoneyColumnAndEveryWay:
    @pytest.mark.parametrize(
        "every_unit", [False, pytest.param(True, marks=pytest.mark.fuzz)], ids=["in turn", "every unit"]
    )
    def test_the_stored_value_is_figure_times_unit_or_the_file_is_refused(
        self, tmp_path: Path, every_unit: bool
    ) -> None:
        """In every contract, for every money column, every way of stating a unit, and the units in turn."""
        assert MONEY_UNITS == SCALE
        rng, tried = random.Random(14), 0
        wrong: list[tuple[str, str, str, Decimal, Decimal]] = []
        refused: list[tuple[str, str, int]] = []
        for contract, way, shift in cases(every_unit):
            names = [c.label for c in contract.cells]
            order = list(SCALE)
            units = {
                c.label: order[(i + shift) % len(order)]
                for i, c in enumerate(x for x in contract.cells if x.money)
            }
            figures = {n: f"{rng.randrange(1, 10**6)}.{rng.randrange(100):02d}" for n in units}
            above, header = (EACH | ALL)[way](names, units)
            row = [figures.get(c.label, "1" if c.is_figure else "甲") for c in contract.cells]
            attributes = {"reporter": "220100", "period": "202602"}
            if contract.feed.editions:
                attributes = {"reporter": "220100", "period": "2022"}
            content = text_file([*above, *header, row])
            try:
                found, data = read(tmp_path, contract, content, **attributes)
            except Refused:
                refused.append((contract.id, way, len(units)))
                continue
            for name, unit in expected_units(contract, units, way).items():
                cell = data[-1][1][name]
                stored = Decimal(cell) * MONEY_UNITS[found.units[name]]
                meant = Decimal(figures[contract.column(name).label]) * SCALE[unit]
                tried += 1
                if stored != meant or found.assumed or len(data) != 1:
                    wrong.append((contract.id, way, name, stored, meant))
        print(
            f"{tried} 个金额：{len(WITH_MONEY)} 个合同，{len(EACH) + len(ALL)} 种注明方式，{len(SCALE)} 种单位"
        )
        assert wrong == []
        # A word alone in its line may stand for all columns or for the one above it.
        assert {(way, columns) for _, way, columns in refused} <= {("row of {}", 1), ("row of 人民币{}", 1)}


@pytest.mark.parametrize(
    "text", ["单位：" + "人 " * 5000, "元1" * 5000, "单位" * 5000, "单位：1" + " " * 9000 + "元", "元" * 9000]
)
def test_a_line_of_many_thousand_characters_is_refused_not_pondered(tmp_path: Path, text: str) -> None:
    assert "看不懂" in refusal(tmp_path, FEED, text_file(first_line(text)), **F)


def test_a_long_note_is_read_sentence_by_sentence(tmp_path: Path) -> None:
    note = "本表由各市（州）统计局逐户审核后汇总。" * 40
    found, _ = read(tmp_path, FEED, text_file(first_line(f"{note}金额单位：万元。")), **F)
    assert found.units["revenue"] == "万元"


def test_a_statement_without_units_is_none() -> None:
    assert not Statement() and read_line("") == Statement()
