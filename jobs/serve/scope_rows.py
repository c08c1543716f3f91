"""What of each table stands in the file of one scope: written anew, or only for the releases that came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from jobs.serve import renewal, small_cells
from jobs.serve.classes import TableClass
from jobs.serve.kinds import NOBODY, Place
from jobs.sqltext import text

BEFORE, WHOLE = "before", "whole"
"""Names under which the file with all rows is attached, and the one that this build was begun from."""
_JUDGED = ("cells", "declared", "counts")
"""Classes of tables with figures that may be withheld."""


@dataclass(frozen=True)
class Change:
    """What comes and goes in a table since the build before: conditions on its rows; None where there is nothing.

    Attributes
    ----------
    gone : str or None
        Rows ``g`` that a file of before holds and this build does not.
    fresh : str or None
        Rows ``w`` of the whole file that a file of before lacks.
    """

    gone: str | None
    fresh: str | None


ANEW = Change(None, "true")
"""All rows are put in, into an empty table."""


@dataclass(frozen=True)
class Plan:
    """What the files of all scopes have in common, found out once.

    Attributes
    ----------
    classes : mapping
        What each table tells about firms.
    columns : mapping
        Columns of each table.
    changes : mapping
        What comes and goes in each table of a file that is carried over; empty where none is.
    turned : str
        Condition on rows ``g`` that stay: whether they are of the latest period is another answer than before.
    publication : str
        Id of the publication.
    """

    classes: Mapping[str, TableClass]
    columns: Mapping[str, list[str]]
    changes: Mapping[str, Change]
    turned: str
    publication: str

    @property
    def judged(self) -> dict[str, list[str]]:
        """Tables with figures that may be withheld, and their columns."""
        return {t: self.columns[t] for t, entry in self.classes.items() if entry.holds in _JUDGED}

    def fresh(self, table: str, carried: bool) -> str:
        """Return the condition on the rows ``w`` that come into a table."""
        return (self.changes[table] if carried else ANEW).fresh or "false"


def columns(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Return the tables of the attached file ``whole`` with their columns."""
    rows = con.execute(
        "SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns() "
        f"WHERE database_name = '{WHOLE}' AND NOT internal GROUP BY table_name ORDER BY table_name"
    ).fetchall()
    return dict(rows)


def plan(con: duckdb.DuckDBPyConnection, classes: Mapping[str, TableClass], carried: bool) -> Plan:
    """Find out what came and went since the attached file ``before``.

    Parameters
    ----------
    con : DuckDBPyConnection
        With the build's file with all rows attached as ``whole``.
    classes : mapping
        What each table tells about firms.
    carried : bool
        Whether there is a build before, in the same layout.
    """
    held = columns(con)
    changes = {t: _change(con, t, held[t], entry) for t, entry in classes.items()} if carried else {}
    turned = renewal.among(set(con.execute(_TURNED).fetchall()) if carried else (), "g")
    row = con.execute(f"SELECT any_value(publication_id) FROM {WHOLE}.publication").fetchone()
    return Plan(classes, held, changes, turned, row[0] if row else "")


_TURNED = f"""
SELECT n.programme, n.period, n.release FROM {WHOLE}.publication n
JOIN {BEFORE}.publication b USING (programme, period, release) WHERE n.is_latest <> b.is_latest
"""


def _change(con: duckdb.DuckDBPyConnection, table: str, columns: list[str], entry: TableClass) -> Change:
    if entry.holds in ("declared", "counts") or table == "publication":
        return Change("true", "true")
    if "is_latest" not in columns:
        return Change(None, None) if _alike(con, table) else Change("true", "true")
    wanted, there = (renewal.parts(con, f'{of}."{table}"') for of in (WHOLE, BEFORE))
    gone, fresh = there - wanted, wanted - there
    return Change(renewal.among(gone, "g") if gone else None, renewal.among(fresh, "w") if fresh else None)


def _alike(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Return whether a list says what it said before."""
    now, then = (f'(SELECT * EXCLUDE publication_id FROM {of}."{table}")' for of in (WHOLE, BEFORE))
    row = con.execute(f"SELECT count(*) FROM (({now} EXCEPT ALL {then}) UNION ALL ({then} EXCEPT ALL {now}))")
    return row.fetchone() == (0,)


def fill(con: duckdb.DuckDBPyConnection, file: str, place: Place, plan: Plan, carried: bool) -> None:
    """Copy what a scope keeps of every table of the attached file ``whole``.

    Parameters
    ----------
    con : DuckDBPyConnection
        After :func:`small_cells.judge`.
    file : str
        Name under which the scope's file is attached.
    place : Place
        The scope; nobody's keeps only lists.
    plan : Plan
        What all scopes have in common.
    carried : bool
        Whether the file is a copy of that of the build before.
    """
    for table, entry in plan.classes.items():
        target, change = f'{file}."{table}"', plan.changes[table] if carried else ANEW
        if carried:
            _bring_up(con, target, "is_latest" in plan.columns[table], change, plan.turned)
        if change.fresh and (place.scope != NOBODY or entry.holds == "lists"):
            con.execute(_insert(table, target, place, change.fresh, plan))
        # Last: rows that come into a table with a new column would have all its blocks written again.
        if carried and table != "publication":
            renewal.sign(con, target, plan.publication)


def _bring_up(con: duckdb.DuckDBPyConnection, target: str, dated: bool, change: Change, turned: str) -> None:
    """Take out what no longer stands, and say anew of rows that stay whether they are of the latest period."""
    if change.gone:
        con.execute(f"DELETE FROM {target} AS g WHERE {change.gone}")
    if dated and change.gone != "true" and turned != "false":
        con.execute(f"UPDATE {target} AS g SET is_latest = NOT is_latest WHERE {turned}")


def _insert(table: str, target: str, place: Place, fresh: str, plan: Plan) -> str:
    """Return the statement that copies what a scope keeps of some rows of a table."""
    entry, withheld = plan.classes[table], _WITHHELD.format(table=table, scope=place.scope.name)
    if entry.holds in ("declared", "counts"):
        shown = ", ".join(_shown(c, entry) for c in plan.columns[table])
        return (
            f'INSERT INTO {target} BY NAME SELECT {shown} FROM {WHOLE}."{table}" w '
            f"LEFT JOIN ({withheld}) h ON h.id = w.rowid ORDER BY w.rowid"
        )
    kept = _kept(entry.holds, place, plan.columns[table], withheld)
    return f'INSERT INTO {target} BY NAME SELECT w.* FROM {WHOLE}."{table}" w WHERE {fresh} AND ({kept})'


_WITHHELD = "SELECT id, figures FROM withheld WHERE \"of\" = '{table}' AND scope = '{scope}'"
_COLUMN = {"region": "region_code", "county": "county_code", "domain": "domain"}
"""Column of a firm that says whether it belongs to a scope of a kind."""
_FIRM = ("programme", "period", "release", "uscc")
"""Names a firm in the statement of a release, which says its county and domain."""


def _kept(holds: str, place: Place, columns: list[str], withheld: str) -> str:
    """Return the condition on the rows ``w`` that a scope keeps of a class of tables."""
    if holds == "lists":
        return "true"
    own = ", ".join(map(text, place.codes)) or "NULL"
    if holds == "firms":
        return _of_firms(place, own, columns)
    if holds == "reports":
        return _REPORTS.format(own=f"{own}, {text(place.unit)}" if place.unit else own)
    mine = f"w.region_code IN ({own})"
    if place.scope.kind == "domain" and "domain" in columns:
        mine = f"w.domain = {text(place.scope.code)}"
    if holds == "revisions":
        return f"{mine} OR w.is_open"
    above = small_cells.undivided(f"w.region_code = {text(place.unit)}", columns) if place.unit else "false"
    whole = small_cells.undivided(small_cells.OWN_REGION, columns)
    return _CELLS.format(own=mine, whole=whole, above=above, withheld=withheld)


def _of_firms(place: Place, own: str, columns: list[str]) -> str:
    """Return the condition on rows of firms: by their own column, else by that of the firm's statement."""
    column = _COLUMN[place.scope.kind]
    codes = text(place.scope.code) if place.scope.kind == "domain" else own
    if column in columns:
        return f"w.{column} IN ({codes})"
    region = [f"w.region_code IN ({own})"] if "region_code" in columns else []
    if not (key := [c for c in _FIRM if c in columns]) or "uscc" not in key:
        return " OR ".join(region) or "false"
    statements = f"FROM {WHOLE}.enterprise_statement WHERE {column}"
    latest = "true" if "period" in key else "is_latest"
    firms = f"SELECT {', '.join(key)} {statements} IN ({codes}) AND {latest}"
    # A firm that the region of the row saw first may have lain elsewhere ever since: then it is another's.
    here = f"w.uscc IN (SELECT uscc {statements} IN ({codes})) OR w.uscc NOT IN (SELECT uscc {statements} NOT IN ({codes}))"
    own_region = [f"({condition} AND ({here}))" for condition in region]
    return " OR ".join([*own_region, f"({', '.join(f'w.{c}' for c in key)}) IN ({firms})"])


_REPORTS = f"""
reporter IN ({{own}}) OR reporter IN (SELECT region_code FROM firm_programme)
OR reporter NOT IN (SELECT code FROM {WHOLE}.region)
"""
"""A county's figures come from what its unit reports."""
_CELLS = """
{own} OR programme NOT IN (SELECT id FROM firm_programme)
OR (({whole} OR {above}) AND w.rowid NOT IN (SELECT id FROM ({withheld})))
"""
"""Of cells without the parts of the whole region, or of the unit above: they add up to the total, and so each can be told
from the others. The own regions stand as values: blocks of others are not read."""


def _shown(column: str, entry: TableClass) -> str:
    """Return a column of a table all of whose rows stay: withheld ones with what the class keeps."""
    if column in entry.said:
        return f'CASE WHEN h.id IS NULL THEN w."{column}" ELSE {text(entry.said[column])} END AS "{column}"'
    if column in entry.kept:
        return f'w."{column}"'
    return f'CASE WHEN h.figures THEN NULL ELSE w."{column}" END AS "{column}"'
