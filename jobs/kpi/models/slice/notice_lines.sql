-- grain: line of a notice. Lines as people settled them, with the code they named or not at all, each with its holder: the
-- USCC, else document and name, never the name alone.
WITH settled AS (
  SELECT n.* EXCLUDE (uscc), coalesce(w.uscc, n.uscc) AS uscc
  FROM notices n LEFT JOIN words w
    ON (w.document_no, w.tier, w.event, w.folded_name, w.stated)
     = (n.document_no, n.tier, n.event, n.folded_name, coalesce(n.uscc, ''))
  WHERE w.document_no IS NULL OR w.uscc IS NOT NULL
), held_by AS (
  SELECT *, coalesce(uscc, concat_ws('||', document_no, folded_name)) AS holder
  FROM settled SEMI JOIN tiers USING (tier)
)
FROM held_by
WHERE (getvariable('slice_from') IS NULL OR holder >= getvariable('slice_from'))
  AND (getvariable('slice_to') IS NULL OR holder < getvariable('slice_to'))
