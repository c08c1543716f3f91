"""An enterprise's certificates, and what their next review asks."""

from __future__ import annotations

import duckdb

from jobs.serve import served_labels
from jobs.serve.enterprise_named import COMMENTS, NAMED

_CERTIFICATES = """
CREATE OR REPLACE TABLE enterprise_certificate AS
-- grain: programme, period (the latest), uscc, tier, name_code. Titles validly held at the period's end, and those whose
-- conditions are judged without being held. The figures tell the end of the highest, and of another where it is near. What a
-- review asks is what was judged for the day of that end; where that is not near, what the rules of the period's end say.
WITH held AS (
  SELECT programme, uscc, unnest(string_split(tiers, ',')) AS tier FROM enterprise_statement WHERE is_latest
), judged AS (
  SELECT programme, uscc, tier, rule_version, verdict, n_conditions, n_met, failed, undecided, missing,
    CAST(NULL AS DATE) AS valid_to, CAST(NULL AS INTEGER) AS days_left FROM criteria_result WHERE is_latest
  UNION ALL
  SELECT programme, uscc, tier, rule_version, verdict, n_conditions, n_met, failed, undecided, missing, valid_to, days_left
  FROM certificate_expiry WHERE is_latest AND holds
), nearest AS (
  SELECT programme, uscc, tier, max(valid_to) AS valid_to FROM judged GROUP BY ALL
), review AS (
  SELECT j.* FROM judged j JOIN nearest n ON n.programme = j.programme AND n.uscc = j.uscc AND n.tier = j.tier
    AND j.valid_to IS NOT DISTINCT FROM n.valid_to
)
SELECT s.release, s.programme, s.period, s.region_code, s.county_code, s.domain, s.uscc, s.name, n.name_code,
  coalesce(h.tier, r.tier) AS tier, coalesce(t.name_zh, c.label) AS tier_name, coalesce(t.rank, 0) AS tier_rank,
  h.tier IS NOT NULL AS is_held, if(h.tier IS NULL, '未持有', '持有') AS held_text,
  coalesce(r.valid_to, CASE WHEN h.tier = s.highest_tier THEN s.certificate_valid_to END) AS valid_to, r.days_left,
  v.label AS rule, r.verdict, r.n_met || '/' || r.n_conditions AS met_text, r.failed,
  nullif(concat_ws('；', r.undecided, '缺：' || r.missing), '') AS undecided
FROM held h FULL JOIN review r ON r.programme = h.programme AND r.uscc = h.uscc AND r.tier = h.tier
JOIN enterprise_statement s ON s.programme = coalesce(h.programme, r.programme) AND s.uscc = coalesce(h.uscc, r.uscc)
  AND s.is_latest {named}
LEFT JOIN tier t ON t.programme = s.programme AND t.code = coalesce(h.tier, r.tier)
LEFT JOIN word c ON c."of" = 'criteria_result.tier' AND c.code = r.tier
LEFT JOIN word v ON v."of" = 'criteria_result.rule_version' AND v.code = r.rule_version
"""


_COMMENTS = COMMENTS | {
    "tier_name": "称号", "tier_rank": "称号高低，不在本方案梯度内的为0", "is_held": "期末持有有效证书", "held_text": "是否持有",
    "valid_to": "证书有效期止；不是最高称号且不在90天内到期的为空", "rule": "依据的文件", "met_text": "达到条件数/计入条件数",
    "undecided": "无法判断的条件和缺少的资料",
}  # fmt: skip


def add(con: duckdb.DuckDBPyConnection) -> None:
    """Add the table ``enterprise_certificate``."""
    con.execute(_CERTIFICATES.format(named=NAMED.format(row="s")))
    served_labels.comment(
        con, "enterprise_certificate", "企业的称号、有效期和复核条件（最新期间）", _COMMENTS
    )
