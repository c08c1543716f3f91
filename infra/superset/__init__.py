"""Superset in its own environment: configuration, the served DuckDB file, assets and access as code."""
