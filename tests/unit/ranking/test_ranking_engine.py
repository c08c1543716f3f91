"""Edges of the ranking: missing indicators, no spread, ties, directions, means, reproducibility."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.ranking import engine, words
from jobs.ranking.aggregate import competition_ranks, geometric, harmonic
from jobs.ranking.normalise import normalise, to_target
from jobs.ranking.treatment import passes, treat
from jobs.ranking.uncertainty import draw_ranks

NAN = float("nan")


def _setting(k=3, **more):
    return engine.Setting((1.0,) * k, (1,) * k, **more)


def test_two_of_three_indicators_suffice_and_one_does_not():
    x = np.array([[1, 2, 3], [2, NAN, 1], [NAN, NAN, 9]])
    result = engine.rank(x, _setting())
    assert result.ranked.tolist() == [True, True, False]
    assert np.isnan(result.rank[2])
    assert np.isnan(result.score[2])


def test_unranked_unit_does_not_stretch_the_scale_of_the_others():
    x = np.array([[1, 2, 3], [2, 3, 4], [NAN, NAN, 1000]])
    assert engine.rank(x, _setting()).normalised[:, 2].tolist()[:2] == [0, 100]


def test_weights_of_missing_indicators_go_to_the_others():
    x = np.array([[0, 10.0, 5], [10, NAN, 0], [5, 0, 10]])
    result = engine.rank(x, _setting())
    assert result.score[1] == pytest.approx((100 + 0) / 2)
    assert np.nansum(result.contribution, axis=1) == pytest.approx(result.score)


def test_indicator_without_spread_gives_everybody_the_middle():
    x = np.array([[1, 7], [2, 7]], dtype=float)
    result = engine.rank(x, _setting(2))
    assert result.normalised[:, 1].tolist() == [50, 50]


def test_only_unit_with_an_indicator_gets_the_middle():
    assert normalise(np.array([NAN, 3.0, NAN]), "minmax").tolist()[1] == 50


def test_no_unit_with_enough_indicators_ranks_nobody():
    result = engine.rank(np.array([[NAN, NAN, 1], [NAN, NAN, 2]]), _setting())
    assert not result.ranked.any()
    assert np.isnan(result.rank).all()


def test_less_is_better_turns_the_indicator():
    x = np.array([[1.0], [3.0]])
    assert engine.rank(x, engine.Setting((1,), (-1,))).rank.tolist() == [1, 2]


def test_ties_are_taken_after_rounding_to_six_decimals():
    assert competition_ranks(np.array([50.0000001, 50.0, 49.99999])).tolist() == [1, 1, 3]


def test_tie_across_the_third_place_is_reported():
    result = engine.rank(np.array([[9.0], [8], [5], [5], [1]]), engine.Setting((1,), (1,)))
    assert result.rank.tolist() == [1, 2, 3, 3, 5]
    assert words.ties(result, 3) == "第3名并列，前3名共4个"
    assert words.ties(result, 2) is None


def test_geometric_and_harmonic_mean_refuse_zero_and_follow_the_formula():
    x, w = np.array([[4.0, 1.0]]), np.array([1.0, 1.0])
    assert geometric(x, w)[0] == pytest.approx(2)
    assert harmonic(x, w)[0] == pytest.approx(1.6)
    with pytest.raises(ValueError, match="正数"):
        geometric(np.array([[0.0, 1.0]]), w)


def test_target_under_the_minimum_is_an_error():
    with pytest.raises(ValueError, match="目标值"):
        to_target(np.array([5.0, 9.0]), 5.0)


def test_goalposts_and_targets_by_indicator():
    x = np.array([[10.0, 30.0], [20.0, 10.0]])
    by_posts = engine.Setting((1, 1), (1, -1), normalisation="goalposts", posts=((0, 20), (10, 30)))
    assert engine.rank(x, by_posts).normalised.tolist() == [[50, 0], [100, 100]]


def test_what_moved_adds_up_on_the_earlier_scale():
    before = np.array([[100, 10, 9], [60, 6, 6], [20, 2, 3]], dtype=float)
    now = before + np.array([[0, 0, 0], [8, 0, -1], [0, 1, 0]])
    parts = engine.moved(now, before, _setting())
    assert parts[1] == pytest.approx([100 / 3 * 8 / 80, 0, -100 / 3 / 6])


def test_same_seed_same_draws_and_missing_values_are_no_obstacle():
    x = np.array([[1, 2, NAN], [2, NAN, 1], [3, 1, 2.0]])
    one, two = (draw_ranks(x, np.ones(3), seed=5, draws=300).ranks for _ in range(2))
    assert (one == two).all()
    assert not np.isnan(one).any()


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=2, max_size=11))
def test_ranks_are_1_to_n_and_a_better_unit_never_ranks_worse(rows):
    x = np.array(rows, dtype=float)
    result = engine.rank(x, _setting(2))
    assert result.rank.min() == 1
    assert result.rank.max() <= len(rows)
    for i in range(len(rows)):
        for j in range(len(rows)):
            if (x[i] >= x[j]).all():
                assert result.rank[i] <= result.rank[j]


@settings(deadline=None)
@given(st.lists(st.integers(0, 9) | st.integers(0, 10**6), min_size=1, max_size=60), st.randoms())
def test_treatment_keeps_order_and_equality_whatever_the_order_of_the_units(values, random):
    x = np.array(values, dtype=float)
    treated, changed = treat(x)
    order = np.argsort(x, kind="stable")
    assert (np.diff(treated[order]) >= 0).all()
    assert all(len(set(treated[x == v])) == 1 for v in x)
    shuffled = random.sample(range(x.size), x.size)
    again, _ = treat(x[shuffled])
    assert again == pytest.approx(treated[shuffled])
    assert (changed == []) == passes(x)
    moved = [i for i in range(x.size) if treated[i] != x[i]]
    assert changed == moved or len(changed) == x.size
