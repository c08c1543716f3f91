"""What a page's filters may add to a stored request: one value where one may be chosen, a text where values are looked for."""

from __future__ import annotations

import pytest

from infra.superset.asked import refusal

CHART = {"columns": ["profile"], "row_limit": 1, "filter": [{"col": "programme", "op": "==", "val": "JL"}]}
VALUES = {"columns": ["name_code"], "row_limit": 1000, "filter": []}
FILTERS = frozenset({"name_code", "state"})


def with_filter(query: dict, column: str, operator: str, value: object) -> dict:
    """Return a query with one condition more."""
    return query | {"filter": [*query["filter"], {"col": column, "op": operator, "val": value}]}


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        pytest.param("name_code", ["甲（1）"], None, id="one firm"),
        pytest.param("name_code", ["甲（1）", "乙（2）"], "单选的筛选器只能有一个值", id="two firms at once"),
        pytest.param("state", ["绿", "红"], None, id="several values of a filter that takes several"),
    ],
)
def test_a_page_of_one_is_never_asked_for_two(column: str, value: list[str], reason: str | None) -> None:
    asked = with_filter(CHART, column, "IN", value)
    assert refusal([asked], [CHART], FILTERS, single=frozenset({"name_code"})) == reason


def test_two_values_of_the_chart_itself_are_no_choice() -> None:
    chart = with_filter(CHART, "name_code", "IN", ["甲（1）", "乙（2）"])
    assert refusal([chart], [chart], FILTERS, single=frozenset({"name_code"})) is None


@pytest.mark.parametrize(
    ("column", "operator", "value", "searched", "good"),
    [
        pytest.param("name_code", "ILIKE", "%科技%", True, True, id="a text in its own column"),
        pytest.param("name_code", "ILIKE", "%科技%", False, False, id="in a filter that offers all it has"),
        pytest.param("revenue", "ILIKE", "%1%", True, False, id="in another column"),
        pytest.param("name_code", "LIKE", "%科技%", True, False, id="another operator"),
        pytest.param("name_code", "ILIKE", "科" * 101, True, False, id="a very long text"),
    ],
)
def test_a_text_is_looked_for_in_the_filters_own_column_alone(
    column: str, operator: str, value: str, searched: bool, good: bool
) -> None:
    asked = with_filter(VALUES, column, operator, value)
    own = frozenset({"name_code"} if searched else ())
    assert (refusal([asked], [VALUES], frozenset(), searched=own) is None) == good
