-- grain: period, rule. How many firms each rule applies to, could judge and warns of, and what an analyst said of it.
SELECT getvariable('release') AS release, getvariable('programme') AS programme, period, rule, rule_name, severity, evaluated,
  population,
  CASE WHEN evaluated THEN firms END AS n_population, CASE WHEN evaluated THEN met END AS n_met,
  CASE WHEN evaluated THEN not_met END AS n_not_met, CASE WHEN evaluated THEN unknown END AS n_unknown,
  CASE WHEN evaluated THEN fired END AS n_fired,
  CASE WHEN evaluated THEN quotient(100 * fired, firms) END AS fired_share, review,
  CASE WHEN review = '已放行' THEN note END AS review_note,
  CASE WHEN review = '已放行' THEN said_by END AS reviewed_by,
  CASE WHEN review = '已放行' THEN said_at END AS reviewed_at
FROM rule_standings
