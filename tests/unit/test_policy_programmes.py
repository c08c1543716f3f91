"""Policies as data: they load, quote the catalogue verbatim, and know which periods a change touches."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from jobs.kpi.calendar import reference_year, track
from jobs.kpi.dictionary import indicators, read_dictionary
from jobs.period import parse
from jobs.policy import load, load_all
from jobs.policy.model import Programme
from jobs.policy.states import compare, due
from jobs.settings import settings


def test_every_policy_loads_and_asks_only_for_indicators_of_the_dictionary():
    for programme in load_all().values():
        assert {u.id for u in programme.indicators} <= set(indicators())
        for use in programme.indicators:
            assert indicators()[use.id].entity == programme.entity


def test_jilin_compares_ten_units_and_opens_in_2025q1():
    jilin = load("JL")
    assert (len(jilin.units), jilin.periods(parse("2025Q3"))) == (10, ["2025Q1", "2025Q2", "2025Q3"])
    assert load("CN4").periods(parse("2026")) == ["2023"]


def test_targets_name_tiers_and_readings_that_exist():
    jilin = load("JL")
    assert [t.id for t in jilin.targets] == ["JL-T01", "JL-T02", "JL-T03", "JL-T04", "JL-T05", "JL-T08"]
    assert {t.reads.tier for t in jilin.targets} <= set(jilin.ranks)
    assert all(t.reads.tier == t.applies_to for t in jilin.targets)


def test_target_on_an_indicator_the_programme_lacks_is_refused():
    data = yaml.safe_load((settings().policies / "JL.yaml").read_text(encoding="utf-8"))
    data["indicators"] = data["indicators"][:1]
    with pytest.raises(ValueError, match="未列入"):
        Programme.model_validate(data)


def test_two_indicators_of_one_id_are_refused(tmp_path: Path):
    text = (settings().schemas / "indicators.yaml").read_text(encoding="utf-8")
    items = yaml.safe_load(text)["indicators"]
    path = tmp_path / "double.yaml"
    path.write_text(yaml.safe_dump({"indicators": [items[0], items[0]]}), encoding="utf-8")
    with pytest.raises(ValueError, match="重复"):
        read_dictionary(path)


@pytest.mark.parametrize(
    ("feed", "source", "touched"),
    [
        ("stat_finance", "202506", ["2025Q2", "2026Q2"]),
        ("stat_finance", "202505", []),
        ("stat_finance", "202412", ["2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2", "2026Q3"]),
        ("stat_catering", "202506", ["2025Q2", "2026Q2"]),
        ("stat_rd", "2025", ["2025Q4", "2026Q1", "2026Q2", "2026Q3", "2026Q4"]),
        ("certificate_notice", "2026-05-02", ["2026Q2", "2026Q3", "2026Q4"]),
        ("yearbook_rd_activity", "2022", []),
    ],
)
def test_change_of_a_feed_touches_the_periods_that_read_it(feed, source, touched):
    assert load("JL").affected(feed, source, parse("2026Q4")) == touched


def test_a_group_of_feeds_is_called_as_its_first_member():
    names = load("JL").feed_names()
    assert names["statement"] == names["stat_finance"] == "财务状况（103/203表）"


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
    assert (found.row_key, found.provisional, found.reference_period) == ("202412", True, "2024年度")


def test_comparisons_are_exact_at_the_boundary():
    two = Fraction("2.0")
    assert compare(Fraction(2), ">=", two)
    assert not compare(Fraction(2), ">", two)
    assert not compare(Fraction(199999999999999999, 100000000000000000), ">=", two)
    assert compare(Fraction(2), "<=", two)


def test_yearly_target_without_deadline_is_due_each_31_december():
    target = load("JL").targets[0]
    assert due(target, date(2024, 6, 30)) == date(2025, 12, 31)
    yearly = target.model_copy(update={"deadline": None, "period": "per_year"})
    assert due(yearly, date(2024, 6, 30)) == date(2024, 12, 31)
