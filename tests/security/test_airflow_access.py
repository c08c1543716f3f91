"""Airflow as everybody who may log in, and as nobody: what each may do, how often one may guess, when a session ends."""

from __future__ import annotations

import os
import stat
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jwt
import psutil
import pytest

from infra.local.processes import descendants
from tests.support.airflow_site import ADMIN, ANALYST, ANONYMOUS, FORGETFUL, OPERATOR, STRANGER, Site

pytestmark = pytest.mark.e2e

API = "/api/v2"
RUN = f"{API}/dags/publish/dagRuns"
STARTED = {"logical_date": None, "conf": {}}
FEED = {"conn_id": "made", "conn_type": "http"}
REFUSED = {ANONYMOUS: 401, ANALYST: 403, OPERATOR: 403}


@dataclass(frozen=True)
class Call:
    """A request; ``%s`` stands for what it is aimed at: the real thing, or its spare when it may succeed."""

    name: str
    method: str
    path: str
    body: Any = None
    may: tuple[str, ...] = ()
    """Who may do it beside the administrator."""
    shows: str = ""
    """What a successful answer holds, where that is the loot."""


BOTH = (ANALYST, OPERATOR)
CALLS = (
    # connections
    Call("list connections", "GET", f"{API}/connections", shows="spare"),
    Call("read a connection", "GET", f"{API}/connections/%s", shows='"conn_type":"http"'),
    Call("make a connection", "POST", f"{API}/connections", FEED),
    Call("change a connection", "PATCH", f"{API}/connections/%s", {"conn_id": "%s", "conn_type": "ftp"}),
    Call("delete a connection", "DELETE", f"{API}/connections/%s"),
    Call("delete connections in bulk", "PATCH", f"{API}/connections",
         {"actions": [{"action": "delete", "entities": ["%s"], "action_on_non_existence": "skip"}]}),
    Call("test a connection", "POST", f"{API}/connections/test", FEED, shows=""),
    Call("make the default connections", "POST", f"{API}/connections/defaults"),
    Call("forms of connections", "GET", "/ui/connections/hook_meta", shows="hook"),
    # variables
    Call("list variables", "GET", f"{API}/variables", shows="value-of-spare"),
    Call("read a variable", "GET", f"{API}/variables/%s", shows="value-of-spare"),
    Call("make a variable", "POST", f"{API}/variables", {"key": "made", "value": "x"}),
    Call("change a variable", "PATCH", f"{API}/variables/%s", {"key": "%s", "value": "y"}),
    Call("change variables in bulk", "PATCH", f"{API}/variables",
         {"actions": [{"action": "delete", "entities": ["%s"], "action_on_non_existence": "skip"}]}),
    Call("delete a variable", "DELETE", f"{API}/variables/%s"),
    # pools
    Call("list pools", "GET", f"{API}/pools", shows="spare"),
    Call("read a pool", "GET", f"{API}/pools/%s", shows="spare"),
    Call("make a pool", "POST", f"{API}/pools", {"name": "made", "slots": 1}),
    Call("change a pool", "PATCH", f"{API}/pools/%s", {"pool": "%s", "slots": 9, "include_deferred": False}),
    Call("delete a pool", "DELETE", f"{API}/pools/%s"),
    Call("change pools in bulk", "PATCH", f"{API}/pools",
         {"actions": [{"action": "delete", "entities": ["%s"], "action_on_non_existence": "skip"}]}),
    # configuration and the server's insides
    Call("read the configuration", "GET", f"{API}/config"),
    Call("read the database's address", "GET", f"{API}/config/section/database/option/sql_alchemy_conn"),
    Call("list plugins", "GET", f"{API}/plugins", shows="run_notes"),
    Call("list jobs of the server", "GET", f"{API}/jobs"),
    Call("list providers", "GET", f"{API}/providers"),
    Call("read import errors", "GET", f"{API}/importErrors", may=(OPERATOR,)),
    # flows
    Call("list flows", "GET", f"{API}/dags", may=BOTH, shows="publish"),
    Call("the first page of flows", "GET", "/ui/dags", may=BOTH, shows="publish"),
    Call("list runs", "GET", RUN, may=BOTH, shows="spare"),
    Call("list runs of all flows", "GET", f"{API}/dags/~/dagRuns", may=BOTH, shows="spare"),
    Call("list tasks of a run", "GET", f"{RUN}/%s/taskInstances", may=BOTH, shows="approve"),
    Call("read a flow's code", "GET", f"{API}/dagSources/publish", may=(OPERATOR,), shows="审批"),
    Call("read who did what", "GET", f"{API}/eventLogs", may=(OPERATOR,)),
    Call("read what tasks returned", "GET", f"{RUN}/%s/taskInstances/pick/xcomEntries", may=(OPERATOR,)),
    Call("read the log of a task", "GET", f"{RUN}/%s/taskInstances/pick/logs/1", may=(OPERATOR,)),
    Call("switch a flow", "PATCH", f"{API}/dags/publish", {"is_paused": True}, may=(OPERATOR,)),
    Call("start a run", "POST", f"{API}/dags/upkeep/dagRuns", STARTED, may=(OPERATOR,)),
    Call("approve", "PATCH", f"{RUN}/%s/taskInstances/approve/-1/hitlDetails",
         {"chosen_options": ["批准"], "params_input": {}}, may=(OPERATOR,)),
    Call("forge what an approval returned", "POST", f"{RUN}/%s/taskInstances/approve/xcomEntries",
         {"key": "return_value", "value": {"chosen_options": ["批准"]}}),
    Call("change what a task returned", "PATCH", f"{RUN}/%s/taskInstances/pick/xcomEntries/x", {"value": "R1"}),
    Call("mark a run", "PATCH", f"{RUN}/%s", {"state": "failed"}),
    Call("write a run's note", "PATCH", f"{RUN}/%s", {"note": "x"}),
    Call("clear a run", "POST", f"{RUN}/%s/clear", {"dry_run": False}),
    Call("mark a task", "PATCH", f"{RUN}/%s/taskInstances/approve", {"new_state": "success"}),
    Call("clear tasks", "POST", f"{API}/dags/publish/clearTaskInstances", {"dag_run_id": "%s", "dry_run": True}),
    Call("delete a task of a run", "DELETE", f"{RUN}/%s/taskInstances/approve"),
    Call("backfill", "POST", f"{API}/backfills",
         {"dag_id": "no_flow", "from_date": "2020-01-01T00:00:00Z", "to_date": "2020-01-02T00:00:00Z"},
         may=(OPERATOR,)),
    Call("make an event of an asset", "POST", f"{API}/assets/events", {"asset_id": 1, "extra": {}}),
    Call("materialise an asset", "POST", f"{API}/assets/1/materialize", {}),
    Call("delete waiting events of an asset", "DELETE", f"{API}/assets/1/queuedEvents"),
    Call("delete a run", "DELETE", f"{RUN}/%s"),
    Call("delete a flow", "DELETE", f"{API}/dags/deadlines"),
)  # fmt: skip


def _aimed(value: Any, at: str) -> Any:
    if isinstance(value, dict):
        return {k: _aimed(v, at) for k, v in value.items()}
    if isinstance(value, list):
        return [_aimed(v, at) for v in value]
    return value.replace("%s", at) if isinstance(value, str) else value


def _do(site: Site, call: Call, who: str, at: str) -> httpx.Response:
    return site.as_user(who, call.method, _aimed(call.path, at), _aimed(call.body, at))


ATTEMPTS = [
    pytest.param(who, call, id=f"{who}: {call.name}", marks=pytest.mark.person(who))
    for who in REFUSED
    for call in CALLS
    if who not in call.may
]
CONTROLS = [
    pytest.param(who, call, id=f"{who}: {call.name}", marks=pytest.mark.control(who))
    for who in (ANALYST, OPERATOR, ADMIN)
    for call in CALLS
    if who in (*call.may, ADMIN)
]


@pytest.mark.parametrize(("who", "call"), ATTEMPTS)
def test_what_a_person_may_not_do_is_refused(airflow_site: Site, who: str, call: Call) -> None:
    answer = _do(airflow_site, call, who, "real")
    assert answer.status_code == REFUSED[who], answer.text
    assert "-of-" not in answer.text


def test_after_all_attempts_everything_is_as_it_was(airflow_site: Site) -> None:
    for path, field, value in (
        ("connections/real", "conn_type", "http"),
        ("variables/real", "value", "value-of-real"),
        ("pools/real", "slots", 1),
        ("dags/publish/dagRuns/real", "state", "success"),
        ("dags/publish/dagRuns/real", "note", None),
        ("dags/publish/dagRuns/real/taskInstances/approve", "state", None),
        ("dags/publish/dagRuns/real/taskInstances/approve/-1/hitlDetails", "response_received", False),
        ("dags/deadlines", "dag_id", "deadlines"),
    ):
        answer = airflow_site.as_user(ADMIN, "GET", f"{API}/{path}")
        assert answer.status_code == 200, answer.text
        assert answer.json()[field] == value, path
    for path in ("connections/made", "variables/made", "pools/made"):
        assert airflow_site.as_user(ADMIN, "GET", f"{API}/{path}").status_code == 404


@pytest.mark.parametrize(("who", "call"), CONTROLS)
def test_what_a_person_may_do_is_done(airflow_site: Site, who: str, call: Call) -> None:
    answer = _do(airflow_site, call, who, "spare")
    # Refused by the configuration for everybody; or nothing there to do it to. Never for who asks.
    assert answer.status_code not in (401, 500), answer.text
    by_configuration = call.path.startswith((f"{API}/config", f"{API}/connections/test"))
    assert answer.status_code != 403 or by_configuration, answer.text
    if call.shows:
        assert call.shows in answer.text


def test_flows_cannot_be_backfilled_by_anybody(airflow_site: Site) -> None:
    body = {"dag_id": "upkeep", "from_date": "2020-01-01T00:00:00Z", "to_date": "2020-02-01T00:00:00Z"}
    answer = airflow_site.as_user(ADMIN, "POST", f"{API}/backfills", body)
    assert (answer.status_code, "backfill" in answer.text) == (400, True), answer.text


@pytest.mark.parametrize(
    ("who", "hidden"),
    [
        (ANALYST, {"Connections", "Variables", "Pools", "Config", "Plugins", "XComs", "Audit Log"}),
        (OPERATOR, {"Connections", "Variables", "Pools", "Config", "Plugins"}),
        (ADMIN, set()),
    ],
)
def test_the_menu_shows_what_a_person_may_open(airflow_site: Site, who: str, hidden: set[str]) -> None:
    shown = set(
        airflow_site.as_user(who, "GET", "/ui/auth/menus").raise_for_status().json()["authorized_menu_items"]
    )
    every = {"Connections", "Variables", "Pools", "Config", "Plugins", "XComs", "Audit Log", "Dags"}
    assert shown & every == every - hidden


# Guessing


@pytest.mark.parametrize("path", ["/auth/token", "/auth/token/cli"])
@pytest.mark.person(ANONYMOUS)
def test_a_name_is_locked_after_five_wrong_passwords_even_for_the_right_one(
    airflow_site: Site, path: str
) -> None:
    who = FORGETFUL if path == "/auth/token" else STRANGER
    wrong = [
        airflow_site.login(who, f"guess {n}", f"127.0.1.{n + 1}", path).status_code for n in range(150 // 15)
    ]
    assert wrong == [401] * 5 + [429] * 5
    right = airflow_site.login(who, airflow_site.passwords.get(who, "x"), "127.0.1.99", path)
    assert (right.status_code, "分钟后再试" in right.text) == (429, True)
    assert 0 < int(right.headers["Retry-After"]) <= 900


@pytest.mark.person(ANONYMOUS)
def test_an_address_is_locked_after_thirty_wrong_passwords_over_many_names(airflow_site: Site) -> None:
    wrong = [airflow_site.login(f"nobody{n}", "x", "127.0.2.1").status_code for n in range(35)]
    assert wrong == [401] * 30 + [429] * 5
    assert airflow_site.login(ADMIN, airflow_site.passwords[ADMIN], "127.0.2.1").status_code == 429


@pytest.mark.control(ADMIN)
def test_the_right_password_from_elsewhere_still_opens_and_forgets_earlier_slips(airflow_site: Site) -> None:
    for _ in range(2):
        for _ in range(4):
            assert airflow_site.login(ADMIN, "slip", "127.0.2.2").status_code == 401
        assert airflow_site.login(ADMIN, airflow_site.passwords[ADMIN], "127.0.2.2").status_code == 201


@pytest.mark.person(ANONYMOUS)
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/auth/token"), ("GET", "/auth/token/login"), ("POST", "/auth//token"), ("POST", "/auth/token/"),
     ("POST", "/auth/login"), ("POST", "/ui/auth/token"), ("POST", "/auth/token/cli/")],
)  # fmt: skip
def test_no_way_around_the_counted_login_gives_a_token(airflow_site: Site, method: str, path: str) -> None:
    with airflow_site.http("127.0.3.1") as http:
        body = {"username": FORGETFUL, "password": airflow_site.passwords[FORGETFUL], "token_type": "api"}
        answer = http.request(method, path, json=body)
    assert "access_token" not in answer.text
    assert "_token" not in answer.cookies


@pytest.mark.person(ANONYMOUS)
def test_failed_logins_are_logged_with_name_and_address_and_without_what_was_typed(
    airflow_site: Site,
) -> None:
    airflow_site.login(OPERATOR, "typed-password-one", "127.0.4.1")
    airflow_site.login("typed-password-two", "x", "127.0.4.2")
    text = airflow_site.log.read_text(encoding="utf-8", errors="replace")
    mine = [line for line in text.splitlines() if "login failed" in line and "127.0.4." in line]
    assert len(mine) == 2 and OPERATOR in mine[0] and "wrong password" in mine[0]
    assert "typed-password" not in text


# Sessions


def _claims(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def _sees(site: Site, token: str) -> int:
    with site.http() as http:
        return http.get(f"{API}/dags", headers={"Authorization": f"Bearer {token}"}).status_code


def _token(site: Site, who: str = ANALYST, path: str = "/auth/token") -> str:
    answer = site.login(who, site.passwords[who], path=path)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["access_token"])


def _signed(site: Site, **changed: Any) -> str:
    claims = _claims(_token(site)) | {"jti": uuid.uuid4().hex, "sid": uuid.uuid4().hex} | changed
    return jwt.encode(claims, site.secret_key, algorithm="HS512", headers={"kid": "not-used"})


@pytest.mark.control(ANALYST)
def test_a_token_that_is_made_by_hand_like_the_server_does_is_good(airflow_site: Site) -> None:
    assert _sees(airflow_site, _signed(airflow_site)) == 200


@pytest.mark.person(ANALYST)
@pytest.mark.parametrize("path", ["/auth/token", "/auth/token/cli"])
def test_a_token_holds_half_an_hour(airflow_site: Site, path: str) -> None:
    claims = _claims(_token(airflow_site, path=path))
    assert claims["exp"] - claims["iat"] == 1800
    now = int(time.time())
    assert _sees(airflow_site, _signed(airflow_site, iat=now - 1900, nbf=now - 1900, exp=now - 100)) == 401


@pytest.mark.person(ANALYST)
def test_a_session_ends_ten_hours_after_its_login_however_often_it_was_renewed(airflow_site: Site) -> None:
    now = int(time.time())
    assert _sees(airflow_site, _signed(airflow_site, auth_time=now - 36_100)) == 403
    nearly = _signed(airflow_site, auth_time=now - 35_900)
    with airflow_site.http() as http:
        http.cookies.set("_token", nearly)
        renewed = http.get(f"{API}/dags").cookies["_token"]
    assert _claims(renewed)["exp"] <= now + 101


@pytest.mark.person(ANALYST)
def test_a_role_written_into_a_token_is_not_looked_at(airflow_site: Site) -> None:
    token = _signed(airflow_site, role="admin")
    with airflow_site.http() as http:
        answer = http.get(f"{API}/connections", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403


@pytest.mark.person(STRANGER)
@pytest.mark.parametrize("kind", ["no signature", "another key", "nobody's name", "no session"])
def test_a_forged_token_opens_nothing(airflow_site: Site, kind: str) -> None:
    claims = _claims(_token(airflow_site))
    without = {k: v for k, v in claims.items() if k != "sid"}
    token = {
        "no signature": jwt.encode(claims, None, algorithm="none"),
        "another key": jwt.encode(claims, "x" * 64, algorithm="HS512"),
        "nobody's name": _signed(airflow_site, sub=STRANGER),
        "no session": jwt.encode(without, airflow_site.secret_key, algorithm="HS512"),
    }[kind]
    assert _sees(airflow_site, token) == 403


@pytest.mark.person(ANALYST)
@pytest.mark.parametrize("leave", ["/api/v2/auth/logout", "/auth/login"])
def test_leaving_ends_the_session_on_the_server_with_every_token_of_it(
    airflow_site: Site, leave: str
) -> None:
    first = _token(airflow_site)
    other_session = _token(airflow_site)
    with airflow_site.http() as http:
        http.cookies.set("_token", first)
        answer = http.get(f"{API}/dags")
        assert answer.status_code == 200
        renewed = answer.cookies["_token"]
        assert "HttpOnly" in answer.headers["set-cookie"]
        made = http.post("/ui/auth/token", json={"token_type": "api"}).json()["access_token"]
        http.cookies.clear()
        http.cookies.set("_token", renewed)
        http.get(leave)
        http.cookies.clear()
    assert [_sees(airflow_site, token) for token in (first, renewed, made)] == [403, 403, 403]
    assert _sees(airflow_site, other_session) == 200, "only what was left has ended"


@pytest.mark.person(OPERATOR)
@pytest.mark.parametrize("path", ["connections/real", "variables/real", "xcoms/publish/real/pick/x"])
def test_a_persons_token_is_none_for_the_interface_of_tasks(airflow_site: Site, path: str) -> None:
    answer = airflow_site.as_user(OPERATOR, "GET", f"/execution/{path}")
    assert answer.status_code in (401, 403), answer.text


# Secrets


def _command_line(process: psutil.Process) -> str:
    """The command line of a process, empty where it has just ended."""
    with suppress(psutil.NoSuchProcess):  # a zombie has none either
        return " ".join(process.cmdline())
    return ""


@pytest.mark.person(STRANGER)
def test_passwords_and_keys_stand_in_files_of_the_owner_and_on_no_command_line(airflow_site: Site) -> None:
    home = airflow_site.log.parents[1]
    files = [*(home / "secrets").iterdir(), home / "airflow" / "passwords.json"]
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    secrets = [p.read_text().strip() for p in files if p.name.startswith("airflow_")]
    assert len(secrets) >= 6
    said = [line for p in descendants([os.getpid()]) if (line := _command_line(p))]
    assert any("airflow" in line for line in said)
    written = "".join(p.read_text(errors="replace") for p in Path(home / "log").rglob("*.log"))
    assert not [s for s in secrets if any(s in line for line in said) or s in written]
