"""Reading the rules and the ladder, and what of the rules a frame of facts can answer."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any

from jobs import yamlfile
from jobs.definitions.rules.warnings import Ladder, Rulebook
from jobs.settings import settings

RD_LINE = "rd_line"
"""Column that the engine adds to the facts: the R&D intensity in per cent that a firm's certificate asks for."""


def _read(name: str) -> Any:
    path = settings().policies / "monitoring" / f"{name}.yaml"
    return yamlfile.read(path)


@lru_cache(maxsize=1)
def load() -> Rulebook:
    """Return the rules of ``policies/monitoring/warnings.yaml``.

    Raises
    ------
    ValueError
        If a rule is inconsistent or an id occurs twice.
    """
    return Rulebook.model_validate(_read("warnings"))


@lru_cache(maxsize=1)
def load_ladder() -> Ladder:
    """Return the ladder of ``policies/monitoring/ladder.yaml``.

    Raises
    ------
    ValueError
        If a level but the last has no limit.
    """
    return Ladder.model_validate(_read("ladder"))


def not_evaluated(columns: Collection[str], rules: Rulebook) -> list[str]:
    """Return the ids of the rules that read a fact the frame does not have, in the order of the file.

    Parameters
    ----------
    columns : collection of str
        Columns of the frame of facts.
    rules : Rulebook
    """
    known = {*columns, RD_LINE}
    return [rule.id for rule in rules.rules if not known.issuperset(rule.all_facts)]
