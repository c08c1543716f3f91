"""The models of warnings on the cases of the rules' own tests: the same firms, the same answers, without a server."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from jobs.kpi.facts import all_facts, fact_names
from tests.golden import test_warning_rules as cases
from tests.unit import test_shown
from tests.warning_frames import firm
from tests.warning_models import figures_as_text, told

NOW, BEFORE = cases.NOW, cases.BEFORE
Rows = dict[tuple[str, str, str], dict[str, Any]]


def _rows(rows: list[dict[str, Any]], periods: tuple[str, ...] = (NOW,)) -> Rows:
    return {(r["period"], r["uscc"], r["rule"]): r for r in told(rows, periods)["warning"]}


def test_every_rule_at_its_boundary() -> None:
    firms = [
        row for name, (_, facts, _) in cases.SCENARIOS.items() for row in cases._two_quarters(name, **facts)
    ]
    found = _rows(firms)
    for name, (rule, _, fires) in cases.SCENARIOS.items():
        assert ((NOW, name, rule) in found) is fires, name
    # What stands says what it rests on, and of what was reported the line.
    facts = set(fact_names(all_facts()))
    for row in found.values():
        assert row["state"] == "open"
        assert set(row["evidence"]) & facts == set(row["evidence_lines"]) != set(), row


def test_runs_of_quarters() -> None:
    rows = [row for name, (quarters, _) in cases.STORIES.items() for row in cases._story(name, *quarters)]
    found = _rows(rows, tuple(cases.QUARTERS))
    for name, (_, expected) in cases.STORIES.items():
        own = {p: r for (p, uscc, rule), r in found.items() if (uscc, rule) == (name, "revenue_fall")}
        assert {p: (r["state"], r["first_seen"], r["periods_open"]) for p, r in own.items()} == expected, name
    ended = found["2025Q4", "closed, said once", "revenue_fall"]
    unknown = found["2025Q3", "figure missing now ends it", "revenue_fall"]
    assert [r["text"] for r in (ended, unknown)] == [
        "本期条件不再成立，预警解除",
        "本期缺数，无法判断，预警中止",
    ]
    for row in (ended, unknown):
        assert (row["evidence"], row["evidence_lines"], row["ladder_level"], row["due_on"]) == (None,) * 4
        assert row["level"] == row["severity"]


def test_certificates_near_their_end_and_the_lines_they_set() -> None:
    ending = [firm(day, ends=[(cases.PROVINCIAL, day), (cases.CITY, "2028-01-01")]) for day in cases.EXPIRIES]
    ruled = [
        firm(name, ends=ends, **({} if revenue is None else {"revenue_y1": revenue}))
        for name, (ends, revenue, _) in cases.RD_LINES.items()
    ]
    library = firm("library") | {"valid_tiers": ["seed"], "ends": [("seed", None)]}
    found = told([*ending, *ruled, library], [NOW])
    said = {r["uscc"]: r["evidence"] for r in found["warning"] if r["rule"] == "certificate_expiring"}
    assert said == {
        day: {"expiring_tiers": cases.PROVINCIAL, "expires_on": day, "days_left": str(left)}
        for day, left in cases.EXPIRIES.items()
        if left is not None
    }
    inside = {r["uscc"] for r in found["judgements"] if r["rule"] == "certificate_expiring" and r["inside"]}
    assert inside == {*cases.EXPIRIES, *cases.RD_LINES}
    lines = {r["uscc"]: r["rd_line"] for r in found["rd_lines"]}
    for name, (*_, line) in cases.RD_LINES.items():
        assert lines.get(name) == (None if line is None else Decimal(line)), name


def test_a_rule_is_evaluated_for_its_population_only() -> None:
    found = told([firm(name, **own) for name, (own, _) in cases.POPULATIONS.items()], [NOW])
    for name, (_, expected) in cases.POPULATIONS.items():
        inside = {r["rule"] for r in found["judgements"] if r["uscc"] == name and r["inside"]}
        assert inside & cases.ASKED == expected, name


def test_a_second_source_raises_the_level_and_a_missing_one_lowers_the_confidence() -> None:
    quarters = (BEFORE, NOW)
    found = _rows([
        *(firm(f"second {n}", q, lacks=lacks, **cases.FALL, **facts)
          for n, (facts, lacks, _) in cases.SECOND_SOURCE.items() for q in quarters),
        *(firm(f"yes {rule}", q, **facts) for rule, facts in cases.CONFIRMED.items() for q in quarters),
        *(firm(f"no {rule}", q, **facts) for rule, facts in cases.NOT_CONFIRMED.items() for q in quarters),
        firm("other side", vat_sales=60, revenue=100, cit_revenue=200),
        firm("listed", lacks=["fin_guarantee"], loan_overdue=1),
        firm("three", dishonest_listed=2),
    ])  # fmt: skip
    for name, (*_, expected) in cases.SECOND_SOURCE.items():
        row = found[NOW, f"second {name}", "revenue_fall"]
        assert (row["level"], row["confirmed"], row["confidence"]) == expected, name
    for rule in cases.CONFIRMED:
        for answer, confirmed in (("yes", True), ("no", False)):
            row = found[NOW, f"{answer} {rule}", rule]
            own = row["severity"] + (rule == "vat_gap")
            assert (row["confirmed"], row["level"]) == (confirmed, own + confirmed), (rule, answer)
    assert found[NOW, "other side", "vat_gap"]["confirmed"] is False
    assert found[NOW, "listed", "credit_default"]["confidence"] == "高"
    assert found[NOW, "three", "dishonest_listed"]["level"] == 3


def test_unknown_is_counted_and_warns_of_nothing_and_a_rule_without_its_fact_is_left_out() -> None:
    firms = [
        firm("falls", **cases.FALL),
        firm("steady", **cases.STEADY),
        firm("no_base", revenue=50),
        firm("none", lacks=["statement"]),
    ]
    facts = [f for f in fact_names(all_facts()) if f != "kwh_prior"]
    rules = {r["rule"]: r for r in told(firms, [NOW], facts=facts)["warning_rule"]}
    counts = ("n_population", "n_met", "n_not_met", "n_unknown", "n_fired", "fired_share")
    assert [rules["revenue_fall"][n] for n in counts] == [3, 1, 1, 1, 0, 0.0]
    assert [rule for rule, r in rules.items() if not r["evaluated"]] == ["power_fall"]
    assert [rules["power_fall"][n] for n in counts] == [None] * 6
    with pytest.raises(ValueError, match="按季度"):
        told([], ["202512"])


def test_sentences_show_what_decides_and_nothing_as_nothing() -> None:
    decided = {f"{n}": told_as for n, told_as in enumerate(cases.DECIDING.values())}
    tiny = {
        "total_liabilities": 23_974,
        "total_assets": 31_819,
        "total_liabilities_prior": 24_670,
        "total_assets_prior": 32_742,
    }
    fall = {"revenue": "12345678.50", "revenue_prior": 20_000_000}
    found = _rows([
        *(firm(str(n), ends=[(cases.PROVINCIAL, "2028-07-31")], rd_y1=spent, revenue_y1=revenue)
          for n, (spent, revenue) in enumerate(cases.DECIDING)),
        firm("overdue", loan_overdue="0.01", loan_bad=0, guarantee_paid_out=49),
        firm("loss", profit_y1="-0.01", profit_y2=-50),
        firm("tiny", **tiny), firm("dash", total_liabilities=80, total_assets=100),
        firm("fall", BEFORE, **fall), firm("fall", **fall),
        # Beyond what is computed with: unknown, and no other firm suffers for it.
        firm("vast", **dict.fromkeys(tiny, 10**20)),
    ])  # fmt: skip
    for name, text in decided.items():
        assert f"占营业收入{text}%，低于所持证书要求的3%" in found[NOW, name, "rd_below_line"]["text"]
    texts = {name: r["text"] for (_, name, _), r in found.items() if name not in decided}
    assert texts["overdue"] == "逾期贷款0.000001万元，不良贷款0.00万元，担保代偿0.0049万元"
    assert texts["loss"] == "上年度利润总额-0.000001万元，前年度-0.01万元，连续两年全年累计亏损"
    assert texts["tiny"].startswith("资产负债率75.34%，上年同期75.35%，一年变动-0.002个百分点；")
    assert texts["dash"].startswith("资产负债率80.00%，上年同期—%，一年变动—个百分点；")
    assert (
        texts["fall"]
        == "营业收入（1-本月）1,234.57万元，上年同期2,000.00万元，同比-38.27%，连续两期降幅不小于20%"
    )
    row = found[NOW, "fall", "revenue_fall"]
    assert row["evidence"] == {
        "revenue": "12345678.5",
        "revenue_prior": "20000000",
        "revenue_change": "-38.27",
    }
    assert row["evidence_lines"] == {
        "revenue": "revenue.xlsx:表1:2",
        "revenue_prior": "revenue_prior.xlsx:表1:3",
    }
    assert "vast" not in texts


def test_a_rule_that_fires_on_more_than_a_tenth_climbs_only_with_a_word() -> None:
    crowds = [row for crowd, quarter in cases.WHEN.items() for row in cases._many(*crowd, quarter)]
    found = told(crowds, cases.WHEN.values())
    rules = {r["period"]: r for r in found["warning_rule"] if r["rule"] == "revenue_fall"}
    for crowd, waits in cases.CROWDS.items():
        review = "规则待复核" if waits else None
        assert rules[cases.WHEN[crowd]]["review"] == review, crowd
        own = [r for r in found["warning"] if (r["period"], r["rule"]) == (cases.WHEN[crowd], "revenue_fall")]
        assert {(r["review"], r["ladder_level"] is None, r["due_on"] is None) for r in own} == {
            (review, waits, waits)
        }
    for word, stands in cases.WORDS.values():
        found = told(cases._many(20, 80), [NOW], {(NOW, "revenue_fall"): word})
        (rule,) = [r for r in found["warning_rule"] if r["rule"] == "revenue_fall"]
        released = stands == "已放行"
        said = (word.note, word.by, cases.AT) if released else (None,) * 3
        assert (rule["review"], rule["review_note"], rule["reviewed_by"], rule["reviewed_at"]) == (
            stands,
            *said,
        )
        places = {r["ladder_level"] for r in found["warning"] if r["rule"] == "revenue_fall"}
        assert places == {"secretary" if released else None}


def test_place_on_the_ladder_by_the_days_since_the_first_quarters_end() -> None:
    rows = [firm("A", q, dishonest_listed=1) for q in (BEFORE, NOW)]
    (found,) = told([*rows, firm("B", dishonest_listed=0)], [NOW])["warning"]
    # Seen first at the end of September: 92 days later the first four levels (85 days) are behind it.
    assert (found["first_seen"], found["ladder_level"], found["due_on"]) == (
        BEFORE,
        "leading_group",
        date(2026, 1, 23),
    )
    assert found["ladder_body"] == "省促进中小企业（民营经济）发展工作领导小组"


def test_quotients_as_text_compare_as_they_do_exactly() -> None:
    quotients = list(test_shown.quotients())
    texts = figures_as_text([tuple(map(test_shown._decimal, q)) for q in quotients])
    for (of, by, limit), text in zip(quotients, texts, strict=True):
        assert text is not None
        said = re.fullmatch(r"(略低于|略高于)?(-?\d+\.\d{2,16})", text)
        assert said, text
        side = {"略低于": -1, "略高于": 1}.get(said[1]) or test_shown.side(Fraction(said[2]), limit)
        assert side == test_shown.side(of / by, limit), (of, by, limit, text)
    nothing = [
        (None, Decimal(1), None),
        (Decimal(1), None, None),
        (Decimal(1), Decimal(0), None),
        (Decimal(1), Decimal(8), None),
    ]
    assert figures_as_text(nothing) == [None, None, None, "0.13"]
