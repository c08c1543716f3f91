"""Tables behind the page of targets: by responsible body, along the path, and what each reader is offered first."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import duckdb

from jobs.definitions.contract import load_feed
from jobs.definitions.dictionary import indicators
from jobs.definitions.policy.document import Document, Target
from jobs.definitions.policy.influence import known, title
from jobs.definitions.policy.model import Programme, load_all
from jobs.definitions.policy.uses import asked
from jobs.definitions.reference import regions, report_items, reporter_name, source_name
from jobs.definitions.reference import reporters as listed

ALL_OWNERS = "全部责任单位"
"""Stands for all bodies together: one row per target, so that a page that names no body shows each target once."""

_MACROS = """
CREATE OR REPLACE TEMP MACRO beside(v, goal, unit) AS format('{:,.{}f}', v,
  CASE WHEN v IS DISTINCT FROM goal THEN least(15, greatest(if(unit = '%' OR v <> round(v), 2, 0),
            coalesce(floor(log10(0.500001 / abs(v - goal)))::INT + 1, 0)))
       ELSE if(unit = '%' OR v <> round(v), 2, 0) END);
CREATE OR REPLACE TEMP MACRO as_share(r) AS format('{:.{}f}', 100 * r, CASE WHEN r = 1 THEN 1
  ELSE least(13, greatest(1, floor(log10(0.500001 / abs(100 * r - 100)))::INT + 1)) END) || '%';
"""
"""A figure with as many decimals as decide beside its goal, and a share of the goal: never on the other side of it."""

_NAMED = """
CREATE OR REPLACE TEMP TABLE target_named AS
WITH named AS (
  SELECT DISTINCT programme, policy, region_code, target_id, name_zh FROM target_progress WHERE headline
)
SELECT n.programme, n.policy, n.target_id, coalesce(p.doc_no, p.title, n.policy) AS policy_name,
       CASE WHEN count(*) OVER (PARTITION BY n.programme, n.name_zh) = 1 THEN n.name_zh
            ELSE n.name_zh || '（' || r.name || '）' END AS target_name,
       row_number() OVER (PARTITION BY n.programme, n.policy ORDER BY n.target_id) AS place
FROM named n LEFT JOIN policy p ON p.id = n.policy LEFT JOIN region r ON r.code = n.region_code
"""
"""What people call a target and its policy; a name that two documents use says the region too."""

_DUTY = """
CREATE OR REPLACE TEMP TABLE target_duty AS
SELECT unnest(?::VARCHAR[]) AS target_id, unnest(?::VARCHAR[]) AS report, unnest(?::VARCHAR[]) AS reporters
"""
"""Which report a target's headline reads, and who reports it."""

_BY_OWNER = f"""
CREATE OR REPLACE TABLE target_by_owner AS
WITH owner AS (
  SELECT *, unnest(list_prepend('{ALL_OWNERS}', list_distinct(string_split(owners, '、')))) AS owner
  FROM target_progress WHERE headline
), duty AS (
  SELECT t.programme, t.period, t.target_id,
         string_agg(DISTINCT d.report || '：' || d.reporters, '；' ORDER BY d.report || '：' || d.reporters) AS owed_by
  FROM target_progress t JOIN target_duty d ON d.target_id = t.target_id AND contains(t.state_reason, d.report)
  WHERE t.headline AND t.state = '无数据' GROUP BY ALL
)
SELECT t.release, t.programme, t.period, t.policy, n.policy_name, t.target_id, n.target_name, t.region_code, t.owner,
       t.owners, t.clause, regexp_replace(t.clause, '[0-9]+$', '') AS chapter, t.quote, t.indicator, t.reading, t.tier,
       t.operator, t.target_value, t.unit, t.value, t.n, t.numerator, t.denominator, t.level_ratio, t.expected, t.pace,
       t.state, t.state_reason, d.owed_by, t.today_value, t.today_period, t.today_state, t.frozen_value, t.frozen_state,
       t.frozen_release, t.frozen_period, t.frozen_on, t.revised_value, t.reached_period, t.deadline,
       t.reference_period, t.reference_date, t.source,
       beside(t.value, t.target_value, t.unit) || ' ' || t.unit AS value_text,
       CASE t.operator WHEN '>=' THEN '≥ ' WHEN '<=' THEN '≤ ' WHEN '>' THEN '＞ ' WHEN '<' THEN '＜ ' ELSE '' END
         || beside(t.target_value, NULL, t.unit) || ' ' || t.unit AS goal_text,
       as_share(t.level_ratio) AS ratio_text,
       beside(t.today_value, t.target_value, t.unit) || ' ' || t.unit AS today_text,
       beside(t.frozen_value, t.target_value, t.unit) || ' ' || t.unit AS frozen_text,
       beside(t.expected, t.value, t.unit) || ' ' || t.unit AS path_text
FROM owner t JOIN target_named n USING (programme, policy, target_id)
LEFT JOIN duty d USING (programme, period, target_id)
ORDER BY t.programme, t.period, t.target_id, t.owner
"""

_PATH = """
CREATE OR REPLACE TABLE target_path AS
WITH own AS (
  SELECT t.release, t.programme, t.period, t.policy, n.policy_name, t.target_id, n.target_name, t.region_code, t.indicator,
         t.reading, t.tier, t.unit, t.today_value AS value, t.today_period AS reference_period, k.n, t.expected,
         t.target_value, t.deadline
  FROM target_progress t JOIN target_named n USING (programme, policy, target_id)
  LEFT JOIN kpi_region k
    ON k.programme = t.programme AND k.period = t.period AND k.region_code = t.region_code AND k.indicator = t.indicator
    AND k.reading = t.reading AND k.tier IS NOT DISTINCT FROM t.tier AND k.domain IS NULL AND k.size_class IS NULL
    AND k.industry IS NULL
  WHERE t.headline
), last AS (
  SELECT * FROM own QUALIFY row_number() OVER (PARTITION BY programme, target_id ORDER BY period DESC) = 1
)
SELECT * FROM own
UNION ALL
SELECT release, programme, year(deadline) || 'Q' || quarter(deadline), policy, policy_name, target_id, target_name,
       region_code, indicator, reading, tier, unit, NULL, NULL, NULL, target_value, target_value, deadline
FROM last WHERE expected IS NOT NULL AND year(deadline) || 'Q' || quarter(deadline) > period
ORDER BY 2, 6, 3
"""
"""The figure of every period itself, not the one that was frozen; a path that still runs ends at its deadline."""

_CHOICE = """
CREATE OR REPLACE TABLE target_choice AS
WITH reader AS (
  SELECT unit_code AS region_code, CASE WHEN code <> unit_code THEN code END AS county_code, NULL AS domain FROM region
  UNION ALL SELECT NULL, NULL, id FROM (SELECT DISTINCT id FROM policy_text WHERE kind = '专班')
)
SELECT n.programme, n.policy, n.policy_name, n.target_id, n.target_name, r.region_code, r.county_code, r.domain,
       CAST(n.place + CASE WHEN p.region_code IS NOT DISTINCT FROM r.region_code THEN 0
                           WHEN p.parent IS NULL THEN 1000 ELSE 2000 END AS INTEGER) AS position
FROM target_named n JOIN policy p ON p.id = n.policy CROSS JOIN reader r
ORDER BY ALL
"""
"""Own documents first, then the programme's, then those of others: a reader's rows alone say what comes first."""

_COMMENTS = {
    "target_by_owner": "政策目标页：每个期间每个目标（为准口径）每个责任单位一行，另有一行责任单位写“全部责任单位”；"
    "数目标时只取这一行，否则一个目标数了几次",
    "target_path": "目标走势：每个目标（为准口径）每期一行，当期的数、进度线和目标值；期限未到的另有期限那一季度",
    "target_choice": "筛选器的选项：每个目标对每个地区、县、专班一行，次序小的在前；没有任何指标的数",
    "target_by_owner.owner": "责任单位；全部责任单位 = 不分单位",
    "target_by_owner.policy_name": "政策文件",
    "target_by_owner.value_text": "数值，带单位",
    "target_by_owner.goal_text": "目标值，带比较和单位",
    "target_by_owner.ratio_text": "完成率",
    "target_by_owner.today_text": "现值，带单位",
    "target_by_owner.frozen_text": "结账的数，带单位",
    "target_by_owner.path_text": "与进度线相比",
    "target_by_owner.owed_by": "无数据时：缺的报表和应报的单位",
    "target_by_owner.chapter": "条款所在的章节",
    "target_by_owner.target_name": "目标；两份文件同名的注明地区",
    "target_path.policy_name": "政策文件",
    "target_path.target_name": "目标；两份文件同名的注明地区",
    "target_path.value": "当期的数，不是结账的数；单位见 unit",
    "target_path.expected": "进度线：由基期值到目标值的直线在当期末的值，单位见 unit",
    "target_choice.policy_name": "政策文件",
    "target_choice.target_name": "目标；两份文件同名的注明地区",
    "target_choice.position": "次序：本地区的文件在前，其次本方案的，再次其他地区的",
}


@lru_cache(maxsize=1)
def _groups() -> dict[str, list[str]]:
    """Return every feed and group with the feeds it stands for: of sixty targets each asks."""
    return known()


def _reporters(feed: str, document: Document, programme: Programme) -> Iterator[str]:
    """Give who reports a feed for a document's region: its own unit, and whoever reports for the whole province."""
    spec = load_feed(feed).feed
    if not spec.reporters:
        yield source_name(spec.connection)
        return
    own = document.region_code
    for reporter in listed(spec.reporters):
        elsewhere = reporter in programme.units and own in programme.units and reporter != own
        if reporter not in regions() or not elsewhere:
            yield reporter_name(reporter)


def _duties(programme: Programme, document: Document, target: Target) -> Iterator[tuple[str, str, str]]:
    """Give (target, report, who reports it) of every report that a target's headline reads."""
    for indicator in asked([target.reads.cells[0].indicator], indicators()):
        feeds = [] if indicator.family == "derived" else [r.feed for r in indicator.reads.values()]
        for name in feeds:
            if name not in _groups():
                continue
            if indicator.item:
                item = report_items()[indicator.item]
                yield target.id, f"{title(name)}：{item.department}“{item.name}”", item.department
            else:
                who = [w for feed in _groups()[name] for w in _reporters(feed, document, programme)]
                yield target.id, title(name), "、".join(dict.fromkeys(who))


def add(con: duckdb.DuckDBPyConnection) -> None:
    """Add ``target_by_owner``, ``target_path`` and ``target_choice`` to a file with gold tables and dimensions.

    Parameters
    ----------
    con : DuckDBPyConnection
        With the tables target_progress, kpi_region, policy, policy_text and region.
    """
    con.execute(_MACROS)
    duties = {
        duty
        for programme in load_all().values()
        for document in programme.documents
        for target in document.targets
        for duty in _duties(programme, document, target)
    }
    # Row by row it takes longer than all the rest.
    columns = [[duty[i] for duty in sorted(duties)] for i in range(3)]
    con.execute(_DUTY, columns)
    for statement in (_NAMED, _BY_OWNER, _PATH, _CHOICE):
        con.execute(statement)
    for name, comment in _COMMENTS.items():
        kind = "COLUMN" if "." in name else "TABLE"
        con.execute(f"COMMENT ON {kind} {name} IS '{comment}'")
    con.execute("DROP TABLE target_named; DROP TABLE target_duty; DROP MACRO beside; DROP MACRO as_share")
