"""Judging rows: their cells typed by a contract, and reasons in Chinese where they are refused."""
