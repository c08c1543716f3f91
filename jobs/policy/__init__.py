"""Policies as data: programmes with their targets and rankings, and progress towards targets."""

from jobs.policy.model import Programme, Target, load, load_all

__all__ = ["Programme", "Target", "load", "load_all"]
