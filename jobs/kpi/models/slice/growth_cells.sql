-- grain: period, place or kind, tiers, indicator, why. What each firm adds to growth: to the panel (c and r known), to the
-- rate on the published base, to that of all firms, and to the bridge from last year's to this year's total.
SELECT m.period, m.key, m.why, p.tiers, p.province, p.unit, p.county, p.domain, p.size_class, p.industry,
  grouping(p.unit) = 1 AS by_kind,
  count(*) AS n,
  count(*) FILTER (in_panel) AS panel_n,
  sum(c) FILTER (in_panel) AS panel_c,
  sum(r) FILTER (in_panel) AS panel_r,
  count(*) FILTER (in_panel AND (late_c OR late_r)) AS panel_late,
  count(*) FILTER (c IS NOT NULL AND p IS NOT NULL) AS published_n,
  sum(c) FILTER (c IS NOT NULL AND p IS NOT NULL) AS published_c,
  sum(p) FILTER (c IS NOT NULL AND p IS NOT NULL) AS published_p,
  count(*) FILTER (c IS NOT NULL AND p IS NOT NULL AND (late_c OR late_p)) AS published_late,
  count(c) AS all_n,
  sum(c) AS all_c,
  sum(p) AS all_p,
  count(*) FILTER (late_c OR late_p) AS all_late,
  sum(r - coalesce(p, 0)) FILTER (in_panel) AS restated,
  count(*) FILTER (in_panel AND (late_r OR late_p)) AS restated_late,
  count(*) FILTER (c IS NOT NULL AND r IS NULL) AS entry_n,
  sum(c - coalesce(p, 0)) FILTER (c IS NOT NULL AND r IS NULL) AS entry,
  count(*) FILTER (c IS NOT NULL AND r IS NULL AND (late_c OR late_p)) AS entry_late,
  count(*) FILTER (c IS NULL AND p IS NOT NULL) AS exit_n,
  sum(p) FILTER (c IS NULL AND p IS NOT NULL) AS exit,
  count(*) FILTER (c IS NULL AND p IS NOT NULL AND late_p) AS exit_late
FROM growths m JOIN population p USING (period, holder)
WHERE p.counts
GROUP BY GROUPING SETS (
  (m.period, m.key, m.why, p.tiers, p.province, p.unit, p.county, p.domain),
  (m.period, m.key, m.why, p.tiers, p.province, p.size_class, p.industry))
