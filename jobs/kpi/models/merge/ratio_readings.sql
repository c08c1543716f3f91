-- grain: period, region, tier, domain, size class, industry, indicator, reading. Ratios (methods.md §3): the ratio of sums
-- is the headline; the mean of ratios is for information. A list that names nobody anywhere has not arrived: its zeros
-- are taken back.
WITH heard AS (
  SELECT c.*, i.* EXCLUDE (key), t.months,
    i.absent_zero AND max(c.there) OVER (PARTITION BY c.period, c.key) = 0 AS silent
  FROM region_cells c
  JOIN indicators i ON i.key = c.key AND i.family = 'ratio'
  JOIN times t ON t.period = c.period AND t.track = i.track
), known AS (
  SELECT h.* EXCLUDE (num, den, known_den, met, late, excluded), q.p25, q.median, q.p75, q.mean,
    CASE WHEN silent THEN 0 ELSE ok_n END AS n,
    CASE WHEN silent THEN 0 ELSE num END AS num,
    CASE WHEN silent THEN 0 ELSE den END AS den,
    CASE WHEN silent THEN 0 ELSE known_den END AS known_den,
    CASE WHEN silent THEN 0 ELSE met END AS met,
    CASE WHEN silent THEN 0 ELSE late END AS late,
    CASE WHEN silent THEN one_count('NO_REPORT', scope) ELSE excluded END AS excluded,
    CASE WHEN annualised THEN 12 / months ELSE 1 END AS yearly
  FROM heard h LEFT JOIN ratio_quantiles q
    ON q.period = h.period AND q.key = h.key AND q.region_level = h.region_level AND q.region_code = h.region_code
    AND q.tier IS NOT DISTINCT FROM h.tier AND q.domain IS NOT DISTINCT FROM h.domain
    AND q.size_class IS NOT DISTINCT FROM h.size_class AND q.industry IS NOT DISTINCT FROM h.industry
    AND NOT h.silent
), judged AS (
  SELECT *, quotient(den, known_den) AS by_size,
    CASE WHEN n = 0 THEN 'EMPTY'
      WHEN n * 5 < scope * 3 OR den * 5 < known_den * 4 THEN 'LOW_COVERAGE'
      WHEN n = 1 AND single THEN 'SINGLE' ELSE 'OK' END AS status
  FROM known
)
SELECT period, region_level, region_code, tier, domain, size_class, industry, key, indicator, track,
  scope AS n_scope, n, excluded AS n_excluded, one_count(source, n) AS n_by_source, late AS n_pending,
  quotient(n, scope) AS coverage, status,
  CASE WHEN by_size IS NOT NULL THEN 'coverage_by_size=' || four_places(by_size) END AS note,
  unnest([
    {reading: 'pooled', unit: unit, value: CASE WHEN n > 0 THEN quotient(num, den) END * scale * yearly,
     numerator: CASE WHEN n > 0 THEN amount(num, per_minor) END, denominator: CASE WHEN n > 0 THEN amount(den, per_minor) END},
    {reading: 'median', unit: unit, value: median * scale * yearly, numerator: NULL, denominator: NULL},
    {reading: 'mean', unit: unit, value: mean * scale * yearly, numerator: NULL, denominator: NULL},
    {reading: 'p25', unit: unit, value: p25 * scale * yearly, numerator: NULL, denominator: NULL},
    {reading: 'p75', unit: unit, value: p75 * scale * yearly, numerator: NULL, denominator: NULL},
    {reading: CASE WHEN has_line THEN 'share' END, unit: '%', value: CASE WHEN n > 0 THEN quotient(met, n) END * 100,
     numerator: CASE WHEN n > 0 THEN whole(met) END, denominator: CASE WHEN n > 0 THEN whole(n) END}
  ], recursive := true)
FROM judged
