-- grain: period, holder, indicator (of contracts: each contract). Both sides of a ratio in minor units, why it counts or
-- does not, the first reason that applies, the ratio, and whether it meets the line: the boundary counts as met.
WITH read AS (
  FROM ratio_values UNION ALL BY NAME FROM contract_values
), waiting AS (
  SELECT v.*, i.signed, i.line_above, i.line_below, i.line_is_cap,
    coalesce(w.now, false) AS num_waits, coalesce(w.den, false) AS den_waits
  FROM read v
  SEMI JOIN worked_out o ON o.key = v.key AND o.period = v.period
  JOIN indicators i ON i.key = v.key
  LEFT JOIN pending w ON w.period = v.period AND w.holder = v.holder AND w.key = v.key
), judged AS (
  SELECT *, CASE
    WHEN flag = 'OUT_OF_SCOPE' THEN flag
    WHEN flag IS NULL AND (num IS NULL AND num_waits OR den IS NULL AND den_waits) THEN 'QUARANTINED'
    WHEN flag IS NULL AND num IS NULL AND den IS NULL THEN 'NO_REPORT'
    WHEN flag IS NOT NULL THEN flag
    WHEN num IS NULL THEN 'MISSING_NUM'
    WHEN den IS NULL THEN 'MISSING_DEN'
    WHEN den = 0 THEN 'ZERO_DEN'
    WHEN den < 0 THEN 'NEG_DEN'
    WHEN num < 0 AND NOT signed THEN 'NEG_NUM'
    ELSE 'OK' END AS why
  FROM waiting
)
SELECT period, holder, key, num, den, why,
  CASE WHEN why = 'OK' THEN quotient(num, den) END AS q,
  why = 'OK' AND CASE WHEN line_is_cap
    THEN CAST(num AS HUGEINT) * line_below <= CAST(den AS HUGEINT) * line_above
    ELSE CAST(num AS HUGEINT) * line_below >= CAST(den AS HUGEINT) * line_above END AS met,
  why = 'OK' AND (num_waits OR den_waits) AS late,
  line, den_line
FROM judged
