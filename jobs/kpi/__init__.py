"""Indicators: pure functions from silver frames to long tables of figures."""
