"""What to look at first: warnings and service tickets of each firm by the problem ladder, and how many firms they are.

All of it follows from the rows of one release, so that a file of a region is renewed with the release alone: what came
and what ended is what the release itself says of its quarter.
"""

from __future__ import annotations

import duckdb

from jobs.serve import listed

_ITEM = f"""
-- grain: programme, period, firm, item. Warnings that stand or have just ended, and tickets that are open or were closed in
-- the period, with their place on the ladder. A warning whose rule waits for a word has none.
WITH item AS (
  SELECT release, programme, period, region_code, county_code, domain, uscc, name, '预警' AS kind, rule AS item_id,
    rule_name AS item, level AS severity,
    CASE WHEN state = 'closed' THEN '已解除' WHEN review = '规则待复核' THEN review ELSE '分级办理' END AS state,
    CASE WHEN state = 'closed' THEN '解除' WHEN periods_open = 1 THEN '新增' ELSE '持续' END AS change,
    left(first_seen, 4) || '年' || right(first_seen, 1) || '季度' AS since, text,
    {listed.EVIDENCE} AS evidence, confidence || CASE WHEN confirmed THEN '，第二来源佐证' ELSE '' END AS confidence,
    ladder_level, ladder_body, due_on, NULL::VARCHAR AS next_level, NULL::VARCHAR AS next_body
  FROM warning CROSS JOIN {listed.FACTS}
  WHERE state IS NOT NULL
  UNION ALL
  SELECT release, programme, period, region_code, county_code, domain, uscc, name, '工单', ticket_no,
    (SELECT label FROM word WHERE kind = 'category' AND code = category) || '服务', NULL,
    CASE WHEN state = 'closed' THEN '已办结' WHEN overdue THEN '超过时限' ELSE '办理中' END,
    CASE WHEN state = 'closed' THEN '办结'
         WHEN raised_on >= make_date(CAST(left(period, 4) AS INTEGER), 3 * CAST(right(period, 1) AS INTEGER) - 2, 1) THEN '新增'
         ELSE '持续' END,
    strftime(raised_on, '%Y-%m-%d'), '已历' || days_open || '天',
    concat_ws(' ', file_name, nullif(sheet, ''), '第' || row_no || '行'), NULL, level, body, due_on, next_level, next_body
  FROM ticket_progress
  WHERE state IS NOT NULL
)
SELECT w.release, w.programme, w.period, p.is_latest, w.region_code, w.county_code, w.domain, {listed.PLACE}, w.uscc, w.name,
  w.kind, w.item_id, w.item, w.severity, v.label AS severity_name, w.state, w.change, w.since, w.text, w.evidence, w.confidence,
  l.place AS ladder_place, l.label AS ladder_name, w.ladder_body, w.due_on, n.label AS next_name, w.next_body
FROM item w {listed.JOINS}
LEFT JOIN word v ON v.kind = 'severity' AND v.code = CAST(w.severity AS VARCHAR)
LEFT JOIN word l ON l.kind = 'ladder' AND l.code = w.ladder_level
LEFT JOIN word n ON n.kind = 'ladder' AND n.code = w.next_level
WHERE {{fresh}}
"""
_ITEM_LABELS = {
    "kind": "种类：预警、工单",
    "item_id": "规则编号或工单编号",
    "item": "事项",
    "severity": "等级（1 提示、2 关注、3 重点）",
    "severity_name": "等级",
    "state": "状态：分级办理、规则待复核、已解除；办理中、超过时限、已办结",
    "change": "与上期比：新增、持续、解除、办结",
    "since": "首次触发期，或工单提出日期",
    "text": "情况：依据的数值和界线",
    "evidence": "证据：每个数未舍入的值及其文件、工作表、行",
    "confidence": "可信度",
    "ladder_place": "办理层级次序（1 服务秘书）",
    "ladder_name": "办理层级",
    "ladder_body": "办理单位",
    "due_on": "上报日：到这一天仍未解决，归上一级",
    "next_name": "应上报层级",
    "next_body": "应上报单位",
}

_FIRM = """
-- grain: programme, period, firm with something open. First by the severity of what climbs the ladder, then by how high it has
-- climbed, then by the day on which it is due; tickets have no severity. What waits for a word is counted apart.
WITH opened AS (
  SELECT p.*, state = '分级办理' AS climbs, state IN ('分级办理', '办理中', '超过时限') AS handled FROM attention_item p
  WHERE state IN ('分级办理', '规则待复核', '办理中', '超过时限') AND {fresh}
), firm AS (
  SELECT release, programme, period, is_latest, region_code, region_name, county_code, county_name, domain, domain_name,
    uscc, min(name) AS name, min(highest_tier_name) AS highest_tier_name,
    coalesce(max(severity) FILTER (climbs), 0) AS severity,
    max(ladder_place) FILTER (handled) AS ladder_place,
    arg_max(ladder_name, ladder_place) FILTER (handled) AS ladder_name,
    arg_max(ladder_body, ladder_place) FILTER (handled) AS ladder_body,
    min(due_on) FILTER (handled) AS due_on,
    string_agg(item, '、' ORDER BY severity DESC NULLS LAST, ladder_place DESC, item_id) FILTER (handled) AS items,
    string_agg(item, '、' ORDER BY severity DESC, item_id) FILTER (state = '规则待复核') AS items_waiting,
    CAST(count(*) FILTER (climbs) AS INTEGER) AS n_warnings,
    CAST(count(*) FILTER (climbs AND change = '新增') AS INTEGER) AS n_new,
    CAST(count(*) FILTER (state = '规则待复核') AS INTEGER) AS n_waiting,
    CAST(count(*) FILTER (kind = '工单') AS INTEGER) AS n_tickets,
    CAST(count(*) FILTER (state = '超过时限') AS INTEGER) AS n_overdue
  FROM opened GROUP BY ALL
)
SELECT f.* EXCLUDE (ladder_place, ladder_name, ladder_body, due_on, items, items_waiting, n_warnings, n_new, n_waiting, n_tickets,
    n_overdue), v.label AS severity_name, ladder_place, ladder_name, ladder_body, due_on, items, items_waiting, n_warnings, n_new,
  n_waiting, n_tickets, n_overdue, severity > 0 OR n_overdue > 0 AS needs
FROM firm f LEFT JOIN word v ON v.kind = 'severity' AND v.code = CAST(f.severity AS VARCHAR)
"""
_FIRM_LABELS = {
    "severity": "最高等级（3 重点、2 关注、1 提示，0 没有分级办理的预警）",
    "severity_name": "等级",
    "ladder_place": "办理层级次序（1 服务秘书）",
    "ladder_name": "办理层级",
    "ladder_body": "办理单位",
    "due_on": "最早的上报日",
    "items": "分级办理的预警和未办结的工单",
    "items_waiting": "规则待复核的预警",
    "n_warnings": "分级办理的预警（条）",
    "n_new": "其中本期新增（条）",
    "n_waiting": "规则待复核的预警（条）",
    "n_tickets": "未办结工单（件）",
    "n_overdue": "超过时限的工单（件）",
    "needs": "需要关注：有分级办理的预警，或有超过时限的工单",
}

_COUNT = """
-- grain: programme, period, county, domain. How many firms there are and how many of them need attention, in parts so small that
-- every reader's own scope is a sum of them; a part without any is 0.
WITH counted AS (
  SELECT release, programme, period, region_code, county_code, domain, 1 AS n_firms FROM enterprise_statement
  UNION ALL BY NAME
  SELECT release, programme, period, region_code, county_code, domain, needs::INT AS n_needs, (severity = 3)::INT AS n_high,
    (severity = 2)::INT AS n_watch, (severity = 1)::INT AS n_note, (severity = 0 AND n_overdue > 0)::INT AS n_late_only,
    (NOT needs AND n_waiting > 0)::INT AS n_waiting_only, n_warnings, n_new, n_overdue AS n_late
  FROM attention
  UNION ALL BY NAME
  SELECT release, programme, period, region_code, county_code, domain, 1 AS n_ended FROM attention_item WHERE change = '解除'
), summed AS (
  SELECT release, programme, period, region_code, county_code, domain,
    CAST(coalesce(sum(COLUMNS('^n_')), 0) AS INTEGER) FROM counted GROUP BY ALL
)
SELECT w.release, w.programme, w.period, p.is_latest, w.region_code, u.name AS region_name, w.county_code, c.name AS county_name,
  w.domain, d.label AS domain_name, w.* EXCLUDE (release, programme, period, region_code, county_code, domain)
FROM summed w
JOIN publication p ON (p.programme, p.period, p.release) = (w.programme, w.period, w.release)
LEFT JOIN region u ON u.code = w.region_code
LEFT JOIN region c ON c.code = w.county_code
LEFT JOIN word d ON d.kind = 'domain' AND d.code = w.domain
WHERE {fresh}
"""
_COUNT_LABELS = {
    "n_firms": "在册企业（户）",
    "n_needs": "需要关注（户）：有分级办理的预警，或有超过时限的工单",
    "n_high": "其中最高等级为重点（户）",
    "n_watch": "其中最高等级为关注（户）",
    "n_note": "其中最高等级为提示（户）",
    "n_late_only": "其中只有超过时限的工单（户）",
    "n_waiting_only": "只有规则待复核的预警（户），不在需要关注之内",
    "n_warnings": "分级办理的预警（条）",
    "n_new": "其中本期新增（条）",
    "n_late": "超过时限的工单（件）",
    "n_ended": "本期解除的预警（条）",
}


def add(con: duckdb.DuckDBPyConnection) -> None:
    """Add ``attention_item``, ``attention`` and ``attention_count`` to a file with the gold tables, the regions and the names of tiers.

    Severity, ladder and days are those of docs/warnings.md (decision 0075).
    """
    listed.prepare(con)
    for table, query in (("attention_item", _ITEM), ("attention", _FIRM), ("attention_count", _COUNT)):
        listed.renew(con, table, query)
    firm = listed.PLACED | listed.FIRM
    listed.comment(con, "attention_item", "逐项：企业的预警和工单，办到哪一级、何时上报", firm | _ITEM_LABELS)
    listed.comment(con, "attention", "逐户：有未解决事项的企业，先看哪一户", firm | _FIRM_LABELS)
    listed.comment(
        con, "attention_count", "按县和专班：在册企业和需要关注的企业", listed.PLACED | _COUNT_LABELS
    )
