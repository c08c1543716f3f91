"""The embedded default: all services on one machine, under one supervisor."""
