-- grain: period, uscc, incentive. Who became eligible for an incentive in the period, for how much, on what evidence: a
-- list, no payment. A first award counts in the period in which it comes into force; a condition that may change every
-- quarter counts where the quarter before did not meet it (not met, unknown, or not among the holders); a condition on
-- yearly figures once for each year's figure: the figure's line tells the years apart, for want of one the calendar year.
WITH turns AS (
  SELECT m.*, p.asked, i.* EXCLUDE (incentive_id),
    CASE i.turn
      WHEN 'quarter' THEN coalesce(lag(m."at") OVER (PARTITION BY m.uscc, m.incentive_id ORDER BY m.period) <> p.first_day - 1, true)
      WHEN 'year' THEN m.period = min(m.period) OVER (PARTITION BY m.uscc, m.incentive_id, m.figure_line,
        CASE WHEN m.figure_line IS NULL THEN year(m."at") END)
      ELSE true END AS is_new
  FROM incentive_met m JOIN incentive_rules i USING (incentive_id) JOIN periods p USING (period)
), new AS (
  FROM turns WHERE asked AND is_new
), places AS (
  SELECT period, uscc, incentive_id, list({key: shown.key,
    value: o.file_name || ':' || coalesce(o.sheet, '') || ':' || shown.line % 2147483648} ORDER BY number) AS lines
  FROM (SELECT period, uscc, incentive_id, unnest(lines) AS shown, generate_subscripts(lines, 1) AS number FROM new)
  JOIN sheets o ON o.sheet_no = shown.line // 2147483648
  GROUP BY ALL
)
SELECT getvariable('release') AS release, getvariable('programme') AS programme, n.period, n.unit AS region_code,
  n.county AS county_code, n.uscc, n.name, n.incentive_id, n.name_zh, n.clause, n.kind, n.amount_name,
  n.amount_before_cap, CASE WHEN n.amount_before_cap IS NOT NULL THEN least(n.amount_before_cap, n.cap) END AS amount, n.cap,
  -- The cap cuts something off; of an unknown amount nobody knows.
  CASE WHEN n.amount_before_cap IS NOT NULL THEN coalesce(n.amount_before_cap > n.cap, false) END AS cap_hit,
  n.quantified, map_from_entries(list_filter(n.evidence, lambda e: e.value IS NOT NULL)) AS evidence,
  map_from_entries(coalesce(p.lines, [])) AS evidence_lines, n.missing
FROM new n LEFT JOIN places p USING (period, uscc, incentive_id)
