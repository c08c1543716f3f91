-- grain: period, holder. Holders with the tiers they validly hold, whether their figures count (a certificate is valid,
-- the place is known), and their size by 统计上大中小微型企业划分办法（2017）: all bounds of a class must be reached, else one
-- class down; where a missing value could change the class it is unassigned.
WITH held_tiers AS (
  SELECT period, holder, list(tier ORDER BY tier NULLS FIRST) FILTER (valid) AS tiers FROM members GROUP BY ALL
), row_of AS (
  SELECT industry_code, arg_min({staff: b.staff, revenue: b.revenue, assets: b.assets}, b.place) AS bounds
  FROM (SELECT DISTINCT industry_code FROM holders) JOIN size_bounds b ON regexp_matches(industry_code, b.pattern)
  GROUP BY ALL
), reached AS (
  SELECT h.*, coalesce(t.tiers, []) AS tiers,
    list_transform([1, 2, 3], lambda n:
      (r.bounds.staff IS NULL OR f.staff_end >= r.bounds.staff[n])
      AND (r.bounds.revenue IS NULL OR f.revenue_y1 >= r.bounds.revenue[n])
      AND (r.bounds.assets IS NULL OR f.total_assets >= r.bounds.assets[n])) AS reached,
    r.bounds IS NOT NULL AS listed
  FROM holders h
  SEMI JOIN periods w ON w.period = h.period AND w.figures
  JOIN facts f USING (period, holder)
  LEFT JOIN held_tiers t USING (period, holder)
  LEFT JOIN row_of r USING (industry_code)
)
SELECT * EXCLUDE (reached, listed),
  len(tiers) > 0 AND unit IS NOT NULL AS counts,
  coalesce(CASE
    WHEN NOT listed OR reached[1] IS NULL THEN NULL WHEN reached[1] THEN 'large'
    WHEN reached[2] IS NULL THEN NULL WHEN reached[2] THEN 'medium'
    WHEN reached[3] IS NULL THEN NULL WHEN reached[3] THEN 'small'
    ELSE 'micro' END, 'unassigned') AS size_class
FROM reached
