"""Dimension tables of the served file: regions, polygons, tiers, programmes, policies, indicators; and the map."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import duckdb

from jobs.definitions.policy.model import load_all
from jobs.definitions.reference import regions
from jobs.lake import content
from jobs.serve import (
    agenda,
    attention,
    claims,
    code_labels,
    comments,
    enterprise,
    indicators,
    kinds,
    policies,
    profiles,
    ranking_weights,
    report_page,
    revision_tables,
    target_page,
)
from jobs.settings import settings


def _units() -> dict[str, str]:
    """Map every region to the unit it counts in: itself, or the unit above it."""
    units = {u for p in load_all().values() for u in p.units}
    unit_of = {}
    for code, region in regions().items():
        unit_of[code] = code if code in units else region.parent_code
    return unit_of


def _regions(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "CREATE OR REPLACE TABLE region (code VARCHAR, name VARCHAR, level VARCHAR, parent_code VARCHAR, lon DOUBLE, "
        "lat DOUBLE, unit_code VARCHAR)"
    )
    units = _units()
    rows = [(r.code, r.name, r.level, r.parent_code, r.lon, r.lat, units[r.code]) for r in regions().values()]
    con.executemany("INSERT INTO region VALUES (?,?,?,?,?,?,?)", rows)


def _polygons(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "CREATE OR REPLACE TABLE region_polygon (region_code VARCHAR, region_name VARCHAR, geometry VARCHAR, "
        "label_lon DOUBLE, label_lat DOUBLE)"
    )
    path = settings().schemas / "reference" / "prefectures.geojson"
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        text = json.dumps(feature["geometry"], separators=(",", ":"))
        props = feature["properties"]
        row = [props["code"], props["name"], text, props["label_lon"], props["label_lat"]]
        con.execute("INSERT INTO region_polygon VALUES (?,?,?,?,?)", row)


def _programmes(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "CREATE OR REPLACE TABLE programme (id VARCHAR, title VARCHAR, doc_no VARCHAR, region_code VARCHAR)"
    )
    con.execute(
        "CREATE OR REPLACE TABLE tier (programme VARCHAR, code VARCHAR, name_zh VARCHAR, rank INTEGER)"
    )
    for p in load_all().values():
        con.execute("INSERT INTO programme VALUES (?,?,?,?)", [p.id, p.title, p.doc_no, p.region_code])
        for t in p.tiers:
            con.execute("INSERT INTO tier VALUES (?,?,?,?)", [p.id, t.code, t.name_zh, t.rank])


_MAP = """
CREATE OR REPLACE TABLE overview_map AS
WITH figures AS (
  SELECT release, programme, period, region_code, region_name, '综合得分' AS figure,
         0 AS figure_order, score AS value, '分' AS unit,
         (SELECT string_agg(DISTINCT c.reference_period, '、' ORDER BY c.reference_period)
          FROM ranking_component c
          WHERE c.value IS NOT NULL AND (c.programme, c.period, c.scheme_id, c.region_code)
              = (k.programme, k.period, k.scheme_id, k.region_code)) AS reference_period
  FROM region_ranking k
  UNION ALL
  SELECT release, programme, period, region_code, region_name,
         name_zh || '（' || unit || '）',
         dense_rank() OVER (PARTITION BY programme, scheme_id ORDER BY name_zh), value, unit, reference_period
  FROM ranking_component
), scaled AS (
  SELECT *, min(value) OVER w AS low, max(value) OVER w AS high FROM figures
  WINDOW w AS (PARTITION BY programme, period, figure)
)
SELECT s.release, s.programme, s.period, s.region_code, s.region_name, s.figure,
       CAST(s.figure_order AS INTEGER) AS figure_order, s.value, s.unit, s.reference_period,
       CASE WHEN s.value IS NULL THEN '—'
            WHEN s.unit = '%' THEN format('{:,.2f} %', s.value)
            WHEN s.value = round(s.value) THEN format('{:,} ', CAST(s.value AS BIGINT)) || s.unit
            ELSE format('{:,.1f} ', s.value) || s.unit END AS value_text,
       CASE WHEN s.value IS NULL THEN NULL WHEN s.high = s.low THEN 0.5
            ELSE (s.value - s.low) / (s.high - s.low) END AS share,
       p.geometry, coalesce(p.label_lon, r.lon) AS lon, coalesce(p.label_lat, r.lat) AS lat
FROM scaled s
LEFT JOIN region_polygon p ON p.region_code = s.region_code
LEFT JOIN region r ON r.code = s.region_code
WHERE s.programme IN (SELECT DISTINCT x.programme FROM region_ranking x JOIN region_polygon y USING (region_code))
ORDER BY s.programme, s.period, figure_order, s.region_code
"""

_TREND = """
CREATE OR REPLACE TABLE overview_trend AS
SELECT k.release, k.programme, k.period, k.region_code, k.region_name, k.indicator, k.reading,
       k.value, k.unit, k.n, k.coverage, k.reference_period, k.status
FROM kpi_region k JOIN programme p ON p.id = k.programme AND p.region_code = k.region_code
WHERE k.tier IS NULL AND k.domain IS NULL AND k.size_class IS NULL AND k.industry IS NULL
ORDER BY ALL
"""
"""The programme's own region alone: officials get no table with cells of a few firms of other regions."""

_NAMES = """
ALTER TABLE enterprise_statement ADD COLUMN IF NOT EXISTS highest_tier_name VARCHAR;
ALTER TABLE enterprise_statement ADD COLUMN IF NOT EXISTS tier_names VARCHAR;
UPDATE enterprise_statement e SET
  highest_tier_name = (SELECT name_zh FROM tier t WHERE t.programme = e.programme AND t.code = e.highest_tier),
  tier_names = (SELECT string_agg(t.name_zh, '、' ORDER BY t.rank DESC) FROM tier t
                WHERE t.programme = e.programme AND list_contains(string_split(e.tiers, ','), t.code))
WHERE tier_names IS NULL;
COMMENT ON COLUMN enterprise_statement.highest_tier_name IS '最高梯度的名称';
COMMENT ON COLUMN enterprise_statement.tier_names IS '全部有效梯度的名称，由高到低';
"""
"""Of rows taken over from a file before the names are there already."""


_WRITERS = (
    "agenda",
    "attention",
    "behind",
    "build",
    "claims",
    "classes",
    "code_labels",
    "comments",
    "enterprise",
    "enterprise_matters",
    "enterprise_named",
    "enterprise_peers",
    "enterprise_reviews",
    "indicators",
    "kinds",
    "listed",
    "policies",
    "profile_words",
    "profiles",
    "ranking_weights",
    "reasons",
    "renewal",
    "report_page",
    "revision_tables",
    "revisions",
    "scope_rows",
    "scopes",
    "served_labels",
    "small_cells",
    "steps",
    "target_page",
)


def layout() -> str:
    """Return a fingerprint of what shapes the served files beside the releases: lists, contracts, policies,
    the modules that write them, and which scopes have a file. Only a file of the same layout is copied from.
    """
    root = settings().schemas
    files = [
        Path(__file__),
        Path(content.__file__),
        *(Path(__file__).with_name(f"{name}.py") for name in _WRITERS),
        root / "facts.yaml",
        root / "indicators.yaml",
        root / "served.yaml",
        *(root / "labels").iterdir(),
        *(root / "reference").iterdir(),
        *(root / "tables").iterdir(),
    ]
    digest = hashlib.sha256(" ".join(s.name for s in kinds.scopes()).encode())
    for path in sorted([*files, *settings().policies.rglob("*.yaml")], key=lambda p: (p.name, p.parent.name)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def add(con: duckdb.DuckDBPyConnection) -> None:
    """Add dimension tables and the wide tables that the dashboards read, to a file with the gold tables.

    Officials may read physical tables only, so what a chart joins is joined here.
    """
    for step in (
        _regions,
        _polygons,
        _programmes,
        policies.add,
        indicators.add,
        code_labels.add,
        agenda.add,
        revision_tables.create,
    ):
        step(con)
    con.execute(_MAP)
    con.execute(_TREND)
    con.execute(_NAMES)
    ranking_weights.add(con)
    profiles.add(con)
    attention.add(con)
    claims.add(con)
    enterprise.add(con)
    target_page.add(con)
    report_page.add(con)
    comments.add(con)
