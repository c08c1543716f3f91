"""Facts: one row per enterprise and period with everything that criteria, incentives and warnings read.

``schemas/facts.yaml`` names each fact and where it stands; null is "not reported", never 0. The models of them:
:mod:`jobs.kpi.fact_models`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from jobs import yamlfile
from jobs.definitions.dictionary import Read
from jobs.settings import settings


class Fact(BaseModel):
    """One fact; with ``prior`` also the value of the same period a year earlier."""

    model_config = ConfigDict(extra="forbid")

    name: str
    label: str
    unit: str
    prior: bool = False
    absent_zero: bool = False
    """Whether an enterprise that a list does not name has 0, once the list is there."""
    read: Read

    @property
    def current(self) -> bool:
        """Whether a row of it says that the feed has reported for the period.

        The December row of last year is no report of this one; of yearly forms the year before is the one due.
        """
        dated = self.read.at in ("cumulative", "quarter", "year")
        return dated and not self.read.lag and not self.read.months_back


def read_facts(path: Path) -> list[Fact]:
    """Read a file of facts; names are unique.

    Raises
    ------
    ValueError
        If a name occurs twice.
    """
    facts = [Fact.model_validate(f) for f in yamlfile.read(path)["facts"]]
    if len({f.name for f in facts}) != len(facts):
        raise ValueError(f"事实目录有重复名称 / duplicate name in {path}")
    return facts


@lru_cache(maxsize=1)
def all_facts() -> list[Fact]:
    """Return the project's facts."""
    return read_facts(settings().schemas / "facts.yaml")


def fact_names(facts: Iterable[Fact]) -> list[str]:
    """Return the names of facts, and of their values a year earlier."""
    return [name for f in facts for name in ((f.name, f"{f.name}_prior") if f.prior else (f.name,))]
