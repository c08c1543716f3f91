-- grain: period, region, tier, domain, size class, industry, indicator, reading. Same-firm growth with the variants beside
-- it, the bridge from last year's to this year's total, which balances to 0 分, and what each part adds to the growth of
-- the whole (methods.md §2): of a partition the contributions add up to the rate.
WITH panels AS (
  SELECT c.* EXCLUDE (late), i.* EXCLUDE (key), panel_c AS c, panel_r AS r, panel_n AS n, panel_late AS late,
    domain IS NULL AND size_class IS NULL AND industry IS NULL AS undivided
  FROM region_cells c JOIN indicators i ON i.key = c.key AND i.family = 'growth'
), wholes AS (
  -- The panel of the cell that a cell contributes to: a unit's province, a domain's region.
  SELECT *,
    CASE WHEN region_level = 'unit' AND undivided
      THEN max(c) FILTER (region_level = 'province' AND undivided) OVER (PARTITION BY period, tier, key)
      WHEN domain IS NOT NULL
      THEN max(c) FILTER (undivided) OVER (PARTITION BY period, tier, region_level, region_code, key) END AS whole_c,
    CASE WHEN region_level = 'unit' AND undivided
      THEN max(r) FILTER (region_level = 'province' AND undivided) OVER (PARTITION BY period, tier, key)
      WHEN domain IS NOT NULL
      THEN max(r) FILTER (undivided) OVER (PARTITION BY period, tier, region_level, region_code, key) END AS whole_r
  FROM panels
), sides AS (
  SELECT *, c - r AS own, whole_c - whole_r AS gained, all_n + exit_n > 0 AS reported,
    'base_kind=' || base_kind || CASE WHEN no_pred > 0 THEN '；缺上季累计 ' || no_pred || ' 户，未计入' ELSE '' END AS told,
    CASE WHEN whole_r IS NULL OR n = 0 THEN 'EMPTY' WHEN whole_r <= 0 THEN 'NOT_COMPARABLE' ELSE 'OK' END AS part_status,
    CASE WHEN whole_r > 0 THEN quotient(whole_c - whole_r, whole_r) * 100 END AS whole_rate
  FROM wholes
), each AS (
  SELECT *, unnest([
    {reading: 'same_firm', unit: unit, value: growth_rate(c, r, n), up: CASE WHEN n > 0 THEN c END,
      down: CASE WHEN n > 0 THEN r END, of: n, waits: late, state: growth_status(r, n, few), says: told},
    {reading: 'published_base', unit: unit, value: growth_rate(published_c, published_p, published_n),
      up: CASE WHEN published_n > 0 THEN published_c END, down: CASE WHEN published_n > 0 THEN published_p END,
      of: published_n, waits: published_late, state: growth_status(published_p, published_n, few), says: told},
    {reading: 'all_firm', unit: unit, value: growth_rate(all_c, all_p, all_n), up: CASE WHEN all_n > 0 THEN all_c END,
      down: CASE WHEN all_n > 0 THEN all_p END, of: all_n, waits: all_late, state: growth_status(all_p, all_n, few), says: told},
    {reading: 'amount_change', unit: amount_unit, value: CASE WHEN reported THEN shown(own, minor) END,
      up: CASE WHEN reported THEN c END, down: CASE WHEN reported THEN r END, of: n, waits: late,
      state: CASE WHEN reported THEN 'OK' ELSE 'EMPTY' END, says: NULL},
    {reading: 'restatement', unit: amount_unit, value: CASE WHEN reported THEN shown(restated, minor) END,
      up: CASE WHEN reported THEN restated END, down: NULL, of: n, waits: restated_late,
      state: CASE WHEN reported THEN 'OK' ELSE 'EMPTY' END, says: NULL},
    {reading: 'entries', unit: amount_unit, value: CASE WHEN reported THEN shown(entry, minor) END,
      up: CASE WHEN reported THEN entry END, down: NULL, of: entry_n, waits: entry_late,
      state: CASE WHEN reported THEN 'OK' ELSE 'EMPTY' END, says: NULL},
    {reading: 'exits', unit: amount_unit, value: CASE WHEN reported THEN shown(exit, minor) END,
      up: CASE WHEN reported THEN exit END, down: NULL, of: exit_n, waits: exit_late,
      state: CASE WHEN reported THEN 'OK' ELSE 'EMPTY' END, says: NULL},
    {reading: 'contribution', unit: '百分点', value: CASE WHEN whole_r > 0 THEN quotient(own, whole_r) * 100 END,
      up: own, down: whole_r, of: n, waits: late, state: part_status, says: NULL},
    {reading: 'contribution_share', unit: '%', value: CASE WHEN abs(whole_rate) >= 0.1 THEN quotient(own, gained) * 100 END,
      up: own, down: gained, of: n, waits: late, state: part_status, says: NULL}
  ]) AS told_of
  FROM sides
)
SELECT period, region_level, region_code, tier, domain, size_class, industry, key, indicator, track,
  told_of.reading, told_of.unit, told_of.value, amount(told_of.up, per_minor) AS numerator,
  amount(told_of.down, per_minor) AS denominator, told_of.of AS n, scope AS n_scope,
  CASE WHEN told_of.reading IN ('same_firm', 'contribution', 'contribution_share') THEN excluded
    ELSE all_others(told_of.of, scope) END AS n_excluded,
  CASE WHEN told_of.reading = 'same_firm' THEN one_count(source, n) ELSE no_counts() END AS n_by_source,
  told_of.waits AS n_pending, quotient(told_of.of, scope) AS coverage, told_of.state AS status, told_of.says AS note
FROM each
WHERE told_of.reading NOT IN ('contribution', 'contribution_share') OR told_of.down IS NOT NULL
