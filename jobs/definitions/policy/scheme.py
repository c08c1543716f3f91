"""A ranking as a programme defines it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from jobs.definitions.policy.texts import Strict


class Criterion(Strict):
    """One criterion of a ranking."""

    indicator: str
    reading: str
    name_zh: str
    tier: str | None = None
    weight: float = Field(gt=0)
    direction: Literal[1, -1] = 1
    min_n: int | None = None
    """Fewest firms behind the figure; None: the scheme's."""
    target: float | None = None
    goalposts: tuple[float, float] | None = None


class Uncertainty(Strict):
    """How rank intervals are drawn."""

    draws: int = 2000
    seed: int
    phi: float = 0.25
    """Relative noise of the weights."""
    normalisations: list[str] = ["minmax", "zscore", "percentile"]
    aggregations: list[str] = ["arithmetic", "geometric"]
    treatment: bool = True


class Scheme(Strict):
    """A ranking scheme."""

    id: str
    clause: str = ""
    quote: str = ""
    top_n: int = 3
    normalisation: Literal["minmax", "zscore", "rank", "percentile", "target", "goalposts"] = "minmax"
    aggregation: Literal["arithmetic", "geometric", "harmonic"] = "arithmetic"
    min_n: int = 5
    availability: str = "2/3"
    criteria: list[Criterion]
    uncertainty: Uncertainty
