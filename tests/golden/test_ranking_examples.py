"""The worked examples of methods.md §8."""

import numpy as np
import pytest

from jobs.ranking import engine
from jobs.ranking.normalise import goalposts, minmax, percentile, ranks, to_target, zscore
from jobs.ranking.treatment import kurtosis, skewness, treat

X = np.array([[100, 10, 9], [60, 6, 6], [60, 8, 4.5], [20, 2, 3]], dtype=float)
EQUAL = engine.Setting((1, 1, 1), (1, 1, 1))


def test_arithmetic_scores_100_50_50_0_rank_1_2_2_4():
    result = engine.rank(X, EQUAL)
    assert result.score == pytest.approx([100, 50, 50, 0])
    assert result.rank.tolist() == [1, 2, 2, 4]


def test_geometric_on_1_to_100_separates_b_and_c():
    result = engine.rank(X, engine.Setting((1, 1, 1), (1, 1, 1), aggregation="geometric"))
    assert np.round(result.score, 2) == pytest.approx([100, 50.5, 46.08, 1])
    assert result.rank.tolist() == [1, 2, 3, 4]


def test_without_one_indicator_b_and_c_part():
    drop2, drop3 = engine.without_each(X, EQUAL)[1:]
    assert drop2.score[1:3] == pytest.approx([50, 37.5])
    assert drop3.score[1:3] == pytest.approx([50, 62.5])


def test_intervals_and_groups_of_the_example():
    result = engine.rank(X, EQUAL)
    draws, grouped = engine.uncertain(X, EQUAL, result, seed=1, aggregations=("arithmetic",), treatment=False)
    low, high = draws.quantile(0.05), draws.quantile(0.95)
    assert list(zip(low, high, strict=True)) == [(1, 1), (2, 3), (2, 3), (4, 4)]
    assert draws.p_matrix()[1, 2] == pytest.approx(0.5, abs=0.1)
    assert grouped == {0: 1, 1: 2, 2: 2, 3: 3}


def test_treatment_brings_the_one_extreme_value_in():
    x = np.array([3, 4, 4, 5, 6, 6, 7, 8, 60], dtype=float)
    assert (round(skewness(x), 2), round(kurtosis(x), 2)) == (2.96, 8.81)
    treated, changed = treat(x)
    assert (treated[8], changed, round(skewness(treated), 2)) == (8, [8], -0.02)


def test_treatment_falls_back_to_logarithms_when_one_point_is_not_enough():
    x = np.array([1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.3, 1.2, 1.5, 1.6, 1.7, 999, 1000])
    treated, changed = treat(x)
    assert len(changed) == x.size
    assert treated == pytest.approx(np.log(x - 1 + 0.01 * 999))


FLAT = list(range(10, 56))
TREATED: dict[str, tuple[list[int], list[int], dict[int, int]]] = {
    # skew 2.23, kurt 3.82; after one step -0.18, -1.35
    "15 units, two share the extreme: both move in the one step that few units have": (
        [*range(1, 14), 60, 60], [13, 14], {60: 13},
    ),
    "the same below: both move up": ([-1 * v for v in [*range(1, 14), 60, 60]], [13, 14], {-60: -13}),
    # skew 2.23, kurt 3.68; after one step kurt 2.67
    "20 units, the extreme joins two others and the shape passes": (
        [*range(10, 27), 150, 150, 200], [19], {200: 150},
    ),
    # kurt 29.6, 16.7, 10.7, 7.1, 4.1, -1.3: each step takes along those moved before
    "51 units, five distinct extremes: each unit counts once, however often it moves": (
        [*FLAT, 150, 300, 600, 1200, 2400], [46, 47, 48, 49, 50], {150: 55, 300: 55, 600: 55, 1200: 55, 2400: 55},
    ),
    # kurt 4.2165, 4.2164, -1.29: one unit has moved when the six stand together
    "52 units, one above five equal ones: those that share a value are not parted": (
        [*FLAT, 500, 500, 500, 500, 500, 501], [46, 47, 48, 49, 50, 51], {500: 55, 501: 55},
    ),
    "no order of the units matters": (
        [2400, *FLAT[:20], 150, 300, *FLAT[20:], 600, 1200], [0, 21, 22, 49, 50],
        {150: 55, 300: 55, 600: 55, 1200: 55, 2400: 55},
    ),
    # skew 1.93, kurt 2.58
    "a harmless shape is left alone": ([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 400, 400], [], {}),
}  # fmt: skip


@pytest.mark.parametrize("name", TREATED)
def test_treatment_moves_all_that_share_the_extreme_and_counts_units(name: str) -> None:
    values, moved, replaced = TREATED[name]
    treated, changed = treat(np.array(values, dtype=float))
    assert changed == moved
    assert treated.tolist() == [replaced.get(v, v) for v in values]


def test_a_sixth_distinct_extreme_is_one_too_many():
    x = np.array([*FLAT, 1000, 2000, 3000, 4000, 5000, 6000], dtype=float)
    treated, changed = treat(x)
    assert len(changed) == x.size
    assert treated == pytest.approx(np.log(x - 10 + 0.01 * 5990))


def test_a_missing_unit_is_neither_moved_nor_counted_among_the_few():
    x = np.array([np.nan, *range(1, 14), 60, 60, np.nan], dtype=float)
    treated, changed = treat(x)
    assert changed == [14, 15]
    assert np.isnan(treated[[0, 16]]).all() and treated[14] == treated[15] == 13


def test_normalisations_by_hand():
    x = np.array([20, 60, 60, 100], dtype=float)
    assert minmax(x).tolist() == [0, 50, 50, 100]
    assert zscore(x) == pytest.approx((x - 60) / np.std(x, ddof=1))
    assert ranks(x).tolist() == [1, 2, 2, 4]
    assert percentile(x) == pytest.approx([0, 100 / 3, 100 / 3, 100])
    assert to_target(x, 60).tolist() == [0, 100, 100, 100]
    assert to_target(x, 60, cap=False).tolist() == [0, 100, 100, 200]
    assert goalposts(x, 40, 80).tolist() == [0, 50, 50, 100]
