"""What stands behind the figures of firms: sums and largest firms by place and by domain, and which figures rest on which."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from jobs.definitions.dictionary import Indicator, indicators
from jobs.definitions.policy.model import load_all
from jobs.serve import renewal

_NOT_OF_FIRMS = ("total", "item")
"""Families whose figures regions and departments report themselves: no firm stands behind them."""
_ANNOUNCED = ("count", "flow")
"""Families that count certificates: whom they count is announced by name, and a total less the own part tells no more."""

PARTS = "behind.firm_part"
"""Table of what firms come to, kept for the next build."""
_PARTS = """
WITH held AS (
  SELECT s.programme, s.period, s.release, s.uscc, coalesce(s.domain, '') AS domain,
         string_split(s.tiers, ',') AS own, p.certified
  FROM whole.enterprise_statement s JOIN firm_programme p ON p.id = s.programme
), firm AS (
  SELECT e.programme, e.period, e.release, e.indicator, e.region_code, coalesce(e.county_code, '') AS county, h.domain,
         e.uscc, unnest(CASE WHEN list_has_any(h.own, h.certified) THEN list_append(h.own, NULL) ELSE h.own END) AS tier,
         abs(e.numerator) AS num, abs(e.denominator) AS den
  FROM whole.kpi_enterprise e JOIN held h USING (programme, period, release, uscc)
  WHERE e.in_panel AND {fresh}
)
SELECT programme, period, release, indicator, region_code, tier,
       CASE WHEN grouping(county) = 0 THEN 'county' WHEN grouping(domain) = 0 THEN 'domain' ELSE 'region' END AS grain,
       CASE WHEN grouping(county) = 0 THEN county ELSE domain END AS part,
       count(DISTINCT uscc) AS n, sum(num) AS num, max(num) AS num_max, sum(den) AS den, max(den) AS den_max
FROM firm
GROUP BY GROUPING SETS ((programme, period, release, indicator, region_code, tier),
                        (programme, period, release, indicator, region_code, tier, county),
                        (programme, period, release, indicator, region_code, tier, domain))
"""
"""What the firms of each unit, of its counties and of its domains come to, and the largest of them: by indicator and
tier (null: any certificate)."""


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


def openness() -> Iterator[tuple[str, bool, bool]]:
    """Give (indicator, whether firms stand behind it, whether it is open to all: no firm does, or all are announced)."""
    rows = list(_base_rows())
    for indicator in indicators():
        announced = [said for id_, _, said, _ in rows if id_ == indicator]
        yield indicator, bool(announced), all(announced)


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
    con.execute(f"CREATE TABLE IF NOT EXISTS {PARTS} AS {_PARTS.format(fresh=False)}")
    wanted, there = renewal.parts(con, "whole.kpi_enterprise"), renewal.parts(con, PARTS)
    renewal.forget(con, PARTS, there - wanted)
    fresh = renewal.among(wanted - there, "e")
    con.execute(f"INSERT INTO {PARTS} {_PARTS.format(fresh=fresh)}")
