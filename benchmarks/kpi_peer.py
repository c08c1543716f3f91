"""The peer: headline figures once more, in DuckDB's SQL over the same files, written from the methods alone.

It knows certificates, register, places, sizes, statements and R&D forms; nothing of it is shared with the jobs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import duckdb

from benchmarks.silver import REGIONS

_ASKED = """
CREATE TABLE asked (period VARCHAR, "at" DATE, month VARCHAR, month_before VARCHAR, rd_year INTEGER,
                    year_before VARCHAR)
"""

_TIERS = """
CREATE TABLE tiers AS FROM (VALUES ('any', 2), ('seed', 1), ('city_srdi', 2), ('provincial_srdi', 3),
                                   ('national_little_giant', 5), ('national_champion', 6)) t(tier, rank)
"""

_PLACES = """
CREATE TABLE places AS
WITH units AS (SELECT code, name FROM regions WHERE parent_code = '220000'),
     counties AS (SELECT r.code, r.name, r.former_code, u.code AS unit, u.name AS unit_name
                  FROM regions r JOIN units u ON r.parent_code = u.code)
SELECT code, unit, code AS county, unit_name, name AS county_name FROM counties
UNION ALL SELECT former_code, unit, code, NULL, NULL FROM counties WHERE former_code <> ''
UNION ALL SELECT code, code, NULL, name, '' FROM units
"""

_HOLDERS = """
CREATE TABLE holders AS
WITH opened AS (
  SELECT coalesce(uscc, document_no || '||' || name) AS holder, *,
         coalesce(valid_from, document_date) AS first_day,
         -- A place in the library has no end.
         CASE WHEN tier <> 'seed' THEN
           coalesce(valid_to, CAST(coalesce(valid_from, document_date) + INTERVAL 36 MONTH AS DATE) - 1)
         END AS last_day
  FROM notices WHERE event IN ('grant', 'renew')
), ended AS (
  SELECT o.holder, o.uscc, o.tier, o.event, o.document_date, o.unit_name, o.county_name, o.first_day, o.last_day,
         min(w.document_date) AS withdrawn
  FROM opened o LEFT JOIN notices w
    ON w.event = 'withdraw' AND w.uscc = o.uscc AND w.tier = o.tier AND w.document_date >= o.document_date
  GROUP BY ALL
), dated AS (
  SELECT *, event = 'grant' AND document_date <= "at" AS granted,
         first_day <= "at" AND coalesce(last_day, "at") >= "at" AND coalesce(withdrawn > "at", true) AS stands
  FROM ended, asked
)
SELECT period, month, month_before, rd_year, year_before, holder, any_value(uscc) AS uscc,
       any_value(unit_name) AS unit_name, coalesce(any_value(county_name), '') AS county_name,
       coalesce(list(d.tier) FILTER (stands), []) AS valid_tiers, coalesce(list(d.tier) FILTER (granted), []) AS ever_tiers,
       coalesce(max(rank) FILTER (stands), 0) AS best_valid, coalesce(max(rank) FILTER (granted), 0) AS best_ever
FROM dated d JOIN tiers USING (tier)
WHERE granted OR first_day <= "at"
GROUP BY ALL
"""

_FIRMS = """
CREATE TABLE firms AS
WITH known AS (
  SELECT period, uscc, arg_max(county_code, effective_date) AS code,
         arg_max(domain, effective_date) FILTER (domain IS NOT NULL) AS domain,
         arg_max(industry_code, effective_date) FILTER (industry_code IS NOT NULL) AS industry_code
  FROM register, asked WHERE effective_date <= "at" GROUP BY ALL
), levels AS (
  -- All firms are of 工业: 从业人员 1000, 300, 20 and 营业收入 40000, 2000, 300 万元, both to be reached.
  SELECT h.period, h.holder,
         (e.staff_end >= 20)::INT + (e.staff_end >= 300)::INT + (e.staff_end >= 1000)::INT AS by_staff,
         (b.revenue >= 3e6)::INT + (b.revenue >= 2e7)::INT + (b.revenue >= 4e8)::INT AS by_revenue,
         -- With one of the two missing only the lowest is certain.
         CASE WHEN by_staff = 0 OR by_revenue = 0 THEN 0
              WHEN by_staff IS NOT NULL AND by_revenue IS NOT NULL THEN least(by_staff, by_revenue) END AS size_level
  FROM holders h
  LEFT JOIN staff e ON e.uscc = h.uscc AND e.period = h.period
  LEFT JOIN statements b ON b.uscc = h.uscc AND b.period = h.year_before
)
SELECT h.* EXCLUDE (month, month_before, rd_year, year_before),
       coalesce(k.domain, 'unassigned') AS domain, coalesce(k.industry_code[1:3], 'unassigned') AS industry,
       CASE WHEN k.industry_code IS NULL THEN 'unassigned'
            ELSE coalesce(['micro', 'small', 'medium', 'large'][size_level + 1], 'unassigned') END AS size_class,
       CASE WHEN k.uscc IS NOT NULL THEN registered.unit ELSE printed.unit END AS unit,
       CASE WHEN k.uscc IS NOT NULL THEN registered.county ELSE printed.county END AS county,
       CAST(s.revenue * 100 AS BIGINT) AS c, CAST(s.revenue_prior * 100 AS BIGINT) AS r,
       CAST(p.revenue * 100 AS BIGINT) AS p,
       CAST(d.rd_total * 100 AS BIGINT) AS rd, CAST(y.revenue * 100 AS BIGINT) AS rd_revenue
FROM holders h
LEFT JOIN known k USING (period, uscc)
JOIN levels USING (period, holder)
LEFT JOIN places registered ON registered.code = k.code
LEFT JOIN places printed ON printed.unit_name = h.unit_name AND printed.county_name = h.county_name
LEFT JOIN statements s ON s.uscc = h.uscc AND s.period = h.month
LEFT JOIN statements p ON p.uscc = h.uscc AND p.period = h.month_before
LEFT JOIN research d ON d.uscc = h.uscc AND d.year = h.rd_year
LEFT JOIN statements y ON y.uscc = h.uscc AND y.period = h.rd_year || '12'
"""

_CELLS = """
CREATE OR REPLACE TABLE cells AS
WITH members AS (
  SELECT f.*, t.tier,
         unit IS NOT NULL AND CASE t.tier WHEN 'any' THEN best_valid >= 2 ELSE t.tier IN valid_tiers END AS valid,
         unit IS NOT NULL AND CASE t.tier WHEN 'any' THEN best_ever >= 2 ELSE t.tier IN ever_tiers END AS ever,
         unit IS NOT NULL AND best_valid >= t.rank AS or_higher,
         rd >= 0 AND rd_revenue > 0 AS eligible
  FROM firms f, tiers t
)
SELECT period, tier, unit, county, domain, size_class, industry,
       count(*) FILTER (valid) AS valid_n, count(*) FILTER (ever) AS ever_n, count(*) FILTER (or_higher) AS or_higher_n,
       count(c) FILTER (valid AND r IS NOT NULL) AS same_n,
       sum(c) FILTER (valid AND r IS NOT NULL) AS same_c, sum(r) FILTER (valid AND c IS NOT NULL) AS same_r,
       count(c) FILTER (valid AND p IS NOT NULL) AS published_n,
       sum(c) FILTER (valid AND p IS NOT NULL) AS published_c, sum(p) FILTER (valid AND c IS NOT NULL) AS published_p,
       count(c) FILTER (valid) AS all_n,
       sum(c) FILTER (valid) AS all_c, coalesce(sum(p) FILTER (valid), 0) AS all_p
       {medians}
FROM members
GROUP BY GROUPING SETS (
  (period, tier), (period, tier, unit), (period, tier, unit, county), (period, tier, domain), (period, tier, unit, domain),
  (period, tier, size_class), (period, tier, industry))
HAVING (grouping(unit) = 1 OR unit IS NOT NULL) AND (grouping(county) = 1 OR county IS NOT NULL)
   AND (grouping(domain) = 1 AND grouping(industry) = 1 OR tier = 'any')
"""

_MEDIANS = """,
       count(*) FILTER (valid AND eligible) AS rd_n,
       sum(rd) FILTER (valid AND eligible) AS rd_sum, sum(rd_revenue) FILTER (valid AND eligible) AS rd_revenue_sum,
       quantile_cont(rd / rd_revenue::DOUBLE, 0.5) FILTER (valid AND eligible) AS rd_median
"""

_NO_AMOUNT = "NULL::HUGEINT"


def _count(name: str) -> tuple[str, str, str, str]:
    return f"{name}_n", f"{name}_n", _NO_AMOUNT, f"{name}_n::DOUBLE"


def _growth(name: str, base: str) -> tuple[str, str, str, str]:
    c, r = f"{name}_c", f"{name}_{base}"
    return f"{name}_n", c, r, f"({c} - {r}) / nullif({r}, 0)::DOUBLE * 100"


_READINGS = {
    ("certificate_count", "valid"): _count("valid"),
    ("certificate_count", "ever"): _count("ever"),
    ("certificate_count", "valid_or_higher"): _count("or_higher"),
    ("revenue_growth", "same_firm"): _growth("same", "r"),
    ("revenue_growth", "published_base"): _growth("published", "p"),
    ("revenue_growth", "all_firm"): _growth("all", "p"),
    ("rd_intensity", "pooled"): ("rd_n", "rd_sum", "rd_revenue_sum", "rd_sum / rd_revenue_sum::DOUBLE * 100"),
    ("rd_intensity", "median"): ("rd_n", _NO_AMOUNT, _NO_AMOUNT, "rd_median * 100"),
}
"""Indicator and reading -> n, numerator, denominator (分 or 户) and value, from the columns of a cell."""

_FIGURES = """
SELECT period, coalesce(county, unit, '220000') AS region_code,
       CASE WHEN county IS NOT NULL THEN 'county' WHEN unit IS NOT NULL THEN 'unit' ELSE 'province' END AS region_level,
       nullif(tier, 'any') AS tier, domain, size_class, industry,
       '{indicator}' AS indicator, '{reading}' AS reading, {n} AS n,
       {numerator}::VARCHAR AS numerator, {denominator}::VARCHAR AS denominator, {value} AS value
FROM cells
"""


def _asked(period: str, complete: Iterable[int]) -> tuple[str, date, str, str, int, str]:
    """Return a quarter, its last day and month, that of a year earlier, the year of the R&D forms, last December."""
    year, quarter = int(period[:4]), int(period[5])
    month = 3 * quarter
    own = quarter == 4 and year in set(complete)
    end = date(year, month, 31 if quarter in (1, 4) else 30)
    before = year - 1
    return period, end, f"{year}{month:02d}", f"{before}{month:02d}", year if own else before, f"{before}12"


class Peer:
    """DuckDB over the files of :func:`benchmarks.silver.write`.

    Parameters
    ----------
    con : DuckDBPyConnection
        A database of its own.
    folder : Path
        Where the files lie.
    periods : sequence of str
        Quarter keys.
    complete : iterable of int
        Years for which all R&D forms are in.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, folder: Path, periods: Sequence[str], complete: Iterable[int]
    ) -> None:
        self.con = con
        files = {
            "notices": "certificate_notice", "register": "stat_register",
            "statements": "stat_finance", "research": "stat_rd", "staff": "stat_staff",
        }  # fmt: skip
        for view, name in files.items():
            rows = f"read_parquet('{folder / name}/*/*.parquet', hive_partitioning = true, hive_types = {{'year': INTEGER}})"
            con.execute(f"CREATE VIEW {view} AS FROM {rows}")
        con.execute(f"CREATE VIEW regions AS FROM read_parquet('{folder / REGIONS}')")
        for statement in (_ASKED, _TIERS, _PLACES):
            con.execute(statement)
        con.executemany("INSERT INTO asked VALUES (?, ?, ?, ?, ?, ?)", [_asked(p, complete) for p in periods])

    def gather(self) -> None:
        """Make one row per period and firm, from the files."""
        self.con.execute("DROP TABLE IF EXISTS holders; DROP TABLE IF EXISTS firms")
        self.con.execute(_HOLDERS)
        self.con.execute(_FIRMS)

    def fold(self, medians: bool = True) -> None:
        """Fold the firms into the cells of four groupings; without medians only counts and growth."""
        self.con.execute(_CELLS.format(medians=_MEDIANS if medians else ""))

    def figures(self) -> duckdb.DuckDBPyRelation:
        """Return the cells as rows: the names of a cell, indicator, reading, n, numerator, denominator, value."""
        rows = [
            _FIGURES.format(
                indicator=indicator, reading=reading, n=n, numerator=above, denominator=under, value=value
            )
            for (indicator, reading), (n, above, under, value) in _READINGS.items()
        ]
        return self.con.sql(" UNION ALL ".join(rows))
