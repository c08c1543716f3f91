"""The national rules as models: every example worked out by hand, and figures that a threshold parts."""

from __future__ import annotations

import json

import pytest

from jobs.criteria.models import NationalRules, _exact_quotient
from jobs.kpi import runner
from tests.criteria_models import Rows, tables
from tests.facts_frames import firm
from tests.golden.test_criteria_examples import (
    BANDS,
    ENDS,
    GIANT,
    GIANT_FACTS,
    HELD,
    JUDGED,
    OLD,
    SIXTY,
    SRDI,
    UNKNOWN,
    VERDICTS,
    YI,
)
from tests.unit.test_shown import DOUBLES

NEW_LINE = {"MIIT-2022-63": {"2025Q4"}, "MIIT-2026-2": {"2026Q2"}}


@pytest.fixture(scope="module")
def made() -> dict[str, Rows]:
    """All firms of the examples, and one that has closed."""
    rows = [firm(f"J{n}", period, **facts) for n, (period, _, _, facts, _) in enumerate(JUDGED)]
    rows += [firm(f"P{n}", OLD, **facts) for n, (_, _, facts, _) in enumerate(BANDS)]
    rows += [firm(f"V{n}", v[1], HELD, **(GIANT_FACTS | v[2])) for n, v in enumerate(VERDICTS)]
    rows += [
        firm(f"E{n}", e[1], {t for t, _ in e[2]}, e[2], **(GIANT_FACTS | {"revenue_y3": 2 * YI}))
        for n, e in enumerate(ENDS)
    ]
    both = [(SRDI, "2025-12-31"), (GIANT, "2026-03-01")]
    rows += [firm("TWO", OLD, [SRDI, GIANT], both, **GIANT_FACTS), firm("CLOSED", closed=True, ends=both)]
    points = ({}, {"ip_kind": 3}, {"ip_kind": 0, "net_profit_y1": 6_050_000})
    return tables(rows + [firm(f"Z{n}", OLD, **(SIXTY | p)) for n, p in enumerate(points)])


@pytest.fixture(scope="module")
def found(made: dict[str, Rows]) -> dict[tuple[str, str, str], dict]:
    """Judged lines by firm, tier and condition."""
    return {(r["uscc"], r["tier"], r["condition_id"]): r for r in made["criteria_condition"]}


@pytest.fixture(scope="module")
def summed(made: dict[str, Rows]) -> dict[tuple[str, str], dict]:
    """Verdicts by firm and tier."""
    return {(r["uscc"], r["tier"]): r for r in made["criteria_result"]}


def test_every_condition_at_its_threshold(found) -> None:
    for n, (period, tier, condition, facts, expected) in enumerate(JUDGED):
        row = found[f"J{n}", tier, condition]
        assert row["result"] == expected, (period, tier, condition, facts)
        assert period in NEW_LINE[row["rule_version"]]
        assert (row["basis"] is None) == (expected != UNKNOWN)


def test_points_at_every_line_of_a_band(found) -> None:
    for n, (tier, item, facts, points) in enumerate(BANDS):
        row = found[f"P{n}", tier, f"score_{item}"]
        expected = (points, UNKNOWN if points is None else "scored")
        assert (row["points"], row["result"]) == expected, (tier, item, facts)


def test_every_verdict_of_a_little_giant(summed) -> None:
    for n, (name, period, _, verdict, failed, unknown) in enumerate(VERDICTS):
        row = summed[f"V{n}", GIANT]
        assert (row["verdict"], row["n_not_met"], row["n_unknown"]) == (verdict, failed, unknown), name
        assert (row["n_conditions"], row["n_left_out"]) == ((12, 1) if period == OLD else (11, 1))
        assert row["n_met"] == row["n_conditions"] - failed - unknown


def test_a_verdict_names_what_fails_what_is_missing_and_what_was_left_out(summed) -> None:
    row = summed["V3", GIANT]
    assert row["failed"] == "主导产品全国细分市场占有率10%以上"
    assert row["undecided"] == "至少1项核心业务采用信息系统支撑"
    assert row["missing"] == "核心业务信息系统数"
    assert row["left_out"] == "主导产品属于规定的重点领域（品）"
    assert summed["V0", GIANT]["failed"] is None


def test_points_known_and_whether_the_line_can_be_reached(summed) -> None:
    seen = [summed[f"Z{n}", SRDI] for n in range(3)]
    assert [(r["score_points"], r["score_known_max"], r["score_state"]) for r in seen] == [
        (60, 85, "已达到"), (58, 85, "可能达到"), (44, 85, "达不到"),
    ]  # fmt: skip


def test_what_is_missing_is_named_once_in_the_order_of_the_rule(found) -> None:
    nothing = next(n for n, c in enumerate(JUDGED) if c[:4] == (OLD, SRDI, "segment_years", {}))
    assert found[f"J{nothing}", SRDI, "rd_ratio"]["basis"] == "上年度研发费用；上年度营业收入"
    basis = found[f"J{nothing}", SRDI, "score"]["basis"].split("；")
    assert len(basis) == len(set(basis))
    assert basis[:3] == ["上年度主营业务收入", "上年度营业收入", "前年度主营业务收入"]
    award = next(n for n, c in enumerate(JUDGED) if c[2] == "direct_award" and c[4] == UNKNOWN)
    assert found[f"J{award}", SRDI, "direct_award"]["basis"] == "获奖单位排名没有报送"


def test_a_value_is_shown_with_its_unit_and_the_lines_of_its_facts(found) -> None:
    row = found["V0", GIANT, "main_share"]
    assert (row["value"], row["value_text"], row["threshold"], row["holds"]) == (90.0, "90%", "≥70%", False)
    line = {"batch_id": "b1", "file_name": "报表.xlsx", "sheet": "表1", "row_no": 7}
    assert json.loads(row["evidence"]) == [
        {"fact": "main_revenue_y1", "value": "90000000.0000"} | line,
        {"fact": "revenue_y1", "value": "100000000.0000"} | line,
    ]
    assert found["V0", GIANT, "own_brand"]["value_text"] == "是"
    assert found["V0", SRDI, "rd_amount"]["value_text"] == "700万元"
    assert (found["V0", SRDI, "segment_years"]["holds"], found["V0", GIANT, "product_field"]["unit"]) == (
        True,
        None,
    )


def test_every_certificate_that_ends_with_its_review(made) -> None:
    ending = {(r["uscc"], r["tier"]): r for r in made["certificate_expiry"]}
    for n, (name, _, ends, tier, expected) in enumerate(ENDS):
        row = ending.get((f"E{n}", tier))
        assert (row and (row["days_left"], row["window_days"], row["rule_version"])) == expected, name
        assert row is None or (row["holds"], row["valid_to"].isoformat()) == (True, ends[0][1])
    # Reviews under the new rule do not look at growth.
    giant = next(n for n, e in enumerate(ENDS) if e[0] == "giants of 2027 by the new")
    assert (ending[f"E{giant}", GIANT]["verdict"], ending[f"E{giant}", GIANT]["n_conditions"]) == ("达标", 10)
    # Of two that end each is reviewed by the rules of its own tier, once.
    assert [ending["TWO", t]["n_conditions"] for t in (SRDI, GIANT)] == [5, 12]


def test_closed_firms_are_not_examined(made) -> None:
    assert not [r for rows in made.values() for r in rows if r["uscc"] == "CLOSED"]


@pytest.mark.parametrize(("value", "bounds"), DOUBLES)
def test_a_double_has_the_digits_that_decide(value: float, bounds: tuple[float, ...]) -> None:
    with runner.connection(1) as con:
        told = con.execute(
            "SELECT double_text(CAST(? AS DOUBLE), CAST(? AS DOUBLE[]))", [value, list(bounds)]
        )
        assert told.fetchone() == (DOUBLES[value, bounds],)


def test_what_is_exact_stays_exact_when_it_is_divided() -> None:
    assert _exact_quotient("(rd_y1 + rd_y2) / 20000") == "(rd_y1 + rd_y2) * 0.00005"
    assert _exact_quotient("rd_y1 / 3") == "rd_y1 / 3"
    assert _exact_quotient("rd_y1 / revenue_y1") == "rd_y1 / revenue_y1"


def test_words_of_the_rules_are_parameters_and_no_part_of_a_model() -> None:
    for model in NationalRules().models.values():
        assert model.isascii()
