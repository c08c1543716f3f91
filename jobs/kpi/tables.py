"""The tables of figures of a run: of regions, and of single enterprises as the slices staged them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.kpi import engine
from jobs.kpi.dictionary import Indicator
from jobs.kpi.few import as_table, few
from jobs.kpi.plan import Known, plan
from jobs.kpi.regions import RegionMap
from jobs.policy.model import Programme


@dataclass(frozen=True)
class Computed:
    """Figures of a programme.

    Attributes
    ----------
    regions : pyarrow.Table
        ``kpi_region``, also of the periods that the asked ones are compared with.
    merged : mapping
        What else the merge says, by the name of the table.
    asked : tuple of str
        Periods of the tables.
    folder : Path
        Where the slices staged the tables of enterprises.
    """

    regions: pa.Table
    merged: Mapping[str, pa.Table]
    asked: tuple[str, ...]
    folder: Path

    @property
    def kpi_region(self) -> pa.Table:
        """The table of regions."""
        return self.regions.filter(pc.is_in(self.regions["period"], pa.array(self.asked)))

    def tables(self) -> dict[str, pa.Table]:
        """Return all tables by name."""
        firms = {name: self.of_enterprises(name) for name in engine.RESULTS}
        return {"kpi_region": self.kpi_region, **self.merged, **firms}

    def of_enterprises(self, name: str) -> pa.Table:
        """Return a table of single enterprises that the slices staged."""
        return pq.read_table(self.folder / name)


def compute(
    programme: Programme,
    asked: list[str],
    known: Known,
    dictionary: Mapping[str, Indicator],
    regions: RegionMap,
    folder: Path,
    *,
    slices: int = 1,
    threads: int | None = None,
    release: str = "",
) -> Computed:
    """Compute a programme's figures in this process.

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
    folder : Path
        Of this attempt's own; slices stage their tables in it.
    slices : int
        How many parts the enterprises are cut into: the figures are the same for any number.
    threads : int, optional
        Of each engine; default: one per core.
    release : str
        Id written into every row.
    """
    run = plan(programme, asked, known, dictionary, regions, release)
    merged = engine.compute(run, folder, engine.slices_of(run, slices), threads)
    folded = merged["kpi_region"]
    worked = sorted(set(run.tables["worked_out"]["period"].to_pylist()))
    made = few(programme, worked, known, dictionary, regions, _whole(folded, programme))
    added = as_table(made, folded.schema, dictionary, regions, release=release, programme=programme.id)
    others = {name: table for name, table in merged.items() if name != "kpi_region"}
    return Computed(pa.concat_tables([folded, added]), others, tuple(sorted(asked)), folder)


def _whole(rows: pa.Table, programme: Programme) -> pa.Table:
    """Return the figures of the programme's own region and its units, undivided."""
    here = pc.is_in(rows["region_code"], pa.array([programme.region_code, *programme.units]))
    level = pc.is_in(rows["region_level"], pa.array(["province", programme.unit_level]))
    found = rows.filter(pc.and_(here, level))
    for column in ("domain", "size_class", "industry"):
        found = found.filter(pc.is_null(found[column]))
    return found
