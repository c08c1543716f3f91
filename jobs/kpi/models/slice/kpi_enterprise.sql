-- grain: period, uscc, indicator, reading. The single figures of each holder of a valid certificate that can be named, with
-- why a figure counts or does not, and the lines of the files that its two sides stand in. Contracts stay with their feed.
WITH figures AS (
  SELECT period, holder, key, 'same_firm' AS reading, CASE WHEN why = 'OK' THEN quotient(c - r, r) * 100 END AS value,
    c AS above, r AS below, in_panel, why, in_panel AND (late_c OR late_r) AS late, line, den_line
  FROM growths
  UNION ALL
  SELECT period, holder, key, 'pooled', q * i.scale, num, den, why = 'OK', why, late, line, den_line
  FROM ratios JOIN indicators i USING (key) WHERE NOT i.of_contracts
  UNION ALL
  SELECT period, holder, key, 'sum', shown(value, i.minor), value, NULL, why = 'OK', why, late, line, NULL
  FROM levels JOIN indicators i USING (key)
)
SELECT getvariable('release') AS release, getvariable('programme') AS programme,
  f.period, p.unit AS region_code, p.county AS county_code, p.uscc, p.name, i.indicator, f.reading, f.value, i.unit,
  amount(f.above, i.per_minor) AS numerator, amount(f.below, i.per_minor) AS denominator, f.in_panel, f.why AS label,
  CASE WHEN f.late THEN getvariable('pending_mark') END AS mark, t.reference_period,
  o.batch_id, o.file_name, o.sheet, CAST(f.line % 2147483648 AS INTEGER) AS row_no,
  d.batch_id AS den_batch_id, d.file_name AS den_file_name, d.sheet AS den_sheet,
  CAST(f.den_line % 2147483648 AS INTEGER) AS den_row_no
FROM figures f
JOIN population p ON p.period = f.period AND p.holder = f.holder AND p.counts AND p.uscc IS NOT NULL
SEMI JOIN periods a ON a.period = f.period AND a.asked
JOIN indicators i ON i.key = f.key
LEFT JOIN times t ON t.period = f.period AND t.track = i.track
LEFT JOIN sheets o ON o.sheet_no = f.line // 2147483648
LEFT JOIN sheets d ON d.sheet_no = f.den_line // 2147483648
