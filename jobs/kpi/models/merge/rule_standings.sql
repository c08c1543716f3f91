-- grain: period, rule. How many firms a rule applies to and warns of, and where it stands: one that fires on more than a tenth
-- of at least fifty firms (the policy states both) waits for an analyst's word, which holds until the share has grown by
-- as much again. The numbers are unknown of a rule that was not evaluated.
WITH counted AS (
  SELECT p.period, r.*, coalesce(sum(c.n_population), 0) AS firms, coalesce(sum(c.n_met), 0) AS met,
    coalesce(sum(c.n_not_met), 0) AS not_met, coalesce(sum(c.n_unknown), 0) AS unknown, coalesce(sum(c.n_fired), 0) AS fired
  FROM periods p CROSS JOIN warning_rules r LEFT JOIN rule_counts c ON c.period = p.period AND c.rule = r.rule
  WHERE p.asked AND getvariable('entity') = 'enterprise'
  GROUP BY ALL
), judged AS (
  SELECT c.*, w.* EXCLUDE (period, rule, fired, population),
    evaluated AND firms >= getvariable('review_least') AND c.fired * 100 > firms * getvariable('review_percent') AS conspicuous,
    coalesce(w.released AND (c.fired * w.population - w.fired * firms) * 100
      <= firms * w.population * getvariable('review_percent'), false) AS covered
  FROM counted c LEFT JOIN rule_words w ON w.period = c.period AND w.rule = c.rule
)
SELECT *, CASE WHEN conspicuous THEN CASE WHEN covered THEN '已放行' ELSE '规则待复核' END END AS review FROM judged
