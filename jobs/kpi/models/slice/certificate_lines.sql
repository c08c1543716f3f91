-- grain: holder, tier, number. Lines of notices that open or continue a certificate, in the order of their dates,
-- each with the withdrawals of the holder and tier.
SELECT holder, tier, event, document_date, document_no, name, uscc, unit_name, county_name, valid_from, valid_to,
  row_number() OVER (PARTITION BY holder, tier ORDER BY
    document_date NULLS FIRST, document_no NULLS FIRST, name NULLS FIRST, uscc NULLS FIRST, event NULLS FIRST,
    valid_from NULLS FIRST, valid_to NULLS FIRST, unit_name NULLS FIRST, county_name NULLS FIRST) AS number,
  coalesce(w.withdrawals, []) AS withdrawals,
  t.expires
FROM notice_lines
JOIN tiers t USING (tier)
LEFT JOIN (
  SELECT holder, tier, list(DISTINCT document_date ORDER BY document_date) AS withdrawals
  FROM notice_lines WHERE event = 'withdraw' GROUP BY ALL
) w USING (holder, tier)
WHERE event IN ('grant', 'renew')
