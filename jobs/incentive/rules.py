"""The incentives of all policies, from ``policies/incentives/*.yaml``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import yaml

from jobs.incentive.model import Incentive, PolicyIncentives
from jobs.settings import settings


@lru_cache(maxsize=1)
def load() -> tuple[PolicyIncentives, ...]:
    """Return the incentives of every policy, by policy.

    Raises
    ------
    ValueError
        If an id occurs twice.
    """
    paths = sorted((settings().policies / "incentives").glob("*.yaml"))
    found = tuple(
        PolicyIncentives.model_validate(yaml.safe_load(p.read_text(encoding="utf-8"))) for p in paths
    )
    ids = [i.id for policy in found for i in policy.incentives]
    if len(set(ids)) != len(ids):
        raise ValueError("激励规则有重复编号 / duplicate incentive id")
    return found


def of_region(region_code: str) -> list[Incentive]:
    """Return the incentives of the policies of a region: a policy pays in its own region only."""
    return [i for policy in load() if policy.region_code == region_code for i in policy.incentives]


def unquantified(rules: Iterable[Incentive]) -> list[Incentive]:
    """Return the incentives whose amount cannot be told: the text or the data is missing."""
    return [i for i in rules if i.rule.amount is None]
