"""Targets of policy documents: how far they are met, and what their closing says."""
