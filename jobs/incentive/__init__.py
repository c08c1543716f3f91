"""Incentives as data: who became eligible, for how much, on what evidence. No payment."""
