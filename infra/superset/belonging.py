"""What a person belongs to, said by one role: a region, a county, a domain or an enterprise; and the file that follows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from infra.superset.parts import AUDIENCES

ADMIN_ROLE = "Admin"
ANALYST_ROLE, OFFICIAL_ROLE, OPERATOR_ROLE, ENTERPRISE_ROLE = (
    AUDIENCES[who] for who in ("analysts", "officials", "operators", "enterprises")
)
WHOLE = "whole"
"""Scope of who reads the whole served file."""
NO_SCOPE = "none"
"""Scope of who belongs to nothing; the folder of its file."""
PREFIXES = {"region": "地区 ", "county": "县区 ", "domain": "专班 ", "enterprise": "企业 "}
"""How the role of a belonging begins, by its kind."""
_PLACE = r"\d{2}[0-9A-Z]{3,4}"
_CODES = {
    "region": re.compile(_PLACE),
    "county": re.compile(_PLACE),
    "domain": re.compile(r"[a-z][a-z_]{1,30}"),
    # not of a province: its file is the whole one
    "enterprise": re.compile(rf"[0-9A-HJ-NPQRTUWXY]{{18}} (?!\d{{2}}0000){_PLACE}"),
}


@dataclass(frozen=True, order=True)
class Belonging:
    """One region, county, domain or enterprise.

    Parameters
    ----------
    kind
        Key of ``PREFIXES``.
    code
        Code of the region, county or domain; of an enterprise its own and that of its county, or of the unit where
        it has no county: one role says both, so that neither is lost without the other.
    """

    kind: str
    code: str

    @property
    def is_valid(self) -> bool:
        """Whether the code is one: it names a folder and stands in a clause."""
        return bool(_CODES[self.kind].fullmatch(self.code))

    @property
    def role(self) -> str:
        """Name of the role that ties its holders to it."""
        return PREFIXES[self.kind] + self.code

    @property
    def scope(self) -> str:
        """Folder of its file: that of the county for an enterprise."""
        if self.kind == "domain":
            return f"domain-{self.code}"
        return self.code.rsplit(" ", maxsplit=1)[-1]

    @property
    def key(self) -> str:
        """What stands in the column of its rows."""
        return self.code.split(" ", maxsplit=1)[0]


def region_role(region: str) -> str:
    """Name of the role that ties its holders to a region."""
    return Belonging("region", region).role


def belonging_of(roles: Iterable[str]) -> Belonging | None:
    """What somebody with these roles belongs to.

    Several are as good as none: no file holds the firms of two, and neither is the right one.
    """
    found = {
        Belonging(kind, role.removeprefix(prefix))
        for role in roles
        for kind, prefix in PREFIXES.items()
        if role.startswith(prefix)
    }
    one = found.pop() if len(found) == 1 else None
    return one if one and one.is_valid else None


def scope_of(roles: Iterable[str]) -> str:
    """Scope of a person by the names of the roles: the whole file, one scope's, or none.

    An operator reads the state of all reports, and by the row rules no firm's row; one who also belongs to a place is
    neither.
    """
    held = set(roles)
    if held & {ADMIN_ROLE, ANALYST_ROLE}:
        return WHOLE
    if OPERATOR_ROLE in held:
        return NO_SCOPE if any(role.startswith(tuple(PREFIXES.values())) for role in held) else WHOLE
    belonging = belonging_of(held)
    return belonging.scope if belonging else NO_SCOPE


def firm_of(roles: Iterable[str]) -> str | None:
    """The one enterprise whose rows somebody reads; None for whoever is held to no single one."""
    held = set(roles)
    belonging = belonging_of(held)
    if belonging and belonging.kind == "enterprise":
        return belonging.key
    # An enterprise whose role is lost or doubled is held to no rows, not to all of a file's.
    return "" if ENTERPRISE_ROLE in held else None
