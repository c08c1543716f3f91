-- grain: period, holder, tier. How a holder stands in each tier; the tier NULL is any certificate proper.
-- Valid or higher: it validly holds this tier or one above it.
WITH ranked AS (
  SELECT *,
    coalesce((SELECT max(t.rank) FROM tiers t WHERE list_contains(h.valid_tiers, t.tier)), -1) AS best_valid,
    coalesce((SELECT max(t.rank) FROM tiers t WHERE list_contains(h.ever_tiers, t.tier)), -1) AS best_ever
  FROM holders h SEMI JOIN periods p ON p.period = h.period AND p.figures
), each AS (
  SELECT r.* EXCLUDE (best_valid, best_ever), t.tier,
    list_contains(r.valid_tiers, t.tier) AS valid, list_contains(r.ever_tiers, t.tier) AS ever,
    r.best_valid >= t.rank AS valid_or_higher
  FROM ranked r CROSS JOIN tiers t
  UNION ALL
  SELECT r.* EXCLUDE (best_valid, best_ever), CAST(NULL AS VARCHAR),
    r.best_valid >= getvariable('certified_rank'), r.best_ever >= getvariable('certified_rank'),
    r.best_valid >= getvariable('certified_rank')
  FROM ranked r
)
FROM each WHERE ever OR valid_or_higher
