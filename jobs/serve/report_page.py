"""The table behind the page of reports: what came of each feed from each reporter, with names instead of codes."""

from __future__ import annotations

import duckdb

from jobs.definitions.readable import readable
from jobs.definitions.reference import source_name

_FEEDS = """
CREATE OR REPLACE TEMP TABLE feed_named AS
SELECT unnest(?::VARCHAR[]) AS feed, unnest(?::VARCHAR[]) AS feed_name, unnest(?::VARCHAR[]) AS source_name
"""
_REPORTS = """
CREATE OR REPLACE TABLE report_status AS
SELECT s.release, s.programme, s.period, s.feed, coalesce(f.feed_name, s.feed) AS feed_name, f.source_name, s.reporter,
       s.reporter_name, CASE s.source_period WHEN '*' THEN '不定期' ELSE s.source_period END AS source_period, s.state,
       s.due_at, s.arrived_at, s.days_late, s.firms_expected, s.firms_missing,
       1 - s.firms_missing / nullif(s.firms_expected, 0) AS coverage, s.rows_landed, s.rows_silver, s.rows_quarantined,
       s.rows_waiting, s.rows_duplicate, s.file_name
FROM data_status s LEFT JOIN feed_named f USING (feed)
ORDER BY s.programme, s.period, s.feed, s.reporter
"""
_COMMENTS = {
    "report_status": "到报情况：每个方案每期每个数据源每个填报单位一行，名称代替代码；以发布时为准，现状见数据状态文件",
    "report_status.feed_name": "数据源",
    "report_status.source_name": "来源",
    "report_status.coverage": "企业覆盖率：应有企业中报了的所占的比例；没有名单、未到期的为空",
}


def add(con: duckdb.DuckDBPyConnection) -> None:
    """Add the table ``report_status`` to a file with the table data_status."""
    known = [(c.id, c.title, source_name(c.feed.connection)) for c in readable()]
    con.execute(_FEEDS, [[row[i] for row in known] for i in range(3)])
    con.execute(_REPORTS)
    for name, comment in _COMMENTS.items():
        con.execute(f"COMMENT ON {'COLUMN' if '.' in name else 'TABLE'} {name} IS '{comment}'")
    con.execute("DROP TABLE feed_named")
