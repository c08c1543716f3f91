"""Another table than the name promises: refused with the best guess and what differs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml

from jobs.definitions.contract import Contract, load_feed
from jobs.ledger.models import File
from jobs.settings import REPO
from jobs.sheets.recognise import claimants
from tests.support.files import COUNTY, FINANCE, code, csv_file, finance_path, line
from tests.support.installation import environment
from tests.support.messy_files import REGION_ROWS, book, read, refusal, region_table, text_file

FINANCE_FEED, RESEARCH = load_feed("stat_finance"), load_feed("stat_rd")
F = {"reporter": "220100", "period": "202602"}
R = {"reporter": "220100", "period": "2025"}
RESEARCH_NAMES = [c.label for c in RESEARCH.cells]
RESEARCH_ROW = ["2025", code(1), "甲", COUNTY, *["1"] * (len(RESEARCH_NAMES) - 4)]


class TestAWrongTableUnderARightName:
    def test_a_research_form_in_the_financial_forms_place_is_named(self, tmp_path: Path) -> None:
        text = refusal(tmp_path, FINANCE_FEED, csv_file([RESEARCH_ROW], RESEARCH_NAMES), **F)
        total = len(RESEARCH_NAMES)
        assert text.startswith(
            "缺少必需列：报告期、营业收入_1-本月（表头在第1行，见到的列：年度、统一社会信用代码"
        )
        assert (
            f"；更像是《研发活动及相关情况（107-2表）》：它的 {total} 列对上 {total} 列；与本表相比缺少报告期、营业收入_1-本月"
            in text
        )
        assert "，多出年度、研发人员合计、研发费用合计" in text

    def test_and_the_other_way_round_in_a_workbook(self, tmp_path: Path) -> None:
        text = refusal(tmp_path, RESEARCH, book({"B103": [["财务状况"], list(FINANCE), line(1, 5)]}), **R)
        assert (
            "；更像是《财务状况（103/203表）》：它的 19 列对上 7 列；与本表相比缺少年度、研发人员合计" in text
        )

    def test_a_table_that_is_like_no_other_is_refused_without_a_guess(self, tmp_path: Path) -> None:
        text = refusal(tmp_path, FINANCE_FEED, book({"表": [["行业", "专利申请数"], ["采矿业", 12]]}), **F)
        assert text == (
            "前 20 行找不到表头：应有列 报告期、统一社会信用代码、单位详细名称、行政区划代码、营业收入_1-本月"
            "（见到的开头：行业、专利申请数、采矿业、12）"
        )

    def test_a_yearbook_by_industry_in_place_of_the_one_by_region(self, tmp_path: Path) -> None:
        rows = [
            ["按行业分企业研发活动"],
            ["行业", "有R&D活动的企业数", "有研发机构的企业数"],
            ["采矿业", 12, 3],
        ]
        text = refusal(tmp_path, region_table(), book({"08": rows}), table="08-patent", year="2022")
        assert text.startswith("缺少必需列：地区（表头在第2行，见到的列：行业、有R&D活动的企业数")

    def test_the_title_tells_also_where_the_header_does_not(self, tmp_path: Path) -> None:
        rows = [["按行业分企业研发活动"], ["地区", "有R&D活动的企业数"], ["采矿业", 12]]
        text = refusal(tmp_path, region_table(), book({"08": rows}), table="08-patent", year="2022")
        assert text == "表题与《分地区企业研发活动》不符：见到“按行业分企业研发活动”"

    @pytest.mark.parametrize(
        "title", ["各 地 区企业研发活动（2022）", "按地区分 R&D 活动 Statistics on R&D 2022"]
    )
    def test_a_right_title_with_a_wrong_year_in_it_is_no_contradiction(
        self, tmp_path: Path, title: str
    ) -> None:
        rows = [[title], ["地区", "有R&D活动的企业数"], ["吉林", 12]]
        assert len(read(tmp_path, region_table(), book({"00": rows}), table="00-firms", year="2023")[1]) == 1


class TestAFileThatFitsTwoContracts:
    NAMES = (*FINANCE[:5], *[n for n in RESEARCH_NAMES if n not in FINANCE])
    BOTH = csv_file([[*line(1, 5)[:5], "2025", *["1"] * (len(NAMES) - 6)]], list(NAMES))
    """A finance form with every column of the research form."""

    def test_a_path_that_is_the_feed_s_alone_says_whose_the_file_is(self, tmp_path: Path) -> None:
        found, rows = read(tmp_path, FINANCE_FEED, self.BOTH, **F)
        assert len(rows) == 1 and "研发人员合计" in found.extra

    @pytest.mark.parametrize(
        ("pattern", "connection", "refused"),
        [
            (r"stat/(?P<reporter>\w+)/(?P<form>\d+)/[^/]+", "stat_sftp", True),
            (r"stat/.*", "stat_sftp", True),
            (r"stat/(?P<reporter>\w+)/(?P<form>203|107)/(?P=form)_[^/]*\.(?i:csv)", "stat_sftp", True),
            (r"stat/(?P<reporter>\w+)/(?P<form>107)/(?P=form)_[^/]*\.(?i:csv)", "stat_sftp", False),
            (r"stat/(?P<reporter>\w+)/(?P<form>203)/(?P=form)_[^/]*\.jsonl", "stat_sftp", False),
            (r"yearbook/(?P<series>.+)", "stat_sftp", False),
            (r"stat/.*", "another_source", False),
        ],
        ids=[
            "any form of a reporter", "the whole tree", "two forms, one of them the same", "another form",
            "another kind of file", "another folder", "the same paths at another source",
        ],
    )  # fmt: skip
    def test_a_contract_with_more_matching_columns_counts_only_where_paths_overlap(
        self, tmp_path: Path, pattern: str, connection: str, refused: bool
    ) -> None:
        """The research form as it would be with other paths; its columns match more of the file in any case."""
        schemas = tmp_path / "schemas"
        shutil.copytree(REPO / "schemas", schemas)
        path = schemas / "feeds" / "stat_rd.yaml"
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        raw["customProperties"][0]["value"] |= {"pattern": pattern, "connection": connection}
        path.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
        with environment({"ZJTX_SCHEMAS": str(schemas)}):
            if refused:
                text = refusal(tmp_path, FINANCE_FEED, self.BOTH, **F)
                assert text.startswith(
                    "文件同时符合两种表，疑为错报：本表《财务状况（103/203表）》的 19 列只对上 5 列，更像是《研发活动及相关情况（107-2表）》"
                )
            else:
                assert len(read(tmp_path, FINANCE_FEED, self.BOTH, **F)[1]) == 1

    def test_a_form_with_some_columns_of_another_one_is_not(self, tmp_path: Path) -> None:
        names = [*FINANCE, "研发人员合计", "研发费用合计"]
        found, _ = read(tmp_path, FINANCE_FEED, csv_file([[*line(1, 5), 1, 1]], names), **F)
        assert found.extra == ["研发人员合计", "研发费用合计"]

    @pytest.fixture
    def twins(self, tmp_path: Path) -> Iterator[tuple[Contract, Contract]]:
        """Two contracts that claim the same paths at the same source."""
        schemas = tmp_path / "schemas"
        shutil.copytree(REPO / "schemas", schemas)
        raw = yaml.safe_load((schemas / "feeds" / "stat_finance.yaml").read_text(encoding="utf-8"))
        raw |= {"id": "twin", "name": "财务状况（试行）"}
        (schemas / "feeds" / "twin.yaml").write_text(
            yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8"
        )
        with environment({"ZJTX_SCHEMAS": str(schemas), "ZJTX_HOME": str(tmp_path / "home")}):
            yield load_feed("stat_finance"), load_feed("twin")

    def test_a_path_that_two_contracts_claim_is_refused_by_both(
        self, twins: tuple[Contract, Contract]
    ) -> None:
        from jobs.feeds import reading

        assert [c.id for c in claimants(twins[0], finance_path())] == ["stat_finance", "twin"]
        for contract in twins:
            file = File(file_id=1, feed=contract.id, path=finance_path(), sha256="0" * 64, ordinal=1)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(reading, "_latest", lambda _: {})
                assert reading.parse_all(contract, [file], "t", lambda *_: None) == {}
            assert file.verdict == "refused"
            assert file.reason == (
                f"{finance_path()}：路径同时符合 2 个数据源，无法判断属于哪一个：《财务状况（103/203表）》、《财务状况（试行）》"
            )


class TestAPeriodNotYetBegun:
    @pytest.mark.parametrize(
        ("contract", "content", "period", "begin", "received"),
        [
            (FINANCE_FEED, csv_file([line(1, 5)]), "202604", "2026-04-01", date(2026, 3, 31)),
            (FINANCE_FEED, csv_file([line(1, 5)]), "2027", "2027-01-01", date(2026, 12, 31)),
            (RESEARCH, csv_file([RESEARCH_ROW], RESEARCH_NAMES), "2027", "2027-01-01", date(2026, 3, 24)),
        ],
    )
    def test_a_file_of_it_is_refused(
        self, tmp_path: Path, contract: Contract, content: bytes, period: str, begin: str, received: date
    ) -> None:
        text = refusal(tmp_path, contract, content, received, reporter="220100", period=period)
        assert text == f"期间 {period} 尚未开始（{begin} 起），收到日为 {received}：请核对文件名中的期间"

    def test_a_period_that_has_begun_is_read(self, tmp_path: Path) -> None:
        found, _ = read(
            tmp_path, FINANCE_FEED, csv_file([line(1, 5)]), date(2026, 4, 1), reporter="1", period="202604"
        )
        assert found.attributes["received_on"] == "2026-04-01"

    def test_a_file_name_with_no_such_period_is_refused(self, tmp_path: Path) -> None:
        text = refusal(
            tmp_path, FINANCE_FEED, csv_file([line(1, 5)]), date(2026, 4, 1), reporter="1", period="202613"
        )
        assert text.startswith("文件名中的期间有误：期间“202613”无法识别")


def test_a_text_table_by_regions_needs_no_title(tmp_path: Path) -> None:
    rows = [["地区", "有R&D活动"], *[r[:2] for r in REGION_ROWS]]
    assert len(read(tmp_path, region_table(), text_file(rows), table="00", year="2023")[1]) == 4
