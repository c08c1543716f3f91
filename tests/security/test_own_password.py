"""Who has changed the own password keeps it when the password file is applied again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from infra.local.superset import apply_assets
from tests.support.superset_users import ACCESS, ADMIN, Client, by_token

pytestmark = pytest.mark.e2e
OWN = "own-Choice-of-mine-4711"
WHO = ACCESS["officials"][-1]["username"]
"""Somebody of the password file whose logins no other test holds: this one ends them."""


@pytest.fixture
def changed(superset_url: str, passwords: Mapping[str, str]) -> Iterator[Client]:
    """An official with a password of the own; the given one is set again afterwards."""
    own = Client(superset_url, WHO, passwords[WHO])
    user = own.http.get("/api/v1/me/").raise_for_status().json()["result"]["id"]
    own.http.put("/api/v1/me/", json={"password": OWN}).raise_for_status()
    yield own
    admin = Client(superset_url, ADMIN, passwords[ADMIN])
    given = {"password": passwords[WHO]}
    admin.http.put(f"/api/v1/security/users/{user}", json=given).raise_for_status()


@pytest.mark.person("官员")
def test_own_password_outlives_the_password_file(
    superset_url: str, platform: Any, passwords: Mapping[str, str], changed: Client
) -> None:
    apply_assets(platform.site)
    assert by_token(superset_url, WHO, OWN).status_code == 200
    assert by_token(superset_url, WHO, passwords[WHO]).status_code == 401
