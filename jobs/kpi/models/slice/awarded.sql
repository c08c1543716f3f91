-- grain: period, tier. Tiers that anybody was awarded by then, and anybody whose place is known: each region has a figure
-- of them, if only 0.
SELECT m.period, m.tier, bool_or(m.unit IS NOT NULL) AS located
FROM members m SEMI JOIN worked_out o USING (period) WHERE m.ever GROUP BY ALL
