"""What firms may claim, and which certificates end: incentives with amount and papers, and what the next review asks."""

from __future__ import annotations

import duckdb

from jobs.definitions.rules.versions import Term, load_versions, terms
from jobs.serve import listed

_CLAIM = f"""
-- grain: programme, period, firm, incentive. Who became eligible in the period, the amount where the document gives one and the
-- figures are there, and the papers that no source gives. A list, no payment.
WITH claim AS (
  SELECT i.*, NULL::VARCHAR AS domain, {listed.EVIDENCE} AS facts_met,
    CAST(i.evidence AS JSON) ->> 'first_awarded_this_period' AS awarded
  FROM incentive i CROSS JOIN {listed.FACTS}
  WHERE i.incentive_id IS NOT NULL
)
SELECT w.release, w.programme, w.period, p.is_latest, w.region_code, w.county_code, s.domain, {listed.PLACE}, w.uscc, w.name,
  w.incentive_id, w.name_zh AS incentive, w.clause, k.label AS kind_name, w.amount_name, w.amount, w.amount_before_cap, w.cap,
  w.cap_hit, CASE WHEN w.amount IS NOT NULL THEN '金额已算' WHEN w.quantified THEN '缺数据，金额未知'
                  ELSE '文件未写明算法，金额未知' END AS amount_state,
  concat_ws('；', '首次取得' || array_to_string([replace(x, split_part(x, '（', 1), coalesce(a.names[split_part(x, '（', 1)], ''))
              FOR x IN string_split(w.awarded, '；')], '；'), nullif(w.facts_met, '')) AS evidence, w.missing, r.why, r.quote, r.owners
FROM claim w {listed.JOINS}
LEFT JOIN word k ON k.kind = 'kind' AND k.code = w.kind
LEFT JOIN (SELECT programme, map_from_entries(list({{k: code, v: name_zh}})) AS names FROM tier GROUP BY programme) a
  ON a.programme = w.programme
LEFT JOIN incentive_rule r
  ON (r.programme, r.period, r.release, r.incentive_id) = (w.programme, w.period, w.release, w.incentive_id)
WHERE {{fresh}}
"""
_CLAIM_LABELS = {
    "incentive_id": "激励编号",
    "incentive": "激励",
    "clause": "条款",
    "kind_name": "类别",
    "amount_name": "金额含义：奖补资金，或加计扣除额（税基，不是资金）",
    "amount": "预计金额（元，封顶后）",
    "amount_before_cap": "封顶前金额（元）",
    "cap": "上限（元）",
    "cap_hit": "触及上限",
    "amount_state": "金额状态",
    "evidence": "满足条件的依据及其文件、工作表、行",
    "missing": "尚缺的材料",
    "why": "说明",
    "quote": "原文",
    "owners": "责任单位",
}

_END = f"""
-- grain: programme, period, firm, tier. Certificates that end by the end of the year of the day after the period: within ninety
-- days every one, with the pre-check of its review; later that of the firm's highest tier, whose end alone is known.
WITH days AS (
  SELECT programme, period, release, is_latest,
    last_day(make_date(CAST(left(period, 4) AS INTEGER), 3 * CAST(right(period, 1) AS INTEGER), 1)) AS ends_on
  FROM publication WHERE period LIKE '____Q_'
), ending AS (
  SELECT release, programme, period, region_code, county_code, NULL::VARCHAR AS domain, uscc, name, tier, valid_to, verdict,
    n_conditions, n_met, n_not_met, n_unknown, failed, undecided, missing, left_out, rule_version
  FROM certificate_expiry WHERE tier IS NOT NULL
  UNION ALL BY NAME
  SELECT e.release, e.programme, e.period, e.region_code, e.county_code, e.domain, e.uscc, e.name, e.highest_tier AS tier,
    e.certificate_valid_to AS valid_to
  FROM enterprise_statement e JOIN days d USING (programme, period, release)
  WHERE e.certificate_valid_to BETWEEN d.ends_on AND last_day(make_date(year(d.ends_on + 1), 12, 1))
    AND NOT EXISTS (SELECT 1 FROM certificate_expiry x WHERE (x.programme, x.period, x.release, x.uscc, x.tier)
                    = (e.programme, e.period, e.release, e.uscc, e.highest_tier))
)
SELECT w.release, w.programme, w.period, p.is_latest, w.region_code, w.county_code, coalesce(w.domain, s.domain) AS domain,
  {listed.PLACE}, w.uscc, w.name, w.tier, t.name_zh AS tier_name, w.valid_to, strftime(w.valid_to, '%Y年%m月') AS month,
  CAST(w.valid_to - y.ends_on AS INTEGER) AS days_left, v.doc_no AS review_doc, coalesce(w.verdict, CASE
    WHEN v.doc_no IS NULL THEN '没有统一的复核条件' WHEN w.valid_to - y.ends_on > 90 THEN '未到预审期' ELSE '没有预审结果' END) AS verdict,
  w.n_conditions, w.n_met, w.n_not_met, w.n_unknown, w.failed, w.undecided, w.missing, w.left_out
FROM ending w {listed.JOINS}
JOIN days y ON (y.programme, y.period, y.release) = (w.programme, w.period, w.release)
LEFT JOIN tier t ON t.programme = w.programme AND t.code = w.tier
LEFT JOIN (SELECT DISTINCT tier, doc_no, holds_from, holds_to FROM review_condition) v
  ON v.tier = w.tier AND w.valid_to >= v.holds_from AND w.valid_to <= coalesce(v.holds_to, w.valid_to)
WHERE {{fresh}}
"""
_END_LABELS = {
    "tier": "到期证书的梯度代码",
    "tier_name": "到期证书",
    "valid_to": "有效期止",
    "month": "到期月份",
    "days_left": "距期末天数",
    "review_doc": "复核依据：到期日适用的办法",
    "verdict": "预审结论",
    "n_conditions": "计入条件（项）",
    "n_met": "达到（项）",
    "n_not_met": "未达到（项）",
    "n_unknown": "无法判断（项）",
    "failed": "未达到的条件",
    "undecided": "无法判断的条件",
    "missing": "缺少的资料",
    "left_out": "未计入的条件",
}
_CONDITION_LABELS = {
    "tier": "梯度代码",
    "tier_name": "证书",
    "doc_no": "办法",
    "holds_from": "适用于这一天起到期的证书",
    "holds_to": "适用到这一天为止",
    "position": "次序",
    "condition_text": "复核条件",
    "threshold": "门槛",
    "judged": "平台能否判断",
    "reason": "说明",
}


def _conditions(term: Term, doc_no: str) -> list[tuple[object, ...]]:
    """Return a row for each condition that reviews look at in a term."""
    return [
        (
            term.rules.tier, term.rules.name_zh, doc_no, term.first, term.last, place, c.text_zh, c.threshold,
            "不判断" if c.not_public else "预审", c.reason,
        )
        for place, c in enumerate(term.rules.conditions, start=1)
    ]  # fmt: skip


def _review_conditions(con: duckdb.DuckDBPyConnection) -> None:
    """Write what reviews ask, by tier and the days on which the certificates end."""
    con.execute(
        "CREATE OR REPLACE TABLE review_condition (tier VARCHAR, tier_name VARCHAR, doc_no VARCHAR, holds_from DATE, "
        "holds_to DATE, position INTEGER, condition_text VARCHAR, threshold VARCHAR, judged VARCHAR, reason VARCHAR)"
    )
    versions = load_versions()
    documents = {v.id: v.doc_no for v in versions}
    rows = [
        row for term in terms(versions, review=True) for row in _conditions(term, documents[term.version])
    ]
    con.executemany("INSERT INTO review_condition VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    listed.comment(
        con, "review_condition", "复核条件：每级证书到期时按哪个办法复核、看哪几条", _CONDITION_LABELS
    )


def add(con: duckdb.DuckDBPyConnection) -> None:
    """Add ``incentive_claim``, ``certificate_end`` and ``review_condition`` to a file with the gold tables and the names of tiers.

    Eligibility, amounts and pre-checks are those of docs/incentives.md and docs/criteria.md (decision 0075).
    """
    listed.prepare(con)
    _review_conditions(con)
    for table, query, says, labels in (
        ("incentive_claim", _CLAIM, "逐户：本期新具备条件的激励、金额、依据和尚缺的材料；只列资格，不是拨付", _CLAIM_LABELS),
        ("certificate_end", _END, "逐张：到本年底到期的证书和复核预审", _END_LABELS),
    ):  # fmt: skip
        listed.renew(con, table, query)
        listed.comment(con, table, says, listed.PLACED | listed.FIRM | labels)
