"""The national rules as data: every condition is there, every SQL names its facts, validity has no gap."""

import re
from datetime import date, timedelta

import pytest
import yaml

from jobs.definitions.rules.criteria import Condition, Item, TierRules
from jobs.definitions.rules.versions import fact_labels, load_versions, terms
from jobs.settings import settings
from tests.support.installation import environment

SME, SRDI, GIANT = "innovative_sme", "provincial_srdi", "national_little_giant"

CONDITIONS = {
    ("MIIT-2022-63", SME): {
        "score": "≥60分", "innovation_points": "≥20分", "growth_points": "≥15分", "specialisation_points": "≥15分",
        "direct_award": "省级或国家级", "direct_high_tech": "是", "direct_institution": "省级以上", "direct_equity": "≥500万元",
    },
    ("MIIT-2022-63", SRDI): {
        "segment_years": "≥2年", "rd_amount": "≥100万元", "rd_ratio": "≥3%", "revenue": "≥1000万元，或融资≥2000万元",
        "score": "≥60分", "direct_award": "省级前三或国家级前五", "direct_rd": "≥1000万元", "direct_equity": "≥6000万元",
        "direct_maker": "全国500强",
    },
    ("MIIT-2022-63", GIANT): {
        "segment_years": "≥3年", "main_share": "≥70%", "main_growth_2y": "≥5%", "core_systems": "≥1项",
        "management_certified": "是", "debt_ratio": "≤70%", "market_share": "≥10%", "own_brand": "是",
        "rd_by_revenue": "收入≥1亿元：两年均≥3%；0.5—1亿元：两年均≥6%；<0.5亿元：两年融资≥8000万元", "rd_institution": "有",
        "class_one_ip": "≥2项", "chain_position": "是", "product_field": "属于", "direct_award": "国家级前三",
        "direct_maker": "全国50强",
    },
    ("MIIT-2026-2", SRDI): {
        "prior_title": "已获", "segment_years": "≥3年", "revenue": "≥1500万元，或融资≥2000万元", "main_share": "≥80%",
        "debt_ratio": "≤80%", "rd_amount": "两年均≥100万元", "rd_ratio": "两年均≥3%", "class_one_ip": "≥1项",
        "market_position": "没有数值门槛", "development_score": "≥50分",
    },
    ("MIIT-2026-2", GIANT): {
        "prior_title": "持有有效证书", "segment_years": "≥3年", "revenue": "≥5000万元", "main_share": "≥90%",
        "revenue_growth": "≥5%", "debt_ratio": "≤75%", "rd_amount": "≥1200万元", "rd_ratio": "两年均≥3%",
        "class_one_ip": "≥4项，或豁免", "market_position": "≥10%，或前3名", "chain_position": "是", "development_score": "≥60分",
    },
}  # fmt: skip
"""What the rules ask, from the texts as collected: id -> how the threshold shown begins."""

SCORES = {
    SME: {
        "innovation": {"ip_main_product": 20, "rd_ratio": 20},
        "growth": {"main_growth": 20, "debt_ratio": 10},
        "specialisation": {"field": 10, "main_share": 20},
    },
    SRDI: {
        "specialisation": {"main_share": 5, "main_growth_2y": 10, "segment_years": 5, "field": 5},
        "refinement": {"digital_level": 5, "quality_items": 5, "net_profit_rate": 10, "debt_ratio": 5},
        "feature": {"local_feature": 15},
        "innovation": {"ip_main_product": 10, "rd_amount_or_ratio": 10, "rd_staff_ratio": 5, "rd_institution_level": 10},
    },
}  # fmt: skip
NOT_PUBLIC = {
    ("MIIT-2022-63", GIANT, "product_field"), ("MIIT-2026-2", SRDI, "prior_title"), ("MIIT-2026-2", SRDI, "market_position"),
    ("MIIT-2026-2", SRDI, "development_score"), ("MIIT-2026-2", GIANT, "development_score"),
}  # fmt: skip


def _tiers():
    return {(v.id, t.tier): t for v in load_versions() for t in v.tiers}


def _lines():
    return [
        (f"{v} {t} {x.id}", x)
        for (v, t), rules in _tiers().items()
        for x in (*rules.conditions, *rules.alternatives, *rules.scores)
    ]


@pytest.mark.parametrize("place", CONDITIONS)
def test_every_condition_of_the_rule_is_there_with_its_threshold(place):
    rules = _tiers()[place]
    there = {x.id: x.threshold for x in (*rules.conditions, *rules.alternatives)}
    assert set(there) == set(CONDITIONS[place])
    assert all(there[k].startswith(v) for k, v in CONDITIONS[place].items())


def test_versions_know_no_other_tiers():
    assert set(_tiers()) == set(CONDITIONS)


@pytest.mark.parametrize("tier", SCORES)
def test_items_of_a_score_and_their_maxima_add_up_to_100(tier):
    items = _tiers()["MIIT-2022-63", tier].scores
    there = {g: {i.id: i.max for i in items if i.group == g} for g in SCORES[tier]}
    assert there == SCORES[tier]
    assert sum(i.max for i in items) == 100


def test_best_band_of_an_item_gives_its_maximum():
    items = [i for t in _tiers().values() for i in t.scores if i.bands]
    assert [i.id for i in items if i.bands[0].points != i.max] == []


def test_what_is_not_public_is_named_with_a_reason():
    there = {(v, t, c.id) for (v, t), rules in _tiers().items() for c in rules.conditions if c.not_public}
    assert there == NOT_PUBLIC


def test_direct_conditions_stand_in_for_the_score_and_for_innovation_only():
    assert {c.id for c in _tiers()["MIIT-2022-63", GIANT].conditions if c.or_any_of} == {
        "rd_by_revenue", "rd_institution", "class_one_ip"
    }  # fmt: skip
    assert {c.id for c in _tiers()["MIIT-2022-63", SRDI].conditions if c.or_any_of} == {"score"}


@pytest.mark.parametrize(("name", "line"), _lines(), ids=[n for n, _ in _lines()])
def test_sql_of_a_line_reads_exactly_the_facts_it_names(name, line):
    texts = [line.value, getattr(line, "met", None), *[b.when for b in getattr(line, "bands", [])]]
    read = {w for t in texts if t for w in re.findall(r"[a-z]\w*", t)}
    assert read & set(fact_labels()) == set(line.needs)


def test_versions_follow_each_other_without_gap_or_overlap():
    old, new = load_versions()
    assert (old.id, old.valid_from, old.valid_to) == ("MIIT-2022-63", date(2022, 8, 1), date(2026, 3, 31))
    assert (new.id, new.valid_from, new.valid_to) == ("MIIT-2026-2", date(2026, 4, 1), None)
    assert old.valid_to + timedelta(days=1) == new.valid_from


@pytest.mark.parametrize(
    ("tier", "day", "review", "version"),
    [
        (SRDI, "2022-07-31", False, None),
        (SRDI, "2022-08-01", False, "MIIT-2022-63"),
        (SRDI, "2026-03-31", False, "MIIT-2022-63"),
        (SRDI, "2026-04-01", False, "MIIT-2026-2"),
        (SRDI, "2026-04-01", True, "MIIT-2026-2"),
        (GIANT, "2026-04-01", False, "MIIT-2026-2"),
        (GIANT, "2026-04-01", True, "MIIT-2022-63"),
        (GIANT, "2026-12-31", True, "MIIT-2022-63"),
        (GIANT, "2027-01-01", True, "MIIT-2026-2"),
        (SME, "2026-03-31", False, "MIIT-2022-63"),
        (SME, "2026-04-01", False, None),
    ],
)
def test_version_of_a_day(tier, day, review, version):
    on = date.fromisoformat(day)
    holding = [
        t.version
        for t in terms(load_versions(), review=review)
        if t.rules.tier == tier and t.first <= on and (t.last is None or on <= t.last)
    ]
    assert holding == ([version] if version else [])


def test_review_of_a_little_giant_under_the_new_rule_does_not_look_at_growth():
    def asked(review):
        held = [t for t in terms(load_versions(), review=review) if t.version == "MIIT-2026-2"]
        return {c.id for t in held if t.rules.tier == GIANT for c in t.rules.conditions}

    assert asked(False) - asked(True) == {"revenue_growth"}


def test_overlapping_versions_are_refused(tmp_path):
    for path in (settings().policies / "national").glob("MIIT-*.yaml"):
        data = yaml.safe_load(path.read_text(encoding="utf-8")) | {"valid_to": None}
        copy = tmp_path / "national" / path.name
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    with environment({"ZJTX_POLICIES": str(tmp_path)}), pytest.raises(ValueError, match="有效期重叠"):
        load_versions()


def test_condition_is_judged_in_exactly_one_way():
    plain = {"id": "x", "text_zh": "条件", "threshold": "≥1"}
    with pytest.raises(ValueError, match="须且只须一项"):
        Condition.model_validate(plain)
    with pytest.raises(ValueError, match="须且只须一项"):
        Condition.model_validate(plain | {"met": "a >= 1", "not_public": True, "reason": "没有公开"})
    with pytest.raises(ValueError, match="须写明"):
        Condition.model_validate(plain | {"not_public": True})


def test_bands_fall_and_alternatives_are_listed():
    item = {"id": "x", "text_zh": "项", "group": "g", "max": 5}
    rising = [{"points": 3, "when": "a >= 1"}, {"points": 5, "when": "a >= 2"}]
    with pytest.raises(ValueError, match="由高到低"):
        Item.model_validate(item | {"bands": rising, "otherwise": 0})
    condition = {"id": "x", "text_zh": "条件", "threshold": "≥1", "met": "a >= 1", "or_any_of": ["y"]}
    with pytest.raises(ValueError, match="未列出"):
        TierRules.model_validate({"tier": "t", "name_zh": "级", "conditions": [condition]})
