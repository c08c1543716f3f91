"""Criteria of the national rules (认定条件): rule versions as data, conditions, verdicts, certificates ending."""
