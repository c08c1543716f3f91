"""Which figures tell about too few firms outside the reader's own scope: under three, or one of them above 70 %.

A figure is judged by the firms **outside** the reader's own region, county or domain that stand behind it: by what is
left when the reader takes the own part away, so that a total gives nothing that its parts would not. For another
region's figure these are all its firms. Who belongs to a county reads the figures of its unit as well: there the
county's part is taken away, and from the province's the county's and also the unit's. All scopes are judged in one
statement a table: a scope costs the rows that are withheld from it, not another scan.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

import duckdb

from jobs.serve.behind import PARTS
from jobs.serve.kinds import Place

FEWEST = 3
"""Fewest firms behind a figure that others may see."""
LARGEST = 0.7
"""Largest part that one firm may have of it."""

_DOMINATED = f"""
CREATE TABLE dominated AS
WITH outside AS (
  SELECT r.scope, r.taken, b.* FROM {PARTS} b JOIN reader r ON b.grain = 'region' AND r.kind <> 'domain'
  WHERE b.region_code <> r.unit
    AND NOT EXISTS (SELECT 1 FROM own o WHERE o.scope = r.scope AND o.code = b.region_code)
  UNION ALL
  SELECT r.scope, r.taken, b.* FROM {PARTS} b JOIN reader r
    ON b.grain = 'county' AND b.region_code = r.unit AND b.part <> r.taken
  WHERE r.kind = 'county'
  UNION ALL
  SELECT r.scope, r.taken, b.* FROM {PARTS} b JOIN reader r ON b.grain = r.kind AND b.part <> r.taken
  WHERE r.kind = 'domain'
), cell AS (
  SELECT o.scope, o.taken, o.programme, o.period, o.indicator,
         CASE WHEN grouping(o.region_code) = 1 THEN any_value(p.region_code) ELSE o.region_code END AS region_code,
         o.tier, sum(o.n) AS n, sum(o.num) AS num, max(o.num_max) AS num_max, sum(o.den) AS den, max(o.den_max) AS den_max
  FROM outside o JOIN firm_programme p ON p.id = o.programme
  GROUP BY GROUPING SETS ((o.scope, o.taken, o.programme, o.period, o.indicator, o.tier, o.region_code),
                          (o.scope, o.taken, o.programme, o.period, o.indicator, o.tier))
)
SELECT DISTINCT c.scope, c.programme, c.period, b.indicator, c.region_code, c.tier
FROM cell c JOIN base b ON b.leaf = c.indicator
WHERE c.n < {FEWEST} OR c.num_max > {LARGEST} * c.num OR c.den_max > {LARGEST} * c.den
"""

CELLS = "kpi_region"
_DIVIDED_BY = ("domain", "size_class", "industry")


def undivided(region: str, columns: Container[str] = _DIVIDED_BY) -> str:
    """Return the condition on a cell ``w`` of some region, in a table with some columns: that it is not of a part of
    its firms.
    """
    whole = "".join(f" AND w.{column} IS NULL" for column in _DIVIDED_BY if column in columns)
    return f"({region}{whole})"


OWN_REGION = "w.region_code = (SELECT p.region_code FROM firm_programme p WHERE p.id = w.programme)"
"""Of a cell: that it is of its programme's own region."""
_CELL = """SELECT w.rowid AS id, programme, period, indicator, reading, region_code, {tier} AS tier, n, value
FROM whole.{table} w WHERE {among}"""
_CELLS_OF_TARGET = """
WITH shown AS (
  SELECT w.rowid AS id, w.*, CASE WHEN w.period LIKE '%Q%' THEN year(w.reference_date) || 'Q' || quarter(w.reference_date)
                                  ELSE CAST(year(w.reference_date) AS VARCHAR) END AS decided_in
  FROM whole.{table} w
), figure AS (
  SELECT id, decided_in AS period, value FROM shown
  UNION ALL SELECT id, period, today_value FROM shown
  UNION ALL SELECT id, frozen_period, frozen_value FROM shown
  UNION ALL SELECT id, decided_in, revised_value FROM shown
)
SELECT id, programme, decided_in AS period, indicator, reading, region_code, tier, n, value FROM shown
UNION
SELECT s.id, s.programme, f.period, s.indicator, s.reading, s.region_code, s.tier, k.n, f.value
FROM figure f JOIN shown s USING (id)
LEFT JOIN undivided k
  ON k.programme = s.programme AND k.period = f.period AND k.region_code = s.region_code AND k.indicator = s.indicator
  AND k.reading = s.reading AND k.tier IS NOT DISTINCT FROM s.tier AND k.domain IS NULL
WHERE f.value IS NOT NULL
"""
"""Every figure that a row of a target shows, in the period it is of: after the deadline the row holds that of the
deadline, in the year after the verdict on the year before, and the period's own beside; each could be read there."""

_UNDIVIDED_CELLS = """
CREATE TABLE undivided AS SELECT programme, period, region_code, indicator, reading, tier, domain, n
FROM whole.kpi_region WHERE size_class IS NULL AND industry IS NULL
"""
"""The cells that every scope takes its own figures from, for each of its tables: read once."""
_UNSEEN = f"""
CREATE TABLE unseen AS SELECT DISTINCT indicator FROM base
WHERE NOT announced AND leaf NOT IN (SELECT indicator FROM {PARTS})
"""
"""Figures of firms of which only regions' cells say how many stand behind them."""

_WITHHELD = f"""
INSERT INTO withheld
WITH judged AS (
  SELECT w.*, r.scope, r.kind, o.n AS own, w.region_code IN (p.region_code, r.unit) AS holds_own,
         w.n - CASE WHEN w.region_code IN (p.region_code, r.unit) OR r.kind = 'domain' THEN coalesce(o.n, 0) ELSE 0 END AS rest
  FROM ({{cells}}) w CROSS JOIN reader r
  JOIN firm_programme p ON p.id = w.programme
  LEFT JOIN undivided o
    ON o.region_code = CASE WHEN r.kind = 'domain' THEN w.region_code ELSE r.taken END
    AND o.domain IS NOT DISTINCT FROM CASE WHEN r.kind = 'domain' THEN r.taken END
    AND o.programme = w.programme AND o.period = w.period AND o.indicator = w.indicator
    AND o.reading = w.reading AND o.tier IS NOT DISTINCT FROM w.tier
  WHERE w.indicator IN (SELECT indicator FROM base) AND {{seen}}
    AND NOT EXISTS (SELECT 1 FROM own x WHERE x.scope = r.scope AND x.code = w.region_code)
)
SELECT DISTINCT '{{table}}', w.scope, w.id, true
FROM judged w
WHERE EXISTS (SELECT 1 FROM dominated d WHERE d.scope = w.scope AND d.programme = w.programme AND d.period = w.period
              AND d.indicator = w.indicator AND d.region_code = w.region_code AND d.tier IS NOT DISTINCT FROM w.tier)
   OR (w.n IS NULL AND w.value IS NOT NULL)
   OR (w.kind = 'domain' AND w.n > 0 AND w.own IS NULL AND w.indicator IN (SELECT indicator FROM unseen))
   OR CASE WHEN w.holds_own
           THEN w.rest BETWEEN 1 AND {FEWEST - 1}
                AND w.indicator IN (SELECT indicator FROM base WHERE counts_firms AND NOT announced)
           ELSE w.rest < {FEWEST} AND (w.rest > 0 OR (w.n = 0 AND w.value IS NOT NULL))
                AND w.indicator IN (SELECT indicator FROM base WHERE counts_firms) END
"""
"""Where there is neither a firm nor a value nothing is withheld: the row says which report is missing. A value of
which nobody can say how many firms stand behind it is withheld."""
_AMONG = "w.region_code IN (SELECT region_code FROM firm_programme UNION ALL SELECT unit FROM reader)"
_SEEN_CELLS = "w.region_code IN (p.region_code, r.unit)"
"""Of the cells of other regions a scope is only given the whole province's and the unit's above."""


_OF_RANKING = {
    "region_ranking": """
INSERT INTO withheld
SELECT 'region_ranking', c.scope, w.rowid, bool_or(c.value IS NOT NULL)
FROM whole.region_ranking w JOIN hidden c USING (programme, scheme_id, region_code)
WHERE c.period IN (w.period, (SELECT max(b.period) FROM whole.region_ranking b
                              WHERE b.programme = w.programme AND b.scheme_id = w.scheme_id AND b.period < w.period))
GROUP BY c.scope, w.rowid
""",
    "ranking_weight": """
INSERT INTO withheld
SELECT DISTINCT 'ranking_weight', c.scope, w.rowid, true
FROM whole.ranking_weight w JOIN hidden c USING (programme, period, scheme_id)
WHERE c.value IS NOT NULL AND CASE w.weighting_kind WHEN 'scheme' THEN w.region_code = c.region_code
      WHEN 'alone' THEN w.weighting = c.indicator || ' ' || c.reading ELSE true END
""",
    "overview_map": """
INSERT INTO withheld
SELECT DISTINCT 'overview_map', c.scope, w.rowid, true
FROM whole.overview_map w JOIN hidden c USING (programme, period, region_code)
WHERE c.value IS NOT NULL AND (w.figure_order = 0 OR starts_with(w.figure, c.name_zh || '（'))
""",
}
"""What shows a ranking's figures, or a score that they add up to: withheld with the figure, and with that of the period
before, which a change of score and its split would give away (the text why a figure is
missing is withheld also where there is none: it names the number of firms). Under other weights than the scheme's
nobody's place is told where one of the figures is withheld: the places of the others would say between which of them it
lies."""
_TIER_OF_CRITERION = """(SELECT any_value(k.tier) FROM criterion k
WHERE k.scheme_id = w.scheme_id AND k.indicator = w.indicator AND k.reading = w.reading)"""
_HIDDEN = """
CREATE VIEW hidden AS SELECT h.scope, w.* FROM whole.ranking_component w
JOIN withheld h ON h.of = 'ranking_component' AND h.id = w.rowid
"""
_EVERY_ROW = """
INSERT INTO withheld
SELECT '{table}', r.scope, w.rowid, true FROM whole.{table} w CROSS JOIN (SELECT DISTINCT scope FROM reader) r
"""


def judge(
    con: duckdb.DuckDBPyConnection,
    places: Sequence[Place],
    tables: Mapping[str, list[str]],
    fresh: str = "true",
    cells: Container[str] = (CELLS,),
) -> None:
    """Write the table ``withheld``: of each table the rows that are not for the readers of a scope.

    Parameters
    ----------
    con : DuckDBPyConnection
        After :func:`behind.prepare`.
    places : sequence of Place
        Scopes whose own figures their readers can take from a total.
    tables : mapping
        Tables of cells, of figures with indicator, reading and n, those that rest on the ranking's figures, or of counts
        over all regions; and their columns. Without a tier figures are those of the ranking's criterion, else of any
        certificate. A target's row holds figures of several periods, and goes if one of them must.
    fresh : str
        Condition on the rows ``w`` of the tables of cells that are to be judged; the undivided ones alone are asked for.
    cells : container of str
        Which tables those are.
    """
    _readers(con, places)
    con.execute(_UNDIVIDED_CELLS)
    con.execute(_UNSEEN)
    con.execute(_DOMINATED)
    con.execute('CREATE TABLE withheld ("of" VARCHAR, scope VARCHAR, id BIGINT, figures BOOLEAN)')
    con.execute(_HIDDEN)
    for table in sorted(tables, key=lambda t: (t in _OF_RANKING, t)):
        con.execute(_withheld(table, tables[table], fresh if table in cells else None))


def _readers(con: duckdb.DuckDBPyConnection, places: Sequence[Place]) -> None:
    """Write down who takes away what: ``reader`` a row for each part taken, ``own`` the regions that are wholly own."""
    con.execute("CREATE TABLE reader (scope VARCHAR, kind VARCHAR, taken VARCHAR, unit VARCHAR)")
    con.execute("CREATE TABLE own (scope VARCHAR, code VARCHAR)")
    for place in places:
        name, scope = place.scope.name, place.scope
        con.execute("INSERT INTO reader VALUES (?, ?, ?, ?)", [name, scope.kind, scope.code, place.unit])
        con.execute("INSERT INTO own SELECT ?, unnest(?::VARCHAR[])", [name, list(place.codes)])
        if place.unit:
            # The unit's figures are open to the county, and so is the rest of the province without the unit.
            con.execute("INSERT INTO reader VALUES (?, 'region', ?, ?)", [name, place.unit, place.unit])


def _withheld(table: str, columns: list[str], fresh: str | None) -> str:
    if table in _OF_RANKING:
        return _OF_RANKING[table]
    if "indicator" not in columns:
        return _EVERY_ROW.format(table=table)
    tier = "w.tier" if "tier" in columns else _TIER_OF_CRITERION if "scheme_id" in columns else "NULL"
    cells = _CELLS_OF_TARGET if "frozen_period" in columns else _CELL
    among, seen = (f"{undivided(_AMONG, columns)} AND {fresh}", _SEEN_CELLS) if fresh else ("true", "true")
    return _WITHHELD.format(table=table, cells=cells.format(table=table, tier=tier, among=among), seen=seen)
