"""Received files as rows under the names of a contract: formats, headers, units, lines that are no data."""
