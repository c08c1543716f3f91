"""Criteria of the national rules (认定条件): rule versions as data, conditions, verdicts, certificates ending."""

from jobs.criteria.evaluate import conditions, expiring, verdicts
from jobs.criteria.rules import load_versions

__all__ = ["conditions", "expiring", "load_versions", "verdicts"]
