"""Incentives as data: all of the catalogue, caps in 元, and only names that the facts have."""

from decimal import Decimal

import pytest
import yaml
from pydantic import ValidationError

from jobs.definitions.policy.granting import granting, of_region
from jobs.definitions.policy.incentives import ListingRule
from jobs.rules.incentives import FIRST_AWARDED
from jobs.settings import settings

ALL = [i for document in granting() for i in document.incentives]
COLUMNS = {"industry_code", "valid_tiers", FIRST_AWARDED}


def test_all_26_incentives_of_three_policies_are_there():
    jilin = [f"JL-I{n:02d}" for n in range(1, 22)]
    assert [i.id for i in ALL] == [*jilin, "SX-I01", "SX-I02", "ZJ-I01", "ZJ-I02", "ZJ-I03"]
    assert [i.id for i in of_region("140000")] == ["SX-I01", "SX-I02"]


@pytest.mark.parametrize("incentive", [i for i in ALL if i.rule.eligible], ids=lambda i: i.id)
def test_cap_in_yuan_is_the_cap_of_the_text_in_ten_thousand(incentive):
    text = None if incentive.cap is None else Decimal(str(incentive.cap)) * 10_000
    assert incentive.rule.cap == text


@pytest.mark.parametrize("incentive", ALL, ids=lambda i: i.id)
def test_evidence_names_facts(incentive):
    facts = yaml.safe_load((settings().schemas / "facts.yaml").read_text(encoding="utf-8"))["facts"]
    assert set(incentive.rule.needs) <= {f["name"] for f in facts} | COLUMNS
    assert all(
        n in (incentive.rule.eligible or "") + (incentive.rule.amount or "") for n in incentive.rule.needs
    )


def test_what_cannot_be_told_says_why():
    untold = [i.rule for i in ALL if i.rule.amount is None]
    assert len(untold) == 20
    assert all(rule.why for rule in untold)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"status": "已量化", "eligible": "true", "needs": ["rd_y1"]}, "金额算法"),
        ({"status": "未量化", "why": "x", "eligible": "true", "amount": "1", "needs": ["rd_y1"]}, "金额算法"),
        ({"status": "已量化", "amount": "1"}, "没有条件"),
        ({"status": "已量化", "amount": "1", "eligible": "true"}, "没有依据"),
        (
            {"status": "已量化", "amount": "1", "eligible": "true", "needs": ["rd_y1"], "turn": "year"},
            "以哪一项为准",
        ),
        ({"status": "未量化"}, "说明原因"),
    ],
)
def test_inconsistent_rule_is_refused(rule, reason):
    with pytest.raises(ValidationError, match=reason):
        ListingRule.model_validate(rule)
