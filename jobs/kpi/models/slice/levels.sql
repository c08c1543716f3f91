-- grain: period, holder, indicator. A value in minor units, and why it counts or does not: the first reason that applies.
WITH judged AS (
  SELECT v.*, coalesce(w.now, false) AS waits,
    CASE
      WHEN flag IS NOT NULL THEN flag
      WHEN value IS NULL AND w.now THEN 'QUARANTINED'
      WHEN line IS NULL THEN 'NO_REPORT'
      WHEN value IS NULL THEN 'MISSING_NUM'
      ELSE 'OK' END AS why
  FROM level_values v
  SEMI JOIN worked_out o ON o.key = v.key AND o.period = v.period
  LEFT JOIN pending w ON w.period = v.period AND w.holder = v.holder AND w.key = v.key
)
SELECT period, holder, key, value, why, why = 'OK' AND waits AS late, line
FROM judged
