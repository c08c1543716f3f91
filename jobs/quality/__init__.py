"""Quality: row rules from contracts, and the audits that stand before every release."""

SILVER = "silver_"
"""Begins the names of the suites of silver tables."""
