"""Composite ranking of units, and how sure the order is (methods.md §8)."""
