"""Period keys: months, quarters and years that sort, shift and end where the calendar says."""

from datetime import date

import pytest

from jobs.definitions.period import Period, parse, quarter_of, span


@pytest.mark.parametrize(
    ("key", "end", "last_month"),
    [
        ("2025", date(2025, 12, 31), "202512"),
        ("2024Q1", date(2024, 3, 31), "202403"),
        ("2025Q4", date(2025, 12, 31), "202512"),
        ("202402", date(2024, 2, 29), "202402"),
        ("202502", date(2025, 2, 28), "202502"),
    ],
)
def test_a_key_ends_on_the_last_day_of_its_last_month(key, end, last_month):
    period = parse(key)
    assert (period.key, period.end, period.last_month) == (key, end, last_month)


@pytest.mark.parametrize(
    ("key", "steps", "other"),
    [
        ("2025Q1", -1, "2024Q4"),
        ("2025Q4", 1, "2026Q1"),
        ("2025Q2", -4, "2024Q2"),
        ("202501", -1, "202412"),
        ("202512", 13, "202701"),
        ("2025", -2, "2023"),
    ],
)
def test_a_period_shifts_by_its_own_length(key, steps, other):
    assert parse(key).shift(steps).key == other
    assert parse(other).shift(-steps).key == key


@pytest.mark.parametrize(
    "text", ["", "2025Q5", "2025Q0", "202513", "202500", "25", "2025-01", "2025q1", "二〇二五"]
)
def test_what_is_no_period_is_refused_in_chinese(text):
    with pytest.raises(ValueError, match="无法识别"):
        parse(text)


@pytest.mark.parametrize(
    ("month", "quarter"),
    [("202501", "2025Q1"), ("202503", "2025Q1"), ("202504", "2025Q2"), ("202512", "2025Q4")],
)
def test_every_month_lies_in_its_quarter(month, quarter):
    assert quarter_of(month).key == quarter


def test_a_span_holds_both_its_ends():
    assert [p.key for p in span("2025Q3", parse("2026Q2"))] == ["2025Q3", "2025Q4", "2026Q1", "2026Q2"]
    assert span("2026Q1", parse("2025Q4")) == []


def test_periods_sort_by_their_end():
    assert sorted([parse("2026Q1"), parse("2025Q4"), parse("2025Q2")]) == [
        Period(2025, 6, 3),
        Period(2025, 12, 3),
        Period(2026, 3, 3),
    ]
