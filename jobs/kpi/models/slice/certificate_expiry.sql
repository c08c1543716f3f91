-- grain: period, uscc, tier. Certificates that end within 90 days, with a pre-check of their review by the rules that will
-- hold for reviews on the day they end.
SELECT getvariable('release') AS release, getvariable('programme') AS programme, v.period,
  e.unit AS region_code, e.county AS county_code, v.uscc, e.name, v.tier, list_contains(e.valid_tiers, v.tier) AS holds,
  v.rule_version, e.valid_to, e.days_left,
  CASE WHEN e.days_left <= 30 THEN 30 WHEN e.days_left <= 60 THEN 60 ELSE 90 END AS window_days,
  v.verdict, v.n_conditions, v.n_met, v.n_not_met, v.n_unknown, v.n_left_out,
  f.text AS failed, u.text AS undecided, m.text AS missing, l.text AS left_out,
  v.score_points, v.score_known_max, v.score_state
FROM verdicts v
JOIN ending e ON e.period = v.period AND e.uscc = v.uscc AND e.ending_tier = v.tier
LEFT JOIN told f ON f.words = v.failed
LEFT JOIN told u ON u.words = v.undecided
LEFT JOIN told m ON m.words = v.missing
LEFT JOIN told l ON l.words = v.left_out
WHERE v.review
