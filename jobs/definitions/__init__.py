"""Definitions: what contracts, dictionary, facts, policies and rules say, read from their files. No engine."""
