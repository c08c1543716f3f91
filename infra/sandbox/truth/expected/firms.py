"""Every figure that is worked out over the firms of a cell."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from infra.sandbox.truth.expected import families
from infra.sandbox.truth.expected.catalogue import CONTRACTS, COVERED, EVERYBODY, GROWTHS, LEVELS, SHARES
from infra.sandbox.truth.expected.cells import Population
from infra.sandbox.truth.expected.families import Ratio
from infra.sandbox.truth.expected.quarter import ONE, Quarter
from infra.sandbox.truth.expected.rows import every, long


def firm_figures(q: Quarter, people: Population) -> Iterator[pd.DataFrame]:
    """Return the figures of a quarter, a family at a time."""
    yield _levels(q, people)
    yield from _growths(q, people)
    yield from _ratios(q, people)
    yield _coverage(q, people)


def _levels(q: Quarter, people: Population) -> pd.DataFrame:
    known = long({name: pd.DataFrame({"now": level.values(q)}) for name, level in LEVELS.items()})
    lists = {name: level.is_list for name, level in LEVELS.items()}
    return families.levels(people.cells.merge(known, on="holder"), lists, people.whole.union(people.peopled))


def _growths(q: Quarter, people: Population) -> Iterator[pd.DataFrame]:
    known = long({name: frame(q) for name, frame in GROWTHS.items()})
    yield from families.growth(people.cells.merge(known, on="holder"), every(GROWTHS, people.whole))


def _ratios(q: Quarter, people: Population) -> Iterator[pd.DataFrame]:
    frames = {name: share.frame(q) for name, share in SHARES.items()}
    for name in [n for n in EVERYBODY if len(frames[n])]:
        everybody = frames[name].reindex(people.cells["holder"].unique())
        frames[name] = everybody.fillna({"num": 0, "den": ONE})
    frames |= {name: frame(q) for name, frame in CONTRACTS.items()}
    kinds = {name: share.ratio.over(q.months) for name, share in SHARES.items()}
    kinds |= dict.fromkeys(CONTRACTS, Ratio())
    yield from families.ratios(people.cells.merge(long(frames), on="holder"), kinds)


def _coverage(q: Quarter, people: Population) -> pd.DataFrame:
    holder = people.cells["holder"]
    there = {feed: holder.isin(values(q).index) for feed, values in COVERED.items()}
    there["any"] = pd.DataFrame(there).any(axis=1)
    parts = [people.cells.assign(indicator=feed, there=own) for feed, own in there.items()]
    return families.coverage(pd.concat(parts, ignore_index=True))
