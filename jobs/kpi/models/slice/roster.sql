-- grain: period, uscc. Holders of a certificate proper that have not closed, for whom feeds are asked.
SELECT f.period, f.uscc, f.unit
FROM fact_rows f SEMI JOIN periods p ON p.period = f.period AND p.asked
WHERE f.certified AND NOT f.closed
