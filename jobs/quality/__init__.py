"""Quality: the audits that stand before every release."""
