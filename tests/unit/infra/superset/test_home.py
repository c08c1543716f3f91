"""The first page after login: what the access file may say, and who lands where."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from infra.superset import home
from infra.superset.parts import SpecError
from infra.superset.stores import METADATA

PAGES = {
    "overview": {"for": ["officials", "analysts"], "order": 10},
    "region": {"for": ["officials"], "order": 40},
    "status": {"for": ["operators", "analysts"], "order": 140},
}


@pytest.mark.parametrize(
    ("roles", "kind"),
    [
        ({"官员", "地区 220000"}, "province"),
        ({"官员", "地区 220100"}, "region"),
        ({"官员", "县区 220182"}, "county"),
        ({"官员", "专班 industry"}, "domain"),
        ({"企业用户", "企业 91220182263655623L 220182"}, "enterprise"),
        ({"分析员"}, "analysts"),
        ({"操作员"}, "operators"),
        ({"Admin", "官员"}, "administrators"),
        ({"官员"}, None),
        ({"官员", "地区 220100", "地区 220200"}, None),
    ],
)
def test_a_person_is_of_the_kind_that_the_roles_say(roles: set[str], kind: str | None) -> None:
    assert home.kind_of(roles) == kind


def test_who_is_not_named_begins_with_the_first_page_that_is_for_them() -> None:
    found = home.pages_of({"region": "region"}, PAGES)
    assert found == {
        "province": "overview", "region": "region", "county": "overview", "domain": "overview",
        "analysts": "overview", "operators": "status", "administrators": "overview",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"region": "regoin"}, "不存在的页面 regoin"),
        ({"region": "status"}, "region 打不开页面 status"),
        ({"enterprise": "overview"}, "enterprise 打不开"),
        ({"mayor": "overview"}, "没有这一种人：mayor"),
    ],
)
def test_a_first_page_that_would_be_refused_is_refused_when_applied(
    said: dict[str, str], reason: str
) -> None:
    with pytest.raises(SpecError, match=reason):
        home.pages_of(said, PAGES)


def test_what_is_applied_replaces_what_was() -> None:
    engine = sa.create_engine("sqlite://")
    METADATA.create_all(engine, tables=[home.HOMES])
    with engine.begin() as connection:
        home.store(connection, {"region": "overview", "county": "overview"})
        home.store(connection, {"region": "region"})
        assert home.stored(connection) == {"region": "region"}
