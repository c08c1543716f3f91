-- grain: period, ticket. Tickets raised by the period's end and not closed before its beginning, as they stand at its end.
-- A level's time is over when the limits up to it have passed since the ticket was raised: from that day on it belongs one
-- level up. The level is that of the last report, also for periods before it.
WITH standing AS (
  SELECT t.*, p.period, p.last_day, coalesce(t.closed_on <= p.last_day, t.state = 'closed') AS closed,
    l.place, l.body AS body_of, t.raised_on + l.until_day AS due_on
  FROM tickets t
  JOIN periods p ON p.asked AND t.raised_on <= p.last_day AND (t.closed_on IS NULL OR t.closed_on >= p.first_day)
  LEFT JOIN ladder l USING (level)
), judged AS (
  SELECT *, NOT closed AND coalesce(last_day >= due_on, false) AS overdue FROM standing
)
SELECT getvariable('release') AS release, getvariable('programme') AS programme, j.period,
  c.unit AS region_code, c.county AS county_code, j.ticket_no, j.uscc, j.name, j.domain, j.category, j.raised_on, j.level,
  body_of_domain(j.body_of, d.name) AS body,
  CASE WHEN j.closed THEN 'closed' ELSE 'open' END AS state,
  CASE WHEN j.closed THEN j.closed_on END AS closed_on,
  datediff(CASE WHEN j.closed THEN coalesce(j.closed_on, j.last_day) ELSE j.last_day END, j.raised_on) AS days_open,
  j.due_on, j.overdue,
  CASE WHEN j.overdue THEN n.level END AS next_level,
  CASE WHEN j.overdue THEN body_of_domain(n.body, d.name) END AS next_body,
  j.batch_id, j.file_name, j.sheet, j.row_no
FROM judged j
LEFT JOIN ladder n ON n.place = j.place + 1
LEFT JOIN domain_names d ON d.domain = j.domain
LEFT JOIN places_by_code c ON c.code = j.county_code
