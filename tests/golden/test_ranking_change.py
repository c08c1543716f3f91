"""What a ranking says of change and of how sure an order is, by hand (methods.md §8)."""

import numpy as np
import pytest

from jobs.ranking import engine, words
from jobs.ranking.change import change_of
from jobs.ranking.uncertainty import Draws

TWO = engine.Setting((1, 1), (1, 1))
BEFORE = np.array([[100, 10], [60, 6], [20, 2]], dtype=float)


def change(now, before=BEFORE, setting=TWO):
    values = np.array(now, dtype=float)
    return change_of(engine.rank(values, setting), values, np.array(before, dtype=float), setting)


def test_a_higher_top_lowers_a_unit_that_itself_grew():
    # B's second figure goes from 6 to 8 of a scale 2-10: half of 25 points. A draws the first scale out to 20-180: B's
    # 60 falls from 50 to 25 of it. Published, B stands at 50 both times.
    found = change([[180, 10], [60, 8], [20, 2]])
    assert found.score == pytest.approx([0, 0, 0])
    assert found.own == pytest.approx([50, 12.5, 0])
    assert found.scale == pytest.approx([-50, -12.5, 0])
    assert found.parts[1] == pytest.approx([0, 12.5])


def test_own_figures_and_scale_add_up_to_the_change_of_the_score():
    rng = np.random.default_rng(5)
    now, before = rng.normal(size=(2, 9, 3))
    setting = engine.Setting((3, 2, 1), (1, -1, 1))
    found = change(now, before, setting)
    published = engine.rank(now, setting).score - engine.rank(before, setting).score
    assert found.own + found.scale == pytest.approx(published)
    assert found.parts.sum(axis=1) == pytest.approx(found.own)


def test_a_unit_whose_indicators_came_or_went_has_a_change_and_no_parts():
    now = [[100, 10, 1], [60, 6, 1], [20, 2, 3]]
    before = [[100, 10, 1], [60, 6, np.nan], [20, 2, 3]]
    found = change(now, before, engine.Setting((1, 1, 1), (1, 1, 1)))
    # 50 and 50 then; now also 0 of the third: 100/3.
    assert found.score[1] == pytest.approx(100 / 3 - 50)
    assert np.isnan(found.own[1]) and np.isnan(found.scale[1]) and not np.isnan(found.own[0])


def test_where_all_had_the_same_before_there_is_no_scale_to_split_on():
    found = change([[100, 9], [60, 6], [20, 3]], [[100, 5], [60, 5], [20, 5]])
    # 50 each of the second then: 75, 50, 25.
    assert found.score == pytest.approx([25, 0, -25])
    assert np.isnan(found.own).all() and np.isnan(found.scale).all()


def test_a_unit_at_the_top_moves_the_scale_itself():
    found = change([[20], [5], [0]], [[10], [5], [0]], engine.Setting((1,), (1,)))
    assert found.own == pytest.approx([100, 0, 0])
    assert found.scale == pytest.approx([-100, -25, 0])


def test_without_a_period_before_nothing_is_said():
    values = BEFORE
    found = change_of(engine.rank(values, TWO), values, None, TWO)
    assert all(np.isnan(x).all() for x in (found.rank, found.score, found.own, found.scale, found.parts))


def test_scores_of_another_scale_are_not_split():
    setting = engine.Setting((1, 1), (1, 1), normalisation="zscore")
    found = change([[180, 10], [60, 8], [20, 2]], BEFORE, setting)
    assert np.isnan(found.own).all() and not np.isnan(found.score).any()


def test_an_order_that_most_draws_turn_round_is_said_of_both_units():
    result = engine.rank(BEFORE, TWO)
    draws = Draws(np.array([[1, 3, 2], [1, 3, 2], [1, 2, 3]], dtype=float))
    said = words.unstable(result, draws, ["甲", "乙", "丙"])
    assert said.keys() == {1, 2}
    assert "名次第2，重算的中位名次为第3" in said[1] and "67%的重算排在丙之后" in said[1]
    assert "名次第3，重算的中位名次为第2" in said[2] and "67%的重算排在乙之前" in said[2]


def test_an_order_that_the_draws_keep_is_not_called_unstable():
    draws = Draws(np.array([[1, 2, 3], [1, 3, 2], [1, 2, 3]], dtype=float))
    assert words.unstable(engine.rank(BEFORE, TWO), draws, ["甲", "乙", "丙"]) == {}


def test_a_score_of_zero_is_explained_and_only_that():
    assert words.at_the_end(engine.rank(BEFORE, TWO), TWO).keys() == {2}
    lifted = engine.rank(np.array([[100, 10], [60, 2], [20, 6]], dtype=float), TWO)
    assert words.at_the_end(lifted, TWO) == {}
