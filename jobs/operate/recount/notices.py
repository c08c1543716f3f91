"""Holders behind counts and moves, each with the lines of the notices that make it count."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from jobs.operate.figure import tiers_counted
from jobs.operate.parts import ABOVE, BELOW, NOTICE, Behind, Check, Part, Pointer, counted, place_of, sums
from jobs.operate.recount.moment import THERE, Moment

_HIGHER = "_or_higher"
_HELD = "valid_on(c.valid_from, c.valid_to, c.withdrawn_on, {})"
_STANDS, _BEFORE = _HELD.format("p.last_day"), _HELD.format("p.first_day - 1")
_BASE = _HELD.format("getvariable('window_start') - 1")
_GRANTED = "(c.event = 'grant' AND c.document_date <= p.last_day)"


def _by_place(parts: list[Part]) -> list[Part]:
    return sorted(parts, key=lambda p: (not p.counted, p.place, p.code, p.name))


def _tiers(moment: Moment, nested: bool) -> list[str]:
    """Return the tiers whose certificates count: the figure's, with those above it if they are nested."""
    tier, ranks = moment.figure["tier"], moment.programme.ranks
    if nested and tier:
        return [t for t, rank in ranks.items() if rank >= ranks[tier]]
    return tiers_counted(moment.programme, tier)


_FIRST = "DATE '0001-01-01'"
_HOLDERS = """
WITH lines AS (
  SELECT c.holder, n.* FROM certificates c JOIN periods p ON p.period = getvariable('figure_period')
  LEFT JOIN notice_lines n ON (n.holder, n.document_no, n.tier, n.event, n.name) = (c.holder, c.document_no, c.tier, c.event, c.name)
  WHERE list_contains(?, c.tier) AND {counts}
  QUALIFY row_number() OVER (PARTITION BY c.holder ORDER BY n.document_date DESC, n.document_no DESC, n.tier DESC, n.event DESC,
    n.name DESC, coalesce(n.valid_from, {first}) DESC, coalesce(n.valid_to, {first}) DESC, n.batch_id DESC, n.sheet DESC, n.row_no DESC) = 1
)
SELECT h.uscc, h.name AS firm, coalesce(h.county, h.unit) AS at_place, l.document_no, l.tier, l.valid_from, l.valid_to,
  l.batch_id, l.sheet, l.row_no
FROM members h LEFT JOIN lines l ON l.holder = h.holder
WHERE h.period = getvariable('figure_period') AND h.tier IS NOT DISTINCT FROM getvariable('figure_tier') AND h.{reading} AND {there}"""


def holders(moment: Moment) -> Behind:
    """Return the holders that a count counts, each with the latest line of a notice it rests on."""
    figure = moment.figure
    reading = "valid" if figure["reading"] == "unlocated" else figure["reading"]
    moment.need("members", "certificates", "notice_lines")
    counts = _GRANTED if reading == "ever" else _STANDS
    sql = _HOLDERS.format(counts=counts, first=_FIRST, reading=reading, there=THERE)
    rows = moment.rows(sql, [_tiers(moment, reading.endswith(_HIGHER))])
    parts = [
        Part(
            code=r["uscc"] or "", name=r["firm"], place=r["at_place"] or "", value=1.0, numerator=Decimal(1),
            pointers=_pointed([r]), label=f"{r['document_no']} {r['tier']} {r['valid_from'] or ''}—{r['valid_to'] or ''}",
            written=_documents([r]),
        )
        for r in rows
    ]  # fmt: skip
    return Behind(_by_place(parts), [counted(figure, parts), *sums(figure, parts)])


def _documents(lines: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return the numbers of the lines' documents, as they are printed there."""
    return tuple(dict.fromkeys(r["document_no"] for r in lines if r["document_no"]))


def _pointed(lines: list[dict[str, Any]]) -> tuple[Pointer, ...]:
    return tuple(Pointer(NOTICE, (), place) for r in lines if (place := place_of(r)))


_SHOWN = {"batches": ["granted_in_year"], "multiple": ["valid", "base"]}
"""Reading -> conditions under which a holder is behind it, where they are not called as it is."""
_MOVES = """
SELECT h.holder, h.uscc, h.name AS firm, coalesce(h.county, h.unit) AS at_place, s.first_grant, m.documents, {shown}
FROM moves m JOIN holders h USING (period, holder) JOIN stocks s
  ON s.period = m.period AND s.holder = m.holder AND s.tier IS NOT DISTINCT FROM m.tier AND s.nested = m.nested
WHERE m.period = getvariable('figure_period') AND m.tier IS NOT DISTINCT FROM getvariable('figure_tier') AND m.nested = ?
  AND {there} AND ({any})"""


def moves(moment: Moment) -> Behind:
    """Return the holders behind a flow, behind first awards, batches or a multiple of the stock."""
    figure, nested = moment.figure, moment.figure["reading"].endswith(_HIGHER)
    reading = figure["reading"].removesuffix(_HIGHER)
    shown = [f"m.{n}" for n in _SHOWN.get(reading, [reading])]
    moment.need("moves", "holders", "stocks")
    sql = _MOVES.format(shown=", ".join(shown), there=THERE, any=" OR ".join(shown))
    rows, lines = moment.rows(sql, [nested]), _lines(moment, reading, nested)
    parts = [_mover(figure, r, lines.get(r["holder"], [])) for r in rows]
    return Behind(_by_place(parts), _move_checks(figure, parts, rows))


def _mover(figure: dict[str, Any], row: dict[str, Any], lines: list[dict[str, Any]]) -> Part:
    if figure["reading"].startswith("new_"):
        first = (row["first_grant"]["document_date"], row["first_grant"]["document_no"])
        lines = [r for r in lines if (r["document_date"], r["document_no"]) == first]
    above, below, now = Decimal(1), None, True
    if figure["reading"] == "multiple":
        now = row["valid"]
        above, below = Decimal(int(now)), Decimal(int(row["base"]))
    told = [f"{r['document_date']} {r['document_no']} {r['tier']} {r['event']}" for r in lines]
    return Part(
        code=row["uscc"] or "", name=row["firm"], place=row["at_place"] or "", numerator=above, denominator=below,
        pointers=_pointed(lines), counted=now, label="；".join(told),
        written=_documents(lines),
    )  # fmt: skip


def _move_checks(figure: dict[str, Any], parts: list[Part], rows: list[dict[str, Any]]) -> list[Check]:
    if figure["reading"] == "batches":
        documents = {d for r in rows for d in r["documents"]}
        return [counted(figure, parts), Check("文件数", figure["numerator"], len(documents))]
    if figure["reading"] == "multiple":
        # Who is not valid any more still counts in the stock before the window.
        before = sum((p.denominator or Decimal(0) for p in parts), Decimal(0))
        above = [c for c in sums(figure, parts) if c.name == ABOVE]
        return [counted(figure, parts), *above, Check(BELOW, figure["denominator"], before)]
    return [counted(figure, parts), *sums(figure, parts)]


_CAME, _LEFT = f"({_STANDS} AND NOT {_BEFORE})", f"({_BEFORE} AND NOT {_STANDS})"
_TELLS = {
    "batches": f"{_GRANTED} AND year(c.document_date) = year(p.last_day)", "multiple": f"({_STANDS} OR {_BASE})",
    "new_in_window": _GRANTED, "new_in_year": _GRANTED,
    **dict.fromkeys(("entry", "reentry", "upgrade", "skip"), _CAME),
    **dict.fromkeys(("expiry", "withdrawal", "exit"), _LEFT),
}  # fmt: skip
"""Reading -> whether a certificate is one by which its holder moved, was awarded or stood."""
_FIELDS = "holder, document_date, document_no, tier, event, batch_id, sheet, row_no"
_LINES = """
WITH own AS (
  SELECT c.*, p.last_day FROM certificates c JOIN periods p ON p.period = getvariable('figure_period')
  WHERE list_contains(?, c.tier) AND {tells}
), ended AS (
  SELECT DISTINCT holder, tier, withdrawn_on AS document_date FROM own WHERE withdrawn_on <= last_day
)
SELECT {fields} FROM notice_lines SEMI JOIN own USING (holder, document_no, tier, event, name)
UNION
SELECT {fields} FROM notice_lines SEMI JOIN ended USING (holder, tier, document_date) WHERE event = 'withdraw'
ORDER BY ALL"""


def _lines(moment: Moment, reading: str, nested: bool) -> dict[str, list[dict[str, Any]]]:
    """Return holder -> the lines of the notices behind a move, a withdrawal's beside the certificate it ended."""
    moment.need("certificates", "notice_lines")
    sql = _LINES.format(tells=_TELLS[reading], fields=_FIELDS)
    lines: dict[str, list[dict[str, Any]]] = {}
    for row in moment.rows(sql, [_tiers(moment, nested)]):
        lines.setdefault(row["holder"], []).append(row)
    return lines
