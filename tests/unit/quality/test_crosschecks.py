"""Cross checks of doubles: what computing loses is no difference, what anybody would see is one."""

import math

import duckdb
import pytest

from jobs.quality.crosschecks import _CLIMBS, _EVIDENCE, _FIRED, _UNEQUAL, _near


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        # Half of the sixth decimal lies between them: rounded to six, they would be 1.019687 and 1.019688.
        (math.nextafter(1.0196875, 0.0), 1.0196875, True),
        (0.0, 0.0, True),
        (57_862.0, math.nextafter(57_862.0, math.inf), True),
        (57_862.0, 57_862.000000001, False),
        (1.019687, 1.019688, False),
        (0.0, 0.000000001, False),
        (1.0, None, False),
    ],
)
def test_doubles_are_compared_by_their_distance(left: float, right: float | None, equal: bool) -> None:
    query = f"SELECT {_near('v', 'w')} FROM (SELECT ?::DOUBLE AS v, ?::DOUBLE AS w)"
    ((a, b),) = duckdb.execute(query, [left, right]).fetchall()
    assert (a == b) is equal


# Rows of warnings (rule, state, evidence, review, level on the ladder), the rule's review and number -> broken checks.
SOUND = ("r", "open", {"revenue": "1"}, None, "county")
WARNINGS = {
    "sound": ([SOUND, ("r", "closed", None, None, None)], None, 1, set()),
    "open without evidence": ([SOUND, ("r", "open", {}, None, "county")], None, 2, {"未解除的预警有证据"}),
    "open with no evidence at all": ([("r", "open", None, None, None)], None, 1, {"未解除的预警有证据"}),
    "number beside does not fit": ([SOUND], None, 2, {"预警户数等于规则的触发户数"}),
    "waits for a word": ([("r", "open", {"a": "1"}, "规则待复核", None)], "规则待复核", 1, set()),
    "waits and climbs": ([("r", "open", {"a": "1"}, "规则待复核", "province")], "规则待复核", 1, {"待复核的规则不进分级办理"}),
    "waits and is not marked": ([("r", "open", {"a": "1"}, None, None)], "规则待复核", 1, {"待复核的规则不进分级办理"}),
}  # fmt: skip


@pytest.mark.parametrize("name", WARNINGS)
def test_no_warning_without_evidence_passes_and_none_climbs_unread(name: str) -> None:
    rows, review, fired, broken = WARNINGS[name]
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE warning (period VARCHAR, uscc VARCHAR, rule VARCHAR, state VARCHAR, evidence MAP(VARCHAR, VARCHAR), "
        "review VARCHAR, ladder_level VARCHAR)"
    )
    con.execute(
        "CREATE TABLE warning_rule (period VARCHAR, rule VARCHAR, evaluated BOOLEAN, n_fired BIGINT, review VARCHAR)"
    )
    for i, row in enumerate(rows):
        con.execute("INSERT INTO warning VALUES ('2025Q4', ?, ?, ?, ?, ?, ?)", [str(i), *row])
    con.execute(
        "INSERT INTO warning_rule VALUES ('2025Q4', 'r', true, ?, ?), ('2025Q4', 's', true, 0, NULL)",
        [fired, review],
    )
    found = [r for query in (_EVIDENCE, _FIRED, _CLIMBS) for r in con.execute(query).fetchall()]
    assert {check for check, _, left, right in found if left != right} == broken


def test_unequal_pairs_are_all_told_and_one_equal_pair_of_each_check() -> None:
    pairs = """SELECT 'c' AS "check", * FROM (VALUES ('a', '1', '1'), ('b', '1', '2'), ('d', NULL, NULL), ('e', NULL, '1'),
        ('f', '2', '2'), ('g', '3', NULL)) AS t(subject, "left", "right")"""
    found = duckdb.execute(_UNEQUAL.format(pairs=pairs)).fetchall()
    assert sorted(subject for _, subject, left, right in found if left is None or left != right) == [
        "b",
        "d",
        "e",
        "g",
    ]
    assert len([1 for _, _, left, right in found if left is not None and left == right]) == 1
