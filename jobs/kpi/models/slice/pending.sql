-- grain: period, holder, indicator. Parts of an indicator of which a corrected row stands in quarantine: the row of the
-- period, of the year before, of the denominator, of the quarter before. A row whose filter cannot be read may be the
-- one that is asked for.
SELECT r.period, q.holder, r.key,
  bool_or(r.part = 'now') AS now, bool_or(r.part = 'before') AS before, bool_or(r.part = 'den') AS den,
  bool_or(r.part = 'back_now') AS back_now, bool_or(r.part = 'back_before') AS back_before
FROM quarantined q JOIN waited_for r
  ON r.feed = q.feed AND r.row_key = CASE WHEN r.row_by = '' THEN '*' ELSE q.keys[r.row_by] END
WHERE q.holder IS NOT NULL
  AND len(list_filter(map_entries(r.only_keys), lambda k: coalesce(q.keys[k.key], k.value) <> k.value)) = 0
GROUP BY ALL
