"""Incentives as data: who became eligible, for how much, on what evidence. No payment."""

from jobs.incentive.evaluate import incentives, rule_table
from jobs.incentive.model import Incentive
from jobs.incentive.rules import load, of_region, unquantified

__all__ = ["Incentive", "incentives", "load", "of_region", "rule_table", "unquantified"]
