-- grain: period, uscc, rule. Warnings that stand, with what they rest on and their sentence, and those that have just ended,
-- with why. A second source or many quarters raise one above its rule's severity, to 3 at most; it is believed less with
-- every feed that says nothing of the firm.
WITH grounds AS (
  SELECT period, uscc, rule,
    map_from_entries(list({key: name, value: value} ORDER BY place) FILTER (value IS NOT NULL)) AS evidence,
    map_from_entries(list({key: name, value: line} ORDER BY place) FILTER (line IS NOT NULL)) AS evidence_lines
  FROM evidence GROUP BY ALL
), sentences AS (
  SELECT r.period, r.uscc, r.rule,
    string_agg(coalesce(p.words, CASE WHEN p.in_wan THEN e.in_wan ELSE e.value END, '—'), '' ORDER BY p.place) AS text
  FROM warning_runs r
  JOIN sentence_parts p USING (rule)
  LEFT JOIN evidence e ON e.period = r.period AND e.uscc = r.uscc AND e.rule = r.rule AND e.name = p.name
  WHERE r.firing > 0
  GROUP BY ALL
), weighed AS (
  SELECT r.*, f.name, f.unit, f.county, f.domain, f."at", w.rule_name, w.severity, r.firing > 0 AS stands,
    len([x FOR x IN w.report_feeds IF NOT list_contains(f.feeds_here, x)])
      + len([x FOR x IN w.listing_feeds IF NOT list_contains(f.feeds_arrived, x)]) AS silent,
    CASE WHEN r.firing > 0 THEN r.firing ELSE r.firing_before END AS periods_open,
    coalesce(r.firing >= w.raised_after, false) AS repeated
  FROM warning_runs r
  JOIN fact_rows f USING (period, uscc)
  JOIN warning_rules w USING (rule)
)
SELECT w.period, w.unit AS region_code, w.county AS county_code, w.uscc, w.name, w.domain, w."at", w.rule, w.rule_name, w.severity,
  least(w.severity + CAST(w.stands AND w.confirmed AS INTEGER) + CAST(w.repeated AS INTEGER), 3) AS level,
  ['高', '中', '低'][least(w.silent, 2) + 1] AS confidence,
  w.stands AND w.confirmed AS confirmed,
  CASE WHEN w.stands THEN 'open' ELSE 'closed' END AS state,
  w.quarter - w.periods_open + CAST(w.stands AS INTEGER) AS first_quarter, w.periods_open,
  CASE WHEN w.stands THEN coalesce(g.evidence, MAP {}) END AS evidence,
  CASE WHEN w.stands THEN coalesce(g.evidence_lines, MAP {}) END AS evidence_lines,
  CASE WHEN w.stands THEN s.text
    WHEN NOT w.inside THEN '本期不在规则的适用范围（如未报送、证书失效、已注销），预警中止'
    WHEN w.met IS NULL THEN '本期缺数，无法判断，预警中止'
    ELSE '本期条件不再成立，预警解除' END AS text
FROM weighed w
LEFT JOIN grounds g USING (period, uscc, rule)
LEFT JOIN sentences s USING (period, uscc, rule)
