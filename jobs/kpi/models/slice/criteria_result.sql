-- grain: period, uscc, tier. The verdict on each firm and tier under the rules that hold on the period's last day.
SELECT getvariable('release') AS release, getvariable('programme') AS programme, v.period,
  r.unit AS region_code, r.county AS county_code, v.uscc, r.name, v.tier, list_contains(r.valid_tiers, v.tier) AS holds,
  v.rule_version, v.verdict, v.n_conditions, v.n_met, v.n_not_met, v.n_unknown, v.n_left_out,
  f.text AS failed, u.text AS undecided, m.text AS missing, l.text AS left_out,
  v.score_points, v.score_known_max, v.score_state
FROM verdicts v
JOIN fact_rows r USING (period, uscc)
LEFT JOIN told f ON f.words = v.failed
LEFT JOIN told u ON u.words = v.undecided
LEFT JOIN told m ON m.words = v.missing
LEFT JOIN told l ON l.words = v.left_out
WHERE NOT v.review
