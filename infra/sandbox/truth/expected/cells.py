"""Who is in which cell: a tier in the province, a unit or a county; and how many they are."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from infra.sandbox.truth.expected.rows import ANY, CELL, HUNDREDTHS, every, figures
from infra.sandbox.truth.panel import Panel, ever_holders, place, valid_holders

PROVINCE = "220000"
COUNT = "certificate_count"
RANK = {"seed": 1, "city_srdi": 2, "provincial_srdi": 3, "national_little_giant": 5, "national_champion": 6}
CERTIFIED_RANK = 2
"""Libraries are below it: their places are no certificates."""


@dataclass(frozen=True)
class Population:
    """Holders at a quarter's end.

    Attributes
    ----------
    valid, ever : DataFrame
        Tier and holder, :data:`ANY` for any certificate proper, with unit and county.
    cells : DataFrame
        The valid ones once per cell that they are in: :data:`CELL`, ``holder``.
    whole : MultiIndex
        Province and units of every tier that was awarded: shown even where nobody is.
    counties : list of str
    """

    valid: pd.DataFrame
    ever: pd.DataFrame
    cells: pd.DataFrame
    whole: pd.MultiIndex
    counties: list[str]

    @property
    def peopled(self) -> pd.MultiIndex:
        """Cells with anybody in them."""
        return pd.MultiIndex.from_frame(self.cells[CELL].drop_duplicates())


def population(panel: Panel, day: pd.Timestamp, drop_closed: bool) -> Population:
    """Holders of the tiers on a day."""
    valid, ever = (
        place(panel, _with_any(holders), day)
        for holders in (valid_holders(panel, day, drop_closed), ever_holders(panel, day))
    )
    regions = panel.regions
    places = [("province", PROVINCE), *(("unit", unit) for unit in sorted(regions["unit_code"].unique()))]
    awarded = sorted(ever["tier"].unique())
    whole = pd.MultiIndex.from_tuples([(tier, *where) for tier in awarded for where in places], names=CELL)
    counties = sorted(regions.loc[regions["county_code"] != regions["unit_code"], "county_code"])
    return Population(valid, ever, in_cells(valid), whole, counties)


def _with_any(holders: pd.DataFrame) -> pd.DataFrame:
    """Add the tier of any certificate proper."""
    proper = holders[holders["tier"].map(RANK) >= CERTIFIED_RANK]
    both = pd.concat([holders[holders["tier"].isin(list(RANK))], proper.assign(tier=ANY)])
    return both[["tier", "holder"]].drop_duplicates(ignore_index=True)


def in_cells(placed: pd.DataFrame) -> pd.DataFrame:
    """Spread located holders over province, units and counties; a unit as a whole is no county."""
    placed = placed[placed["unit"].notna()]
    inside = placed[placed["county"].notna() & (placed["county"] != placed["unit"])]
    parts = [
        placed.assign(region_level="province", region_code=PROVINCE),
        placed.assign(region_level="unit", region_code=placed["unit"]),
        inside.assign(region_level="county", region_code=inside["county"]),
    ]
    return pd.concat(parts, ignore_index=True)[[*CELL, "holder"]]


def counts(people: Population) -> pd.DataFrame:
    """Holders of a tier valid, ever and of it or a higher one; 0 wherever a tier that was awarded has nobody."""
    readings = {
        "valid": people.cells,
        "ever": in_cells(people.ever),
        "valid_or_higher": in_cells(_or_higher(people.valid)),
    }
    parts = []
    for reading, cells in readings.items():
        counted = cells.groupby(CELL).size()
        counted = counted.reindex(counted.index.union(_everywhere(people)), fill_value=0)
        parts.append(_counted(reading, counted))
    return pd.concat([*parts, _unlocated(people)])


def _counted(reading: str, counted: pd.Series) -> pd.DataFrame:
    counted = counted.set_axis(every([COUNT], counted.index))
    return figures(reading, counted, n=counted, numerator=counted * HUNDREDTHS)


def _or_higher(valid: pd.DataFrame) -> pd.DataFrame:
    """Holders once per tier that they hold or surpass."""
    rank = valid["tier"].map(RANK)
    parts = [valid[rank >= own].assign(tier=tier) for tier, own in RANK.items()]
    parts.append(valid[valid["tier"] == ANY])
    return pd.concat(parts).drop_duplicates(["tier", "holder"])


def _everywhere(people: Population) -> pd.MultiIndex:
    awarded = people.whole.unique("tier")
    counties = pd.MultiIndex.from_product([awarded, ["county"], people.counties], names=CELL)
    return people.whole.append(counties)


def _unlocated(people: Population) -> pd.DataFrame:
    lost = people.valid[people.valid["unit"].isna()].groupby("tier").size()
    province = people.whole[people.whole.get_level_values("region_level") == "province"]
    counted = lost.reindex(province.get_level_values("tier"), fill_value=0)
    return _counted("unlocated", counted.astype("int64").set_axis(province))
