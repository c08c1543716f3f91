"""Indicators: models from rows of silver to long tables of figures."""
