"""Sandbox: invented source systems (statistics, certificate notices, tax, finance) to pull from.

Nothing here is imported by the pipeline; see README.md for the rules the truth follows.
Rooms, each knowing only those before it: ``world``, ``forms``, ``delivery``, ``services``, ``truth``.
"""

SERVICES_FOLDER, TAX_STORE, FINANCE_FOLDER = "services", "tax.sqlite", "finance"
"""Folder beside that of the SFTP server, and in it the tax interface's store and the finance database's rows."""
