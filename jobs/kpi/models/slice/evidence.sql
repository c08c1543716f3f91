-- grain: period, uscc, rule, name. What a warning rests on, as text: facts unrounded in their own unit, what else is shown
-- as it is, and figures with two decimals or as many more as put them on their side of what they are set against; where
-- sixteen do not, words say on which side they lie.
WITH whole AS (
  -- Facts have four decimals, limits two: in units of those all is whole and exact.
  SELECT * REPLACE (try(CAST(above * 10000 AS HUGEINT)) AS above, try(CAST(below * 10000 AS HUGEINT)) AS below)
  FROM evidence_values
), apart AS (
  -- By how much the dividend exceeds the limit's share of the divisor.
  SELECT *, [{exact: x, distance: try(above * 100 - CAST(x * 100 AS HUGEINT) * below)} FOR x IN against] AS compared
  FROM whole WHERE below <> 0
), decisive AS (
  -- Rounding moves a figure by half a unit of its last decimal at most, and a double may lose a little.
  SELECT * EXCLUDE (compared), [{exact: c.exact, distance: c.distance, decimals: CASE WHEN c.distance <> 0 THEN 1 + CAST(floor(log10(
    0.500001 / (CAST(abs(c.distance) AS DOUBLE) / (CAST(abs(below) AS DOUBLE) * 100)))) AS INTEGER) END} FOR c IN compared] AS compared
  FROM apart
), digits AS (
  SELECT *, least(greatest(2, list_max([c.decimals FOR c IN compared])), 16) AS decimals FROM decisive
), units AS (
  SELECT *, CAST(rpad('1', decimals + 1, '0') AS HUGEINT) AS unit FROM digits
), numerals AS (
  SELECT *, try((abs(above) * 2 * unit + abs(below)) // (abs(below) * 2)) AS magnitude FROM units
), figures AS (
  SELECT period, uscc, rule, place,
    list_transform(list_filter(compared, lambda c: c.decimals > 16),
      lambda c: CASE WHEN (c.distance < 0) <> (below < 0) THEN '略低于' ELSE '略高于' END || c.exact)[1] AS in_words,
    CASE WHEN (above < 0) <> (below < 0) AND magnitude > 0 THEN '-' ELSE '' END
      || CAST(magnitude // unit AS VARCHAR) || '.' || lpad(CAST(magnitude % unit AS VARCHAR), decimals, '0') AS in_digits,
    format('{:,.2f}', CAST(above AS DOUBLE) / CAST(below AS DOUBLE)) AS rounded
  FROM numerals WHERE above IS NOT NULL
)
SELECT v.period, v.uscc, v.rule, v.place, v.name, coalesce(exact_text(v.fact), f.in_words, f.in_digits, f.rounded, v.shown) AS value,
  in_wan(v.fact) AS in_wan,
  o.file_name || ':' || coalesce(o.sheet, '') || ':' || v.line % 2147483648 AS line
FROM evidence_values v
LEFT JOIN figures f USING (period, uscc, rule, place)
LEFT JOIN sheets o ON o.sheet_no = v.line // 2147483648
