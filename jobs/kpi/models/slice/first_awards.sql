-- grain: period, uscc. The tiers of which an enterprise's first grant ever came into force in the period, that is from when
-- it was both published and valid, and the documents. A firm recognised anew has no second first award.
WITH awards AS (
  SELECT period, holder AS uscc, list(DISTINCT tier ORDER BY tier) AS tiers,
    string_agg(document, '；' ORDER BY document) AS documents
  FROM (
    SELECT *, tier || '（' || first_grant.document_no || '，' || first_grant.document_date || '）' AS document FROM stocks
  )
  WHERE NOT nested AND tier IS NOT NULL
    AND greatest(first_grant.document_date, first_grant.valid_from) BETWEEN first_day AND last_day
  GROUP BY ALL
)
SELECT f.period, f.uscc, coalesce(a.tiers, []) AS first_awarded_this_period, a.documents AS first_award_documents
FROM fact_rows f LEFT JOIN awards a USING (period, uscc)
