"""Headers with remarks, repeated, translated or begun anew: every column is read, or the file is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.definitions.contract import feed_ids, load_feed
from jobs.sheets.headings import heading, name_key
from tests.support.files import FINANCE, code, line
from tests.support.messy_files import Merge, Rows, book, read, refusal, text_file

FEED = load_feed("stat_finance")
F = {"reporter": "220100", "period": "202602"}
KEYS = list(FINANCE[:4])
TWO_ROWS: Rows = [[*KEYS, "营业收入", "", "资产总计"], ["", "", "", "", "1—本月", "上年同期", ""]]
FIRMS: Rows = [["202602", code(n), f"企业{n}", "220102", 10 * n, 9 * n, 100 * n] for n in (1, 2)]


def contents(rows: Rows, merges: tuple[Merge, ...] = ()) -> list[bytes]:
    return [text_file(rows), book({"表": rows}, {"表": merges})]


class TestRemarksInAHeader:
    @pytest.mark.parametrize(
        ("text", "unit"),
        [
            ("研发费用_1-本月（万元，不含税）", "万元"), ("研发费用_1-本月（人民币万元）", "万元"), ("研发费用_1-本月/万元", "万元"),
            ("研发费用_1-本月【万元】（必填）", "万元"), ("研发费用_1-本月（保留两位小数）", "千元"), ("研发费用_1-本月（代码301）", "千元"),
            ("研发费用_1-本月*", "千元"), ("研发费用_1-本月①", "千元"), ("（12）研发费用_1-本月", "千元"), ("研发费用_1-本月，万元，不含税", "万元"),
            ("研发费用（1-本月）", "千元"), ("研发费用（1-本月，万元）", "万元"), ("研发费用/1-本月", "千元"), ("研发费用：本年累计（万元）", "万元"),
            ("其中：研发费用_1-本月", "千元"), ("（一）研发费用_1-本月/万元", "万元"), ("2.研发费用_1-本月", "千元"),
            ("研发费用（万元）1-本月", "万元"), ("研发费用_1-本月（万元", "万元"), ("研发费用_1-本月单位：万元", "万元"),
            ("研发费用_1-本月（请填写）", "千元"), ("减：研发费用_1-本月", "千元"), ("301 研发费用_1-本月", "千元"),

            ("研发费用_1-本月单位（万元）", "万元"), ("研发费用_1-本月 R&D expense 2026 (10 000 yuan)", "万元"),
        ],
    )  # fmt: skip
    def test_they_are_taken_off_an_optional_columns_name(self, tmp_path: Path, text: str, unit: str) -> None:
        rows = [[*FINANCE, text], [*line(1, 5), 33]]
        for content in contents(rows):
            found, data = read(tmp_path, FEED, content, **F)
            assert (data[0][1]["rd_expense"], found.units["rd_expense"]) == ("33", unit)
            assert found.extra == []

    @pytest.mark.parametrize(
        "remark",
        [
            "含税",
            "预计",
            "快报",
            "上年",
            "合并口径",
            "2025",
            "1-3月",
            "美元",
            "元/人",
            "万元，含税",
            "Budget",
        ],
    )
    @pytest.mark.parametrize("name", ["研发费用_1-本月", "资产总计", "期末用工人数", "营业收入_1-本月"])
    def test_one_that_may_change_the_meaning_refuses_the_file(
        self, tmp_path: Path, name: str, remark: str
    ) -> None:
        names = [n for n in FINANCE if not n.startswith(name)]
        rows = [[*names, f"{name}（{remark}）"], [*line(1, 5)[: len(names)], 33]]
        for content in contents(rows):
            text = refusal(tmp_path, FEED, content, **F)
            assert f"“{name}（{remark}）”" in text and ("无法判断" in text or "不认识" in text)

    def test_one_over_two_columns_is_named_and_not_taken_for_lists_side_by_side(self, tmp_path: Path) -> None:
        rows = [
            [*KEYS, "营业收入", "", "研发费用（预计）", ""], [*[""] * 4, "1—本月", "上年同期", "1—本月", "上年同期"],
            ["202602", code(1), "企业", "220102", 1, 2, 3, 4],
        ]  # fmt: skip
        for content in contents(rows, ((0, 4, 0, 5), (0, 6, 0, 7))):
            assert "的括注“预计”看不懂，是否仍是“研发费用_1-本月”" in refusal(tmp_path, FEED, content, **F)

    def test_so_does_one_without_brackets(self, tmp_path: Path) -> None:
        for text in ("研发费用_1-本月，预计", "研发费用_1-本月 预计"):
            reason = refusal(tmp_path, FEED, text_file([[*FINANCE, text], [*line(1, 5), 3]]), **F)
            assert reason == (
                f"列“{text}”（第8列）的括注“预计”看不懂，是否仍是“研发费用_1-本月”的口径和单位无法判断"
            )

    @pytest.mark.parametrize(
        "text",
        ["Total assets 资产总计", "Total assets(资产总计)", "资产总计(K)", "资产总计(w)", "资产总计(10k)"],
    )
    def test_so_do_latin_words_before_the_name_and_letters_in_brackets(
        self, tmp_path: Path, text: str
    ) -> None:
        for content in contents([[*FINANCE, text], [*line(1, 5), 33]]):
            assert "看不懂，是否仍是“资产总计”" in refusal(tmp_path, FEED, content, **F)

    def test_beside_the_column_itself_it_is_another_column(self, tmp_path: Path) -> None:
        rows = [[*FINANCE, "营业收入_1-本月（预计）"], [*line(1, 5), 33]]
        found, data = read(tmp_path, FEED, text_file(rows), **F)
        assert (found.extra, data[0][1]["revenue"]) == (["营业收入_1-本月（预计）"], "5")

    def test_two_columns_that_differ_by_their_remarks_only_are_not_chosen_from(self, tmp_path: Path) -> None:
        rows = [
            [*FINANCE, "研发费用_1-本月（万元，不含税）", "研发费用_1-本月（元）（必填）"],
            [*line(1, 5), 3, 4],
        ]
        assert "对应文件中的 2 列" in refusal(tmp_path, FEED, text_file(rows), **F)

    @pytest.mark.parametrize("feed", feed_ids())
    def test_no_two_columns_of_a_contract_become_one(self, feed: str) -> None:
        contract = load_feed(feed)
        for edition in [None, *contract.feed.editions]:
            owners: dict[str, set[str]] = {}
            for column in (c.in_edition(edition) for c in contract.cells):
                for name in column.headers:
                    owners.setdefault(name_key(name), set()).add(column.name)
            assert {k: v for k, v in owners.items() if len(v) > 1} == {}

    def test_brackets_that_are_part_of_a_name_stay(self) -> None:
        assert (
            heading("所属县（市、区）（必填）").own_key
            == heading("所属县(市、区)").own_key
            != heading("所属县").own_key
        )


class TestTheHeaderLine:
    def test_is_chosen_by_the_required_columns(self, tmp_path: Path) -> None:
        optional = [c.label for c in FEED.cells if not c.required]
        rows = [["本表指标：", *optional], list(FINANCE), line(1, 5)]
        for content in contents(rows):
            found, data = read(tmp_path, FEED, content, **F)
            assert (found.header_rows, data[0][1]["revenue"]) == ((2, 2), "5")

    @pytest.mark.parametrize(
        "merges",
        [(), tuple((0, c, 1, c) for c in (0, 1, 2, 3, 6)), ((0, 4, 0, 5),)],
        ids=["lost", "down", "across"],
    )
    def test_cells_merged_downwards_are_no_row(self, tmp_path: Path, merges: tuple[Merge, ...]) -> None:
        repeated = [TWO_ROWS[0], [*KEYS, "1—本月", "上年同期", "资产总计"]]
        for rows in (TWO_ROWS, repeated):
            _, data = read(tmp_path, FEED, book({"表": [*rows, *FIRMS]}, {"表": merges}), **F)
            assert [c["total_assets"] for _, c in data] == ["100", "200"]

    @pytest.mark.parametrize(
        "english",
        [
            ["Period", "Credit code (18 digits)", "Name", "County (6)", "Revenue Jan.-Feb. 2026", "Same period of 2025", "Staff at end"],
            ["Period (YYYYMM)", "USCC Code 18", "Enterprise", "Region code 6", "1 Revenue", "2 Prior year revenue", "3 Staff"],
        ],
    )  # fmt: skip
    def test_a_translation_with_digits_in_it_is_no_row(self, tmp_path: Path, english: list[str]) -> None:
        for rows in ([list(FINANCE), english, line(1, 5)], [english, list(FINANCE), line(1, 5)]):
            for content in contents(rows):
                assert len(read(tmp_path, FEED, content, **F)[1]) == 1

    @pytest.mark.parametrize(
        "numbers",
        [
            "甲 乙 丙 丁 1 2 3", "甲 乙 丙 丁 （1） （2） （3）", "甲 乙 丙 丁 1 2=3+4 3", "— — — — 01 02 03", "① ② ③ ④ ⑤ ⑥ ⑦",
            "A B C D E F G", "栏次 - - - 1 2 3", "指标代码 - - - 301 302 303",
        ],
    )  # fmt: skip
    def test_numbers_of_columns_are_no_row(self, tmp_path: Path, numbers: str) -> None:
        for content in contents([list(FINANCE), numbers.split(), line(1, 5)]):
            assert [n for n, _ in read(tmp_path, FEED, content, **F)[1]] == [3]

    def test_a_row_of_units_may_have_strokes_under_the_other_names(self, tmp_path: Path) -> None:
        rows = [list(FINANCE), ["计量单位", "—", "—", "—", "万元", "万元", "人"], line(1, 5)]
        for content in contents(rows):
            found, data = read(tmp_path, FEED, content, **F)
            assert (found.units["revenue"], len(data)) == ("万元", 1)

    @pytest.mark.parametrize("zero", [0, "0.00", "0", "0%"])
    def test_spacers_that_hold_only_zeros_are_no_rows(self, tmp_path: Path, zero: object) -> None:
        rows = [list(FINANCE), [zero] * 7, line(1, 5), ["", "", "", "", zero, zero, zero], line(2, 6)]
        for content in contents(rows):
            found, data = read(tmp_path, FEED, content, **F)
            assert (len(data), found.skipped.counts) == (2, {"只有零的行": 2})

    def test_a_firm_that_reports_only_zeros_is_a_row(self, tmp_path: Path) -> None:
        assert len(read(tmp_path, FEED, text_file([list(FINANCE), line(1, 0, 0)]), **F)[1]) == 1


class TestASecondHeader:
    @pytest.mark.parametrize("rows_above", [1, 12])
    def test_that_names_more_columns_does_not_hide_the_rows_above_it(
        self, tmp_path: Path, rows_above: int
    ) -> None:
        names = [*FINANCE[:6], "期末用工人数"]
        first = [names, *[line(n, 5) for n in range(1, rows_above + 1)]]
        for content in contents([*first, [*names, "资产总计"], [*line(20, 6), 7]]):
            assert refusal(tmp_path, FEED, content, **F).startswith(
                f"第1行是表头并有数据，第{rows_above + 2}行又有一个列更多的表头"
            )

    @pytest.mark.parametrize("order", [(0, 1, 2, 3, 5, 4, 6), (1, 0, 2, 3, 4, 5, 6), (6, 5, 4, 3, 2, 1, 0)])
    def test_of_another_order_refuses_the_file(self, tmp_path: Path, order: tuple[int, ...]) -> None:
        rows = [list(FINANCE), line(1, 5), *[[r[i] for i in order] for r in (list(FINANCE), line(2, 6))]]
        for content in contents(rows):
            text = refusal(tmp_path, FEED, content, **F)
            assert text.startswith("第3行又有一个表头，第") and text.endswith("不同，无法判断")

    def test_over_two_rows_refuses_as_well(self, tmp_path: Path) -> None:
        moved = [[*KEYS, "营业收入", "", "资产总计"], ["", "", "", "", "上年同期", "1—本月", ""]]
        merges = tuple((0, c, 1, c) for c in (0, 1, 2, 3, 6))
        text = refusal(
            tmp_path, FEED, book({"表": [*TWO_ROWS, FIRMS[0], *moved, FIRMS[1]]}, {"表": merges}), **F
        )
        assert text == "第5行又有一个表头，第5列为“上年同期”，与上面的表头“营业收入_1—本月”不同，无法判断"

    @pytest.mark.parametrize(
        "name", ["营业收入_1-本月（万元）", "利润总额_1-本月", "营业收入_1-本月（预计）"]
    )
    def test_with_another_unit_or_another_column_refuses(self, tmp_path: Path, name: str) -> None:
        rows = [list(FINANCE), line(1, 5), [*KEYS, name, *FINANCE[5:]], line(2, 6)]
        assert f"第3行又有一个表头，第5列为“{name}”" in refusal(tmp_path, FEED, text_file(rows), **F)

    def test_with_another_unit_beside_it_refuses(self, tmp_path: Path) -> None:
        first, again = [[*FINANCE, f"单位：{u}"] for u in ("万元", "千元")]
        assert "第8列为“单位：千元”" in refusal(
            tmp_path, FEED, text_file([first, line(1, 5), again, line(2, 6)]), **F
        )
        found, data = read(tmp_path, FEED, text_file([first, line(1, 5), first, line(2, 6)]), **F)
        assert (found.units["revenue"], len(data)) == ("万元", 2)

    @pytest.mark.parametrize(
        "again",
        [
            [*TWO_ROWS], [TWO_ROWS[0], [*KEYS, "1—本月", "上年同期", "资产总计"]],
            [[*KEYS, "营业收入", "营业收入", "资产总计"], [*KEYS, "1-本月", "上年同期", "资产总计"]],
        ],
        ids=["the same", "merged downwards", "merged both ways"],
    )  # fmt: skip
    def test_of_the_same_columns_is_no_row_however_its_cells_are_merged(
        self, tmp_path: Path, again: Rows
    ) -> None:
        merges = tuple((0, c, 1, c) for c in (0, 1, 2, 3, 6))
        content = book({"表": [*TWO_ROWS, FIRMS[0], *again, FIRMS[1]]}, {"表": merges})
        found, data = read(tmp_path, FEED, content, **F)
        assert [c["revenue_prior"] for _, c in data] == ["9", "18"]
        assert found.skipped.counts == {"重复的表头": 2}
