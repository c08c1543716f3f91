-- grain: period, holder, tier (NULL = any certificate proper), nested (that tier or higher). How a holder stands in every
-- stock of the ladder at both ends of a period and the day before the window; what comes and goes within one period is no
-- move. The first grant ever by then, and the documents of grants in the calendar year so far.
WITH in_stocks AS (
  SELECT c.*, c.tier AS own_tier, t.rank AS own_rank, s.tier AS stock_tier, s.nested, s.step
  FROM certificates c JOIN tiers t USING (tier) JOIN (
    SELECT tier AS of_tier, tier, false AS nested, step FROM tiers
    UNION ALL SELECT tier, NULL, false, NULL FROM tiers WHERE rank >= getvariable('certified_rank')
    UNION ALL SELECT a.tier, b.tier, true, b.step FROM tiers a JOIN tiers b ON b.rank <= a.rank
  ) s ON s.of_tier = c.tier
), lines AS (
  SELECT p.period, p.first_day, p.last_day, s.* EXCLUDE (tier),
    ever_valid(valid_from, valid_to, withdrawn_on) AS stood,
    event = 'grant' AND document_date <= p.last_day AS granted,
    least(valid_to, withdrawn_on - 1) AS last_valid,
    coalesce(withdrawn_on <= coalesce(valid_to, withdrawn_on), false) AS cut
  FROM in_stocks s CROSS JOIN periods p
  SEMI JOIN worked_out o ON o.period = p.period
  WHERE valid_from <= p.last_day OR (event = 'grant' AND document_date <= p.last_day)
), stood AS (
  SELECT period, first_day, last_day, holder, stock_tier AS tier, nested, any_value(step) AS step,
    bool_or(valid_on(valid_from, valid_to, withdrawn_on, last_day)) AS now,
    bool_or(valid_on(valid_from, valid_to, withdrawn_on, first_day - 1)) AS before,
    bool_or(valid_on(valid_from, valid_to, withdrawn_on, getvariable('window_start') - 1)) AS base,
    bool_or(stood AND valid_from < first_day) AS held_earlier,
    -- Of the ends so far the last one; an open end is the first of all, and of two on one day the withdrawal counts.
    coalesce(arg_max(cut, {day: coalesce(last_valid, DATE '0001-01-01'), cut: cut}) FILTER (stood AND valid_from <= last_day), false)
      AS withdrawn,
    min({document_date: document_date, document_no: document_no, valid_from: valid_from}) FILTER (granted) AS first_grant,
    coalesce(list(DISTINCT document_no ORDER BY document_no) FILTER (granted AND year(document_date) = year(last_day)), []) AS documents
  FROM lines GROUP BY ALL
)
SELECT *,
  max(step) FILTER (now AND NOT nested) OVER (PARTITION BY period, holder) AS step_now,
  max(step) FILTER (before AND NOT nested) OVER (PARTITION BY period, holder) AS step_before
FROM stood
