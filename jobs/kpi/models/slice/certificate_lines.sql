-- grain: holder, tier, number. Lines of notices that open or continue a certificate, in the order of their dates,
-- each with the withdrawals of the holder and tier. A holder is the USCC, else document and name, never the name alone.
WITH settled AS (
  -- As people settled them: with the code they named, or not at all.
  SELECT n.* EXCLUDE (uscc), coalesce(w.uscc, n.uscc) AS uscc
  FROM notices n LEFT JOIN words w
    ON (w.document_no, w.tier, w.event, w.folded_name, w.stated)
     = (n.document_no, n.tier, n.event, n.folded_name, coalesce(n.uscc, ''))
  WHERE w.document_no IS NULL OR w.uscc IS NOT NULL
), held_by AS (
  SELECT *, coalesce(uscc, concat_ws('||', document_no, folded_name)) AS holder
  FROM settled SEMI JOIN tiers USING (tier)
), own AS (
  FROM held_by
  WHERE (getvariable('slice_from') IS NULL OR holder >= getvariable('slice_from'))
    AND (getvariable('slice_to') IS NULL OR holder < getvariable('slice_to'))
)
SELECT holder, tier, event, document_date, document_no, name, uscc, unit_name, county_name, valid_from, valid_to,
  row_number() OVER (PARTITION BY holder, tier ORDER BY
    document_date NULLS FIRST, document_no NULLS FIRST, name NULLS FIRST, uscc NULLS FIRST, event NULLS FIRST,
    valid_from NULLS FIRST, valid_to NULLS FIRST, unit_name NULLS FIRST, county_name NULLS FIRST) AS number,
  coalesce(w.withdrawals, []) AS withdrawals,
  t.expires
FROM own
JOIN tiers t USING (tier)
LEFT JOIN (
  SELECT holder, tier, list(DISTINCT document_date ORDER BY document_date) AS withdrawals FROM own WHERE event = 'withdraw' GROUP BY ALL
) w USING (holder, tier)
WHERE event IN ('grant', 'renew')
