-- grain: period, feed, region, tier. How many of the firms in scope each feed has a row of.
SELECT release, programme, period, reading AS feed, region_code, region_name, tier, n_scope AS expected, n AS reported,
  coverage, reference_period
FROM kpi_region
SEMI JOIN dictionary d ON d.indicator = kpi_region.indicator AND d.family = 'coverage'
SEMI JOIN periods a ON a.period = kpi_region.period AND a.asked
WHERE domain IS NULL AND size_class IS NULL AND industry IS NULL
