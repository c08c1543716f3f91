-- grain: period, uscc, rule. Warnings with their place on the ladder, by the days since the end of the quarter in which they
-- were first seen; those of a rule that waits for a word, and those that have ended, have none.
WITH climbing AS (
  SELECT t.*, CASE WHEN t.state = 'open' THEN s.review END AS review,
    t.state = 'open' AND s.review IS DISTINCT FROM '规则待复核' AS climbs,
    last_day(make_date(t.first_quarter // 4, t.first_quarter % 4 * 3 + 3, 1)) AS opened_on
  FROM told_warnings t LEFT JOIN rule_standings s ON s.period = t.period AND s.rule = t.rule
)
SELECT getvariable('release') AS release, getvariable('programme') AS programme,
  c.* EXCLUDE ("at", first_quarter, climbs, opened_on),
  c.first_quarter // 4 || 'Q' || c.first_quarter % 4 + 1 AS first_seen,
  l.level AS ladder_level, body_of_domain(l.body, d.name) AS ladder_body, c.opened_on + l.until_day AS due_on
FROM climbing c
LEFT JOIN ladder l ON c.climbs AND datediff(c."at", c.opened_on) >= l.from_day
  AND datediff(c."at", c.opened_on) < coalesce(l.until_day, datediff(c."at", c.opened_on) + 1)
LEFT JOIN domain_names d ON d.domain = c.domain
