"""Whose files there are: scopes of the people in the access file, each a kind and a code, and which regions are theirs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from jobs import yamlfile
from jobs.settings import settings

KINDS = ("region", "county", "domain")
"""What a person may belong to, as the access file calls it: a ranked unit or a province, a county, a domain."""
_CODE = {
    "region": re.compile(r"[0-9A-Z]{2,12}"),
    "county": re.compile(r"[0-9A-Z]{2,12}"),
    "domain": re.compile(r"[a-z][a-z_]{1,30}"),
}
_PROVINCE = "0000"
"""End of the code of a province: it takes in every region whose code begins like its own."""


@dataclass(frozen=True)
class Scope:
    """Whose firms a file holds.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`, or ``none``.
    code : str
        Code of the region, the county or the domain.
    """

    kind: str
    code: str

    @property
    def name(self) -> str:
        """Name of the file's folder; codes of domains are no codes of regions, and say so."""
        return f"domain-{self.code}" if self.kind == "domain" else self.code

    @property
    def is_province(self) -> bool:
        """Whether it takes in every region whose code begins like its own."""
        return self.kind == "region" and self.code.endswith(_PROVINCE)


NOBODY = Scope("none", "none")
"""Of who belongs to nothing, or to several."""


@dataclass(frozen=True)
class Place:
    """A scope in the regions of a file.

    Attributes
    ----------
    scope : Scope
        Whose.
    codes : tuple of str
        Codes of the regions that are wholly its own.
    unit : str
        Of a county, the ranked unit that it lies in.
    """

    scope: Scope
    codes: tuple[str, ...] = ()
    unit: str = ""


def scopes() -> tuple[Scope, ...]:
    """Return the scopes that get a file: those of officials and enterprises in the access file, and nobody's.

    Raises
    ------
    ValueError
        If a code is none: it names a folder.
    """
    access = yamlfile.read(settings().access)
    people = [person for who in ("officials", "enterprises") for person in access.get(who) or []]
    found = {Scope(kind, str(person[kind])) for person in people for kind in KINDS if person.get(kind)}
    if wrong := sorted(s.code for s in found if not _CODE[s.kind].fullmatch(s.code)):
        raise ValueError(f"{settings().access.name}：代码格式不对：{'、'.join(wrong)}")
    return (*sorted(found, key=lambda s: s.name), NOBODY)


def places(con: duckdb.DuckDBPyConnection, asked: Iterable[Scope]) -> list[Place]:
    """Find scopes among the regions of the attached file ``whole``.

    Raises
    ------
    ValueError
        If a ranked unit is written as a county, or a county as a unit.
    """
    rows = con.execute("SELECT code, unit_code FROM whole.region ORDER BY code").fetchall()
    unit_of = dict(rows)
    return [_place(scope, unit_of) for scope in asked]


def _place(scope: Scope, unit_of: dict[str, str]) -> Place:
    unit = unit_of.get(scope.code, scope.code)
    if scope.kind == "county":
        if scope.code in unit_of and unit in ("", scope.code):
            raise ValueError(f"{settings().access.name}：{scope.code} 不是县（市、区），应写 region")
        return Place(scope, (scope.code,), unit)
    if scope.kind != "region":
        return Place(scope)
    if scope.is_province:
        return Place(scope, tuple(c for c in unit_of if c.startswith(scope.code[:2])))
    if unit not in ("", scope.code):
        raise ValueError(f"{settings().access.name}：{scope.code} 是县（市、区），应写 county")
    return Place(scope, tuple(c for c, u in unit_of.items() if scope.code in (c, u)))
