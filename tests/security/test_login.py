"""Guessing passwords at a running Superset: who guesses has to wait, and the journal says who tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from infra.local.superset import unlock
from infra.superset.belonging import OFFICIAL_ROLE
from tests.support.guests import Guest
from tests.support.superset_users import ADMIN, Client, by_form, by_token

pytestmark = pytest.mark.e2e
WRONG = "Wrong-guess-number-1"


@pytest.fixture(scope="module")
def admin(superset_url: str, passwords: Mapping[str, str]) -> Client:
    """The administrator."""
    return Client(superset_url, ADMIN, passwords[ADMIN])


@pytest.fixture
def guest(admin: Client) -> Iterator[Guest]:
    """An official's account of this test alone."""
    made = Guest(admin, OFFICIAL_ROLE)
    yield made
    made.remove()


@pytest.fixture
def unknown(guest: Guest) -> str:
    """A name that no account has."""
    return f"no-{guest.name}"


@pytest.fixture(autouse=True)
def others_are_not_kept_out(database: psycopg.Connection) -> Iterator[None]:
    """All tests come from one address: forget what this one did to its count."""
    yield
    database.execute("delete from zjtx_login_attempt where account = ''")


def tokens(base: str, name: str) -> list[int]:
    """Statuses of eight wrong passwords, sent for a token."""
    return [by_token(base, name, f"{WRONG}{number}").status_code for number in range(8)]


def forms(base: str, name: str) -> list[int]:
    """Statuses of eight wrong passwords, sent with the form."""
    return [by_form(base, name, f"{WRONG}{number}")[1].status_code for number in range(8)]


def is_in(http: httpx.Client) -> bool:
    """Whether a client counts as logged in."""
    return http.get("/api/v1/me/").status_code == 200


@pytest.mark.person("匿名")
@pytest.mark.parametrize("guess", [tokens, forms], ids=["by token", "by form"])
def test_guesser_has_to_wait_after_five_wrong_passwords(
    superset_url: str, guest: Guest, guess: Callable[[str, str], list[int]]
) -> None:
    refused = guess(superset_url, guest.name)
    assert refused[4:] == [429] * 4 and 429 not in refused[:4] and 200 not in refused


@pytest.mark.person("匿名")
def test_right_password_is_refused_during_the_wait(superset_url: str, guest: Guest) -> None:
    tokens(superset_url, guest.name)
    answer = by_token(superset_url, guest.name, guest.password)
    assert answer.status_code == 429 and "分钟后再试" in answer.json()["message"]
    http, sent = by_form(superset_url, guest.name, guest.password)
    assert sent.status_code == 429 and "分钟后再试" in sent.text and not is_in(http)


@pytest.mark.control("匿名")
def test_right_password_is_taken_after_four_wrong_ones(superset_url: str, guest: Guest) -> None:
    assert [by_token(superset_url, guest.name, WRONG).status_code for _ in range(4)] == [401] * 4
    assert by_token(superset_url, guest.name, guest.password).status_code == 200
    http, _ = by_form(superset_url, guest.name, guest.password)
    assert is_in(http)


@pytest.mark.person("匿名")
def test_accounts_that_do_not_exist_answer_the_same(superset_url: str, guest: Guest, unknown: str) -> None:
    def heard(name: str) -> list[tuple[int, str]]:
        return [
            (answer.status_code, answer.text)
            for answer in (by_token(superset_url, name, f"{WRONG}{number}") for number in range(6))
        ]

    assert heard(guest.name) == heard(unknown)


@pytest.mark.person("匿名")
def test_guesses_at_the_same_moment_do_not_slip_past_the_count(superset_url: str, guest: Guest) -> None:
    with ThreadPoolExecutor(12) as many:
        answers = list(
            many.map(lambda n: by_token(superset_url, guest.name, f"{WRONG}{n}").status_code, range(24))
        )
    assert answers.count(401) == 4 and answers.count(429) == 20


@pytest.mark.person("匿名")
@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP"])
def test_invented_address_gives_no_new_count(superset_url: str, guest: Guest, header: str) -> None:
    tokens(superset_url, guest.name)
    body = {"username": guest.name, "password": guest.password, "provider": "db"}
    answer = httpx.post(
        f"{superset_url}/api/v1/security/login",
        json=body,
        headers={header: "for=192.0.2.7" if header == "Forwarded" else "192.0.2.7"},
        timeout=60,
    )
    assert answer.status_code == 429


@pytest.mark.person("匿名")
@pytest.mark.parametrize(
    "spelt", [str.upper, str.title, lambda name: f"{name}@localhost.invalid"], ids=["upper", "title", "mail"]
)
def test_another_spelling_of_the_name_gives_no_new_count(
    superset_url: str, guest: Guest, spelt: Callable[[str], str]
) -> None:
    tokens(superset_url, guest.name)
    assert by_token(superset_url, spelt(guest.name), guest.password).status_code in (401, 429)


@pytest.mark.person("匿名")
@pytest.mark.parametrize("provider", ["ldap", "oauth", "", "DB"])
def test_other_providers_let_nobody_in(superset_url: str, guest: Guest, provider: str) -> None:
    answer = by_token(superset_url, guest.name, guest.password, provider=provider)
    assert answer.status_code in (400, 401)


@pytest.mark.person("匿名")
@pytest.mark.parametrize("password", ["", "\0", "\0\0\0", " "], ids=["empty", "nul", "nuls", "blank"])
def test_empty_passwords_let_nobody_in(superset_url: str, guest: Guest, password: str) -> None:
    assert by_token(superset_url, guest.name, password).status_code in (400, 401)


@pytest.mark.control("匿名")
def test_others_log_in_meanwhile(superset_url: str, admin: Client, guest: Guest) -> None:
    tokens(superset_url, guest.name)
    other = Guest(admin, OFFICIAL_ROLE)
    assert by_token(superset_url, other.name, other.password).status_code == 200
    other.remove()


@pytest.mark.control("匿名")
def test_wait_ends_by_itself(superset_url: str, guest: Guest, database: psycopg.Connection) -> None:
    tokens(superset_url, guest.name)
    database.execute("update zjtx_login_attempt set locked_until = now() where account = %s", [guest.name])
    assert by_token(superset_url, guest.name, guest.password).status_code == 200


@pytest.mark.control("系统管理员")
def test_administrator_ends_a_wait_by_command(superset_url: str, guest: Guest, platform: Any) -> None:
    tokens(superset_url, guest.name)
    assert unlock(platform.site, guest.name.upper()) > 0
    assert by_token(superset_url, guest.name, guest.password).status_code == 200


@pytest.mark.control("系统管理员")
def test_administrator_ends_a_wait_with_a_new_password(superset_url: str, guest: Guest) -> None:
    tokens(superset_url, guest.name)
    guest.change(password="another-Good-one-4711")
    assert by_token(superset_url, guest.name, "another-Good-one-4711").status_code == 200


@pytest.mark.person("匿名")
def test_guesser_elsewhere_does_not_lock_out_who_logged_in_here_before(
    superset_url: str, guest: Guest, database: psycopg.Connection
) -> None:
    assert by_token(superset_url, guest.name, guest.password).status_code == 200
    database.execute(
        "update zjtx_login_attempt set failures = 50, last = now(), locked_until = now() + interval '15 minutes' "
        "where account = %s and address = ''",
        [guest.name],
    )
    assert by_token(superset_url, guest.name, guest.password).status_code == 200


@pytest.mark.control("匿名")
def test_guesser_elsewhere_keeps_new_places_out(
    superset_url: str, guest: Guest, database: psycopg.Connection
) -> None:
    assert by_token(superset_url, guest.name, WRONG).status_code == 401
    database.execute(
        "update zjtx_login_attempt set failures = 50, last = now(), locked_until = now() + interval '15 minutes' "
        "where account = %s and address = ''",
        [guest.name],
    )
    assert by_token(superset_url, guest.name, guest.password).status_code == 429


def journal(platform: Any) -> str:
    """What the journal says."""
    return (platform.site.superset / "login.log").read_text(encoding="utf-8")


@pytest.mark.control("系统管理员")
def test_journal_says_who_tried_from_where(superset_url: str, guest: Guest, platform: Any) -> None:
    http, _ = by_form(superset_url, guest.name, guest.password)
    http.get("/logout/")
    tokens(superset_url, guest.name)
    mine = [line for line in journal(platform).splitlines() if f"账号={guest.name} " in line]
    events = [line.split()[2] for line in mine]
    assert events == ["登录", "退出", *["失败"] * 5, "暂停", "拒绝"]
    assert all("地址=127.0.0.1" in line for line in mine)


def everything_written(platform: Any, database: psycopg.Connection) -> str:
    """All that Superset writes down: its logs and its record of actions."""
    logs = [*platform.site.log.glob("superset*"), *platform.site.superset.glob("*.log")]
    actions = database.execute("select coalesce(string_agg(json, ' '), '') from logs").fetchone()
    assert actions is not None
    return "".join(path.read_text(encoding="utf-8", errors="replace") for path in logs) + str(actions[0])


@pytest.mark.person("有日志的人")
def test_no_password_and_no_token_is_written_down(
    superset_url: str, guest: Guest, platform: Any, database: psycopg.Connection
) -> None:
    answer = by_token(superset_url, guest.name, guest.password, refresh=True).json()
    by_form(superset_url, guest.name, guest.password)
    by_form(superset_url, guest.name, f"{WRONG}-form-{guest.name}")
    by_token(superset_url, guest.name, f"{WRONG}-token-{guest.name}")
    by_token(superset_url, f"{WRONG}-as-name-{guest.name}", "x")
    own = Client(superset_url, guest.name, guest.password)
    changed = f"Changed-{guest.password}"
    assert own.http.put("/api/v1/me/", json={"password": changed}).status_code == 200
    written = everything_written(platform, database)
    secrets = [
        guest.password,
        changed,
        answer["access_token"],
        answer["refresh_token"],
        own.http.headers["Authorization"],
    ]
    assert not [secret for secret in secrets if secret.removeprefix("Bearer ") in written]
    assert WRONG not in written


@pytest.mark.control("有日志的人")
def test_what_is_written_down_is_read(platform: Any, database: psycopg.Connection, admin: Client) -> None:
    admin.http.get("/api/v1/dashboard/overview")
    written = everything_written(platform, database)
    assert "DashboardRestApi" in written or "overview" in written
    assert "登录" in written


def test_journal_is_for_its_owner_alone(platform: Any, superset_url: str) -> None:
    path: Path = platform.site.superset / "login.log"
    assert path.stat().st_mode & 0o077 == 0
