"""The kinds of people who log in: one person of each, what pages are for them, and which rows are theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.superset import belonging
from jobs.serve import scopes
from tests.support.superset_users import (
    ACCESS,
    ADMIN,
    ANALYST,
    CITY,
    COUNTY_OF,
    DOMAIN_OF,
    ENTERPRISE,
    OPERATOR,
    OTHER_CITY,
    PROVINCE,
    REGION_OF,
    STORED,
)

_RULES = {rule["dataset"]: rule for rule in ACCESS["row_rules"]}
_USUAL = {"county": "county_code", "domain": "domain", "enterprise": "uscc"}
NOBODY = "nobody"
"""An official who belongs to no place: made for the tests, no line of the access file."""


@dataclass(frozen=True)
class Person:
    """One person of a kind.

    Parameters
    ----------
    who
        Name of the account.
    audience
        What a page calls its readers; None for the administrator, who opens every page.
    own
        Kind and code of what the person belongs to; empty without.
    scope
        Folder of the file that the person is connected to.
    """

    who: str
    audience: str | None
    own: Mapping[str, str] = field(default_factory=dict)
    scope: str = belonging.WHOLE

    def opens(self, page: str) -> bool:
        """Whether a page is for this person."""
        return self.audience is None or self.audience in STORED.pages[page]["for"]

    def file(self, served_file: Path, dataset: str = "publication") -> Path:
        """The file that the person is connected to for a data set: that of the own scope, or another database's one."""
        if name := STORED.datasets[dataset].get("database"):
            return (served_file.parents[1] / name / "current" / f"{name}.duckdb").resolve()
        whole = self.scope == belonging.WHOLE
        return served_file.resolve() if whole else scopes.file_of(served_file.resolve(), self.scope)

    def rows_of(self, table: str) -> str:
        """The condition of design.md §6 on a table's rows: own firms only, nobody's for whoever belongs nowhere."""
        rule = _RULES.get(table)
        if rule is None or self.audience in (None, "analysts"):
            return "true"
        if not self.own:
            return "false"
        ((kind, code),) = self.own.items()
        column = rule["column"] if kind == "region" else rule.get(kind, _USUAL.get(kind, ""))
        if column == "file":
            return "true"
        return f"{column} LIKE '{code[:2]}%'" if code.endswith("0000") else f"{column} = '{code}'"


def _region(who: str) -> Person:
    code = REGION_OF[who]
    return Person(who, "officials", {"region": code}, belonging.WHOLE if code.endswith("0000") else code)


_COUNTY, _DOMAIN = next(iter(COUNTY_OF)), next(iter(DOMAIN_OF))
PEOPLE: dict[str, Person] = {
    "province": _region(PROVINCE),
    "city": _region(CITY),
    "other city": _region(OTHER_CITY),
    "county": Person(_COUNTY, "officials", {"county": COUNTY_OF[_COUNTY]}, COUNTY_OF[_COUNTY]),
    "domain": Person(_DOMAIN, "officials", {"domain": DOMAIN_OF[_DOMAIN]}, f"domain-{DOMAIN_OF[_DOMAIN]}"),
    "enterprise": Person(
        ENTERPRISE["username"], "enterprises", {"enterprise": ENTERPRISE["uscc"]}, ENTERPRISE["county"]
    ),
    "operator": Person(OPERATOR, "operators"),
    "analyst": Person(ANALYST, "analysts"),
    "administrator": Person(ADMIN, None),
    NOBODY: Person(NOBODY, "officials", {}, belonging.NO_SCOPE),
}
"""One of each kind, by the name that test cases are called after."""
OFFICIALS = [kind for kind, person in PEOPLE.items() if person.audience == "officials"]
HELD = [kind for kind, person in PEOPLE.items() if person.audience not in (None, "analysts")]
"""Whoever is held to stored charts: neither analyst nor administrator."""


def cases(pages: Iterable[str] | None = None, opened: bool = True) -> list[tuple[str, str]]:
    """Pairs of a kind and a page that it may open, or may not."""
    return [
        (kind, page)
        for page in pages or STORED.pages
        for kind, person in PEOPLE.items()
        if person.opens(page) == opened
    ]
