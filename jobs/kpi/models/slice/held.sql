-- grain: period, holder. The tiers that a holder validly holds at the period's end and was ever granted by then, and
-- the name and place last printed. Grants count by the date of their document; a renewal alone grants nothing.
SELECT period, holder, max(uscc) AS uscc,
  coalesce(list(DISTINCT tier ORDER BY tier) FILTER (is_valid), []) AS valid_tiers,
  coalesce(list(DISTINCT tier ORDER BY tier) FILTER (is_granted), []) AS ever_tiers,
  coalesce(list(DISTINCT {tier: tier, valid_to: valid_to} ORDER BY {tier: tier, valid_to: valid_to}) FILTER (is_valid), []) AS ends,
  arg_max({name: name, unit_name: unit_name, county_name: county_name},
    {document_date: document_date, document_no: document_no, name: name, unit_name: coalesce(unit_name, ''),
     county_name: coalesce(county_name, '')}) AS printed
FROM (
  SELECT p.period, c.*,
    valid_on(c.valid_from, c.valid_to, c.withdrawn_on, p.last_day) AS is_valid,
    c.event = 'grant' AND c.document_date <= p.last_day AS is_granted
  FROM certificates c CROSS JOIN periods p
  WHERE c.valid_from <= p.last_day OR (c.event = 'grant' AND c.document_date <= p.last_day)
)
GROUP BY ALL
