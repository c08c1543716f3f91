"""Made-up enterprises: headline figures equal to the 分 those of SQL written from the methods alone.

The peer shares nothing with the models but the files it reads; at full size it is compared by ``make bench``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from benchmarks import headline, silver
from benchmarks.kpi_peer import Peer
from jobs.kpi.engine import Limits
from jobs.lake.staging import apart
from jobs.pipeline.tables import How

FIRMS = 2_000
PERIODS = ["2025Q2", "2025Q4"]
"""Within a year, and at its end while its R&D forms are not all in."""


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pd.DataFrame]:
    folder: Path = tmp_path_factory.mktemp("firms")
    silver.write(folder, FIRMS, headline.FEEDS)
    stands = headline.known(folder, headline.FEEDS)
    with apart("R1") as attempt:
        ours = headline.computed(stands, PERIODS, attempt, How(2, limits=Limits(1)), headline=True).kpi_region
    with duckdb.connect() as con:
        peer = Peer(con, folder, PERIODS, headline.RD_COMPLETE)
        peer.gather()
        peer.fold()
        yield headline.compare(ours, peer.figures().df())


def test_every_headline_figure_of_every_cell_is_the_peers(figures: pd.DataFrame) -> None:
    """Comparing raises on any difference; here: nothing was left out of the comparison."""
    cut = figures[["region_level", "tier", "domain", "size_class", "industry"]].notna()
    groupings = {
        "region_tier": ~cut[["domain", "size_class", "industry"]].any(axis=1),
        "region_domain": cut["domain"],
        "tier_size": cut["size_class"],
        "industry": cut["industry"],
    }
    read = {(i, r) for i, readings in headline.READINGS.items() for r in readings}
    for name, rows in groupings.items():
        peopled = figures[rows & (figures["n"] > 0)]
        assert set(zip(peopled["indicator"], peopled["reading"], strict=True)) == read, name
        assert set(peopled["period"]) == set(PERIODS), name


def test_the_firms_that_are_counted_are_as_many_as_were_made(figures: pd.DataFrame) -> None:
    undivided = figures[["domain", "size_class", "industry"]].isna().all(axis=1)
    whole = figures[undivided & (figures["region_level"] == "province") & (figures["period"] == "2025Q4")]
    seeds = whole[(whole["tier"] == "seed") & (whole["reading"] == "ever")]
    # All were granted a place in the library by mid-2025; a tenth of the hundredth in no register lies elsewhere.
    assert FIRMS * 0.998 < seeds["n"].item() < FIRMS


def test_a_difference_of_one_fen_is_told(figures: pd.DataFrame) -> None:
    ours = figures[figures["reading"] == "same_firm"].head(1)
    assert ours["numerator"].item() == ours["numerator_peer"].item()
    told = ours.assign(numerator_peer=str(int(ours["numerator"].item()) + 1))
    assert headline.apart(told).all()
    assert not headline.apart(ours).any()
