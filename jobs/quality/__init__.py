"""Quality: row rules from contracts, and the audits that stand before every release."""

SILVER = "silver_"
"""Begins the names of the suites of silver tables."""
CONSERVATION = "conservation"
"""Suite of the rows of silver counted against the ledger."""
CROSS = "cross_table"
"""Suite of the figures that must be equal in two gold tables."""
