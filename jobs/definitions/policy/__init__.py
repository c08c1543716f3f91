"""Policies as data: documents with their targets, programmes that monitor them, and progress towards targets."""

from jobs.definitions.policy.document import Document, Target
from jobs.definitions.policy.model import Programme, load, load_all

__all__ = ["Document", "Programme", "Target", "load", "load_all"]
