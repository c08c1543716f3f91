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
  SELECT h.* EXCLUDE (num, den, known_den, met, late, excluded), 
    CASE WHEN NOT silent THEN q.p25 END AS p25, CASE WHEN NOT silent THEN q.median END AS median,
    CASE WHEN NOT silent THEN q.p75 END AS p75, CASE WHEN NOT silent THEN q.mean END AS mean,
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
), judged AS (
  SELECT *, quotient(den, known_den) AS by_size,
    CASE WHEN n = 0 THEN 'EMPTY'
      WHEN n * 5 < scope * 3 OR den * 5 < known_den * 4 THEN 'LOW_COVERAGE'
      WHEN n = 1 AND single THEN 'SINGLE' ELSE 'OK' END AS status
  FROM known
), each AS (
  SELECT *, unnest([
    {reading: 'pooled', unit: unit, value: CASE WHEN n > 0 THEN quotient(num, den) END * scale * yearly,
     up: CASE WHEN n > 0 THEN amount(num, per_minor) END, down: CASE WHEN n > 0 THEN amount(den, per_minor) END},
    {reading: 'median', unit: unit, value: median * scale * yearly, up: NULL, down: NULL},
    {reading: 'mean', unit: unit, value: mean * scale * yearly, up: NULL, down: NULL},
    {reading: 'p25', unit: unit, value: p25 * scale * yearly, up: NULL, down: NULL},
    {reading: 'p75', unit: unit, value: p75 * scale * yearly, up: NULL, down: NULL},
    {reading: CASE WHEN has_line THEN 'share' END, unit: '%', value: CASE WHEN n > 0 THEN quotient(met, n) END * 100,
     up: CASE WHEN n > 0 THEN whole(met) END, down: CASE WHEN n > 0 THEN whole(n) END}
  ]) AS told_of
  FROM judged
)
SELECT period, region_level, region_code, tier, domain, size_class, industry, key, indicator, track,
  told_of.reading, told_of.unit, told_of.value, told_of.up AS numerator, told_of.down AS denominator,
  n, scope AS n_scope, excluded AS n_excluded, one_count(source, n) AS n_by_source, late AS n_pending,
  quotient(n, scope) AS coverage, status,
  CASE WHEN by_size IS NOT NULL THEN 'coverage_by_size=' || four_places(by_size) END AS note
FROM each WHERE told_of.reading IS NOT NULL
