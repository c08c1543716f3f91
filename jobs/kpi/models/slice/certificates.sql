-- grain: holder, tier, number. Certificates as intervals of validity (methods.md §11): from the printed day, else the
-- document's date, a renewal's not before the day after the latest end of the tier documented before it; to the printed
-- day, else three years less a day. What was withdrawn carries nothing over.
WITH RECURSIVE dated AS (
  SELECT 0 AS number, holder, tier, CAST(NULL AS DATE) AS valid_from, CAST(NULL AS DATE) AS valid_to,
    CAST([] AS STRUCT(document_date DATE, valid_to DATE)[]) AS earlier
  FROM (SELECT DISTINCT holder, tier FROM certificate_lines)
  UNION ALL
  SELECT number, holder, tier, valid_from, valid_to,
    list_append(earlier, {document_date: document_date, valid_to: valid_to})
  FROM (
    SELECT *, CASE WHEN expires THEN coalesce(printed_to, add_months(valid_from, 36) - 1) END AS valid_to
    FROM (
      SELECT l.number, l.holder, l.tier, l.document_date, l.valid_to AS printed_to, l.expires, d.earlier,
        coalesce(l.valid_from, greatest(l.document_date, CASE WHEN l.event = 'renew' THEN 1 + list_max(
          list_transform(
            list_filter(d.earlier, lambda e: e.document_date < l.document_date AND len(list_filter(
              l.withdrawals, lambda w: w >= e.document_date AND w <= l.document_date)) = 0),
            lambda e: e.valid_to)) END)) AS valid_from
      FROM dated d JOIN certificate_lines l
        ON l.holder = d.holder AND l.tier = d.tier AND l.number = d.number + 1
    )
  )
)
SELECT holder, l.uscc, tier, number, l.event, d.valid_from, d.valid_to,
  list_min(list_filter(l.withdrawals, lambda w: w >= l.document_date)) AS withdrawn_on,
  l.document_date, l.document_no, l.name, l.unit_name, l.county_name
FROM dated d JOIN certificate_lines l USING (holder, tier, number)
