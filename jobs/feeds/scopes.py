"""Whose a key is, and which keys a file leaves out: SQL over the judged rows of one poll.

A key belongs to an owner: the reporter, whatever file of his it stands in; the scope where a feed has no
reporter. Within a poll files count in their order, with one exception: an owner who gives a key up in the
poll stands in nobody's way, also if his file comes last.

Relations: ``files``, one row per file of the poll: ``place`` (in the poll), ``scope``, ``reporter``, ``ordinal``
(among the files of the scope); ``keys``, one row per row: ``row``, ``place``, ``sheet``, ``row_no``, ``_key``,
``_same`` (hash of the texts), ``scope``, ``owner``, ``ordinal``, ``good`` (no reason of its own); ``live``, the rows that
stand in the lake: ``_key``, ``scope``, ``owner``. Marks: ``row``, ``mark``, ``held``.
"""

from __future__ import annotations

OWNER = "coalesce(reporter, scope)"
"""Whose a row is."""

REPEATED = """
-- Rows whose key stands more than once in their file: conflicts, or copies to be dropped.
WITH doubled AS (
    SELECT place, _key, min(_same) <> max(_same) AS differ, min({{'sheet': sheet, 'row_no': row_no}}) AS first
    FROM {keys} GROUP BY place, _key HAVING count(*) > 1
)
SELECT row, CASE WHEN differ THEN 'conflict' ELSE 'copy' END AS mark, NULL::VARCHAR AS held
FROM {keys} JOIN doubled USING (place, _key)
WHERE differ OR {{'sheet': sheet, 'row_no': row_no}} <> first
"""

OVERTAKEN = """
-- Rows of a pull that a later change in the same pull stands for; a refused change overtakes nothing.
SELECT row, 'copy' AS mark, NULL::VARCHAR AS held FROM keys
WHERE good QUALIFY turn < max(turn) OVER (PARTITION BY place, _key)
"""

HOLDS = """
-- held: the file has a row of which nobody knows which key it stands for, so it withdraws nothing.
-- since: ordinal of the last earlier file of the scope that could withdraw, 0 for the lake; what a held file left out, the
-- next one that is not held may withdraw.
CREATE TABLE holds AS
WITH broken AS (SELECT DISTINCT _place FROM typed WHERE _unreadable)
SELECT *, coalesce(max(CASE WHEN NOT held THEN ordinal END) OVER (
    PARTITION BY scope ORDER BY ordinal ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS since
FROM (SELECT place, scope, ordinal, place IN (FROM broken) AS held FROM files)
"""

ELSEWHERE = """
-- Rows whose key another owner holds: in the lake, or by an earlier file of the poll. The first who keeps the key to the
-- end of the poll holds it; who held it first and gives it up holds it until then. A row that is refused for itself holds
-- nothing. sound: the row is good and in no conflict.
WITH claims AS (
    SELECT _key, scope, owner, ordinal, place, sound FROM sound_keys
    UNION ALL SELECT _key, scope, owner, 0, 0, true FROM live
), contested AS (
    SELECT _key FROM claims WHERE sound GROUP BY _key HAVING min(owner) <> max(owner)
), last AS (
    SELECT scope, max(ordinal) AS last FROM holds WHERE NOT held AND {withdraws} GROUP BY scope
), bids AS (
    -- place: where the claim begins (0 = in the lake); leaves: the scope gives the key up before the poll ends.
    SELECT _key, owner, scope, min(place) FILTER (sound) AS place, max(ordinal) < coalesce(any_value(last), 0) AS leaves
    FROM claims JOIN contested USING (_key) LEFT JOIN last USING (scope)
    GROUP BY _key, owner, scope HAVING count(*) FILTER (sound) > 0
), ruling AS (
    SELECT _key, min({{'leaves': leaves, 'place': place, 'owner': owner, 'scope': scope}}) AS holder,
        min({{'place': place, 'owner': owner}}) AS first
    FROM bids GROUP BY _key
)
SELECT row, 'elsewhere' AS mark, holder.scope AS held FROM sound_keys JOIN ruling USING (_key)
WHERE owner <> holder.owner AND NOT (owner = first.owner AND place < holder.place)
"""

LEFT_OUT = """
-- Keys that a file leaves out and an earlier file of its scope, or the lake, had. A key that the file has in quarantine is
-- not left out: its old value stays. Nor is a key whose latest row came from another scope.
CREATE TABLE gone AS
WITH present AS (
    SELECT DISTINCT _key, scope, ordinal FROM keys LEFT JOIN marks USING (row) WHERE mark IS DISTINCT FROM 'elsewhere'
    UNION ALL SELECT DISTINCT _key, scope, 0 FROM live
), following AS (
    -- Only scopes that a further file of this poll follows can lose keys: mostly none.
    SELECT DISTINCT p._key, h.scope, h.ordinal, h.place, h.held FROM present p JOIN holds h
    ON p.scope = h.scope AND p.ordinal < h.ordinal AND p.ordinal >= h.since
), missing AS (
    SELECT * FROM following ANTI JOIN present USING (_key, scope, ordinal)
), had AS (
    SELECT _key, {carried}, scope AS _scope, 0 AS _place FROM live
    UNION ALL SELECT _key, {carried}, scope, _place FROM typed JOIN judged ON typed.rowid = judged.row
        JOIN files ON _place = place WHERE fate <> 'quarantined'
)
SELECT m.place, m.held, {had_carried} FROM missing m JOIN had ON m._key = had._key AND had._place < m.place
WHERE true QUALIFY row_number() OVER (PARTITION BY m._key, m.place ORDER BY had._place DESC) = 1 AND had._scope = m.scope
"""
