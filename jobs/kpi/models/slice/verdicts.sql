-- grain: period, uscc, tier, review. The conditions of a firm and tier summed up: how many are met, and which are not.
-- What is left out is not counted; alternatives and items of the score say nothing that the conditions do not.
WITH lines AS (
  SELECT f.period, f.uscc, f.met, f.missing, f.points, f.points_max, f.reachable, l.*, l.kind = 'requirement' AS counted
  FROM (
    SELECT period, uscc, line, met, missing, points, points_max, reachable FROM criteria_found
    UNION ALL BY NAME
    SELECT r.* EXCLUDE (ending_tier) FROM review_found r SEMI JOIN criteria_lines l ON l.line = r.line AND l.tier = r.ending_tier
  ) f
  JOIN criteria_lines l USING (line)
  WHERE l.kind IN ('requirement', 'left_out')
), summed AS (
  SELECT period, uscc, tier, review, rule_version,
    count(*) FILTER (counted) AS n_conditions, count(*) FILTER (counted AND met) AS n_met,
    count(*) FILTER (counted AND NOT met) AS n_not_met, count(*) FILTER (counted AND met IS NULL) AS n_unknown,
    count(*) FILTER (NOT counted) AS n_left_out,
    words_of(list_sort(list({position: position, words: words}) FILTER (counted AND NOT met))) AS failed,
    words_of(list_sort(list({position: position, words: words}) FILTER (counted AND met IS NULL))) AS undecided,
    words_of(list_sort(list({position: position, words: missing}) FILTER (counted AND missing IS NOT NULL))) AS missing,
    words_of(list_sort(list({position: position, words: words}) FILTER (NOT counted))) AS left_out,
    max(points) FILTER (condition_id = 'score') AS score_points, max(points_max) FILTER (condition_id = 'score') AS score_known_max,
    bool_or(reachable) FILTER (condition_id = 'score') AS reachable, max(points_needed) FILTER (condition_id = 'score') AS needed
  FROM lines GROUP BY ALL
)
SELECT *,
  CASE WHEN n_not_met >= 2 THEN '不达标' WHEN n_unknown > 0 THEN '资料不足' WHEN n_not_met = 1 THEN '差一项' ELSE '达标' END AS verdict,
  CASE WHEN score_points >= needed THEN '已达到' WHEN reachable THEN '可能达到' WHEN NOT reachable THEN '达不到' END AS score_state
FROM summed
