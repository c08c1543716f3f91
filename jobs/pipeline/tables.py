"""The tables of figures of a run: of regions as rows, of single enterprises as the files they were staged in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from jobs.definitions.dictionary import Indicator
from jobs.definitions.policy.model import Programme
from jobs.kpi import computation
from jobs.kpi.computation import Spread, spread_here
from jobs.kpi.engine import Limits
from jobs.kpi.regions import RegionMap
from jobs.kpi.slicing import slices_of
from jobs.lake import store
from jobs.lake.staging import Attempt
from jobs.pipeline.judgements import judged
from jobs.pipeline.plan import Known, plan
from jobs.pipeline.region_rows import as_table, few
from jobs.targets.closing import Closing

ROSTER = "roster"
"""No table: the holders of a certificate proper that have not closed, and their unit, for whom feeds are asked."""


@dataclass(frozen=True)
class How:
    """How a run is computed; the figures are the same for any.

    Attributes
    ----------
    slices : int
        How many parts the enterprises are cut into, at least.
    spread : callable
        Where the slices are computed; default: in this process, one a core at once.
    limits : Limits
        Of each engine.
    room : int, optional
        MiB that an engine has where the slices are computed; default: what its limits say, else what this process has.
    """

    slices: int = 1
    spread: Spread = spread_here
    limits: Limits = field(default_factory=Limits)
    room: int | None = None


class Computed(computation.Made):
    """Figures of a programme: the gold tables of a run, those of regions in the shapes of their contracts."""

    @property
    def names(self) -> list[str]:
        """Names of all tables."""
        return [*self.rows, *self.files]

    @property
    def kpi_region(self) -> pa.Table:
        """The table of regions."""
        return self.rows["kpi_region"]

    def tables(self) -> dict[str, pa.Table]:
        """Return all tables by name, those of single enterprises read into memory."""
        return self.rows | {name: self.of_enterprises(name) for name in self.files}

    def of_enterprises(self, name: str) -> pa.Table:
        """Return a table of single enterprises as it was staged."""
        return pa.concat_tables([store.read(f) for f in self.files[name]])


def compute(
    programme: Programme,
    asked: list[str],
    known: Known,
    dictionary: Mapping[str, Indicator],
    regions: RegionMap,
    attempt: Attempt,
    how: How | None = None,
    closing: Closing | None = None,
    firms: bool = True,
) -> Computed:
    """Compute a programme's figures.

    Parameters
    ----------
    programme : Programme
    asked : list of str
        Periods of the tables.
    known : Known
        What stands at a state of knowledge.
    dictionary : mapping
        Indicators by id.
    regions : RegionMap
    attempt : Attempt
        Where files are laid down; its release is written into every row.
    how : How, optional
        Default: in this process, as one slice.
    closing : Closing, optional
        What verdicts on targets depend on beside the figures; default: no day has passed, nothing was approved.
    firms : bool
        Whether the tables of single enterprises and of rules are wanted beside the figures of regions.
    """
    way = how or How()
    run = plan(programme, asked, known, dictionary, regions, attempt.release, firms)
    slices = slices_of(run, way.slices, way.room or way.limits.memory)
    made = computation.compute(run, slices, attempt, way.spread, way.limits)
    folded = made.rows["kpi_region"]
    worked = sorted(set(run.tables["worked_out"]["period"].to_pylist()))
    here = partial(_whole, programme=programme)
    more = few(programme, worked, known, dictionary, regions, here(folded))
    same = {"release": attempt.release, "programme": programme.id}
    full = pa.concat_tables([folded, as_table(more, folded.schema, dictionary, regions, **same)])
    of_targets = judged(here(full), programme, asked, closing or Closing(), dictionary, attempt.release)
    figures = {"kpi_region": full.filter(pc.is_in(full["period"], pa.array(asked)))}
    if programme.entity == "region":
        return Computed(figures | of_targets, {}, made.slices)
    return Computed(made.rows | figures | of_targets, made.files, made.slices)


def _whole(rows: pa.Table, programme: Programme) -> pa.Table:
    """Return the figures of the programme's own region and its units, undivided."""
    here = pc.is_in(rows["region_code"], pa.array([programme.region_code, *programme.units]))
    level = pc.is_in(rows["region_level"], pa.array(["province", programme.unit_level]))
    undivided = rows.filter(pc.and_(here, level))
    for column in ("domain", "size_class", "industry"):
        undivided = undivided.filter(pc.is_null(undivided[column]))
    return undivided
