-- grain: period, uscc. The register as of the period's end: the latest event gives name, place and state; what it leaves
-- blank stands as it was named last. Of two events on one day a closure comes last.
WITH known AS (
  SELECT p.period, r.*,
    {day: r.effective_date, closes: r.change_type = 'close', seq: r.seq, change_type: r.change_type} AS place_in_time
  FROM register r JOIN periods p ON r.effective_date <= p.last_day
)
SELECT period, uscc,
  max_by({name: name, code: county_code}, place_in_time) AS last,
  max_by(change_type = 'close', place_in_time) AS closed,
  max_by(industry_code, place_in_time) AS industry_code,
  max_by(domain, place_in_time) AS domain,
  max_by(staff_end, place_in_time) AS staff_end,
  max_by(opened_on, place_in_time) AS opened_on
FROM known GROUP BY ALL
