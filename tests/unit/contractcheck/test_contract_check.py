"""What a contract may say: every slip is refused by contract, line, place and cure, and no sound contract is."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs import contractcheck
from jobs.clock import ZONE
from jobs.contractcheck import ContractBroken, require
from jobs.definitions.contract import feed_ids, load_feed
from jobs.definitions.patterns import fixed, optional, shared
from jobs.definitions.readable import called, readable
from jobs.feeds.ingest import Polls
from jobs.feeds.notices import tell_unknown
from jobs.feeds.reading import _scope
from jobs.feeds.source import SourceUnavailable
from jobs.operate import advice
from jobs.operate.contents import compare, file_feeds, take_changed
from jobs.quality.suites import read_suite
from jobs.refusals import Refusal
from jobs.settings import REPO
from jobs.sheets.choice import Refused
from jobs.sheets.recognise import claimants
from tests.support.broken_contracts import BROKEN, SOUND, said, write
from tests.support.files import FINANCE, csv_file, finance_path, line
from tests.support.installation import environment
from tests.support.messy_files import read, refusal
from tests.support.wrong_commands import run

DATA = REPO / "tests" / "data" / "contracts"
OURS = contractcheck.files()
PULLED = [feed for feed in feed_ids() if load_feed(feed).feed.request]


class TestAContractFile:
    @pytest.mark.parametrize("name", BROKEN)
    def test_with_a_slip_is_refused_by_contract_line_place_and_cure(self, tmp_path: Path, name: str) -> None:
        slip, message = BROKEN[name]
        code, faults = said(tmp_path, slip)
        assert (code, faults[0]) == (1, f"1. {message}")
        assert all(re.fullmatch(r"\d+\. 合同 \S+，.+：.+；改法：.+", fault) for fault in faults), faults

    def test_there_are_more_than_thirty_slips_each_of_its_own_message(self) -> None:
        assert len(BROKEN) > 30
        assert len({message for _, message in BROKEN.values()}) > 55

    def test_without_a_slip_is_sound(self, tmp_path: Path) -> None:
        assert said(tmp_path, None) == (0, ["1 份合同无误 · 1 contracts, no fault"])

    @pytest.mark.parametrize("path", [*OURS, *sorted(DATA.glob("*.yaml"))], ids=lambda p: p.stem)
    def test_of_ours_or_of_real_data_has_no_fault(self, path: Path) -> None:
        assert [str(fault) for fault in contractcheck.faults(path)] == []

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"", "不是合同：文件里没有“键: 值”"),
            (b"- a\n- b\n", "不是合同：文件里没有“键: 值”"),
            (b"a: [1\n", "不是合格的 YAML"),
            ("id: 样表\n".encode("gb18030"), "第 1 行：不是 UTF-8 文字"),
            (b"id: x\n\tname: y\n", "第 2 行：不是合格的 YAML"),
            (b"id: sample\nschema: 7\n", "schema：值“7”不合格式；改法：应为列表"),
            (b"id: sample\nschema: [7]\n", "值“7”不合格式"),
            (b"id: sample\ncustomProperties: {feed: 1}\n", "customProperties：值"),
            (b"id: [1, 2]\n", "没有编号，或编号不是小写英文"),
            (b"id: sample\nschema: &own\n- *own\n", "有一处引用（*）包含了自己"),
            (b"\x00\xff\xfe", "不是 UTF-8 文字"),
        ],
        ids=[
            "empty", "a list", "an open bracket", "another encoding", "a tabulator", "a number for the table",
            "a number for a table", "a mapping for a list", "a list for the id", "a list that holds itself", "no text",
        ],
    )  # fmt: skip
    def test_that_is_none_is_told_in_chinese(self, tmp_path: Path, content: bytes, why: str) -> None:
        path = tmp_path / "sample.yaml"
        path.write_bytes(content)
        faults = [str(f) for f in contractcheck.faults(path)]
        assert any(why in fault for fault in faults), faults
        assert not re.search(r"Error|Traceback|Input should|Extra inputs", "".join(faults))

    @given(st.data())
    @settings(max_examples=60, deadline=None)
    def test_with_a_line_left_out_is_answered_by_faults_never_by_an_error(self, data: st.DataObject) -> None:
        lines = SOUND.splitlines(keepends=True)
        left = data.draw(st.sets(st.integers(0, len(lines) - 1), min_size=1, max_size=3))
        path = Path(self.folder) / "sample.yaml"
        path.write_text("".join(text for n, text in enumerate(lines) if n not in left), encoding="utf-8")
        for fault in contractcheck.faults(path):
            assert re.match(r"合同 \S+，.+：.+；改法：.+", str(fault)), fault

    @pytest.fixture(autouse=True)
    def _here(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        self.folder = tmp_path_factory.mktemp("contract")


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """A copy of contracts and suites that the jobs read meanwhile."""
    for name in ("schemas", "expectations"):
        shutil.copytree(REPO / name, tmp_path / name)
    given = {f"ZJTX_{n.upper()}": str(tmp_path / n) for n in ("schemas", "expectations")}
    with environment(given | {"ZJTX_HOME": str(tmp_path)}):
        yield tmp_path


class TestACheckout:
    def test_with_a_broken_contract_names_it_and_goes_on_with_the_others(self, checkout: Path) -> None:
        path = checkout / "schemas" / "feeds" / "stat_rd.yaml"
        path.write_text(
            path.read_text(encoding="utf-8").replace("semanticType: money", "semanticType: geld", 1),
            encoding="utf-8",
        )
        done = run("contract check", [])
        assert done.exit_code == 1
        assert re.search(
            r"1\. 合同 stat_rd，第 \d+ 行 列 rd_total 的 semanticType：没有“geld”这种含义", done.stdout
        ), done.stdout
        assert "46 份合同中有 1 处要改" in done.stderr

    def test_without_a_suite_names_it_with_the_command_that_writes_it(self, checkout: Path) -> None:
        for name in ("silver_tax_vat", "warning"):
            (checkout / "expectations" / f"{name}.json").unlink()
        done = run("contract check", [])
        assert (
            "合同 tax_vat：没有审核规则 expectations/silver_tax_vat.json，审核会中断；改法：运行 zjtx suites write 生成"
            in done.stdout
        )
        assert "合同 warning：没有审核规则 expectations/warning.json" in done.stdout
        with pytest.raises(Refusal, match="zjtx suites write"):
            read_suite("warning")
        assert run("suites write", []).exit_code == 0
        assert run("contract check", []).exit_code == 0
        assert read_suite("warning").expectations

    def test_with_a_further_sound_contract_asks_for_its_suite_only(self, checkout: Path) -> None:
        path = write(checkout / "schemas" / "feeds", None)
        done = run("contract check", [str(path)])
        assert done.stdout.splitlines() == [
            "1. 合同 sample：没有审核规则 expectations/silver_sample.json，审核会中断；改法：运行 zjtx suites write 生成，并一起提交"
        ]

    def test_a_feed_is_not_read_by_a_broken_contract_until_it_is_mended(self, checkout: Path) -> None:
        require("stat_finance")
        path = checkout / "schemas" / "feeds" / "stat_finance.yaml"
        sound = path.read_text(encoding="utf-8")
        path.write_text(sound.replace("    - period\n", "    - perod\n", 1), encoding="utf-8")
        with pytest.raises(
            ContractBroken, match=r"合同 stat_finance，第 \d+ 行 feed.scope 第 2 项.*perod"
        ) as told:
            require("stat_finance")
        assert f"改好后运行 zjtx contract check {path}" in str(told.value)
        path.write_text(sound + "\n", encoding="utf-8")
        require("stat_finance")

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("(?P<form>107)/1072", "(?P<form>107/1072"),
            ("schema:\n", "schema: [\n"),
            ("    mode: replace\n", "    mode: once\n"),
        ],
        ids=["no pattern", "no YAML", "no mode"],
    )
    def test_a_broken_contract_keeps_no_other_from_its_files(
        self, checkout: Path, tmp_path: Path, old: str, new: str
    ) -> None:
        path = checkout / "schemas" / "feeds" / "stat_rd.yaml"
        sound = path.read_text(encoding="utf-8")
        assert old in sound
        path.write_text(sound.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(ContractBroken, match=r"合同 stat_rd"):
            require("stat_rd")
        require("stat_finance")
        assert {c.id for c in readable()} == set(feed_ids()) - {"stat_rd"} == {*file_feeds(), *PULLED}
        with pytest.raises(Refusal, match=r"合同 stat_rd 读不出来：请看 zjtx contract check .*stat_rd\.yaml"):
            load_feed("stat_rd")
        assert (called("stat_rd"), called("stat_finance")) == ("stat_rd", load_feed("stat_finance").title)
        finance = load_feed("stat_finance")
        assert [c.id for c in claimants(finance, finance_path())] == ["stat_finance"]
        names = ["报告期", "没有这一列"]
        assert "缺少必需列" in refusal(
            tmp_path, finance, csv_file([["202602", "1"]], names), reporter="220100", period="202602"
        )
        tell_unknown([(finance_path(), datetime(2026, 4, 1, tzinfo=ZONE), 1)])

    @pytest.mark.parametrize(
        ("old", "new"), [("semanticType: money", "semanticType: geld"), ("schema:\n", "schema: [\n")]
    )
    def test_a_broken_contract_is_the_first_thing_to_do_and_nothing_is_compared_or_taken_in_by_it(
        self, checkout: Path, old: str, new: str
    ) -> None:
        path = checkout / "schemas" / "feeds" / "stat_rd.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
        assert [str(step) for step in advice.broken_contracts()] == [
            "合同 stat_rd 有 1 处要改，改好以前不接收这个数据源：zjtx contract check schemas/feeds/stat_rd.yaml"
        ]
        for use in (compare, lambda feed: take_changed(feed, ["a"])):
            with pytest.raises(ContractBroken, match="合同 stat_rd"):
                use("stat_rd")

    def test_a_feed_in_the_folder_of_tables_is_sent_where_it_belongs(self, checkout: Path) -> None:
        path = write(checkout / "schemas" / "tables", None)
        assert "数据源的合同放在了 tables 文件夹；改法：移到 schemas/feeds" in str(
            contractcheck.faults(path)[0]
        )

    def test_trying_again_does_not_mend_a_contract(self) -> None:
        assert Polls(failures={"a": ContractBroken("x")}).hopeless
        assert not Polls(failures={"a": ContractBroken("x"), "b": SourceUnavailable("y")}).hopeless


class TestAHeaderThatMustBeThere:
    """``header: required`` speaks of the header, ``required`` of the cells."""

    PRIOR = "营业收入_上年同期"

    @pytest.fixture
    def finance(self, checkout: Path) -> None:
        path = checkout / "schemas" / "feeds" / "stat_finance.yaml"
        name = "  - name: revenue_prior\n"
        text = path.read_text(encoding="utf-8")
        said = "    customProperties:\n    - property: header\n      value: required\n"
        path.write_text(text.replace(name, name + said), encoding="utf-8")
        assert contractcheck.faults(path) == []

    def test_is_missed_by_its_name(self, tmp_path: Path, finance: None) -> None:
        names = [n for n in FINANCE if n != self.PRIOR]
        row = [c for n, c in zip(FINANCE, line(1, 5), strict=True) if n != self.PRIOR]
        text = refusal(
            tmp_path, load_feed("stat_finance"), csv_file([row], names), reporter="220100", period="202602"
        )
        assert text.startswith(f"缺少必需列：{self.PRIOR}（表头在第1行")

    def test_may_have_blank_cells_below_it(self, tmp_path: Path, finance: None) -> None:
        content = csv_file([line(1, 5, prior="")])
        found, rows = read(tmp_path, load_feed("stat_finance"), content, reporter="220100", period="202602")
        assert "revenue_prior" in found.headers and "revenue_prior" not in rows[0][1]

    def test_an_optional_header_may_still_be_left_out(self, tmp_path: Path) -> None:
        names = [n for n in FINANCE if n != self.PRIOR]
        row = [c for n, c in zip(FINANCE, line(1, 5), strict=True) if n != self.PRIOR]
        found, _ = read(
            tmp_path, load_feed("stat_finance"), csv_file([row], names), reporter="220100", period="202602"
        )
        assert "revenue_prior" not in found.headers


def test_a_file_whose_path_does_not_say_what_it_replaces_is_refused() -> None:
    finance = load_feed("stat_finance")
    assert _scope(finance, {"reporter": "220100", "period": "202602"}) == "reporter=220100/period=202602"
    with pytest.raises(Refused, match="没有给出 period，无法判断本文件替换哪一份"):
        _scope(finance, {"reporter": "220100"})


PATTERNS = {
    "a": r"stat/(?P<r>\d{6}|\d{2}[A-Z]{3})/(?P<f>103|203)/(?P=f)_(?P=r)_(?P<p>\d{4}|\d{6})(_[^/]*)?\.(?i:csv|xlsx|xls)",
    "b": r"stat/(?P<r>\d+)/(?P<f>\d+)/\d+_(?P<p>.*)\.csv",
    "c": r"[^/]+/x\.csv",
    "d": r"a/(?:b|c)*d?/[^x]\.csv",
    "e": r"(?i:A)/.{0,3}/\w\.CSV",
    "f": r"a/(?!b).+\.(?i:csv)",
    "g": r"",
    "h": r"(x+x+)+y",
}


@pytest.mark.parametrize(("one", "other"), list(permutations(PATTERNS, 2)), ids=lambda n: n)
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_patterns_that_are_said_to_share_no_path_share_none(
    one: str, other: str, data: st.DataObject
) -> None:
    path = data.draw(st.from_regex(PATTERNS[one], fullmatch=True))
    if re.fullmatch(PATTERNS[other], path):
        assert shared(PATTERNS[one], PATTERNS[other]) is not None


@pytest.mark.parametrize(
    ("one", "other", "path"),
    [
        ("a", "a", "stat/00AAA/103/103_00AAA_0000.CSV"),
        ("a", "b", "stat/000000/103/103_000000_0000.csv"),
        ("a", "c", None),
        ("c", "d", None),
        ("c", "g", None),
        ("g", "g", ""),
        ("h", "h", "xxy"),
        ("d", "f", "a//0.csv"),
    ],
)
def test_the_shortest_shared_path_is_shown(one: str, other: str, path: str | None) -> None:
    assert shared(PATTERNS[one], PATTERNS[other]) == shared(PATTERNS[other], PATTERNS[one]) == path


def test_no_two_feeds_of_one_source_share_a_path() -> None:
    for one, other in permutations(map(load_feed, feed_ids()), 2):
        if one.feed.connection == other.feed.connection:
            assert shared(one.feed.pattern, other.feed.pattern) is None, (one.id, other.id)


def test_groups_that_may_be_missing_and_groups_of_one_text() -> None:
    pattern = r"(?P<a>x)/((?P<b>\d+)/)?((?P<c>1)|(?P<d>2))(?P<e>[a-z]){0,1}((?P<f>\d)|(?P<g>y))+"
    assert optional(pattern) == {"b", "c", "d", "e", "f", "g"}
    assert fixed(pattern) == {"a", "c", "d", "g"}
