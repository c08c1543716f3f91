"""What the release of a figure knew, for counting again: the models of its one indicator and period, in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from jobs.definitions.catalogue import Catalogue
from jobs.definitions.dictionary import Indicator
from jobs.definitions.policy.model import Programme
from jobs.definitions.reference import report_feed
from jobs.kpi import engine, inputs, runner
from jobs.kpi.regions import RegionMap
from jobs.ledger import releases
from jobs.ledger.repairs import Place
from jobs.operate.figure import indicator_of, programme_of
from jobs.pipeline.plan import Known, of_figure
from jobs.release.knowledge import Knowledge, known_to
from jobs.release.pinned import known_at, region_map

THERE = """CASE WHEN getvariable('figure_reading') = 'unlocated' THEN h.unit IS NULL ELSE h.unit IS NOT NULL AND getvariable('figure_region') =
  CASE getvariable('figure_level') WHEN 'province' THEN h.province WHEN 'unit' THEN h.unit ELSE h.county END END"""
"""Whether a holder ``h`` lies in the figure's region, at a known place."""
_VARIABLES = {
    "period": "period",
    "tier": "tier",
    "reading": "reading",
    "region": "region_code",
    "level": "region_level",
}


@dataclass(frozen=True)
class Moment:
    """A figure and all that it was computed from.

    Attributes
    ----------
    figure : dict
        Its row of ``kpi_region``.
    known : Known
        What stood when it was computed.
    catalogue : Catalogue
        What the indicator reads.
    con : DuckDBPyConnection
        Knows period, tier, reading, region and level of the figure as variables.
    models : mapping
        That can be run in it.
    """

    figure: dict[str, Any]
    programme: Programme
    indicator: Indicator
    known: Known
    regions: RegionMap
    catalogue: Catalogue
    con: duckdb.DuckDBPyConnection
    models: Mapping[str, str]

    def need(self, *models: str) -> None:
        """Compute models, with all that they read."""
        runner.run(self.con, self.models, models)

    def rows(self, sql: str, parameters: Iterable[Any] = ()) -> list[dict[str, Any]]:
        """Return what the models answer, each row as a dictionary."""
        answer = self.con.execute(sql, list(parameters))
        names = [d[0] for d in answer.description or []]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def places(self) -> dict[int, tuple[str, str]]:
        """Return number of a sheet -> its batch and sheet."""
        if "sheets" not in self.models:
            return {}
        self.need("sheets")
        return {r["sheet_no"]: (r["batch_id"], r["sheet"] or "") for r in self.rows("FROM sheets")}


def place(sheets: dict[int, tuple[str, str]], line: int | None) -> Place | None:
    """Return where a line stands."""
    if line is None:
        return None
    sheet, row_no = inputs.sheet_and_row(line)
    return (*sheets[sheet], row_no)


def _known(figure: dict[str, Any]) -> Knowledge:
    """Return the state of knowledge the figure's release rested on."""
    rows = releases.of(figure["release"])
    return known_to(
        next(r for r in rows if (r.programme, r.period) == (figure["programme"], figure["period"]))
    )


@contextmanager
def at(
    figure: dict[str, Any], programme: Programme, indicator: Indicator, known: Known, regions: RegionMap
) -> Iterator[Moment]:
    """Open an engine on what a figure was computed from."""
    run, catalogue = of_figure(programme, indicator, figure["period"], known, regions)
    with engine.opened(run) as (con, models):
        for name, column in _VARIABLES.items():
            con.execute(f"SET VARIABLE figure_{name} = CAST(? AS VARCHAR)", [figure[column]])
        yield Moment(figure, programme, indicator, known, regions, catalogue, con, models)


@contextmanager
def opened(figure: dict[str, Any]) -> Iterator[Moment]:
    """Open silver as the figure's release knew it."""
    programme, indicator = programme_of(figure), indicator_of(figure["indicator"])
    feeds = {r.feed for r in indicator.reads.values()} | ({report_feed()} if indicator.item else set())
    known = known_at(programme, _known(figure), feeds)
    with at(figure, programme, indicator, known, region_map(programme)) as moment:
        yield moment
