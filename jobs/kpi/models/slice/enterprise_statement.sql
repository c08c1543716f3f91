-- grain: period, uscc. The cleaned statement of each holder of a valid certificate that can be named: its tiers from the
-- lowest to the highest and the end of the highest, money in 元, and the line that its revenue, else its research, stands in.
WITH held_tiers AS (
  SELECT period, holder, string_agg(tier, ',' ORDER BY place) AS tiers, arg_max(tier, place) AS highest_tier
  FROM (SELECT period, holder, unnest(valid_tiers) AS tier FROM population) JOIN tiers USING (tier) GROUP BY ALL
), certified_until AS (
  SELECT h.period, h.holder, max(e.until.valid_to) AS certificate_valid_to
  FROM (SELECT period, holder, unnest(ends) AS until FROM population) e
  JOIN held_tiers h ON h.period = e.period AND h.holder = e.holder AND h.highest_tier = e.until.tier
  GROUP BY ALL
), revenue AS (
  SELECT g.*, t.months FROM growths g JOIN indicators i USING (key)
  LEFT JOIN times t ON t.period = g.period AND t.track = i.track WHERE g.key = 'revenue_growth'
), research AS (
  SELECT r.*, t.year FROM ratios r JOIN indicators i USING (key)
  LEFT JOIN times t ON t.period = r.period AND t.track = i.track WHERE r.key = 'rd_intensity'
)
SELECT getvariable('release') AS release, getvariable('programme') AS programme, p.period,
  p.unit AS region_code, u.region_name, p.county AS county_code, c.region_name AS county_name, p.uscc, p.name,
  h.tiers, h.highest_tier, p.domain, p.industry_code,
  amount(m.c, 0.01) AS revenue, amount(m.r, 0.01) AS revenue_prior,
  CASE WHEN m.why = 'OK' THEN quotient(m.c - m.r, m.r) * 100 END AS revenue_growth,
  amount(q.num, 0.01) AS rd_total, q.year AS rd_year, q.q * 100 AS rd_intensity,
  p.staff_end, e.certificate_valid_to, m.months,
  o.batch_id, o.file_name, o.sheet, CAST(coalesce(m.line, q.line) % 2147483648 AS INTEGER) AS row_no
FROM population p
SEMI JOIN periods a ON a.period = p.period AND a.asked
LEFT JOIN revenue m ON m.period = p.period AND m.holder = p.holder
LEFT JOIN research q ON q.period = p.period AND q.holder = p.holder
LEFT JOIN held_tiers h ON h.period = p.period AND h.holder = p.holder
LEFT JOIN certified_until e ON e.period = p.period AND e.holder = p.holder
LEFT JOIN region_names u ON u.region_code = p.unit
LEFT JOIN region_names c ON c.region_code = p.county
LEFT JOIN sheets o ON o.sheet_no = coalesce(m.line, q.line) // 2147483648
WHERE p.counts AND p.uscc IS NOT NULL
