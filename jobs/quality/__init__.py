"""Quality: row rules from contracts, and the audits that stand before every release."""
