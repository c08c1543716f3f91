"""In which order the tests of a run are taken, and which of them one process takes together.

One process runs what needs no server first, what needs a browser last. Several processes are given groups one by one, as
each gets free: first the tests that need Superset, which is started once, on the loaded installation that it waits for;
beside them the modules that need servers of their own; then those of the loaded installation, which is there by then; the
quick ones last, so that all end together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from enum import IntEnum

import pytest

SUPERSET = {"superset_url", "passwords"}
"""Fixtures that stand on Superset."""
LOADED = {"loaded_installation", "loaded", "served_file"}
"""Fixtures that stand on the loaded installation."""
SERVERS = {"platform", "spark", "installations", "fresh_installation", "sandbox", "airflow_site"}
"""Fixtures that need servers and no loaded installation."""


class Needs(IntEnum):
    """What a test stands on, the cheapest first."""

    NOTHING, SERVERS, LOADED, SUPERSET = range(4)


BETWEEN_PROCESSES = (Needs.SUPERSET, Needs.SERVERS, Needs.LOADED, Needs.NOTHING)
"""The order in which groups are given out."""


def needs(item: pytest.Item) -> Needs:
    """Return what a test stands on."""
    names = set(getattr(item, "fixturenames", ()))
    for need, fixtures in ((Needs.SUPERSET, SUPERSET), (Needs.LOADED, LOADED), (Needs.SERVERS, SERVERS)):
        if names & fixtures:
            return need
    return Needs.NOTHING


def _group(item: pytest.Item, need: Needs) -> str:
    if need == Needs.SUPERSET:
        return "superset"
    return "airflow" if "airflow_site" in getattr(item, "fixturenames", ()) else item.path.name


def grouped(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return the tests in the order in which several processes are given them, each marked with its group.

    A group is as costly as its costliest test: tests of a module stay together, but for those that need Superset.
    """
    groups: dict[str, list[pytest.Item]] = defaultdict(list)
    most: dict[str, Needs] = defaultdict(lambda: Needs.NOTHING)
    for item in items:
        need = needs(item)
        name = _group(item, need)
        groups[name].append(item)
        most[name] = max(most[name], need)
        item.add_marker(pytest.mark.xdist_group(name))
    names = sorted(groups, key=lambda n: BETWEEN_PROCESSES.index(most[n]))
    return [item for name in names for item in groups[name]]
