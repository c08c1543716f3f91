"""Servers that stand for the source systems: SFTP, the tax interface, the finance database."""
