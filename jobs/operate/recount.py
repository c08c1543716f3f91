"""The entities behind figures of which no line per enterprise is published: certificates, coverage, regions.

They are found by the very functions that computed the figure, on silver as the release knew it.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs import lake
from jobs.kpi import certificates, population
from jobs.kpi.calendar import period_frame
from jobs.kpi.dictionary import Indicator
from jobs.kpi.population import Inputs
from jobs.kpi.regions import RegionMap
from jobs.kpi.used import measure_column, specs
from jobs.ledger import batches, releases
from jobs.operate.figure import Part, indicator_of, programme_of, tiers_counted
from jobs.policy.model import Programme
from jobs.release.candidate import inputs_at
from jobs.release.completeness import complete_years
from jobs.release.knowledge import Knowledge, known_to

Progress = Callable[[str, int, int], None]


def parts(figure: dict[str, Any], progress: Progress = lambda *_: None) -> list[Part]:
    """Return the entities behind a figure, each with the line that makes it count.

    Parameters
    ----------
    figure : dict
        As :func:`jobs.operate.figure.published` gives it.
    progress : callable
        Told (what, how far, of how many).
    """
    programme, indicator = programme_of(figure), indicator_of(figure["indicator"])
    progress("重算构成", 0, 2)
    known = _known(figure)
    with lake.connect() as spark:
        inputs = inputs_at(spark, programme, known)
        regions = RegionMap.of(inputs.regions, programme.units)
        progress("重算构成", 1, 2)
        counted = indicator.family == "count"
        rest = (inputs, regions)
        found = _holders(figure, programme, *rest) if counted else _measured(figure, known, indicator, *rest)
    progress("重算构成", 2, 2)
    return sorted(found, key=lambda p: (not p.counted, p.place, p.code, p.name))


def _known(figure: dict[str, Any]) -> Knowledge:
    """Return the state of knowledge the figure's release rested on."""
    rows = releases.of(figure["release"])
    return known_to(
        next(r for r in rows if (r.programme, r.period) == (figure["programme"], figure["period"]))
    )


def _there(figure: dict[str, Any]) -> Column:
    """Return whether an entity lies in the figure's region, at a known place."""
    if figure["reading"] == "unlocated":
        return F.col("unit").isNull()
    inside = F.col(figure["region_level"]) == figure["region_code"]
    return inside & F.col("unit").isNotNull()


def _holders(figure: dict[str, Any], programme: Programme, inputs: Inputs, regions: RegionMap) -> list[Part]:
    """Return the holders that a count counts, each with the line of the notice it rests on."""
    reading = "valid" if figure["reading"] == "unlocated" else figure["reading"]
    spans = population.certificate_spans(inputs, programme)
    entities = population.enterprises(inputs, programme, regions, [figure["period"]], spans)
    members = population.member_rows(entities).where(F.col("tier").eqNullSafe(figure["tier"]))
    holders = members.where(F.col(reading) & _there(figure)).select(
        "holder", "uscc", F.col("name").alias("firm"), F.coalesce("county", "unit").alias("at_place")
    )
    notices = inputs.feeds[programme.roles["certificates"]]
    lines = _lines_that_count(figure, programme, notices, spans, reading)
    rows = holders.join(lines, "holder", "left").collect()
    return [
        Part(
            code=r["uscc"] or "", name=r["firm"], place=r["at_place"] or "", value=1.0, numerator=Decimal(1),
            denominator=None, line=(r["batch_id"], r["sheet"] or "", r["row_no"]) if r["batch_id"] else None,
            den_line=None, label=f"{r['document_no']} {r['tier']} {r['valid_from']}—{r['valid_to'] or ''}",
        )
        for r in rows
    ]  # fmt: skip


def _lines_that_count(
    figure: dict[str, Any], programme: Programme, notices: DataFrame, spans: DataFrame, reading: str
) -> DataFrame:
    """Return per holder the latest line of a notice by which it counts."""
    ranks = programme.ranks
    tiers = tiers_counted(programme, figure["tier"])
    if reading == "valid_or_higher" and figure["tier"]:
        tiers = [t for t, rank in ranks.items() if rank >= ranks[figure["tier"]]]
    at = spans.crossJoin(F.broadcast(period_frame(notices.sparkSession, [figure["period"]])))
    wanted = certificates.granted() if reading == "ever" else certificates.standing()
    counting = at.where(wanted & F.col("tier").isin(tiers))
    key = ["document_no", "tier", "event", "name"]
    lines = notices.select(*key, "batch_id", "sheet", "row_no")
    fields = ["document_date", *key, "valid_from", "valid_to", "batch_id", "sheet", "row_no"]
    last = F.max(F.struct(*fields)).alias("last")
    return counting.join(lines, key, "left").groupBy("holder").agg(last).select("holder", "last.*")


def _measured(
    figure: dict[str, Any],
    known: Knowledge,
    indicator: Indicator,
    inputs: Inputs,
    regions: RegionMap,
) -> list[Part]:
    """Return the entities of a measured figure: regions of a comparison, or firms of a coverage."""
    programme = programme_of(figure)
    accepted = {feed: batches.accepted(feed, known.seq) for feed in programme.feed_ids}
    years = complete_years(programme, accepted, known.at)
    tracks = population.tracks_of([indicator], [figure["period"]], years)
    if programme.entity == "region":
        rows = population.region_rows(inputs, programme, [figure["period"]])
        rows, key = rows.where(F.col("unit") == figure["region_code"]), "region_code"
    else:
        spans = population.certificate_spans(inputs, programme)
        entities = population.enterprises(inputs, programme, regions, [figure["period"]], spans)
        members = population.member_rows(entities).where(F.col("tier").eqNullSafe(figure["tier"]))
        rows, key = members.where(F.col("valid") & _there(figure)), "uscc"
    own = specs(indicator, next(u for u in programme.indicators if u.id == indicator.id))
    wide = population.with_measures(rows, key, inputs, [(indicator, own)], tracks, regions)
    column = measure_column(next(s.name for s in own if s.reading in ("", figure["reading"])))
    names = {r["code"]: r["name"] for r in inputs.regions.collect()}
    return [_part(r.asDict(recursive=True), key, column, indicator, names) for r in wide.collect()]


def _part(row: dict[str, Any], key: str, column: str, indicator: Indicator, names: dict[str, str]) -> Part:
    m = row[column] or {}
    sides = {"growth": ("c", "r"), "ratio": ("num", "den"), "level": ("value", None)}
    top, under = sides.get(indicator.family, ("value", None))

    def amount(name: str | None) -> Decimal | None:
        whole = m.get(name) if name else None
        return None if whole is None else Decimal(whole) / indicator.minor

    line: dict[str, Any] = m.get("line") or {}

    def place(prefix: str) -> tuple[str, str, int] | None:
        if not line.get(f"{prefix}batch_id"):
            return None
        return line[f"{prefix}batch_id"], line[f"{prefix}sheet"] or "", line[f"{prefix}row_no"]

    reported = bool(line) if indicator.family == "coverage" else m.get("why") == "OK" or bool(line)
    code = row[key] or ""
    return Part(
        code=code, name=row.get("name") or names.get(code, ""), place=row.get("county") or row.get("unit") or "",
        value=None, numerator=amount(top), denominator=amount(under), line=place(""),
        den_line=place("den_") if under else None, counted=reported, label=m.get("why") or "",
    )  # fmt: skip
