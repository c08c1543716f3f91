-- grain: period, rule. Firms that a rule applies to; of them those that meet its condition, do not, cannot be judged; and
-- those of which it warns.
WITH judged AS (
  SELECT period, rule, count_if(inside) AS n_population, count_if(met) AS n_met, count_if(NOT met) AS n_not_met,
    count_if(inside AND met IS NULL) AS n_unknown
  FROM judgements SEMI JOIN periods a ON a.period = judgements.period AND a.asked GROUP BY ALL
), fired AS (
  SELECT period, rule, count_if(firing > 0) AS n_fired FROM warning_runs GROUP BY ALL
)
SELECT j.*, coalesce(f.n_fired, 0) AS n_fired FROM judged j LEFT JOIN fired f USING (period, rule)
