"""Waits after wrong passwords, and which passwords are good: the rules, without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.local.credentials import password
from infra.local.site import Site
from infra.superset.attempts import ANY, FORGOTTEN_AFTER, Tally, free_failures, wait
from infra.superset.passwords import problems

NOW = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)


def after(failures: int, free: int, pause: timedelta = timedelta(seconds=1)) -> Tally:
    """The count after so many wrong passwords, one every ``pause``."""
    tally = Tally()
    for number in range(failures):
        tally = tally.counted(free, NOW + number * pause)
    return tally


def test_the_fifth_wrong_password_begins_a_wait_of_a_minute() -> None:
    assert after(4, free=5).locked_until is None
    assert after(5, free=5).locked_until == NOW + timedelta(seconds=4) + timedelta(minutes=1)


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    assert [wait(step) // timedelta(minutes=1) for step in range(6)] == [1, 2, 4, 8, 15, 15]
    assert wait(100_000) == timedelta(minutes=15)


def test_nobody_waits_longer_than_a_quarter_of_an_hour_whatever_an_attacker_does() -> None:
    tally = after(1000, free=5)
    assert not tally.is_locked(tally.last + timedelta(minutes=15))


def test_wrong_passwords_are_forgotten_after_an_hour() -> None:
    tally = after(4, free=5)
    assert tally.counted(5, tally.last + FORGOTTEN_AFTER).locked_until is not None
    assert tally.counted(5, tally.last + FORGOTTEN_AFTER + timedelta(seconds=1)).failures == 1


def test_a_right_password_gives_its_own_count_back() -> None:
    tally = after(20, free=20)
    assert tally.returned(20) == Tally(19, tally.last, None)
    assert after(22, free=20).returned(20).locked_until is not None


def test_an_account_bears_more_from_everywhere_and_an_address_more_for_all_accounts() -> None:
    counts = (
        free_failures("changchun", "10.0.0.1"),
        free_failures("changchun", ANY),
        free_failures(ANY, "10.0.0.1"),
    )
    assert counts == (5, 20, 100)


@pytest.mark.parametrize(
    ("weak", "reason"),
    [
        ("Ab1-Ab1-xyQ", "长度"),
        ("Ab1-" * 65, "长度"),
        ("mountainriver", "三种"),
        ("mountainriver42", "三种"),
        ("My-Changchun-River7", "用户名"),
        ("Password2026!", "常见"),
        ("Admin@123456", "常见"),
        ("1qaz2WSX3edc", "常见"),
        ("aaaaAAAA1111", "常见"),
        ("Zjtx@20261129", "常见"),
    ],
)
def test_weak_password_is_refused_with_its_reason(weak: str, reason: str) -> None:
    assert any(reason in problem for problem in problems(weak, ["changchun"]))


@pytest.mark.parametrize(
    "good", ["river-Sand-42-moss", "correct horse battery 9", "长春今天下雪了我们去滑冰Ab1"]
)
def test_good_password_is_accepted(good: str) -> None:
    assert problems(good, ["changchun"]) == []


def test_generated_passwords_satisfy_the_policy(tmp_path: Path) -> None:
    users = ["changchun", "admin"]
    site = Site(tmp_path)
    made = {password(site, f"superset_{number}", users) for number in range(300)}
    assert len(made) == 300 and not any(problems(one, users) for one in made)
