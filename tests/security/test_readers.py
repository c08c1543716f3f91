"""Officials, and whoever is not logged in, try every family of addresses that tells about people or the installation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from infra.superset.belonging import OFFICIAL_ROLE
from tests.support.guests import Guest
from tests.support.superset_users import (
    ACCESS,
    ADMIN,
    CITY,
    DASHBOARD,
    PROVINCE,
    Client,
    Login,
    by_form,
    login_once,
)

pytestmark = pytest.mark.e2e
ANONYMOUS, REGIONLESS = "匿名", "无地区官员"
# addresses that name people to the administrator
PEOPLE = (
    "/api/v1/security/users/",
    "/api/v1/security/users/1",
    "/api/v1/security/roles/",
    "/api/v1/security/roles/search/",
    "/api/v1/dashboard/related/owners",
    "/api/v1/dashboard/related/roles",
    "/api/v1/dashboard/related/created_by",
    "/api/v1/dashboard/related/changed_by",
    "/api/v1/chart/related/owners",
    "/api/v1/chart/related/changed_by",
    "/api/v1/dataset/related/owners",
    "/api/v1/database/related/created_by",
    "/api/v1/query/related/user",
    "/api/v1/saved_query/related/created_by",
    "/api/v1/css_template/related/created_by",
    "/api/v1/theme/related/changed_by",
    "/api/v1/annotation_layer/related/created_by",
    "/api/v1/tag/related/created_by",
    "/api/v1/rowlevelsecurity/related/roles",
    "/api/v1/log/",
    "/api/v1/log/recent_activity/",
    "/api/v1/dashboard/",
    "/api/v1/chart/",
    "/api/v1/dataset/",
    "/api/v1/database/",
)
# what else no official's page asks for
OTHERS = (
    "/api/v1/security/groups/",
    "/api/v1/security/permissions/",
    "/api/v1/security/resources/",
    "/api/v1/security/permissions-resources/",
    "/api/v1/security/users/_info",
    "/api/v1/dashboard/_info",
    "/api/v1/chart/_info",
    "/api/v1/chart/1",
    "/api/v1/dataset/1",
    "/api/v1/rowlevelsecurity/",
    "/api/v1/css_template/",
    "/api/v1/theme/",
    "/api/v1/annotation_layer/",
    "/api/v1/query/",
    "/api/v1/saved_query/",
    "/api/v1/tag/",
    "/api/v1/report/",
    "/api/v1/user/1/avatar.png",
    "/api/v1/available_domains/",
    "/api/v1/advanced_data_type/types",
    "/api/v1/sqllab/",
    "/api/v1/assets/export/",
    "/api/v1/dashboard/export/?q=!(1)",
    "/api/v1/explore/?slice_id=1",
    "/superset/slice/1/",
    "/explore/?slice_id=1",
    "/dashboard/list/",
    "/chart/list/",
    "/csstemplatemodelview/list/",
    "/theme/list/",
    "/users/",
    "/users/list/",
    "/roles/",
    "/list_groups/",
    "/registrations/",
    "/rowlevelsecurity/list/",
    "/resetmypassword/form",
    "/resetpassword/form?pk=1",
    "/userinfoeditview/form",
    "/register/",
    "/version",
    "/sqllab/",
)
WHO = [pytest.param(who, marks=pytest.mark.person(who)) for who in (ANONYMOUS, CITY, PROVINCE, REGIONLESS)]


@pytest.fixture(scope="module")
def login(superset_url: str, passwords: Mapping[str, str]) -> Login:
    """Clients by user name."""
    return login_once(superset_url, passwords)


@pytest.fixture(scope="module")
def regionless(login: Login) -> Iterator[Guest]:
    """An official without a region."""
    made = Guest(login(ADMIN), OFFICIAL_ROLE)
    yield made
    made.remove()


@pytest.fixture(scope="module")
def browsers(superset_url: str, passwords: Mapping[str, str], regionless: Guest) -> dict[str, httpx.Client]:
    """Each person in a browser."""
    made = {ANONYMOUS: httpx.Client(base_url=superset_url, timeout=60)}
    for who, name, password in (
        (CITY, CITY, passwords[CITY]),
        (PROVINCE, PROVINCE, passwords[PROVINCE]),
        (REGIONLESS, regionless.name, regionless.password),
    ):
        made[who], _ = by_form(superset_url, name, password)
    return made


def people(but: str) -> set[str]:
    """Names of users other than one, as an answer would have them."""
    users = [user for kind in ("officials", "analysts", "administrators") for user in ACCESS[kind]]
    others = [user for user in users if user["username"] != but]
    return {user["name"] for user in others} | {f"{user['username']}@" for user in others}


def named(answer: httpx.Response, but: str) -> set[str]:
    """Other users that an answer names."""
    text = str(answer.json()) if "json" in answer.headers.get("content-type", "") else answer.text
    return {name for name in people(but) if name in text}


def assert_closed(http: httpx.Client, who: str, address: str) -> None:
    """The address refuses this person, naming nobody."""
    answer = http.get(address)
    if who == ANONYMOUS:
        assert (
            answer.status_code == 401
            if "/api/" in address
            else answer.headers["location"].startswith("/login/")
        )
    else:
        assert answer.status_code == 403
    assert not named(answer, who)


@pytest.mark.parametrize("address", PEOPLE)
@pytest.mark.parametrize("who", WHO)
def test_people_are_closed(browsers: Mapping[str, httpx.Client], who: str, address: str) -> None:
    assert_closed(browsers[who], who, address)


@pytest.mark.parametrize("address", OTHERS)
@pytest.mark.parametrize("who", WHO[:2])
def test_everything_beyond_the_pages_is_closed(
    browsers: Mapping[str, httpx.Client], who: str, address: str
) -> None:
    assert_closed(browsers[who], who, address)


@pytest.mark.control("系统管理员")
@pytest.mark.parametrize("address", PEOPLE)
def test_address_names_people_to_the_administrator(login: Login, address: str) -> None:
    answer = login(ADMIN).http.get(address)
    assert answer.status_code == 200
    if "/log/" not in address:
        assert named(answer, "") or OFFICIAL_ROLE in str(answer.json())


@pytest.mark.person(CITY)
@pytest.mark.parametrize("address", PEOPLE[:8])
def test_address_is_closed_to_a_token_as_well(login: Login, address: str) -> None:
    assert login(CITY).http.get(address).status_code == 403


OPEN = [
    f"/api/v1/dashboard/{DASHBOARD}",
    f"/api/v1/dashboard/{DASHBOARD}/datasets",
    f"/api/v1/dashboard/{DASHBOARD}/charts",
]


@pytest.mark.parametrize(
    "address", [*OPEN, "/api/v1/me/", "/api/v1/me/roles/", f"/superset/dashboard/{DASHBOARD}/", "/user_info/"]
)
@pytest.mark.parametrize("who", WHO[1:])
def test_what_is_open_names_nobody_else(browsers: Mapping[str, httpx.Client], who: str, address: str) -> None:
    answer = browsers[who].get(address)
    assert answer.status_code == 200
    assert not named(answer, who)


@pytest.mark.person(CITY)
@pytest.mark.parametrize("address", OPEN)
def test_owners_and_roles_are_left_out(browsers: Mapping[str, httpx.Client], address: str) -> None:
    def values(content: Any, key: str) -> list[Any]:
        if isinstance(content, list):
            return [value for item in content for value in values(item, key)]
        if not isinstance(content, dict):
            return []
        own = [content[key]] if key in content else []
        return own + [value for item in content.values() for value in values(item, key)]

    content = browsers[CITY].get(address).json()
    for key in ("owners", "roles", "changed_by", "created_by", "changed_by_name"):
        assert not any(values(content, key)), key


@pytest.mark.control("系统管理员")
def test_owners_are_seen_by_the_administrator(login: Login) -> None:
    assert login(ADMIN).http.get(OPEN[0]).json()["result"]["owners"]


CHANGES = [
    ("PUT", "/api/v1/dashboard/1", {"dashboard_title": "x"}),
    ("DELETE", "/api/v1/dashboard/1", None),
    ("POST", "/api/v1/dashboard/", {"dashboard_title": "x"}),
    ("PUT", "/api/v1/chart/1", {"slice_name": "x"}),
    (
        "POST",
        "/api/v1/chart/",
        {"slice_name": "x", "datasource_id": 1, "datasource_type": "table", "viz_type": "table"},
    ),
    ("PUT", "/api/v1/dataset/1", {"description": "x"}),
    ("POST", "/api/v1/security/users/", {"username": "x"}),
    ("PUT", "/api/v1/security/users/1", {"active": False}),
    ("POST", "/api/v1/security/guest_token/", {"resources": [], "rls": []}),
    ("POST", "/api/v1/dashboard/1/permalink", {}),
    ("POST", "/api/v1/sqllab/execute/", {"database_id": 1, "sql": "select 1"}),
    (
        "POST",
        "/api/v1/explore/form_data",
        {"datasource_id": 1, "datasource_type": "table", "form_data": "{}"},
    ),
    ("POST", "/api/v1/css_template/", {"template_name": "x"}),
    ("PUT", "/api/v1/me/", {"first_name": "系统管理员"}),
    ("PUT", "/api/v1/me/", {"password": "x", "last_name": "系统管理员"}),
]


@pytest.mark.person(CITY)
@pytest.mark.parametrize(("method", "address", "body"), CHANGES, ids=[f"{m} {a}" for m, a, _ in CHANGES])
def test_official_changes_nothing(
    login: Login, method: str, address: str, body: dict[str, Any] | None
) -> None:
    official: Client = login(CITY)
    assert official.http.request(method, address, json=body).status_code in (403, 404)


@pytest.mark.control(CITY)
def test_official_sees_the_page(browsers: Mapping[str, httpx.Client]) -> None:
    landed = browsers[CITY].get("/", follow_redirects=True)
    assert landed.status_code == 200 and f"/superset/dashboard/{ACCESS['home']['region']}/" in str(landed.url)


@pytest.mark.control(ANONYMOUS)
def test_everybody_sees_the_login_page(browsers: Mapping[str, httpx.Client]) -> None:
    landed = browsers[ANONYMOUS].get("/", follow_redirects=True)
    assert landed.status_code == 200 and landed.url.path == "/login/"
