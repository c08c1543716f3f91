-- grain: period, uscc, tier. Certificates that end within 90 days after the period, of firms that are not closed: of several
-- of a tier the one that ends last counts.
WITH last_ends AS (
  SELECT period, uscc, until.tier AS ending_tier, max(until.valid_to) AS valid_to
  FROM (SELECT period, uscc, unnest(ends) AS until FROM fact_rows SEMI JOIN periods p ON p.period = fact_rows.period AND p.asked
    WHERE NOT closed)
  GROUP BY ALL
)
SELECT f.*, e.ending_tier, e.valid_to, datediff(e.valid_to, f."at") AS days_left
FROM last_ends e JOIN fact_rows f USING (period, uscc)
WHERE datediff(e.valid_to, f."at") BETWEEN 0 AND 90
