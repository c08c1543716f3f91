"""Applying the specs to a running Superset: what it has already is left alone, what somebody changed is put back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.support.superset_users import ADMIN, DASHBOARD, FIRMS, Client

pytestmark = pytest.mark.e2e


@pytest.fixture
def apply(platform: Any, superset_url: str) -> Callable[[], str]:
    """Apply the specs; returns what the command said."""
    from infra.local.superset import apply_assets

    log = platform.site.log / "superset-setup.log"

    def told() -> str:
        before = len(log.read_text(encoding="utf-8"))
        apply_assets(platform.site)
        return log.read_text(encoding="utf-8")[before:]

    return told


def test_a_second_apply_changes_nothing(apply: Callable[[], str]) -> None:
    assert "完成：没有变化" in apply()


@pytest.mark.pages
def test_what_somebody_changed_is_named_and_put_back(
    apply: Callable[[], str], superset_url: str, passwords: Mapping[str, str]
) -> None:
    admin = Client(superset_url, ADMIN, passwords[ADMIN])
    board, chart = admin.number(DASHBOARD), admin.chart(FIRMS)["slice_id"]
    title = admin.http.get(f"/api/v1/chart/{chart}").json()["result"]["slice_name"]
    for address, change in (
        (f"/api/v1/dashboard/{board}", {"css": ""}),
        (f"/api/v1/chart/{chart}", {"slice_name": "另一张"}),
    ):
        admin.http.put(address, json=change).raise_for_status()
    told = apply()
    assert "修改 看板" in told and title in told and "2 项变化" in told
    assert admin.http.get(f"/api/v1/chart/{chart}").json()["result"]["slice_name"] == title
