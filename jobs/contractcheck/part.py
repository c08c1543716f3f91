"""The feed's own part of a contract, as its checks see it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from jobs.contractcheck.source import At, Fault, Source
from jobs.definitions.contract import Column, Contract
from jobs.definitions.feedspec import FeedSpec


@dataclass
class Part:
    """What checks of the feed's own part have in common.

    Attributes
    ----------
    base : tuple
        Its place in the file.
    """

    source: Source
    contract: Contract
    base: At

    @property
    def spec(self) -> FeedSpec:
        """The part itself."""
        return self.contract.feed

    @cached_property
    def columns(self) -> dict[str, Column]:
        """The columns by name."""
        return {c.name: c for c in self.contract.columns}

    @cached_property
    def compiled(self) -> re.Pattern[str] | None:
        """The pattern of the path; None where it is none."""
        try:
            return re.compile(self.spec.pattern)
        except re.error:
            return None

    @cached_property
    def groups(self) -> set[str]:
        """Named groups of the path."""
        return set(self.compiled.groupindex) if self.compiled else set()

    @cached_property
    def above(self) -> set[str]:
        """Columns that the lines above the header give."""
        return {p.column for p in self.spec.preamble}

    def fault(self, at: At, what: str, cure: str) -> Fault:
        """Return a fault at a place of the feed's own part."""
        return self.source.fault((*self.base, *at), what, cure)

    def column(self, name: str, *more: str) -> At:
        """Return the place of a column, or of a key of it."""
        number = [c.name for c in self.contract.columns].index(name)
        return ("schema", 0, "properties", number, *more)
