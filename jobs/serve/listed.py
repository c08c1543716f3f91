"""What lists of firms have in common: names instead of codes, and evidence in words with the line it stands in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb

from jobs.definitions.contract import load_table
from jobs.definitions.facts import all_facts
from jobs.definitions.rules import rulebook
from jobs.serve import renewal

SEVERITIES = {"1": "提示", "2": "关注", "3": "重点"}
"""Words of the levels that warnings have."""
_Word = tuple[str, str, str, int]


def _coded(kind: str, table: str, column: str) -> Iterator[_Word]:
    """Give the code list of a contract's column."""
    for place, item in enumerate(load_table(table).column(column).prop.enum or []):
        yield kind, str(item.value), item.label or str(item.value), place


def _words() -> Iterator[_Word]:
    """Give (kind, code, word, place) of every code that the lists show, and of every fact that is evidence."""
    yield from _coded("domain", "warning", "domain")
    yield from _coded("category", "ticket_progress", "category")
    yield from _coded("kind", "incentive", "kind")
    for code, word in SEVERITIES.items():
        yield "severity", code, word, int(code)
    for place, level in enumerate(rulebook.load_ladder().levels, start=1):
        yield "ladder", level.id, level.name_zh, place
    for fact in all_facts():
        yield "fact", fact.name, f"{fact.label}|{fact.unit}", 0
        if fact.prior:
            yield "fact", f"{fact.name}_prior", f"{fact.label}，上年同期|{fact.unit}", 0


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Write the temporary table ``word``: what codes and facts are called."""
    columns = [list(values) for values in zip(*_words(), strict=True)]
    con.execute(
        "CREATE OR REPLACE TEMP TABLE word AS SELECT unnest($1::VARCHAR[]) AS kind, unnest($2::VARCHAR[]) AS code, "
        "unnest($3::VARCHAR[]) AS label, unnest($4::INTEGER[]) AS place",
        columns,
    )


def renew(con: duckdb.DuckDBPyConnection, table: str, query: str) -> None:
    """Keep a table's rows of the releases that still stand, and add those of the ones that came.

    Parameters
    ----------
    con : DuckDBPyConnection
        A served file with its table ``publication``.
    table : str
        With programme, period, release and is_latest.
    query : str
        Its rows, each from rows of its own release alone; ``{fresh}`` stands for the condition on the rows ``p`` of the
        publication that are asked for.
    """
    con.execute(f"CREATE TABLE IF NOT EXISTS {table} AS {query.replace('{fresh}', 'false')}")
    wanted, there = renewal.parts(con, "publication"), renewal.parts(con, table)
    renewal.forget(con, table, there - wanted)
    fresh = renewal.among(wanted - there, "p")
    con.execute(f"INSERT INTO {table} BY NAME {query.replace('{fresh}', fresh)}")
    renewal.mark_latest(con, table, "publication")


PLACE = "u.name AS region_name, c.name AS county_name, d.label AS domain_name, s.highest_tier_name"
"""Names of a firm's row ``w``, by :data:`JOINS`."""
JOINS = """
JOIN publication p ON (p.programme, p.period, p.release) = (w.programme, w.period, w.release)
LEFT JOIN enterprise_statement s
  ON (s.programme, s.period, s.release, s.uscc) = (w.programme, w.period, w.release, w.uscc)
LEFT JOIN region u ON u.code = w.region_code
LEFT JOIN region c ON c.code = w.county_code
LEFT JOIN word d ON d.kind = 'domain' AND d.code = coalesce(w.domain, s.domain)
"""
"""The publication says which period is the latest: rows that were taken over are told so only afterwards."""

FACTS = "(SELECT map_from_entries(list({k: code, v: string_split(label, '|')})) AS facts FROM word WHERE kind = 'fact')"
"""One row with the labels and units of facts."""
EVIDENCE = r"""
array_to_string([
  facts[x.key][1] || ' ' || CASE WHEN TRY_CAST(x.value AS DOUBLE) IS NULL THEN x.value
    ELSE format('{:,.{}f}', CAST(x.value AS DOUBLE), length(split_part(x.value, '.', 2))) || ' ' || facts[x.key][2] END
  || coalesce('（' || regexp_replace(regexp_replace(CAST(CAST(evidence_lines AS JSON) AS MAP(VARCHAR, VARCHAR))[x.key],
       '^(.*):([^:]+):(\d+)$', '\1 \2 第\3行'), '^(.*)::(\d+)$', '\1 第\2行') || '）', '')
  FOR x IN map_entries(CAST(CAST(evidence AS JSON) AS MAP(VARCHAR, VARCHAR))) IF facts[x.key] IS NOT NULL], '；')
"""
"""Facts with their values, unrounded, and file, sheet and line of each. What was worked out for the sentence stands there."""


def comment(con: duckdb.DuckDBPyConnection, table: str, says: str, columns: Mapping[str, str]) -> None:
    """Say in Chinese what a table holds and what its columns are called."""
    con.execute(f"COMMENT ON TABLE {table} IS '{says}'")
    for column, label in columns.items():
        con.execute(f"COMMENT ON COLUMN {table}.{column} IS '{label}'")


PLACED = {
    "release": "发布批次",
    "programme": "方案",
    "period": "期间",
    "is_latest": "最新期间",
    "region_code": "市（州）代码",
    "region_name": "市（州）",
    "county_code": "县（市、区）代码",
    "county_name": "县（市、区）",
    "domain": "领域代码",
    "domain_name": "专班",
}
"""Labels of what every list begins with."""
FIRM = {"uscc": "统一社会信用代码", "name": "企业名称", "highest_tier_name": "梯度"}
"""Labels of what names a firm."""
