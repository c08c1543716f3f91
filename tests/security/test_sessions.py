"""Logins of a running Superset end on the server: what was copied before is worth nothing afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

import httpx
import jwt
import psycopg
import pytest

from infra.superset.belonging import ANALYST_ROLE, OFFICIAL_ROLE
from tests.support.guests import Guest
from tests.support.superset_users import ADMIN, Client, by_form, by_token

pytestmark = pytest.mark.e2e
ROLES = {"官员": OFFICIAL_ROLE, "分析员": ANALYST_ROLE}
GOOD = "another-Good-one-4711"


@pytest.fixture(scope="module")
def admin(superset_url: str, passwords: Mapping[str, str]) -> Client:
    """The administrator."""
    return Client(superset_url, ADMIN, passwords[ADMIN])


@pytest.fixture
def guest(request: pytest.FixtureRequest, admin: Client) -> Iterator[Guest]:
    """An account of this test alone, of the person who tries."""
    (who,) = (mark.args[0] for mark in request.node.iter_markers("person"))
    made = Guest(admin, ROLES[who])
    yield made
    made.remove()


@pytest.fixture(scope="module")
def official(admin: Client) -> Iterator[Client]:
    """An official of this module alone."""
    made = Guest(admin, OFFICIAL_ROLE)
    yield Client(str(admin.http.base_url), made.name, made.password)
    made.remove()


def page(base: str, guest: Guest) -> dict[str, str]:
    """The cookie of a login by form, as somebody copied it."""
    http, sent = by_form(base, guest.name, guest.password)
    assert sent.status_code == 302
    return {"Cookie": f"session={http.cookies['session']}"}


def token(base: str, guest: Guest) -> dict[str, str]:
    """The token of a login by interface, as somebody copied it."""
    return {"Authorization": f"Bearer {by_token(base, guest.name, guest.password).json()['access_token']}"}


Take = Callable[[str, Guest], dict[str, str]]
both = pytest.mark.parametrize("take", [page, token], ids=["cookie", "token"])
official_tries, analyst_tries = pytest.mark.person("官员"), pytest.mark.person("分析员")
everybody = pytest.mark.parametrize(
    "take",
    [
        pytest.param(page, marks=official_tries, id="official's cookie"),
        pytest.param(token, marks=official_tries, id="official's token"),
        pytest.param(page, marks=analyst_tries, id="analyst's cookie"),
        pytest.param(token, marks=analyst_tries, id="analyst's token"),
    ],
)


def status(base: str, copied: Mapping[str, str]) -> int:
    """What the copy opens: 200 or a refusal."""
    return httpx.get(f"{base}/api/v1/me/", headers=dict(copied), timeout=60).status_code


@everybody
def test_copy_is_worthless_after_logout(superset_url: str, guest: Guest, take: Take) -> None:
    copied = take(superset_url, guest)
    assert status(superset_url, copied) == 200
    assert httpx.get(f"{superset_url}/logout/", headers=copied, timeout=60).status_code == 302
    assert status(superset_url, copied) == 401


@official_tries
def test_logout_of_the_page_ends_the_tokens_too(superset_url: str, guest: Guest) -> None:
    cookie, bearer = page(superset_url, guest), token(superset_url, guest)
    httpx.get(f"{superset_url}/logout/", headers=cookie, timeout=60)
    assert status(superset_url, bearer) == 401


@official_tries
def test_another_browser_stays_logged_in(superset_url: str, guest: Guest) -> None:
    here, there = page(superset_url, guest), page(superset_url, guest)
    httpx.get(f"{superset_url}/logout/", headers=here, timeout=60)
    assert (status(superset_url, here), status(superset_url, there)) == (401, 200)


@official_tries
def test_refreshed_token_ends_with_its_login(superset_url: str, guest: Guest) -> None:
    first = by_token(superset_url, guest.name, guest.password, refresh=True).json()
    refresh = {"Authorization": f"Bearer {first['refresh_token']}"}
    renewed = httpx.post(f"{superset_url}/api/v1/security/refresh", headers=refresh, timeout=60).json()
    second = {"Authorization": f"Bearer {renewed['access_token']}"}
    assert status(superset_url, second) == 200
    httpx.get(f"{superset_url}/logout/", headers=second, timeout=60)
    assert status(superset_url, second) == 401
    again = httpx.post(f"{superset_url}/api/v1/security/refresh", headers=refresh, timeout=60)
    assert again.status_code == 401


@everybody
def test_new_password_ends_every_login(superset_url: str, guest: Guest, take: Take) -> None:
    copied = take(superset_url, guest)
    guest.change(password=GOOD)
    assert status(superset_url, copied) == 401


@official_tries
@both
def test_own_new_password_ends_every_login(superset_url: str, guest: Guest, take: Take) -> None:
    copied = take(superset_url, guest)
    own = Client(superset_url, guest.name, guest.password)
    assert own.http.put("/api/v1/me/", json={"password": GOOD}).status_code == 200
    assert status(superset_url, copied) == 401


@everybody
def test_switched_off_account_is_out_at_once_and_stays_out(
    superset_url: str, guest: Guest, take: Take
) -> None:
    copied = take(superset_url, guest)
    guest.change(active=False)
    assert status(superset_url, copied) == 401
    assert by_token(superset_url, guest.name, guest.password).status_code == 401
    guest.change(active=True)
    assert status(superset_url, copied) == 401


@official_tries
@both
@pytest.mark.parametrize(
    ("column", "age", "expected"),
    [("seen", "29 minutes", 200), ("seen", "31 minutes", 401), ("begun", "8 hours 1 minute", 401)],
    ids=["29 minutes idle", "31 minutes idle", "8 hours old"],
)
def test_login_ends_when_idle_or_old(
    superset_url: str,
    guest: Guest,
    database: psycopg.Connection,
    take: Take,
    column: str,
    age: str,
    expected: int,
) -> None:
    copied = take(superset_url, guest)
    moved = f"update zjtx_login_session set {column} = {column} - %s::interval where user_id = %s"
    database.execute(moved, [age, guest.id])
    assert status(superset_url, copied) == expected


@official_tries
def test_cookie_from_before_the_login_does_not_become_the_login(superset_url: str, guest: Guest) -> None:
    http = httpx.Client(base_url=superset_url, timeout=60, headers={"Referer": superset_url})
    http.get("/login/")
    planted = {"Cookie": f"session={http.cookies['session']}"}
    copied = page(superset_url, guest)
    assert copied != planted
    assert (status(superset_url, planted), status(superset_url, copied)) == (401, 200)


def forged(kind: str) -> dict[str, str]:
    """A token that Superset did not issue."""
    now = int(time.time())
    claims = {
        "sub": "1",
        "iat": now,
        "exp": now + 600,
        "jti": "x",
        "type": "access",
        "fresh": True,
        "csrf": "x",
    }
    if kind == "guest":
        guest = {"user": {}, "resources": [], "rls_rules": [], "aud": "superset", "type": "guest"}
        return {"X-GuestToken": jwt.encode(claims | guest, "test-guest-secret-change-me", "HS256")}
    key, algorithm = {"unsigned": (None, "none"), "weak key": ("thisISaSECRET_1234", "HS256")}[kind]
    return {"Authorization": f"Bearer {jwt.encode(claims, key, algorithm)}"}


@pytest.mark.person("匿名")
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("kind", ["guest", "unsigned", "weak key"])
def test_forged_token_opens_nothing(superset_url: str, kind: str) -> None:
    assert status(superset_url, forged(kind)) in (401, 422)


@official_tries
@pytest.mark.parametrize(
    "weak",
    ["Ab1-Ab1-xyQ", "mountainriver", "mountainriver42", "Password2026!", "1qaz2WSX3edc", "aaaaAAAA1111", ""],
)
def test_weak_password_of_ones_own_is_refused(official: Client, weak: str) -> None:
    answer = official.http.put("/api/v1/me/", json={"password": weak})
    assert answer.status_code == 400 and "密码" in answer.json()["message"]["password"][0]


@pytest.mark.person("系统管理员")
@pytest.mark.parametrize("weak", ["mountainriver42", "Password2026!", "{name}-River-7"])
def test_weak_password_for_another_is_refused(admin: Client, weak: str) -> None:
    guest = Guest(admin, OFFICIAL_ROLE)
    given = weak.format(name=guest.name)
    answer = admin.http.put(f"/api/v1/security/users/{guest.id}", json={"password": given})
    guest.remove()
    assert answer.status_code == 400 and "密码" in answer.json()["message"]["password"][0]
