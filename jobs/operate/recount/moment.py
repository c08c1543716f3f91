"""What the release of a figure knew, for counting again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs import lake
from jobs.contract import load_feed
from jobs.kpi import population
from jobs.kpi.calendar import Available, Track
from jobs.kpi.dictionary import Indicator
from jobs.kpi.origins import Origins
from jobs.kpi.population import Inputs
from jobs.kpi.regions import RegionMap
from jobs.kpi.unmatched import as_settled
from jobs.kpi.unmatched_frames import settled
from jobs.ledger import batches, releases
from jobs.ledger.repairs import Place
from jobs.operate.figure import indicator_of, programme_of
from jobs.operate.parts import place_of
from jobs.policy.model import Programme
from jobs.quality.holders import Notices, notices_at
from jobs.quality.pending import pending
from jobs.reference import regions
from jobs.release.completeness import complete_years
from jobs.release.knowledge import Knowledge, known_to


def inputs_at(spark: SparkSession, programme: Programme, known: Knowledge) -> Inputs:
    """Return what the indicators read: silver and quarantine at a state of knowledge, and the regions."""
    names = ["code", "name", "level", "parent_code", "former_code"]
    rows = [tuple(getattr(r, n) for n in names) for r in regions().values()]
    places = spark.createDataFrame(rows, ", ".join(f"{n} STRING" for n in names))
    read_as = {feed: load_feed(feed).feed.group or feed for feed in programme.feed_ids}
    members: dict[str, list[str]] = {}
    for feed, name in read_as.items():
        members.setdefault(name, []).append(feed)
    feeds = {name: lake.read_group(spark, own, known.seq) for name, own in members.items()}
    said = Notices()
    if certificates := programme.roles.get("certificates"):
        said = notices_at(certificates, programme.roles["register"], known.seq, known.settled)
        feeds[certificates] = settled(feeds[certificates], said.words)
    waits, files = pending(spark, read_as, known.seq), lake.files(spark, list(read_as), known.seq)
    return Inputs(feeds, places, waits, files, as_settled(said.lines, said.words), said.waiting)


@dataclass(frozen=True)
class Moment:
    """A figure and all that it was computed from.

    Attributes
    ----------
    figure : dict
        Its row of ``kpi_region``.
    years : mapping
        Feed -> years for which its yearly forms were complete.
    """

    figure: dict[str, Any]
    programme: Programme
    indicator: Indicator
    inputs: Inputs
    regions: RegionMap
    years: Available

    @cached_property
    def origins(self) -> Origins:
        """The origins of the rows behind the figure."""
        return self.inputs.origins()

    def place(self, line: Mapping[str, Any], prefix: str = "") -> Place | None:
        """Return where a line of a measure stands."""
        return place_of(self.origins.whole(line, prefix))

    @property
    def tracks(self) -> list[Track]:
        """Time lines of the indicator's reads in the figure's period."""
        return population.tracks_of([self.indicator], [self.figure["period"]], self.years)

    def spans(self) -> DataFrame:
        """Return the certificates with their validity."""
        return population.certificate_spans(self.inputs, self.programme)

    def entities(self, spans: DataFrame) -> DataFrame:
        """Return the holders of the figure's period."""
        return population.enterprises(
            self.inputs, self.programme, self.regions, [self.figure["period"]], spans
        )

    def members(self, spans: DataFrame) -> DataFrame:
        """Return the holders under the figure's tier."""
        spread = population.member_rows(self.entities(spans))
        return spread.where(F.col("tier").eqNullSafe(self.figure["tier"]))

    def there(self) -> Column:
        """Return whether an entity lies in the figure's region, at a known place."""
        if self.figure["reading"] == "unlocated":
            return F.col("unit").isNull()
        inside = F.col(self.figure["region_level"]) == self.figure["region_code"]
        return inside & F.col("unit").isNotNull()


def _known(figure: dict[str, Any]) -> Knowledge:
    """Return the state of knowledge the figure's release rested on."""
    rows = releases.of(figure["release"])
    return known_to(
        next(r for r in rows if (r.programme, r.period) == (figure["programme"], figure["period"]))
    )


@contextmanager
def opened(figure: dict[str, Any]) -> Iterator[Moment]:
    """Open silver as the figure's release knew it."""
    programme, known = programme_of(figure), _known(figure)
    accepted = {feed: batches.accepted(feed, known.seq) for feed in programme.feed_ids}
    with lake.connect() as spark:
        inputs = inputs_at(spark, programme, known)
        yield Moment(
            figure, programme, indicator_of(figure["indicator"]), inputs,
            RegionMap.of(inputs.regions, programme.units), complete_years(programme, accepted, known.looked),
        )  # fmt: skip
