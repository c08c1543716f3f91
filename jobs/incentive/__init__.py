"""Incentives as data: who became eligible, for how much, on what evidence. No payment."""

from jobs.incentive.evaluate import incentives, rule_table
from jobs.incentive.rules import granting, of_region

__all__ = ["granting", "incentives", "of_region", "rule_table"]
