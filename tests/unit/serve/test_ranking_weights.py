"""The ranking under other weights: by hand, against the engine that ranks, and what each kind of reader gets of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from jobs.definitions.policy.model import Programme
from jobs.ranking import engine
from jobs.serve import ranking_weights, scopes
from tests.support.installation import environment
from tests.support.made_up_province import programme
from tests.support.served_frames import FIRMS, PERIOD, PROVINCE, A, B, C, D, access, served

CRITERIA = ("x", "y", "z")
UNITS = ("甲市", "乙市", "丙市", "丁市")


def scheme(weights: Sequence[float] = (1, 1, 1), aggregation: str = "arithmetic") -> Programme:
    """A programme with a ranking on three criteria."""
    criteria = [
        {"indicator": c, "reading": "r", "name_zh": f"指标{c.upper()}", "tier": "a", "weight": w}
        for c, w in zip(CRITERIA, weights, strict=True)
    ]
    return programme(
        ranking=[{"id": "R", "aggregation": aggregation, "criteria": criteria, "uncertainty": {"seed": 1}}]
    )


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Build the table from rows of units: scores per criterion (None: missing), score and place by the scheme."""
    with duckdb.connect() as con:
        con.execute(
            "CREATE TABLE ranking_component (release VARCHAR, programme VARCHAR, period VARCHAR, scheme_id VARCHAR, "
            "region_code VARCHAR, region_name VARCHAR, indicator VARCHAR, reading VARCHAR, name_zh VARCHAR, "
            "weight DOUBLE, normalised DOUBLE)"
        )
        con.execute(
            "CREATE TABLE region_ranking (release VARCHAR, programme VARCHAR, period VARCHAR, scheme_id VARCHAR, "
            "region_code VARCHAR, region_name VARCHAR, score DOUBLE, rank INTEGER, provisional BOOLEAN)"
        )
        con.execute(
            "CREATE TABLE kpi_region (programme VARCHAR, period VARCHAR, region_code VARCHAR, indicator VARCHAR, "
            "reading VARCHAR, tier VARCHAR, domain VARCHAR, size_class VARCHAR, industry VARCHAR, provisional BOOLEAN)"
        )

        def build(
            rows: Mapping[str, tuple[Sequence[float | None], float | None, int | None]],
            ranked: Programme | None = None,
            pending: tuple[str, str] | None = None,
        ) -> duckdb.DuckDBPyConnection:
            monkeypatch.setattr(ranking_weights, "load_all", lambda: {"X": ranked or scheme()})
            for unit, (scores, score, place) in rows.items():
                who = ["R1", "X", "2026Q1", "R", unit, unit]
                is_pending = pending is not None and pending[0] == unit
                con.execute(
                    "INSERT INTO region_ranking VALUES (?,?,?,?,?,?,?,?,?)", [*who, score, place, is_pending]
                )
                for criterion, scaled in zip(CRITERIA, scores, strict=True):
                    con.execute(
                        "INSERT INTO ranking_component VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                        [*who, criterion, "r", f"指标{criterion.upper()}", 1 / 3, scaled],
                    )
                    con.execute(
                        "INSERT INTO kpi_region VALUES ('X', '2026Q1', ?, ?, 'r', 'a', NULL, NULL, NULL, ?)",
                        [unit, criterion, pending == (unit, criterion)],
                    )
            ranking_weights.add(con)
            return con

        yield build


def places(con: duckdb.DuckDBPyConnection, weighting: str, column: str = "rank") -> dict[str, Any]:
    """Return a column of one weighting by unit."""
    rows = con.execute(
        f"SELECT region_code, {column} FROM ranking_weight WHERE weighting = ?", [weighting]
    ).fetchall()
    return dict(rows)


BY_HAND = {
    "甲市": ((100, 100, 100), 100, 1),
    "乙市": ((50, 50, 50), 50, 2),
    "丙市": ((50, 75, 25), 50, 2),
    "丁市": ((0, 0, 0), 0, 4),
}
"""The example of the methods: 100, 60, 60, 20; 10, 6, 8, 2; 9, 6, 4.5, 3, each from 0 to 100."""


@pytest.mark.parametrize(
    ("weighting", "expected"),
    [
        pytest.param("x r", ["1", "2", "2", "4"], id="the first alone: two units share the second place"),
        pytest.param("y r", ["1", "3（↓1）", "2", "4"], id="the second alone: the third unit has 75"),
        pytest.param("z r", ["1", "2", "3（↓1）", "4"], id="the third alone: the third unit has 25"),
        pytest.param("scheme", ["1", "2", "2", "4"], id="the scheme's own"),
    ],
)
def test_the_example_of_the_methods_under_each_criterion_alone(
    made: Any, weighting: str, expected: list[str]
) -> None:
    con = made(BY_HAND)
    assert places(con, weighting, "shown") == dict(zip(UNITS, expected, strict=True))


def test_weights_that_are_alike_already_are_not_listed_twice_and_say_so(made: Any) -> None:
    con = made(BY_HAND)
    assert con.execute(
        "SELECT DISTINCT weighting_order, weighting_name FROM ranking_weight ORDER BY 1"
    ).fetchall() == [(0, "办法的权重（各项相等）"), (2, "只看指标X"), (3, "只看指标Y"), (4, "只看指标Z")]


def test_unlike_weights_have_equal_ones_beside_them(made: Any) -> None:
    """Twice the first: 75 before 50; alike: 66.7 and 66.7, a shared first place."""
    con = made(
        {"甲市": ((100, 50, 50), 75, 1), "乙市": ((0, 100, 100), 50, 2)}, scheme((2, 1, 1)),
    )  # fmt: skip
    assert places(con, "equal", "shown") == {"甲市": "1", "乙市": "1（↑1）"}
    assert places(con, "equal", "round(score, 3)") == {"甲市": 66.667, "乙市": 66.667}
    assert places(con, "scheme", "weighting_name") == dict.fromkeys(("甲市", "乙市"), "办法的权重")


def test_a_missing_figure_is_neither_zero_nor_the_last_place(made: Any) -> None:
    """Two units of three criteria each; one lacks the second, one is not ranked at all."""
    con = made({
        "甲市": ((0, 100, 0), 33.3, 2), "乙市": ((100, None, 100), 100, 1), "丙市": ((None, None, None), None, None),
    }, scheme((2, 1, 1)))  # fmt: skip
    assert places(con, "y r", "shown") == {"甲市": "1（↑1）", "乙市": "缺这一项", "丙市": "不参评"}
    assert places(con, "y r", "score") == {"甲市": 100, "乙市": None, "丙市": None}
    assert places(con, "equal", "score")["乙市"] == 100, "over the criteria that it has"
    assert places(con, "scheme", "shown")["丙市"] == "不参评"


def test_a_geometric_scheme_is_geometric_under_equal_weights_too(made: Any) -> None:
    con = made({"甲市": ((1, 10, 100), 3.16, 1)}, scheme((2, 1, 1), "geometric"))
    assert places(con, "equal", "score")["甲市"] == pytest.approx(10)


@pytest.mark.parametrize("seed", range(5))
def test_places_are_those_of_the_engine_with_the_same_weights(made: Any, seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.integers(0, 6, (8, 3)).astype(float)
    values[random.integers(0, 8), random.integers(0, 3)] = np.nan
    units = [f"单位{i}" for i in range(8)]
    own = engine.rank(values, engine.Setting((2.0, 1.0, 1.0), (1, 1, 1)))

    def known(x: float) -> float | None:
        return None if np.isnan(x) else float(x)

    rows = {
        unit: ([known(v) for v in own.normalised[i]], known(own.score[i]), known(own.rank[i]))
        for i, unit in enumerate(units)
    }
    con = made(rows, scheme((2, 1, 1)))
    alike = engine.rank(values, engine.Setting((1.0, 1.0, 1.0), (1, 1, 1)))
    assert places(con, "equal") == {u: known(r) for u, r in zip(units, alike.rank, strict=True)}
    for j, criterion in enumerate(CRITERIA):
        alone = engine.rank(values[:, [j]], engine.Setting((1.0,), (1,)))
        assert places(con, f"{criterion} r") == {u: known(r) for u, r in zip(units, alone.rank, strict=True)}


def test_a_place_that_rests_on_anybodys_pending_figure_says_so(made: Any) -> None:
    con = made(BY_HAND, pending=("丁市", "z"))
    told = con.execute("SELECT DISTINCT weighting, provisional FROM ranking_weight ORDER BY 1").fetchall()
    assert told == [("scheme", True), ("x r", False), ("y r", False), ("z r", True)]


# --- what a reader gets


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A served file of four units with the files of their officials: B's growth is one firm's, C has two firms."""
    folder = tmp_path_factory.mktemp("weights")
    file = served(folder / "zjtx.duckdb")
    with environment({"ZJTX_ACCESS": str(access(folder / "access.yaml", A, B, C, D, PROVINCE))}):
        scopes.write(file)
        yield file


def read(whole: Path, scope: str, weighting: str, columns: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(scopes.file_of(whole, scope)), read_only=True) as con:
        return con.execute(
            f"SELECT {columns} FROM ranking_weight WHERE weighting = ? AND period = ? ORDER BY region_code",
            [weighting, PERIOD],
        ).fetchall()


GROWTH_ALONE, COUNT_ALONE = "revenue_growth same_firm", "certificate_count valid"


@pytest.mark.parametrize(
    ("reader", "weighting", "there"),
    [
        pytest.param(PROVINCE, GROWTH_ALONE, True, id="the province sees all"),
        pytest.param(A, GROWTH_ALONE, False, id="B's growth and C's are not for A"),
        pytest.param(A, COUNT_ALONE, False, id="nor is C's count of two"),
        pytest.param(B, COUNT_ALONE, False, id="C's count of two is not for B"),
        pytest.param(C, COUNT_ALONE, True, id="C knows its own count, the others have three or more"),
        pytest.param(C, GROWTH_ALONE, False, id="B's growth is not for C"),
    ],
)
def test_one_withheld_figure_withholds_all_places_under_its_weight(
    whole: Path, reader: str, weighting: str, there: bool
) -> None:
    """The places of the others would say between which of them the withheld figure lies."""
    found = read(whole, reader, weighting, "score, rank, rank_difference, shown")
    hidden = [(None, None, None, "不公开")] * len(FIRMS)
    assert found == (
        read(whole, PROVINCE, weighting, "score, rank, rank_difference, shown") if there else hidden
    )


def test_places_by_the_scheme_stay_and_scores_that_hold_a_withheld_figure_go(whole: Path) -> None:
    assert read(whole, A, "scheme", "region_code, rank_scheme, score") == [
        (A, 1, 99.0), (B, 2, None), (C, 3, None), (D, 4, 96.0),
    ]  # fmt: skip


def test_every_column_and_the_table_say_what_they_are(whole: Path) -> None:
    with duckdb.connect(str(scopes.file_of(whole, A)), read_only=True) as con:
        bare = con.execute(
            "SELECT column_name FROM duckdb_columns() WHERE table_name = 'ranking_weight' AND comment IS NULL"
        ).fetchall()
        assert bare == []
        assert con.execute(
            "SELECT comment FROM duckdb_tables() WHERE table_name = 'ranking_weight'"
        ).fetchone()
