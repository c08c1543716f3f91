-- grain: period, uscc, tier, line of the rules. Every firm that holds something valid and is not closed against the rules that
-- hold on the period's last day: what was found, how it is judged, and on what evidence.
SELECT getvariable('release') AS release, getvariable('programme') AS programme, f.period,
  r.unit AS region_code, r.county AS county_code, f.uscc, r.name, l.tier, list_contains(r.valid_tiers, l.tier) AS holds,
  l.rule_version, l.position, l.condition_id, l.kind, l.condition_text, f.value, l.unit,
  CASE WHEN l.unit = '是否' THEN CASE WHEN f.value = 1 THEN '是' WHEN f.value IS NOT NULL THEN '否' END
    ELSE double_text(f.value, l.limits) || l.unit END AS value_text,
  l.threshold,
  CASE WHEN f.met THEN 'met' WHEN NOT f.met THEN 'not_met'
    WHEN f.points IS NOT NULL AND l.kind = 'score_item' THEN 'scored' ELSE 'unknown' END AS result,
  t.text AS basis, f.points, f.points_max, l.points_needed, f.reachable, l.confidence, f.evidence
FROM criteria_found f
JOIN criteria_lines l USING (line)
JOIN fact_rows r USING (period, uscc)
LEFT JOIN told t ON t.words = f.missing
