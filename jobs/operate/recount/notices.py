"""Holders behind counts and moves, each with the lines of the notices that make it count."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from jobs.kpi import certificates, flow, flow_figures
from jobs.kpi.calendar import period_frame, span_frame
from jobs.kpi.certificates import granted, standing
from jobs.operate.figure import tiers_counted
from jobs.operate.parts import ABOVE, BELOW, NOTICE, Behind, Check, Part, Pointer, counted, place_of, sums
from jobs.operate.recount.moment import Moment

_KEY = ["document_no", "tier", "event", "name"]
"""Columns that tie a span to the line of the notice that opened it."""
_LINE = ["batch_id", "sheet", "row_no"]
_HIGHER = "_or_higher"


def _by_place(parts: list[Part]) -> list[Part]:
    return sorted(parts, key=lambda p: (not p.counted, p.place, p.code, p.name))


def _notices(moment: Moment) -> DataFrame:
    return moment.inputs.feeds[moment.programme.roles["certificates"]]


def _tiers(moment: Moment, nested: bool) -> list[str]:
    """Return the tiers whose certificates count: the figure's, with those above it if they are nested."""
    tier, ranks = moment.figure["tier"], moment.programme.ranks
    if nested and tier:
        return [t for t, rank in ranks.items() if rank >= ranks[tier]]
    return tiers_counted(moment.programme, tier)


def holders(moment: Moment) -> Behind:
    """Return the holders that a count counts, each with the line of the notice it rests on."""
    figure = moment.figure
    reading = "valid" if figure["reading"] == "unlocated" else figure["reading"]
    spans = moment.spans()
    found = moment.members(spans).where(F.col(reading) & moment.there())
    firms = found.select(
        "holder", "uscc", F.col("name").alias("firm"), F.coalesce("county", "unit").alias("at_place")
    )
    rows = firms.join(_last_lines(moment, spans, reading), "holder", "left").collect()
    parts = [
        Part(
            code=r["uscc"] or "", name=r["firm"], place=r["at_place"] or "", value=1.0, numerator=Decimal(1),
            pointers=_pointed([r]), label=f"{r['document_no']} {r['tier']} {r['valid_from']}—{r['valid_to'] or ''}",
        )
        for r in rows
    ]  # fmt: skip
    return Behind(_by_place(parts), [counted(figure, parts), *sums(figure, parts)])


def _pointed(lines: list[Row]) -> tuple[Pointer, ...]:
    return tuple(Pointer(NOTICE, (), place) for r in lines if (place := place_of(r)))


def _last_lines(moment: Moment, spans: DataFrame, reading: str) -> DataFrame:
    """Return per holder the latest line of a notice by which it counts."""
    notices = _notices(moment)
    at = spans.crossJoin(F.broadcast(period_frame(spans.sparkSession, [moment.figure["period"]])))
    wanted = granted() if reading == "ever" else standing()
    counting = at.where(wanted & F.col("tier").isin(_tiers(moment, reading.endswith(_HIGHER))))
    lines = notices.select(*_KEY, *_LINE)
    last = F.max(F.struct("document_date", *_KEY, "valid_from", "valid_to", *_LINE)).alias("last")
    return counting.join(lines, _KEY, "left").groupBy("holder").agg(last).select("holder", "last.*")


_SHOWN = {"batches": ["granted_in_year"], "multiple": ["valid", "base"]}
"""Reading -> conditions under which a holder is behind it, where they are not called as it is."""


def moves(moment: Moment) -> Behind:
    """Return the holders behind a flow, behind first awards, batches or a multiple of the stock."""
    figure, start = moment.figure, moment.programme.window_start
    spans = moment.spans()
    periods = span_frame(spans.sparkSession, [figure["period"]])
    ladder = flow.Ladder(moment.programme.ranks, moment.programme.certified_rank)
    held = flow.states(spans, periods, ladder, start)
    conditions = flow_figures.conditions(start)
    shown = {n: conditions[n] for n in _SHOWN.get(figure["reading"], [figure["reading"]])}
    members = flow_figures.members(held, moment.entities(spans))
    own = members.where(F.col("tier").eqNullSafe(figure["tier"]) & moment.there()).select(
        "holder", "uscc", F.col("name").alias("firm"), F.coalesce("county", "unit").alias("at_place"),
        "first", "documents", *[c.alias(n) for n, c in shown.items()],
    )  # fmt: skip
    rows = [r for r in own.collect() if any(r[n] for n in shown)]
    lines = _lines(moment, spans)
    parts = [_mover(figure, r, lines.get(r["holder"], [])) for r in rows]
    return Behind(_by_place(parts), _move_checks(figure, parts, rows))


def _mover(figure: dict[str, Any], row: Row, lines: list[Row]) -> Part:
    if figure["reading"].startswith("new_"):
        first = (row["first"]["document_date"], row["first"]["document_no"])
        lines = [r for r in lines if (r["document_date"], r["document_no"]) == first]
    above, below, now = Decimal(1), None, True
    if figure["reading"] == "multiple":
        now = row["valid"]
        above, below = Decimal(int(now)), Decimal(int(row["base"]))
    told = [f"{r['document_date']} {r['document_no']} {r['tier']} {r['event']}" for r in lines]
    return Part(
        code=row["uscc"] or "", name=row["firm"], place=row["at_place"] or "", numerator=above, denominator=below,
        pointers=_pointed(lines), counted=now, label="；".join(told),
    )  # fmt: skip


def _move_checks(figure: dict[str, Any], parts: list[Part], rows: list[Row]) -> list[Check]:
    if figure["reading"] == "batches":
        documents = {d for r in rows for d in r["documents"]}
        return [counted(figure, parts), Check("文件数", figure["numerator"], len(documents))]
    if figure["reading"] == "multiple":
        # Who is not valid any more still counts in the stock before the window.
        before = sum((p.denominator or Decimal(0) for p in parts), Decimal(0))
        above = [c for c in sums(figure, parts) if c.name == ABOVE]
        return [counted(figure, parts), *above, Check(BELOW, figure["denominator"], before)]
    return [counted(figure, parts), *sums(figure, parts)]


def _tells(moment: Moment, reading: str) -> Column:
    """Return whether a certificate is one by which its holder moved, was awarded or stood."""
    now, before = standing(), standing(F.date_sub("begin", 1))
    came, left = now & ~before, before & ~now
    base = standing(F.date_sub(F.lit(moment.programme.window_start), 1))
    in_year = granted() & (F.year("document_date") == F.year("at"))
    found = {"batches": in_year, "multiple": now | base, "new_in_window": granted(), "new_in_year": granted()}
    found |= dict.fromkeys(("entry", "reentry", "upgrade", "skip"), came)
    found |= dict.fromkeys(("expiry", "withdrawal", "exit"), left)
    return found[reading]


def _lines(moment: Moment, spans: DataFrame) -> dict[str, list[Row]]:
    """Return holder -> the lines of the notices behind a move, a withdrawal's beside the certificate it ended."""
    reading: str = moment.figure["reading"]
    tiers = _tiers(moment, reading.endswith(_HIGHER))
    periods = span_frame(spans.sparkSession, [moment.figure["period"]])
    telling = _tells(moment, reading.removesuffix(_HIGHER))
    own = spans.crossJoin(F.broadcast(periods)).where(telling & F.col("tier").isin(tiers))
    notices = _notices(moment).withColumn("holder", certificates.holder())
    fields = ["holder", "document_date", "document_no", "tier", "event", *_LINE]
    opened = own.join(notices.select(*_KEY, *_LINE), _KEY).select(*fields)
    ended = own.where(F.col("withdrawn_on") <= F.col("at")).select(
        "holder", "tier", F.col("withdrawn_on").alias("document_date")
    )
    withdrawn = notices.where("event = 'withdraw'").select(*fields)
    ends = withdrawn.join(ended.distinct(), ["holder", "tier", "document_date"]).select(*fields)
    found: dict[str, list[Row]] = {}
    for row in opened.unionByName(ends).distinct().orderBy(*fields).collect():
        found.setdefault(row["holder"], []).append(row)
    return found
