"""Tables of the pages about one place or one domain: its figures, each beside those that it is compared with.

A row holds one figure of one region, so that what is withheld from a reader is withheld row by row; a page's own figure
and the one beside it are two rows. Charts put them together, from what the reader's own file holds.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from jobs import yamlfile
from jobs.definitions.contract import load_table
from jobs.definitions.dictionary import indicators
from jobs.definitions.policy.model import Programme, load_all
from jobs.serve.profile_words import COLUMNS, TABLES
from jobs.settings import settings
from jobs.sqltext import text

FIGURES = "profile_figures.yaml"
"""In the reference lists: which figures the pages show, in which order, and how each is compared."""

_WANTED = """
CREATE OR REPLACE TEMP TABLE profile_wanted (programme VARCHAR, figure_group VARCHAR, figure_order INTEGER, figure VARCHAR,
  indicator VARCHAR, reading VARCHAR, tier VARCHAR, amount BOOLEAN, signed BOOLEAN, peers BOOLEAN)
"""
_WORDS = (
    "CREATE OR REPLACE TEMP TABLE profile_word (kind VARCHAR, position INTEGER, code VARCHAR, label VARCHAR)"
)

_TEXT = """
CREATE OR REPLACE TEMP MACRO profile_text(v, unit, signed) AS
  CASE WHEN v IS NULL THEN NULL
       WHEN unit = '元' THEN CASE WHEN abs(v) >= 1e8 THEN format('{:,.2f} 亿元', v / 1e8) ELSE format('{:,.2f} 万元', v / 1e4) END
       WHEN unit = '%' THEN CASE WHEN signed AND v > 0 THEN '+' ELSE '' END || format('{:,.2f}%', v)
       WHEN v = round(v) THEN format('{:,} ', v::BIGINT) || unit
       ELSE format('{:,.2f} ', v) || unit END
"""

_FIGURE = """
CREATE OR REPLACE TEMP TABLE profile_figure AS
WITH beside AS (
  SELECT release, programme, period, region_code, region_level, domain, indicator,
         max(value) FILTER (reading = 'median') AS median, max(value) FILTER (reading = 'share') AS complying
  FROM kpi_region
  WHERE reading IN ('median', 'share') AND tier IS NULL AND size_class IS NULL AND industry IS NULL
    AND indicator IN (SELECT indicator FROM profile_wanted WHERE NOT amount)
  GROUP BY ALL
), goal AS (
  SELECT programme, period, region_code, indicator, reading, tier,
         string_agg(DISTINCT '≥ ' || format('{:,}', target_value::BIGINT) || coalesce('（' || strftime(deadline, '%Y年底') || '）', ''), '；') AS goal
  FROM target_progress WHERE headline AND operator = '>=' AND target_value = round(target_value) GROUP BY ALL
)
SELECT k.release, k.programme, k.period, k.is_latest, k.region_code, k.region_name, k.region_level, k.domain, k.tier,
       w.figure_group, w.figure_order, w.figure, w.indicator, w.reading, w.amount, w.peers, k.value,
       coalesce(profile_text(k.value, k.unit, w.signed), CASE WHEN k.status = 'OK' THEN '无数据' ELSE s.label END) AS value_text,
       k.unit, k.numerator, k.denominator, k.n, k.n_scope, k.coverage, k.imputed_share,
       profile_text(b.median, k.unit, w.signed) AS median, b.complying, CASE WHEN w.amount THEN g.goal END AS goal, k.reference_period,
       nullif(concat_ws('、', CASE WHEN k.value IS NOT NULL AND k.status <> 'OK' THEN s.label END,
                        CASE WHEN k.provisional THEN '暂定' END, k.mark,
                        CASE WHEN k.value IS NOT NULL AND k.imputed_share > 0 THEN format('插补占 {:.1f}%', 100 * k.imputed_share) END), '') AS note
FROM kpi_region k
JOIN profile_wanted w ON w.programme = k.programme AND w.indicator = k.indicator AND w.reading = k.reading
                     AND w.tier IS NOT DISTINCT FROM k.tier
LEFT JOIN beside b ON b.release = k.release AND b.programme = k.programme AND b.period = k.period AND b.region_code = k.region_code
                  AND b.region_level = k.region_level AND b.indicator = k.indicator AND b.domain IS NOT DISTINCT FROM k.domain
LEFT JOIN goal g ON g.programme = k.programme AND g.period = k.period AND g.region_code = k.region_code
                AND g.indicator = k.indicator AND g.reading = k.reading AND g.tier IS NOT DISTINCT FROM k.tier AND k.domain IS NULL
LEFT JOIN profile_word s ON s.kind = 'status' AND s.code = k.status
WHERE k.size_class IS NULL AND k.industry IS NULL
"""
"""The figures of every place that the pages may show: of the whole, by tier, and by domain."""

_PAGE = """
CREATE OR REPLACE TEMP TABLE profile_page AS
WITH place AS (
  SELECT DISTINCT f.programme, f.period, f.region_level, f.region_code, f.region_name, coalesce(r.unit_code, f.region_code) AS unit
  FROM profile_figure f LEFT JOIN region r ON r.code = f.region_code
  WHERE f.domain IS NULL
), ordered AS (
  SELECT *, CAST(dense_rank() OVER (PARTITION BY programme, region_level ORDER BY region_code) AS INTEGER) AS page_order FROM place
)
SELECT p.programme, p.period, p.region_level AS page_level, p.region_code AS page_code, p.region_name AS page_name,
       p.page_order, u.region_name AS unit_name, o.region_code, o.region_level, o.region_name,
       CASE WHEN o.region_level = 'province' THEN 3 WHEN o.region_code = p.region_code THEN 1 ELSE 2 END AS place_order
FROM ordered p JOIN ordered o ON o.programme = p.programme AND o.period = p.period
LEFT JOIN place u ON u.programme = p.programme AND u.period = p.period AND u.region_level = 'unit' AND u.region_code = p.unit
WHERE p.region_level <> 'province'
  AND (o.region_level = 'province' OR (o.region_level = p.region_level AND o.region_code = p.region_code)
       OR (o.region_level = 'unit' AND (p.region_level = 'unit' OR o.region_code = p.unit)))
"""
"""Whose figures stand on the page of a unit or a county: its own, those of the unit above or of the other units, the province's."""

_SHOWN = """f.figure_group, f.figure_order, f.figure, f.indicator, f.reading, f.tier, f.value, f.value_text, f.unit"""
_MEASURED = """f.amount, f.numerator, f.denominator, f.n, f.n_scope, f.coverage, f.imputed_share, f.median, f.complying,
       f.reference_period, f.note"""
_DATED = "f.release, f.programme, f.period, f.is_latest"
_SAME = """f.programme = p.programme AND f.period = p.period AND f.region_code = p.region_code
  AND f.region_level = p.region_level AND f.domain IS NULL"""

_REGION = f"""
CREATE OR REPLACE TABLE region_profile AS
SELECT {_DATED}, p.page_name AS region_name, p.page_order, p.region_code, p.place_order,
       CASE p.place_order WHEN 1 THEN '本市（州）' ELSE '全省' END AS place, {_SHOWN}, {_MEASURED}, f.goal
FROM profile_page p JOIN profile_figure f ON {_SAME}
WHERE p.page_level = 'unit' AND p.place_order IN (1, 3)
ORDER BY f.programme, f.period, p.page_order, f.figure_order, p.place_order
"""
_PEERS = f"""
CREATE OR REPLACE TABLE region_peer AS
SELECT {_DATED}, p.page_name AS region_name, p.page_order, p.region_code, p.region_name AS peer_name, p.place_order,
       CASE p.place_order WHEN 1 THEN '本市（州）' WHEN 2 THEN '其他市（州）' ELSE '全省' END AS place, {_SHOWN},
       f.n, f.reference_period, f.note
FROM profile_page p JOIN profile_figure f ON {_SAME}
WHERE p.page_level = 'unit' AND f.peers
ORDER BY f.programme, f.period, p.page_order, f.figure_order, p.place_order, p.region_code
"""
_COUNTY = f"""
CREATE OR REPLACE TABLE county_profile AS
SELECT {_DATED}, p.unit_name AS region_name, p.page_name AS county_name, p.page_order, p.region_code, p.place_order,
       CASE p.place_order WHEN 1 THEN '本县（市、区）' WHEN 2 THEN '所在市（州）' ELSE '全省' END AS place, {_SHOWN}, {_MEASURED}
FROM profile_page p JOIN profile_figure f ON {_SAME}
WHERE p.page_level = 'county'
ORDER BY f.programme, f.period, p.page_order, f.figure_order, p.place_order
"""
_DOMAIN = f"""
CREATE OR REPLACE TABLE domain_profile AS
WITH page AS (
  SELECT DISTINCT programme, period, region_code, region_level, domain FROM profile_figure WHERE domain IS NOT NULL
)
SELECT {_DATED}, d.label AS domain_name, d.position AS page_order, f.region_code, f.region_name, f.region_level,
       CAST(dense_rank() OVER (PARTITION BY f.programme ORDER BY f.region_level = 'unit', f.region_code) AS INTEGER) AS region_order,
       f.domain,
       CASE WHEN f.domain IS NULL THEN 2 ELSE 1 END AS place_order,
       CASE WHEN f.domain IS NULL THEN '全部领域' ELSE '本领域' END AS place, {_SHOWN}, {_MEASURED}
FROM page p
JOIN profile_figure f ON f.programme = p.programme AND f.period = p.period AND f.region_code = p.region_code
                     AND f.region_level = p.region_level AND (f.domain = p.domain OR f.domain IS NULL)
JOIN (SELECT DISTINCT programme, indicator, tier FROM profile_figure WHERE domain IS NOT NULL) k
  ON k.programme = f.programme AND k.indicator = f.indicator AND k.tier IS NOT DISTINCT FROM f.tier
JOIN profile_word d ON d.kind = 'domain' AND d.code = p.domain
ORDER BY f.programme, f.period, page_order, region_order, f.figure_order, place_order
"""

_NAMES = """
ALTER TABLE enterprise_statement ADD COLUMN IF NOT EXISTS domain_name VARCHAR;
COMMENT ON COLUMN enterprise_statement.domain_name IS '专班的名称';
UPDATE enterprise_statement e SET domain_name = (SELECT label FROM profile_word d WHERE d.kind = 'domain' AND d.code = e.domain)
WHERE domain_name IS NULL;
ALTER TABLE target_progress ADD COLUMN IF NOT EXISTS region_name VARCHAR;
UPDATE target_progress t SET region_name = (SELECT name FROM region r WHERE r.code = t.region_code) WHERE region_name IS NULL;
"""
"""What lists of firms and of targets lack to be narrowed to the page's place or domain."""


def _wanted(programme: Programme) -> Iterator[tuple[object, ...]]:
    """Give a row per figure and tier: whose, group, order, name, key of the cell, and how it is compared."""
    known, order = indicators(), 0
    for block in yamlfile.read(settings().schemas / "reference" / FIGURES):
        for f in block["figures"]:
            indicator = known[f["indicator"]]
            tiers = (
                [(t.code, t.name_zh) for t in programme.tiers] if f.get("tiers") else [(None, f.get("name"))]
            )
            for tier, name in tiers:
                order += 1
                yield (
                    programme.id, block["group"], order, name or indicator.name_zh, indicator.id, f["reading"], tier,
                    f["compare"] == "share", indicator.family == "growth", f.get("peers", False),
                )  # fmt: skip


def _words() -> Iterator[tuple[str, int, str, str]]:
    """Give (kind, position, code, label) of the codes that the tables show as words, from the contract of the cells."""
    for column in load_table("kpi_region").columns:
        if column.name in ("status", "domain"):
            for position, value in enumerate(column.prop.enum or [], start=1):
                yield column.name, position, str(value.value), value.label or str(value.value)


def _comment(con: duckdb.DuckDBPyConnection, table: str) -> None:
    con.execute(f"COMMENT ON TABLE {table} IS {text(TABLES[table])}")
    for (column,) in con.execute(f"SELECT column_name FROM (DESCRIBE {table})").fetchall():
        con.execute(f'COMMENT ON COLUMN {table}."{column}" IS {text(COLUMNS[column])}')


def add(con: duckdb.DuckDBPyConnection) -> None:
    """Add the tables of the pages of units, counties and domains to a file with the gold tables and the regions.

    ``region_profile``, ``region_peer``, ``county_profile`` and ``domain_profile``; and the names by which lists of firms
    and of targets are narrowed on these pages.
    """
    con.execute(_WANTED)
    rows = [row for p in load_all().values() if p.entity == "enterprise" for row in _wanted(p)]
    con.executemany(f"INSERT INTO profile_wanted VALUES ({', '.join('?' * len(rows[0]))})", rows)
    con.execute(_WORDS)
    con.executemany("INSERT INTO profile_word VALUES (?, ?, ?, ?)", list(_words()))
    for statement in (_TEXT, _FIGURE, _PAGE, _REGION, _PEERS, _COUNTY, _DOMAIN, _NAMES):
        con.execute(statement)
    for table in TABLES:
        _comment(con, table)
