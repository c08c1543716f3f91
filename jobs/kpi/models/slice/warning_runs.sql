-- grain: period, uscc, rule. For how many quarters a rule has been firing now, and in the quarter before, of the asked periods
-- where it fires in either. It fires once its condition was met in as many quarters in a row as it asks for: a quarter in
-- which the firm is not judged, or the condition is unknown, ends the run.
WITH met AS (
  SELECT uscc, rule, quarter_number(period) AS quarter FROM judgements WHERE met
), in_a_row AS (
  SELECT *, row_number() OVER (PARTITION BY uscc, rule, run ORDER BY quarter) AS quarters FROM (
    SELECT *, quarter - row_number() OVER (PARTITION BY uscc, rule ORDER BY quarter) AS run FROM met)
), fires AS (
  SELECT uscc, rule, quarter, quarters - r.periods + 1 AS firing
  FROM in_a_row JOIN warning_rules r USING (rule) WHERE quarters >= r.periods
)
SELECT j.period, j.uscc, j.rule, quarter_number(j.period) AS quarter, j.inside, j.met, j.confirmed,
  coalesce(n.firing, 0) AS firing, coalesce(b.firing, 0) AS firing_before
FROM judgements j
SEMI JOIN periods a ON a.period = j.period AND a.asked
LEFT JOIN fires n ON n.uscc = j.uscc AND n.rule = j.rule AND n.quarter = quarter_number(j.period)
LEFT JOIN fires b ON b.uscc = j.uscc AND b.rule = j.rule AND b.quarter = quarter_number(j.period) - 1
WHERE n.firing > 0 OR b.firing > 0
