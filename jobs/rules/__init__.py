"""Rules as models: criteria (认定条件), incentives, warnings about single enterprises and their escalation."""
