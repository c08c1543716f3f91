-- grain: period, holder, indicator. Growth of one firm in minor units: c now, r the same period of last year as the form
-- prints it (a form without that column: what the firm reported last year, for all firms), p what it reported last year.
-- A quarter alone is the difference of two cumulatives; without the earlier one nothing is known of it (NO_PRED).
WITH asked AS (
  SELECT v.*, i.base_kind = 'prior_return' AS by_prior, i.quarterly AND NOT v.period LIKE '%Q1' AS apart,
    coalesce(w.now, false) AS now_waits, coalesce(w.before, false) AS before_waits,
    coalesce(w.back_now, false) AS back_now_waits, coalesce(w.back_before, false) AS back_before_waits
  FROM growth_values v
  SEMI JOIN worked_out o ON o.key = v.key AND o.period = v.period
  JOIN indicators i ON i.key = v.key
  LEFT JOIN pending w ON w.period = v.period AND w.holder = v.holder AND w.key = v.key
), measured AS (
  SELECT period, holder, key, line, before_line, by_prior,
    CASE WHEN apart THEN value - back_value ELSE value END AS value,
    CASE WHEN apart THEN base - back_base ELSE base END AS base,
    CASE WHEN apart THEN prior - back_prior ELSE prior END AS prior,
    coalesce(flag, CASE WHEN apart THEN coalesce(back_flag, CASE
      WHEN value IS NOT NULL AND back_value IS NULL OR base IS NOT NULL AND back_base IS NULL
        OR base IS NULL AND prior IS NOT NULL AND back_prior IS NULL THEN 'NO_PRED' END) END) AS flag,
    now_waits OR (apart AND value IS NOT NULL AND back_now_waits) AS now_waits,
    before_waits OR (apart AND prior IS NOT NULL AND back_before_waits) AS before_waits
  FROM asked
), usable AS (
  SELECT *, CASE WHEN flag IS NULL THEN value END AS c,
    CASE WHEN flag IS NULL THEN CASE WHEN by_prior THEN prior ELSE base END END AS r,
    CASE WHEN flag IS NULL THEN prior END AS p
  FROM measured
), judged AS (
  SELECT *,
    c IS NOT NULL AND now_waits AS late_c, p IS NOT NULL AND before_waits AS late_p,
    CASE
      WHEN flag <> 'NO_PRED' THEN flag
      WHEN c IS NULL AND now_waits OR by_prior AND value IS NOT NULL AND r IS NULL AND before_waits THEN 'QUARANTINED'
      WHEN flag = 'NO_PRED' THEN flag
      WHEN c IS NULL AND r IS NULL AND p IS NULL THEN 'NO_REPORT'
      WHEN c IS NULL THEN 'GONE'
      WHEN r IS NULL AND p IS NOT NULL THEN 'BASE_MISSING'
      WHEN r IS NULL THEN 'NEW'
      WHEN r = 0 THEN 'ZERO_BASE'
      WHEN r < 0 THEN 'NEG_BASE'
      WHEN c < 0 THEN 'TO_LOSS'
      ELSE 'OK' END AS why
  FROM usable
)
SELECT period, holder, key, c, r, p, why, late_c, CASE WHEN by_prior THEN late_p ELSE late_c END AS late_r, late_p,
  c IS NOT NULL AND r IS NOT NULL AS in_panel, line,
  CASE WHEN line IS NOT NULL THEN CASE WHEN by_prior THEN before_line ELSE line END END AS den_line
FROM judged
