"""Spark Connect of the embedded default."""
