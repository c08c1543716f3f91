"""Feeds: from a source system to silver rows, quarantined rows and a ledger entry."""
