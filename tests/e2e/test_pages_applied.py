"""Applying the specs to a running Superset: what it has already is left alone."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.e2e


def test_a_second_apply_changes_nothing(platform: Any, superset_url: str) -> None:
    from infra.local.superset import apply_assets

    log = platform.site.log / "superset-setup.log"
    before = len(log.read_text(encoding="utf-8"))
    apply_assets(platform.site)
    told = log.read_text(encoding="utf-8")[before:]
    assert "完成：没有变化" in told, told[-2000:]
