-- grain: period, holder, feed (key). Whether a feed, or any of several, has a row of the firm for the period.
SELECT v.period, v.holder, v.key, v.line,
  CASE WHEN v.line IS NOT NULL THEN 'OK' WHEN coalesce(w.now, false) THEN 'QUARANTINED' ELSE 'NO_REPORT' END AS why
FROM coverage_values v
SEMI JOIN worked_out o ON o.key = v.key AND o.period = v.period
LEFT JOIN pending w ON w.period = v.period AND w.holder = v.holder AND w.key = v.key
