"""What is open about an enterprise: its warnings, the incentives it may claim, its tickets; in one table, by kind."""

from __future__ import annotations

import duckdb

from jobs.serve import served_labels
from jobs.serve.enterprise_named import COMMENTS, period_text

_LINES = "array_to_string(list_sort(list_distinct(json_extract_string({column}, '$.*')::VARCHAR[])), '；')"
"""Lines of files that a map in JSON names by fact."""
_PLACE = """CASE WHEN file_name IS NOT NULL THEN file_name || coalesce(' ' || nullif(sheet, ''), '') || ' 第' || row_no || '行' END"""

_MATTERS = f"""
CREATE OR REPLACE TABLE enterprise_matter AS
-- grain: programme, period, uscc, kind, matter, name_code. What a firm was warned of, may claim, and asked for, in a period.
WITH matter AS (
  SELECT w.programme, w.period, w.release, w.uscc, '预警' AS kind, w.rule AS matter, w.rule_name AS title, w.text AS detail,
    ['提示', '关注', '重点'][w.level] AS grade, coalesce(w.review, s.label) AS state, {period_text("w.first_seen")} AS since_text,
    CAST(NULL AS DATE) AS since,
    w.due_on, concat_ws('，', w.ladder_body, '可信度' || w.confidence, CASE WHEN w.confirmed THEN '已有第二来源佐证' END) AS handled,
    CAST(NULL AS DOUBLE) AS amount, {_LINES.format(column="w.evidence_lines")} AS source
  FROM warning w LEFT JOIN word s ON s."of" = 'warning.state' AND s.code = w.state
  UNION ALL BY NAME
  SELECT i.programme, i.period, i.release, i.uscc, '激励' AS kind, i.incentive_id AS matter, i.name_zh AS title,
    '条款 ' || i.clause || '；' || i.amount_name || CASE WHEN i.cap IS NULL THEN '' ELSE format('，上限{{:.2f}}万元', i.cap::DOUBLE / 10000) END
      || CASE WHEN i.cap_hit THEN '（已触及）' ELSE '' END AS detail,
    k.label AS grade, CASE WHEN i.amount IS NULL THEN '金额不能算' ELSE '金额已算' END AS state,
    '尚缺：' || i.missing AS handled, i.amount::DOUBLE AS amount, {_LINES.format(column="i.evidence_lines")} AS source
  FROM incentive i LEFT JOIN word k ON k."of" = 'incentive.kind' AND k.code = i.kind
  UNION ALL BY NAME
  SELECT t.programme, t.period, t.release, t.uscc, '工单' AS kind, t.ticket_no AS matter, c.label AS title,
    '已历' || t.days_open || '天' || CASE WHEN t.closed_on IS NULL THEN '' ELSE '，' || t.closed_on || '办结' END AS detail,
    l.label AS grade, s.label || CASE WHEN t.overdue THEN '，超过时限' ELSE '' END AS state, t.raised_on AS since, t.due_on,
    concat_ws('，应上报', t.body, t.next_body) AS handled, {_PLACE} AS source
  FROM ticket_progress t LEFT JOIN word c ON c."of" = 'ticket_progress.category' AND c.code = t.category
  LEFT JOIN word l ON l."of" = 'ticket_progress.level' AND l.code = t.level
  LEFT JOIN word s ON s."of" = 'ticket_progress.state' AND s.code = t.state
)
SELECT m.release, m.programme, m.period, e.region_code, e.county_code, e.domain, m.uscc, e.name, e.name_code,
  m.kind, m.matter, m.title, m.detail, m.grade, m.state, m.since_text, m.since, m.due_on, nullif(m.handled, '') AS handled, m.amount,
  nullif(m.source, '') AS source
FROM matter m JOIN enterprise e ON e.programme = m.programme AND e.period = m.period AND e.uscc = m.uscc
"""


_COMMENTS = COMMENTS | {
    "kind": "预警、激励、工单", "matter": "规则、激励或工单的编号", "title": "事项", "detail": "内容和证据",
    "grade": "等级、类别或层级", "state": "状态", "since_text": "首次触发期", "since": "提出日期", "due_on": "上报或到期日",
    "handled": "办理单位、可信度，或尚缺的材料", "amount": "预计金额（元）",
}  # fmt: skip


def add(con: duckdb.DuckDBPyConnection) -> None:
    """Add the table ``enterprise_matter``, after the table of enterprises."""
    con.execute(_MATTERS)
    served_labels.comment(con, "enterprise_matter", "企业的预警、激励资格和工单", _COMMENTS)
