"""Which figures tell about too few firms of other regions: under three, or one of them above 70 %.

A figure is judged by the firms **outside** the reader's own region that stand behind it. For another region's
figure these are all its firms; for one of the whole province they are what is left when the reader takes the own
region's figure away, so that a total gives nothing that its parts would not. All scopes are judged in one statement a
table: a scope costs the rows that are withheld from it, not another scan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb

from jobs.definitions.dictionary import Indicator, indicators
from jobs.definitions.policy.model import load_all
from jobs.serve import renewal

FEWEST = 3
"""Fewest firms behind a figure that others may see."""
LARGEST = 0.7
"""Largest part that one firm may have of it."""
_NOT_OF_FIRMS = ("total", "item")
"""Families whose figures regions and departments report themselves: no firm stands behind them."""
_ANNOUNCED = ("count", "flow")
"""Families that count certificates: whom they count is announced by name, and a total less the own part tells no more."""

_BEHIND = """
WITH held AS (
  SELECT s.programme, s.period, s.release, s.uscc, string_split(s.tiers, ',') AS own, p.certified
  FROM whole.enterprise_statement s JOIN firm_programme p ON p.id = s.programme
), firm AS (
  SELECT e.programme, e.period, e.release, e.indicator, e.region_code, e.uscc,
         unnest(CASE WHEN list_has_any(h.own, h.certified) THEN list_append(h.own, NULL) ELSE h.own END) AS tier,
         abs(e.numerator) AS num, abs(e.denominator) AS den
  FROM whole.kpi_enterprise e JOIN held h USING (programme, period, release, uscc)
  WHERE e.in_panel AND {fresh}
)
SELECT programme, period, release, indicator, region_code, tier, count(DISTINCT uscc) AS n,
       sum(num) AS num, max(num) AS num_max, sum(den) AS den, max(den) AS den_max
FROM firm GROUP BY ALL
"""
"""What the firms of each unit come to, and the largest of them: by indicator and tier (null: any certificate)."""

_DOMINATED = f"""
CREATE TABLE dominated AS
WITH outside AS (
  SELECT r.scope, b.* EXCLUDE release FROM behind.part b CROSS JOIN reader r
  WHERE NOT EXISTS (SELECT 1 FROM own o WHERE o.scope = r.scope AND o.code = b.region_code)
), cell AS (
  SELECT * FROM outside
  UNION ALL
  SELECT o.scope, o.programme, o.period, o.indicator, p.region_code, o.tier, sum(o.n), sum(o.num), max(o.num_max),
         sum(o.den), max(o.den_max)
  FROM outside o JOIN firm_programme p ON p.id = o.programme GROUP BY ALL
)
SELECT DISTINCT c.scope, c.programme, c.period, b.indicator, c.region_code, c.tier
FROM cell c JOIN base b ON b.leaf = c.indicator
WHERE c.n < {FEWEST} OR c.num_max > {LARGEST} * c.num OR c.den_max > {LARGEST} * c.den
"""

CELLS = "kpi_region"
UNDIVIDED = """
w.region_code = (SELECT p.region_code FROM firm_programme p WHERE p.id = w.programme)
AND w.domain IS NULL AND w.size_class IS NULL AND w.industry IS NULL
"""
"""Condition on a cell: of a programme's own region, and not of a part of its firms."""
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
  AND k.reading = s.reading AND k.tier IS NOT DISTINCT FROM s.tier
WHERE f.value IS NOT NULL
"""
"""Every figure that a row of a target shows, in the period it is of: after the deadline the row holds that of the
deadline, in the year after the verdict on the year before, and the period's own beside; each could be read there."""

_UNDIVIDED_CELLS = """
CREATE TABLE undivided AS SELECT programme, period, region_code, indicator, reading, tier, n
FROM whole.kpi_region WHERE domain IS NULL AND size_class IS NULL AND industry IS NULL
"""
"""The cells that every scope takes its own figures from, for each of its tables: read once."""

_WITHHELD = f"""
INSERT INTO withheld
SELECT DISTINCT '{{table}}', r.scope, w.id, true
FROM ({{cells}}) w CROSS JOIN reader r
JOIN firm_programme p ON p.id = w.programme
LEFT JOIN undivided o
  ON o.region_code = r.scope AND o.programme = w.programme AND o.period = w.period AND o.indicator = w.indicator
  AND o.reading = w.reading AND o.tier IS NOT DISTINCT FROM w.tier
WHERE w.indicator IN (SELECT indicator FROM base)
  AND NOT EXISTS (SELECT 1 FROM own x WHERE x.scope = r.scope AND x.code = w.region_code)
  AND (EXISTS (SELECT 1 FROM dominated d WHERE d.scope = r.scope AND d.programme = w.programme AND d.period = w.period
               AND d.indicator = w.indicator AND d.region_code = w.region_code AND d.tier IS NOT DISTINCT FROM w.tier)
       OR (w.n IS NULL AND w.value IS NOT NULL)
       OR CASE WHEN w.region_code = p.region_code
               THEN w.n - coalesce(o.n, 0) BETWEEN 1 AND {FEWEST - 1}
                    AND w.indicator IN (SELECT indicator FROM base WHERE counts_firms AND NOT announced)
               ELSE w.n < {FEWEST} AND (w.n > 0 OR w.value IS NOT NULL)
                    AND w.indicator IN (SELECT indicator FROM base WHERE counts_firms) END)
"""
"""Where there is neither a firm nor a value nothing is withheld: the row says which report is missing. A value of
which nobody can say how many firms stand behind it is withheld."""


_OF_RANKING = {
    "region_ranking": """
INSERT INTO withheld
SELECT 'region_ranking', c.scope, w.rowid, bool_or(c.value IS NOT NULL)
FROM whole.region_ranking w JOIN hidden c USING (programme, scheme_id, region_code)
WHERE c.period IN (w.period, (SELECT max(b.period) FROM whole.region_ranking b
                              WHERE b.programme = w.programme AND b.scheme_id = w.scheme_id AND b.period < w.period))
GROUP BY c.scope, w.rowid
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
missing is withheld also where there is none: it names the number of firms)."""
_TIER_OF_CRITERION = """(SELECT any_value(k.tier) FROM criterion k
WHERE k.scheme_id = w.scheme_id AND k.indicator = w.indicator AND k.reading = w.reading)"""
_HIDDEN = """
CREATE VIEW hidden AS SELECT h.scope, w.* FROM whole.ranking_component w
JOIN withheld h ON h.of = 'ranking_component' AND h.id = w.rowid
"""
_EVERY_ROW = (
    "INSERT INTO withheld SELECT '{table}', r.scope, w.rowid, true FROM whole.{table} w CROSS JOIN reader r"
)


def _bases(indicator: Indicator) -> set[str]:
    """Return the indicators that an indicator rests on: itself, or those at the bottom of a derived one."""
    if indicator.family != "derived":
        return {indicator.id}
    parts = [part.indicator for part in indicator.of if part.indicator]
    return {leaf for part in parts for leaf in _bases(indicators()[part])}


def _of_firms(indicator: Indicator) -> bool:
    return indicator.entity == "enterprise" and indicator.family not in _NOT_OF_FIRMS


def _base_rows() -> Iterator[tuple[str, str, bool, bool]]:
    """Give (indicator, one of firms below it, whether that is announced, whether n counts firms) of the dictionary."""
    known = indicators()
    for indicator in known.values():
        leaves = [known[leaf] for leaf in sorted(_bases(indicator))]
        counts_firms = all(map(_of_firms, leaves))
        for leaf in filter(_of_firms, leaves):
            yield indicator.id, leaf.id, leaf.family in _ANNOUNCED, counts_firms


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Work out once, for all scopes, what stands behind the figures of the attached file ``whole``.

    What the attached file ``behind`` holds of the same releases stays.
    """
    con.execute("CREATE TABLE firm_programme (id VARCHAR, region_code VARCHAR, certified VARCHAR[])")
    for p in load_all().values():
        if p.entity == "enterprise":
            certified = [t.code for t in p.tiers if t.rank >= p.certified_rank]
            con.execute("INSERT INTO firm_programme VALUES (?, ?, ?)", [p.id, p.region_code, certified])
    con.execute(
        "CREATE TABLE criterion (scheme_id VARCHAR, indicator VARCHAR, reading VARCHAR, tier VARCHAR)"
    )
    for scheme in (s for p in load_all().values() for s in p.ranking):
        rows = [(scheme.id, c.indicator, c.reading, c.tier) for c in scheme.criteria]
        con.executemany("INSERT INTO criterion VALUES (?, ?, ?, ?)", rows)
    con.execute(
        "CREATE TABLE base (indicator VARCHAR, leaf VARCHAR, announced BOOLEAN, counts_firms BOOLEAN)"
    )
    con.executemany("INSERT INTO base VALUES (?, ?, ?, ?)", list(_base_rows()))
    con.execute(_UNDIVIDED_CELLS)
    con.execute(f"CREATE TABLE IF NOT EXISTS behind.part AS {_BEHIND.format(fresh=False)}")
    wanted, there = renewal.parts(con, "whole.kpi_enterprise"), renewal.parts(con, "behind.part")
    renewal.forget(con, "behind.part", there - wanted)
    fresh = renewal.among(wanted - there, "e")
    con.execute(f"INSERT INTO behind.part {_BEHIND.format(fresh=fresh)}")


def judge(
    con: duckdb.DuckDBPyConnection,
    own: Mapping[str, list[str]],
    tables: Mapping[str, list[str]],
    fresh: str = "true",
) -> None:
    """Write the table ``withheld``: of each table the rows that are not for the readers of a scope.

    Parameters
    ----------
    con : DuckDBPyConnection
        After :func:`prepare`.
    own : mapping
        Scope, a region whose own figures its readers can take from a total, -> codes of the regions that belong to it.
    tables : mapping
        Tables of cells, of figures with indicator, reading and n, those that rest on the ranking's figures, or of counts
        over all regions; and their columns. Without a tier figures are those of the ranking's criterion, else of any
        certificate. A target's row holds figures of several periods, and goes if one of them must.
    fresh : str
        Condition on the rows ``w`` of the table of cells that are to be judged; the undivided ones alone are asked for.
    """
    con.execute("CREATE TABLE reader AS SELECT unnest(?::VARCHAR[]) AS scope", [list(own)])
    pairs = [(scope, code) for scope, codes in own.items() for code in codes]
    scopes, codes = [s for s, _ in pairs], [c for _, c in pairs]
    con.execute(
        "CREATE TABLE own AS SELECT unnest(?::VARCHAR[]) AS scope, unnest(?::VARCHAR[]) AS code",
        [scopes, codes],
    )
    con.execute(_DOMINATED)
    con.execute('CREATE TABLE withheld ("of" VARCHAR, scope VARCHAR, id BIGINT, figures BOOLEAN)')
    con.execute(_HIDDEN)
    for table in sorted(tables, key=lambda t: (t in _OF_RANKING, t)):
        con.execute(_withheld(table, tables[table], f"{UNDIVIDED} AND {fresh}" if table == CELLS else "true"))


def _withheld(table: str, columns: list[str], among: str) -> str:
    if table in _OF_RANKING:
        return _OF_RANKING[table]
    if "indicator" not in columns:
        return _EVERY_ROW.format(table=table)
    tier = "w.tier" if "tier" in columns else _TIER_OF_CRITERION if "scheme_id" in columns else "NULL"
    cells = _CELLS_OF_TARGET if "frozen_period" in columns else _CELL
    return _WITHHELD.format(table=table, cells=cells.format(table=table, tier=tier, among=among))
