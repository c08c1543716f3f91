"""Measurements: each a command that prints seconds, rows per second and a ratio against a peer in the same run."""
