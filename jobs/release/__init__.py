"""Releases: deciding what can be computed, computing a candidate, auditing it."""
