"""Serving: approved releases -> one DuckDB file, built aside and swapped in."""
