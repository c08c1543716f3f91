"""The first page of each kind of person: said in the access file, kept where all of the server's processes read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from infra.superset.belonging import ADMIN_ROLE, ANALYST_ROLE, OPERATOR_ROLE, belonging_of
from infra.superset.parts import Spec, SpecError
from infra.superset.stores import METADATA

AUDIENCE_OF = {
    "province": "officials",
    "region": "officials",
    "county": "officials",
    "domain": "officials",
    "enterprise": "enterprises",
    "analysts": "analysts",
    "operators": "operators",
    "administrators": None,
}
"""Kinds of people as the access file calls them, and for whom a page must be that they open; administrators open all."""
_PROVINCE = "0000"

HOMES = sa.Table(
    "zjtx_home",
    METADATA,
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("page", sa.String(64), nullable=False),
)


def kind_of(roles: Iterable[str]) -> str | None:
    """Kind of a person by the names of the roles; None for who is nobody in particular."""
    held = set(roles)
    for role, kind in (
        (ADMIN_ROLE, "administrators"),
        (ANALYST_ROLE, "analysts"),
        (OPERATOR_ROLE, "operators"),
    ):
        if role in held:
            return kind
    one = belonging_of(held)
    if one is None:
        return None
    return "province" if one.kind == "region" and one.code.endswith(_PROVINCE) else one.kind


def pages_of(home: Mapping[str, str], pages: Mapping[str, Spec]) -> dict[str, str]:
    """First page of every kind: the one that the access file names, else the first of those that are for it.

    Parameters
    ----------
    home
        Kind -> page, as the access file says.
    pages
        The loaded pages.

    Raises
    ------
    SpecError
        If a kind is none, or a page is not there or not for that kind: somebody would land on a refusal.
    """
    if unknown := sorted(set(home) - set(AUDIENCE_OF)):
        raise SpecError(
            f"access.yaml：home 里没有这一种人：{'、'.join(unknown)}；可写 {'、'.join(AUDIENCE_OF)}"
        )
    found = {}
    for kind, audience in AUDIENCE_OF.items():
        own = [slug for slug, page in pages.items() if audience is None or audience in page["for"]]
        own.sort(key=lambda slug: (pages[slug]["order"], slug))
        if (named := home.get(kind)) and named not in pages:
            raise SpecError(f"access.yaml：home 的 {kind} 指向不存在的页面 {named}")
        if named and named not in own:
            raise SpecError(f"access.yaml：home 的 {kind} 打不开页面 {named}")
        if named or own:
            found[kind] = named or own[0]
    return found


def store(connection: sa.engine.Connection, pages: Mapping[str, str]) -> None:
    """Keep the first pages, and forget those of before."""
    connection.execute(sa.delete(HOMES))
    if pages:
        rows = [{"kind": kind, "page": page} for kind, page in sorted(pages.items())]
        connection.execute(sa.insert(HOMES), rows)


def stored(connection: sa.engine.Connection) -> dict[str, str]:
    """Kind -> first page, as last applied."""
    return {row.kind: row.page for row in connection.execute(sa.select(HOMES))}


def first_page(roles: Iterable[str], open_pages: Iterable[str]) -> str | None:
    """Page on which the person who is logged in begins; None where none of the pages is open to the person.

    Parameters
    ----------
    roles
        Names of the person's roles.
    open_pages
        Pages that the person may open.
    """
    from superset.extensions import db

    own, kind = list(open_pages), kind_of(roles)
    with db.engine.connect() as connection:
        page = stored(connection).get(kind) if kind else None
    return page if page in own else next(iter(own), None)
