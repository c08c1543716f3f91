"""The worked examples of methods.md §11 on paths, verdicts and certificates at a date."""

from datetime import date
from fractions import Fraction

import pytest

from jobs.definitions.policy.document import Baseline
from jobs.definitions.policy.model import policy
from jobs.targets.states import expected, pace_of, past, state
from tests.support.certificate_frames import notice, of_notices


def _target(**changes):
    provincial = next(t for t in policy("JL")[1].targets if t.id == "JL-T03")
    return provincial.model_copy(update=changes)


def _begun(day, **changes):
    return _target(baseline=Baseline(value=600, date=day), **changes)


def test_pace_of_the_example_is_0_889_yellow():
    target, at = _begun(date(2021, 12, 31)), date(2023, 12, 31)
    assert expected(target, Fraction(1500), at) == 600 + Fraction(900 * 730, 1461)
    found = pace_of(target, Fraction(1000), Fraction(1500), at)
    assert found == Fraction(400 * 1461, 900 * 730)
    assert round(float(found), 3) == 0.889
    assert state(target, Fraction(1000), Fraction(1500), at, 90, "当期")[0] == "黄"


def test_path_ends_at_the_deadline_and_a_cap_has_none():
    begun = _begun(date(2021, 12, 31))
    assert expected(begun, Fraction(1500), date(2026, 6, 30)) == 1500
    assert expected(begun, Fraction(1500), date(2021, 12, 30)) is None
    cap = begun.model_copy(update={"operator": "<="})
    assert expected(cap, Fraction(1500), date(2023, 12, 31)) is None
    assert expected(_target(), Fraction(1500), date(2023, 12, 31)) is None


@pytest.mark.parametrize(("value", "colour"), [(1100, "绿"), (1000, "黄"), (900, "红"), (1500, "达成")])
def test_colours_before_the_deadline(value, colour):
    target = _begun(date(2021, 12, 31))
    assert state(target, Fraction(value), Fraction(1500), date(2023, 12, 31), 90, "当期")[0] == colour


def test_first_90_days_have_no_colour():
    target = _begun(date(2023, 11, 1))
    assert state(target, Fraction(700), Fraction(1500), date(2023, 12, 31), 90, "当期")[0] == "进行中"


def test_unknown_baseline_is_running_until_the_deadline():
    target = _target()
    assert state(target, Fraction(1600), Fraction(1500), date(2025, 9, 30), 90, "当期")[0] == "进行中"
    assert not past(target, date(2025, 12, 30)) and past(target, date(2025, 12, 31))


def test_target_without_deadline_shows_todays_verdict_and_per_year_at_year_end():
    always = _target(deadline=None)
    assert state(always, Fraction(1), Fraction(1500), date(2024, 3, 31), 90, "当期")[0] == "未达成"
    yearly = _target(deadline=None, period="per_year")
    assert state(yearly, Fraction(1), Fraction(1500), date(2024, 3, 31), 90, "当期")[0] == "进行中"
    assert past(yearly, date(2024, 12, 31)) and not past(always, date(2024, 12, 31))


def test_cap_is_met_at_the_boundary():
    cap = _target(operator="<=", deadline=None)
    assert state(cap, Fraction(1500), Fraction(1500), date(2024, 3, 31), 90, "当期")[0] == "达成"
    assert state(cap, Fraction(15001, 10), Fraction(1500), date(2024, 3, 31), 90, "当期")[0] == "未达成"


def test_strict_comparison_is_not_met_at_the_boundary():
    above = _target(operator=">", deadline=None, value=7.0)
    assert state(above, Fraction(7), Fraction(7), date(2025, 12, 31), 90, "当期")[0] == "未达成"
    below = _target(operator="<", deadline=None, value=1.0)
    assert state(below, Fraction(1), Fraction(1), date(2025, 12, 31), 90, "当期")[0] == "未达成"
    assert state(below, Fraction(999, 1000), Fraction(1), date(2025, 12, 31), 90, "当期")[0] == "达成"


def test_target_of_zero_has_a_state_before_the_year_is_over():
    growth = _target(operator=">", value=0, deadline=None, period="per_year")
    assert state(growth, Fraction(-1), Fraction(0), date(2025, 6, 30), 90, "当期")[0] == "进行中"


def _held(notices, at):
    rows = of_notices(notices, "held", days={"p": at})["held"]
    valid = sum(bool(r["valid_tiers"]) for r in rows)
    return valid, sum(bool(r["ever_tiers"]) for r in rows)


F1 = notice("F1", "2022-03-01")
F2 = notice("F2", "2023-07-10")
F3 = [notice("F3", "2022-03-01"), notice("F3", "2025-03-01", what="renew")]


def test_three_firms_of_the_example_at_two_dates():
    assert _held([F1, F2, *F3], "2025-06-30") == (2, 3)
    assert _held([F1, F2, *F3], "2025-02-28") == (3, 3)


def test_gap_before_a_renewal_is_not_valid():
    late = [notice("F", "2022-03-01"), notice("F", "2025-06-01", what="renew")]
    assert _held(late, "2025-04-30") == (0, 1)
    assert _held(late, "2025-06-01") == (1, 1)


def test_leap_day_certificate_ends_on_27_february():
    leap = [notice("F", "2024-02-29")]
    assert _held(leap, "2027-02-27") == (1, 1)
    assert _held(leap, "2027-02-28") == (0, 1)


def test_printed_dates_win_over_the_documents():
    printed = [notice("F", "2022-03-01", valid=("2022-01-01", "2024-06-30"))]
    assert _held(printed, "2022-02-01") == (1, 0)
    assert _held(printed, "2024-07-01") == (0, 1)


def test_library_never_expires():
    assert _held([notice("F", "2012-03-01", tier="seed")], "2025-06-30") == (1, 1)


def test_withdrawal_ends_validity_until_a_new_grant():
    story = [
        notice("F", "2023-01-01"),
        notice("F", "2024-01-01", what="withdraw"),
        notice("F", "2025-01-01", doc="again"),
    ]
    assert _held(story, "2023-12-31") == (1, 1)
    assert _held(story, "2024-01-01") == (0, 1)
    assert _held(story, "2025-01-01") == (1, 1)


def test_rename_notice_changes_nothing():
    assert _held([F1, notice("F1", "2023-01-01", what="rename")], "2024-01-01") == (1, 1)


def test_holder_without_uscc_is_the_document_and_name_never_the_name_alone():
    two = [
        notice(None, "2023-01-01", doc="d1", name="同名"),
        notice(None, "2023-02-01", doc="d2", name="同名"),
    ]
    assert _held(two, "2024-01-01") == (2, 2)
