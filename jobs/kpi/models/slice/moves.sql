-- grain: period, holder, tier, nested. Which flows a holder shows: a rise needs a step to rise from, who comes onto the
-- ladder enters; it belongs to the tier reached and to the tier NULL.
WITH placed AS (
  SELECT s.*, h.province, h.unit, h.county, now AND NOT before AS came, before AND NOT now AS gone,
    step_now - step_before AS rise, NOT nested AND (s.tier IS NULL OR step = step_now) AS reached
  FROM stocks s JOIN holders h USING (period, holder)
  WHERE h.unit IS NOT NULL
)
SELECT period, holder, tier, nested, province, unit, county, documents,
  came AND NOT held_earlier AS entry, came AND held_earlier AS reentry,
  gone AND NOT withdrawn AS expiry, gone AND withdrawn AS withdrawal,
  NOT nested AND reached AND rise = 1 AS upgrade, NOT nested AND reached AND rise > 1 AS skip,
  NOT nested AND tier IS NULL AND gone AS exit,
  NOT nested AND first_grant.document_date >= getvariable('window_start') AS new_in_window,
  NOT nested AND year(first_grant.document_date) = year(last_day) AS new_in_year,
  NOT nested AND now AS valid, NOT nested AND base AS base,
  NOT nested AND len(documents) > 0 AS granted_in_year
FROM placed
