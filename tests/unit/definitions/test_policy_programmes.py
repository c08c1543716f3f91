"""Programmes and documents as data: they load, refuse what does not fit, and know which periods a change touches."""

import shutil
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
import yaml

from jobs.definitions.calendar import reference_year, track
from jobs.definitions.catalogue import leader_of, rows_of
from jobs.definitions.contract import load_feed
from jobs.definitions.dictionary import Indicator, Part, indicators, read_dictionary
from jobs.definitions.period import parse
from jobs.definitions.policy import load, load_all
from jobs.definitions.policy.document import Target
from jobs.definitions.policy.influence import FeedUse, affected, members, title
from jobs.definitions.policy.model import feeds_read, policy
from jobs.definitions.policy.uses import asked, feed_uses
from jobs.quality.suites import CRITICAL, read_suite
from jobs.refusals import Refusal
from jobs.release.candidate import compute_candidate
from jobs.release.gate import Decision
from jobs.release.versions import digest
from jobs.settings import REPO, settings
from jobs.targets.closing import Closing, closing_days, due_period
from jobs.targets.progress import COLUMNS, judge_all
from jobs.targets.states import compare, due
from tests.support.installation import environment


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A copy of the policies that the jobs read meanwhile."""
    made = tmp_path / "policies"
    shutil.copytree(REPO / "policies", made)
    with environment({"ZJTX_POLICIES": str(made)}):
        yield made


def write(folder: Path, name: str, **fields: object) -> None:
    text = yaml.safe_dump(fields, allow_unicode=True, sort_keys=False)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


SIXTH = {
    "id": "JL15",
    "title": "“十五五”培育方案",
    "region_code": "220000",
    "region": "吉林省",
    "within": "JL",
}
TARGET = {
    "id": "JL15-T01", "policy": "JL15", "clause": "二", "quote": "省级“专精特新”中小企业2500户",
    "indicator": "prov_srdi_count", "name_zh": "省级“专精特新”中小企业数", "operator": ">=", "value": 2500, "unit": "户",
    "level": "aggregate_count", "applies_to": "provincial_srdi", "deadline": "2030-12-31",
    "period": "cumulative_stock", "strength": "must", "baseline": None, "owners": ["省工业和信息化厅"],
    "feeds": ["cert_register"], "formula": "count", "monitor": "computable",
    "reads": {"indicator": "region_rd", "headline": "sum"},
}  # fmt: skip


def test_every_programme_asks_only_for_indicators_of_the_dictionary():
    for programme in load_all().values():
        assert {u.id for u in programme.indicators} <= set(indicators())
        for use in programme.indicators:
            assert indicators()[use.id].entity == programme.entity or indicators()[use.id].family == "item"


def test_every_required_feed_is_read():
    for programme in load_all().values():
        if programme.fed:
            assert set(programme.required_feeds) <= set(programme.feed_ids)


def test_jilin_compares_ten_units_and_opens_in_2025q1():
    jilin = load("JL")
    assert (len(jilin.units), jilin.periods(parse("2025Q3"))) == (10, ["2025Q1", "2025Q2", "2025Q3"])
    assert "22CBS" in jilin.units
    assert load("CN4").periods(parse("2026")) == ["2023"]


def test_the_city_s_document_is_tracked_in_the_province_s_programme():
    programme, document = policy("CC")
    assert (programme.id, document.region_code) == ("JL", "220100")
    assert [d.id for d in programme.documents] == ["CC", "JL"]
    assert document.region_code in programme.units
    with pytest.raises(LookupError, match="没有政策“XX”；可用：CC、CN4、"):
        policy("XX")


@pytest.mark.parametrize("name", ["SD", "SX", "ZJ"])
def test_a_programme_without_units_here_is_not_fed(name):
    assert (load(name).units, load(name).fed) == ([], False)


def test_only_fed_programmes_wake_the_computation():
    assert set(feeds_read()) == {*load("JL").feed_ids, *load("CN4").feed_ids}


@pytest.mark.parametrize(
    ("name", "certified", "libraries"),
    [
        ("JL", {"city_srdi", "provincial_srdi", "national_little_giant", "national_champion"}, {"seed"}),
        ("SX", {"provincial_srdi", "provincial_little_giant", "national_little_giant"}, {"city_library"}),
        (
            "ZJ",
            {
                "provincial_srdi",
                "provincial_hidden_champion",
                "national_little_giant",
                "national_champion",
            },
            set(),
        ),
    ],
)
def test_libraries_are_no_certificates_and_never_expire(name, certified, libraries):
    programme = load(name)
    assert {t.code for t in programme.tiers if t.rank >= programme.certified_rank} == certified
    assert {t.code for t in programme.tiers if not t.expires} == libraries


def test_a_sixth_policy_is_one_more_file(folder: Path):
    before = {t.id for p in load_all().values() for t in p.targets}
    write(folder, "JL15", **SIXTH, targets=[TARGET])
    load_all.cache_clear()
    jilin = load("JL")
    assert [d.id for d in jilin.documents] == ["CC", "JL", "JL15"]
    assert {t.id for p in load_all().values() for t in p.targets} == before | {"JL15-T01"}
    assert "region_rd" in {u.id for u in jilin.indicators}, "what a target asks for need not be listed"
    assert {"yearbook_rd_intensity"} <= set(jilin.feed_ids)


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        (SIXTH | {"within": "XX"}, "within 指向的方案不存在"),
        ({k: v for k, v in SIXTH.items() if k != "within"}, "须写 programme 或 within 之一"),
        (SIXTH | {"targets": [TARGET | {"id": "JL-T01"}]}, "编号重复.*JL-T01"),
        (SIXTH | {"id": "CC"}, "编号重复.*CC"),
        (SIXTH | {"targets": [TARGET | {"policy": "JL"}]}, "属于别的政策"),
        (SIXTH | {"colour": "red"}, "colour"),
    ],
    ids=[
        "unknown programme",
        "no programme",
        "double target",
        "double document",
        "foreign target",
        "unknown field",
    ],
)
def test_a_file_that_does_not_fit_is_refused(folder: Path, fields, match):
    write(folder, "sixth", **fields)
    load_all.cache_clear()
    with pytest.raises(ValueError, match=match):
        load_all()


def test_rules_have_another_fingerprint_once_a_document_or_a_national_rule_changes(folder: Path):
    def fingerprints() -> dict[str, str]:
        load_all.cache_clear()
        return {name: digest(load(name)) for name in ("JL", "CN4")}

    before = fingerprints()
    write(folder, "JL15", **SIXTH, targets=[TARGET])
    further = fingerprints()
    assert further["JL"] != before["JL"] and further["CN4"] == before["CN4"]
    (folder / "national").mkdir(exist_ok=True)
    (folder / "national" / "criteria.yaml").write_text("rules: []", encoding="utf-8")
    assert fingerprints()["JL"] != further["JL"]


def test_the_share_of_firms_is_of_the_line_that_the_target_draws(folder: Path):
    (use,) = [u for u in load("JL").indicators if u.id == "rd_intensity"]
    assert (use.line, use.line_is_cap) == ("2.0", False)
    reads = {"indicator": "rd_intensity", "headline": "pooled", "beside": ["share"], "each": ["share"]}
    write(folder, "sixth", **SIXTH, targets=[TARGET | {"reads": reads, "value": 3.0}])
    load_all.cache_clear()
    with pytest.raises(ValueError, match="rd_intensity 有两条达标线"):
        load_all()


def test_a_target_on_an_indicator_the_dictionary_lacks_is_refused(folder: Path):
    reads = {"indicator": "happiness", "headline": "sum"}
    write(folder, "sixth", **SIXTH, targets=[TARGET | {"reads": reads}])
    load_all.cache_clear()
    with pytest.raises(ValueError, match="指标字典中没有“happiness”"):
        load_all()


def test_two_indicators_of_one_id_are_refused(tmp_path: Path):
    text = (settings().schemas / "indicators.yaml").read_text(encoding="utf-8")
    items = yaml.safe_load(text)["indicators"]
    path = tmp_path / "double.yaml"
    path.write_text(yaml.safe_dump({"indicators": [items[0], items[0]]}), encoding="utf-8")
    with pytest.raises(ValueError, match="重复"):
        read_dictionary(path)


QUARTERS = [f"{year}Q{q}" for year in (2025, 2026) for q in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("feed", "source", "touched"),
    [
        ("stat_finance", "202506", QUARTERS[1:]),
        ("stat_finance", "202505", []),
        ("stat_finance", "202412", QUARTERS),
        ("tax_vat", "202503", QUARTERS),
        ("tax_invoice", "202505", QUARTERS[1:]),
        ("stat_staff", "2025Q2", QUARTERS[1:]),
        ("dept_credit_list", "202512", QUARTERS[3:]),
        ("stat_catering", "202506", QUARTERS[1:]),
        ("stat_rd", "2025", QUARTERS[3:]),
        ("certificate_notice", "2026-05-02", ["2026Q2", "2026Q3", "2026Q4"]),
        ("yearbook_rd_activity", "2022", []),
    ],
)
def test_change_of_a_feed_touches_the_periods_that_read_it(feed, source, touched):
    assert load("JL").affected(feed, source, parse("2026Q4")) == touched


def _measured(**read: object) -> Indicator:
    reads = {"current": {"feed": "stat_rd", "column": "rd_total", "at": "year", **read}}
    text = dict.fromkeys(
        ("id", "name_zh", "definition", "formula", "unit", "source", "owner", "version"), "x"
    )
    return Indicator(**text, family="level", reads=reads)


@pytest.mark.parametrize(
    ("read", "yearly", "every", "lags"),
    [
        ({"at": "year"}, False, "year", tuple(range(12))),
        ({"at": "year", "lag": 2}, False, "year", tuple(range(20))),
        ({"at": "year_total"}, False, "year", tuple(range(8))),
        ({"at": "year_total", "lag": 1}, False, "year", tuple(range(12))),
        ({"at": "cumulative"}, False, "month", (0, 4)),
        ({"at": "quarter"}, False, "quarter", (0, 4)),
        ({"at": "event"}, False, "event", (0,)),
        ({"at": "year"}, True, "year", (0, 1)),
    ],
)
def test_what_an_indicator_reads_says_which_periods_a_row_enters(read, yearly, every, lags):
    (use,) = feed_uses([_measured(**read)], {}, yearly)
    assert (use.feed, use.every, use.lags) == ("stat_rd", every, lags)


def test_an_item_of_a_department_enters_every_later_period():
    item = _measured(feed="dept_report", column="value", at="quarter").model_copy(update={"family": "item"})
    (use,) = feed_uses([item], {}, False)
    assert [p for p in QUARTERS if affected(use, "2025Q3", parse(p))] == QUARTERS[2:]


def test_the_reads_of_all_indicators_of_a_feed_are_joined():
    uses = feed_uses([_measured(), _measured(at="year_total", lag=2)], {}, False)
    assert uses == [FeedUse(feed="stat_rd", every="year", lags=tuple(range(16)))]


def test_a_group_stands_for_its_feeds_and_an_unknown_name_is_refused():
    uses = feed_uses([_measured(feed="statement", at="cumulative")], {}, False)
    assert [u.feed for u in uses] == members("statement")
    assert {load_feed(f).feed.group for f in members("statement")} == {"statement"}
    with pytest.raises(ValueError, match="没有数据源或数据源组“nothing”"):
        feed_uses([_measured(feed="nothing")], {}, False)


def test_a_derived_indicator_reads_what_its_parts_read():
    whole = _measured().model_copy(
        update={
            "id": "whole",
            "family": "derived",
            "reads": {},
            "of": [Part(indicator="x", reading="sum"), Part(constant="6")],
        }
    )
    assert [i.id for i in asked(["whole"], {"whole": whole, "x": _measured()})] == ["whole", "x"]


def test_a_row_read_months_later_enters_the_period_it_is_read_for():
    use = FeedUse(feed="x", every="month", lags=(0, 4), months_back=3)
    assert [p for p in QUARTERS if affected(use, "202503", parse(p))] == ["2025Q2", "2026Q2"]
    assert [p for p in QUARTERS if affected(use, "202412", parse(p))] == ["2025Q1", "2026Q1"]


def test_a_group_of_feeds_is_called_as_its_general_form():
    assert title("statement") == title("stat_finance") == "财务状况（103/203表）"


@pytest.mark.parametrize(
    ("period", "complete", "year", "provisional"),
    [
        ("2025Q4", {2024, 2025}, 2025, False),
        ("2025Q4", {2024}, 2024, True),
        ("2025Q2", {2024}, 2024, False),
        ("2026Q1", {2024}, 2024, True),
        ("2023", None, 2023, False),
    ],
)
def test_reference_year_of_yearly_forms(period, complete, year, provisional):
    assert reference_year(parse(period), complete) == (year, provisional)


def test_denominator_of_a_yearly_ratio_is_the_december_row_of_the_same_year():
    intensity = indicators()["rd_intensity"]
    found = track(intensity, intensity.reads["denominator"], "2025Q4", {"stat_rd": {2024}})
    assert (found.provisional, found.reference_period) == (True, "2024年度")
    rows = rows_of(intensity.reads["denominator"], leader_of(intensity, intensity.reads["denominator"]))
    assert rows.key("2025Q4", {"stat_rd": {2024}}) == "202412"


def test_comparisons_are_exact_at_the_boundary():
    two = Fraction("2.0")
    assert compare(Fraction(2), ">=", two)
    assert not compare(Fraction(2), ">", two)
    assert not compare(Fraction(199999999999999999, 100000000000000000), ">=", two)
    assert compare(Fraction(2), "<=", two)


def test_yearly_target_without_deadline_is_due_each_31_december():
    target = policy("JL")[1].targets[0]
    assert due(target, date(2024, 6, 30)) == date(2025, 12, 31)
    yearly = target.model_copy(update={"deadline": None, "period": "per_year"})
    assert due(yearly, date(2024, 6, 30)) == date(2024, 12, 31)


def test_a_yearly_target_is_judged_every_year_in_which_its_document_is_in_force(folder: Path):
    yearly = TARGET | {"deadline": None, "period": "per_year"}
    write(folder, "JL15", **SIXTH, valid_from="2025-06-01", targets=[yearly])
    load_all.cache_clear()
    closing = Closing(date(2027, 4, 1), "R9")
    made = judge_all(
        pd.DataFrame(), load("JL"), ["2024Q4", "2025Q4", "2026Q3", "2026Q4"], closing, indicators()
    )
    rows = [dict(zip(COLUMNS, r, strict=True)) for r in made]
    said = {r["period"]: r["state_reason"] for r in rows if r["target_id"] == "JL15-T01" and r["headline"]}
    assert said["2024Q4"] == "文件2024年未施行，不作判定"
    assert said["2025Q4"].endswith("；2025年度已结束，尚未结账")
    assert "结账" not in said["2026Q3"]
    assert said["2026Q4"].endswith("；2026年度已结束，尚未结账")


def test_the_lag_of_a_period_s_targets_ends_ninety_days_after_their_days(folder: Path):
    yearly = TARGET | {"deadline": None, "period": "per_year"}
    once = TARGET | {"id": "JL15-T02", "deadline": "2025-03-18"}
    write(folder, "JL15", **SIXTH, valid_from="2027-01-01", targets=[yearly, once])
    load_all.cache_clear()
    days = {p: closing_days(load("JL"), p) for p in ("2025Q1", "2025Q2", "2025Q4", "2026Q4", "2027Q4")}
    assert days == {
        "2025Q1": {date(2025, 6, 16)}, "2025Q2": set(), "2025Q4": {date(2026, 3, 31)},
        "2026Q4": {date(2027, 3, 31)}, "2027Q4": {date(2028, 3, 30)},
    }  # fmt: skip


def test_a_deadline_within_a_quarter_is_judged_by_that_quarter(folder: Path):
    once = Target.model_validate(TARGET | {"deadline": "2025-03-18"})
    assert due_period(once, parse("2026Q2")) == "2025Q1"
    assert due_period(once.model_copy(update={"deadline": None}), parse("2026Q2")) is None


class TestARegionThatNobodyKnows:
    """Its figures would stand in the tables with an empty name."""

    def candidate(self) -> str:
        decision = Decision("JL", 7, {"2025Q4": "complete"})
        with pytest.raises(Refusal) as refused:
            compute_candidate([decision, Decision("CN4", 7)])
        return str(refused.value)

    def test_no_programme_of_ours_has_one(self) -> None:
        assert {name: p.unknown_regions for name, p in load_all().items() if p.unknown_regions} == {}

    @pytest.mark.parametrize("units", [["220100", "229900"], ["229900"]])
    def test_as_a_unit_it_stops_the_candidate_before_anything_is_computed(
        self, folder: Path, units: list[str]
    ) -> None:
        data = yaml.safe_load((folder / "JL.yaml").read_text(encoding="utf-8"))
        data["programme"]["units"] = units
        write(folder, "JL", **data)
        load_all.cache_clear()
        assert self.candidate() == (
            "地区表 schemas/reference/regions.csv 没有这些地区，没有计算（方案 JL：229900）："
            "在地区表补上，或改正 policies/ 和 schemas/reference/reporters.yaml 里的代码"
        )

    def test_as_a_document_s_region_it_does_too(self, folder: Path) -> None:
        write(folder, "JL15", **SIXTH | {"region_code": "229901"}, targets=[TARGET])
        load_all.cache_clear()
        assert "（方案 JL：229901）" in self.candidate()

    def test_in_the_list_of_units_it_is_not_silently_left_out(self, tmp_path: Path) -> None:
        schemas = Path(shutil.copytree(REPO / "schemas", tmp_path / "schemas"))
        lists = schemas / "reference" / "reporters.yaml"
        text = lists.read_text(encoding="utf-8")
        lists.write_text(
            text.replace("ranked_units: ['220100'", "ranked_units: ['229900'", 1), encoding="utf-8"
        )
        with environment({"ZJTX_SCHEMAS": str(schemas)}):
            assert load("JL").units[0] == "229900"
            assert "（方案 JL：229900）" in self.candidate()

    @pytest.mark.parametrize("table", ["kpi_region", "coverage", "region_ranking", "ranking_component"])
    def test_a_row_without_a_name_fails_the_audit(self, table: str) -> None:
        found = [
            e
            for e in read_suite(table).expectations
            if e.expectation_type == "expect_column_values_to_not_be_null"
        ]
        assert {e.column: e.severity for e in found}["region_name"] == CRITICAL
