"""What each publication changed, figure by figure, and why: kept in the served file from publication to publication.

Everything is made from the ledger (which release stood in which publication) and from the releases in the lake, which
keeps all that were ever published. So a file that begins as a copy of the one before holds what one written from nothing
holds; only the publications that it does not tell of yet are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb

from jobs import lake
from jobs.definitions.contract import load_table
from jobs.ledger.models import Publication, Release
from jobs.serve import behind, revision_tables, steps
from jobs.serve.reasons import Reason, reasons, told
from jobs.serve.steps import Step
from jobs.sqltext import text

_CELLS = """
SELECT release, programme, period, '指标' AS subject, region_code, region_name, region_level, coalesce(tier, '') AS tier,
       coalesce(domain, '') AS domain, indicator, reading, '' AS item, NULL::VARCHAR AS name_zh, CAST(value AS DOUBLE) AS value,
       unit, n, reference_period,
       CASE WHEN provisional THEN '暂定' ELSE coalesce((SELECT label FROM cell_status s WHERE s.code = k.status), k.status) END AS state
FROM {rows} k
WHERE size_class IS NULL AND industry IS NULL AND (tier IS NULL OR (domain IS NULL AND region_level <> 'county'))
"""
_TARGETS = """
SELECT release, programme, period, '目标' AS subject, region_code, NULL::VARCHAR AS region_name, NULL::VARCHAR AS region_level,
       coalesce(tier, '') AS tier, '' AS domain, indicator, reading, target_id AS item, name_zh, CAST(value AS DOUBLE) AS value,
       unit, n, reference_period, state
FROM {rows} WHERE headline
"""
_PLACES = """
SELECT release, programme, period, subject, region_code, region_name, NULL::VARCHAR AS region_level, '' AS tier, '' AS domain,
       '' AS indicator, '' AS reading, scheme_id AS item, subject AS name_zh, value, unit, NULL::BIGINT AS n,
       NULL::VARCHAR AS reference_period, CASE WHEN provisional THEN '暂定' ELSE status END AS state
FROM (SELECT *, unnest(['位次', '得分']) AS subject, unnest(['名', '分']) AS unit,
             unnest([CAST(rank AS DOUBLE), CAST(score AS DOUBLE)]) AS value FROM {rows})
"""
_SOURCES = {"kpi_region": _CELLS, "target_progress": _TARGETS, "region_ranking": _PLACES}
"""Figures of a table: cells by region and by tier or domain, of counties by domain only; headline targets; places, scores."""

_COMPARED = """
CREATE OR REPLACE TEMP TABLE compared AS
SELECT coalesce(a.subject, b.subject) AS subject, * EXCLUDE (subject, name_zh, region_name, region_level, unit, reference_period),
       coalesce(a.name_zh, b.name_zh, i.name_zh, indicator) AS name_zh, coalesce(a.region_name, b.region_name, r.name) AS region_name,
       coalesce(a.region_level, b.region_level) AS region_level, coalesce(a.unit, b.unit) AS unit,
       coalesce(a.reference_period, b.reference_period) AS reference_period
FROM (SELECT * EXCLUDE (release, programme, period, value, n, state), value AS value_before, n AS n_before, state AS state_before,
             true AS was FROM figure WHERE release = $before AND programme = $programme AND period = $then) b
FULL JOIN (SELECT * EXCLUDE (release, programme, period, value, n, state), value AS value_after, n AS n_after, state AS state_after,
                  true AS "is" FROM figure WHERE release = $after AND programme = $programme AND period = $period) a
  USING (subject, region_code, tier, domain, indicator, reading, item)
LEFT JOIN indicator i ON i.id = indicator LEFT JOIN region r ON r.code = region_code
WHERE value_before IS DISTINCT FROM value_after OR state_before IS DISTINCT FROM state_after
"""
_REVISION = """
INSERT INTO revision BY NAME
SELECT $publication AS changed_in, $follows AS follows, $at AS published_at, $programme AS programme, $period AS period,
       $before AS release_before, $after AS release_after, subject, item, c.name_zh, c.region_code, region_name, region_level,
       nullif(tier, '') AS tier, t.name_zh AS tier_name, nullif(domain, '') AS domain, d.name AS domain_name, indicator, reading,
       coalesce(w.label, reading) AS reading_name,
       unit, reference_period, value_before, value_after, value_after - value_before AS change, n_before, n_after, state_before,
       state_after, CASE WHEN was IS NULL THEN '新增' WHEN "is" IS NULL THEN '撤去' ELSE '修订' END AS kind,
       coalesce(subject = '位次' OR (c.region_code = p.region_code AND domain = '' AND indicator IN (SELECT id FROM open_indicator)
                            AND (value_before IS NULL OR n_before IS NOT NULL OR indicator NOT IN (SELECT id FROM of_firms))
                            AND (value_after IS NULL OR n_after IS NOT NULL OR indicator NOT IN (SELECT id FROM of_firms))
       ), false) AS is_open
FROM compared c
LEFT JOIN tier t ON t.programme = $programme AND t.code = c.tier
LEFT JOIN code_label w ON w.kind = 'reading' AND w.code = c.reading
LEFT JOIN (SELECT id AS code, any_value(name) AS name FROM policy_text WHERE kind = '专班' GROUP BY id) d ON d.code = c.domain
JOIN programme p ON p.id = $programme
ORDER BY subject, c.region_code, item, indicator, reading, tier, domain
"""
"""Open to all are places, and the programme's own region's figures behind which no firm stands or whose firms are announced
by name: of others an earlier figure could be told that was not open at its time."""

_COUNTED = """
INSERT INTO publication_change BY NAME
SELECT $publication AS changed_in, $follows AS follows, $at AS published_at, $programme AS programme, $period AS period,
       $kind AS kind, $before AS release_before, $after AS release_after, $revision AS revision, $as_of AS data_as_of,
       $then AS period_before, count(*) FILTER (subject = '指标' AND $kind = '修订') AS n_figures,
       count(*) FILTER (subject = '目标' AND value_before IS DISTINCT FROM value_after) AS n_targets,
       count(*) FILTER (subject = '目标' AND state_before <> state_after) AS n_states,
       count(*) FILTER (subject = '位次' AND value_before IS DISTINCT FROM value_after) AS n_places,
       any_value(f.entered) AS n_entered, any_value(f.expired) AS n_expired, any_value(f.withdrawn) AS n_withdrawn,
       $why AS why, false AS is_newest
FROM (SELECT CAST(max(value) FILTER (reading = 'entry') AS BIGINT) AS entered,
             CAST(max(value) FILTER (reading = 'expiry') AS BIGINT) AS expired,
             CAST(max(value) FILTER (reading = 'withdrawal') AS BIGINT) AS withdrawn
      FROM figure x JOIN programme p ON p.id = x.programme AND p.region_code = x.region_code
      WHERE release = $after AND programme = $programme AND period = $period AND indicator = 'tier_flow' AND tier = '' AND domain = '') f
LEFT JOIN compared ON true
"""
"""With how many firms got, lost by expiry, or lost by withdrawal a certificate of any tier in the period."""
_NEWEST = """
UPDATE publication_change c SET is_newest = changed_in = (
  SELECT max(n.changed_in) FROM publication_change n WHERE n.programme = c.programme AND n.period = c.period)
"""


def add(con: duckdb.DuckDBPyConnection, publications: Sequence[Publication]) -> None:
    """Bring the tables ``revision``, ``revision_cause`` and ``publication_change`` up to the present publication.

    Parameters
    ----------
    con : DuckDBPyConnection
        With the served file in use, its gold tables and dimensions filled.
    publications : sequence of Publication
        All that were ever made, oldest first, the present one last.
    """
    ids = ", ".join(text(p.publication_id) for p in publications) or "''"
    for table in revision_tables.COLUMNS:
        con.execute(f"DELETE FROM {table} WHERE changed_in NOT IN ({ids})")
    held = con.execute("SELECT DISTINCT changed_in FROM publication_change").fetchall()
    _prepare(con)
    for step in steps.of(publications, {p for (p,) in held}):
        _tell(con, step, reasons(step))
    con.execute(_NEWEST)


def _prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Write down what codes mean, and which indicators tell of no firm that is not announced by name."""
    status = next(c for c in load_table("kpi_region").columns if c.name == "status")
    con.execute("CREATE OR REPLACE TEMP TABLE cell_status (label VARCHAR, code VARCHAR)")
    con.executemany("INSERT INTO cell_status VALUES (?, ?)", list(status.codes.items()))
    con.execute("DELETE FROM cell_status WHERE label = code")
    known = list(behind.openness())
    of_firms, open_to_all = ([row[0] for row in known if row[place]] for place in (1, 2))
    con.execute("CREATE OR REPLACE TEMP TABLE of_firms AS SELECT unnest(?::VARCHAR[]) AS id", [of_firms])
    con.execute(
        "CREATE OR REPLACE TEMP TABLE open_indicator AS SELECT unnest(?::VARCHAR[]) AS id", [open_to_all]
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE loaded (release VARCHAR, programme VARCHAR, period VARCHAR);"
        f"CREATE OR REPLACE TEMP TABLE figure AS {_CELLS.format(rows='kpi_region')} LIMIT 0"
    )


def _tell(con: duckdb.DuckDBPyConnection, step: Step, found: Iterable[Reason]) -> None:
    """Write down one step: its figures if the period was published before, its reasons, and what they come to."""
    against = step.before or step.earlier
    for release in filter(None, (against, step.after)):
        _load(con, release)
    after, found = step.after, list(found)
    named: dict[str, object] = {
        "publication": step.publication, "follows": step.follows, "at": step.published_at, "programme": after.programme,
        "period": after.period, "before": against.release_id if against else None, "after": after.release_id,
    }  # fmt: skip
    then: dict[str, object] = {"then": against.period if against else None}
    _run(con, _COMPARED, named | then)
    if step.before:
        _run(con, _REVISION, named)
    counted: dict[str, object] = {
        "kind": "修订" if step.before else "新期间", "revision": after.revision, "as_of": after.data_as_of,
        "why": told(found), "before": step.before.release_id if step.before else None,
    }  # fmt: skip
    _run(con, _COUNTED, named | then | counted)
    revision_tables.causes(con, named, found)


def _run(con: duckdb.DuckDBPyConnection, statement: str, values: dict[str, object]) -> None:
    """Run a statement with those of the named values that it asks for."""
    con.execute(statement, {name: value for name, value in values.items() if f"${name}" in statement})


def _load(con: duckdb.DuckDBPyConnection, release: Release) -> None:
    """Read the figures of a release's period, once."""
    part = [release.release_id, release.programme, release.period]
    where = "release = ? AND programme = ? AND period = ?"
    if con.execute(f"SELECT 1 FROM loaded WHERE {where}", part).fetchone():
        return
    for table, figures in _SOURCES.items():
        if rows := _rows(con, table, release, where):
            con.execute(
                f"INSERT INTO figure BY NAME SELECT * FROM ({figures.format(rows=rows)}) WHERE {where}", part
            )
    con.execute("INSERT INTO loaded VALUES (?, ?, ?)", part)


def _rows(con: duckdb.DuckDBPyConnection, table: str, release: Release, where: str) -> str | None:
    """Return where a table's rows of a release lie: in the file itself while they are served, else in the lake."""
    part = [release.release_id, release.programme, release.period]
    if con.execute(f"SELECT 1 FROM {table} WHERE {where} LIMIT 1", part).fetchone():
        return table
    there = lake.gold_view(con, table, release.release_id, release.programme, "gold_rows")
    return "gold_rows" if there else None
