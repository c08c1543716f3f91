"""The sandbox's finance database in the embedded PostgreSQL: an owner who fills it, a reader who may only select."""

from pathlib import Path

from psycopg import sql

from infra.local.credentials import secret
from infra.local.environment import FINANCE_OWNER, FINANCE_READER, is_own, settings
from infra.local.postgres import connect, give_password
from infra.local.site import REPO, Site
from infra.local.stamps import once
from infra.sandbox import FINANCE_FOLDER, SERVICES_FOLDER


def fill(site: Site) -> None:
    """Bring roles, tables and rows to what the sandbox generated; to be called again when it generates anew."""
    uri = settings(site).get("AIRFLOW_CONN_FINANCE_DB", "")
    if not is_own(site, uri, site.ports.postgres):
        return
    rows = site.home / "sandbox" / SERVICES_FOLDER / FINANCE_FOLDER
    parts: list[str | Path] = [
        uri,
        str(site.home),
        REPO / "infra" / "sandbox" / "services" / "finance_db.py",
        *([rows] if rows.exists() else []),
    ]
    once(site.stamps / "finance", parts, lambda: _fill(site))


def _fill(site: Site) -> None:
    from infra.sandbox.services import finance_db

    role, database = sql.Identifier(FINANCE_READER), sql.Identifier(FINANCE_OWNER)
    with connect(site, FINANCE_OWNER) as con:
        known = con.execute("select 1 from pg_roles where rolname = %s", [FINANCE_READER]).fetchone()
        password = secret(site, f"db_{FINANCE_READER}")
        give_password(con, "alter" if known else "create", FINANCE_READER, password)
        con.execute(sql.SQL("alter role {} set default_transaction_read_only = on").format(role))
        # Temporary tables are everybody's right by default.
        con.execute(sql.SQL("revoke temporary on database {} from public").format(database))
        con.execute(sql.SQL("grant connect on database {} to {}").format(database, role))
        rows = site.home / "sandbox" / SERVICES_FOLDER / FINANCE_FOLDER
        finance_db.fill(con, rows, site.home / "clock", FINANCE_OWNER, FINANCE_READER)
