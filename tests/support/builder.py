"""Makes installations for tests in the servers of the test session, each a copy of an empty one."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from psycopg import sql

from infra.local import postgres
from infra.local.credentials import write_private
from infra.local.services import Platform
from infra.local.site import HOST
from tests.support.installation import Installation, wanted

ADMITTED = {"installation_": "ledger", "bank_": "bank_reader"}
"""Beginning of a database's name -> who may connect to it; an installation has no databases but its own."""


def _admit(platform: Platform) -> None:
    """Let the databases of installations and of their sources be connected to."""
    lines = "".join(f'host "/^{name}" {role} {HOST}/32 scram-sha-256\n' for name, role in ADMITTED.items())
    write_private(platform.site.pg / "pg_hba_own.conf", lines, postgres.account())
    with postgres.connect(platform.site) as con:
        before = con.execute("select pg_conf_load_time()").fetchone()
        con.execute("select pg_reload_conf()")
    while True:
        with postgres.connect(platform.site) as con:
            if con.execute("select pg_conf_load_time()").fetchone() != before:
                return


class Builder:
    """Makes installations in the servers of a platform, each a copy of an empty one.

    Parameters
    ----------
    platform : Platform
        With PostgreSQL and Spark running.
    """

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.count = 0
        self.base = wanted(platform.env())
        self.template: Installation | None = None
        _admit(platform)

    def _place(self, name: str) -> Installation:
        home = self.platform.site.home / "installations" / name
        source = home / "source"
        source.mkdir(parents=True)
        parts = urlsplit(self.base["ZJTX_LEDGER_URL"])
        own = {
            "ZJTX_HOME": str(home),
            "ZJTX_LAKE": str(home / "lake"),
            "ZJTX_CLOCK": str(home / "clock"),
            "ZJTX_LEDGER_URL": urlunsplit(parts._replace(path=f"/installation_{name}")),
            "AIRFLOW_CONN_STAT_SFTP": f"file://{source}",
            "AIRFLOW_CONN_REAL_DATA": f"file://{source}",
            "AIRFLOW_CONN_TAX_API": f"file://{source}",
            "AIRFLOW_CONN_FINANCE_DB": f"file://{source}",
        }
        return Installation(self.base | own, source)

    def _database(self, installation: Installation, template: Installation | None) -> None:
        def name_of(h: Installation) -> str:
            return urlsplit(h.env["ZJTX_LEDGER_URL"]).path[1:]

        made = sql.SQL("create database {} owner ledger").format(sql.Identifier(name_of(installation)))
        if template is not None:
            made += sql.SQL(" template {}").format(sql.Identifier(name_of(template)))
        with postgres.connect(self.platform.site) as con:
            con.execute(made)

    def _empty(self) -> Installation:
        """Return the empty installation that the others are copied from."""
        from jobs import lake, ledger
        from jobs.ledger.database import engine

        if self.template is None:
            installation = self._place("template")
            self._database(installation, None)
            with installation.active():
                ledger.upgrade()
                lake.create_all()
                engine().dispose()
            self.template = installation
        return self.template

    def new(self) -> Installation:
        """Return a new, empty installation."""
        template = self._empty()
        self.count += 1
        installation = self._place(f"h{self.count}")
        self._database(installation, template)
        shutil.copytree(template.home / "lake", installation.home / "lake")
        return installation

    def copy(self, original: Installation) -> Installation:
        """Return an installation that begins where another one stands, with a copy of its sources as a folder."""
        from jobs.ledger.database import engine

        with original.active():
            engine().dispose()
        # An engine that was dropped from the cache keeps its connections until it is collected.
        gc.collect()
        self.count += 1
        installation = self._place(f"h{self.count}")
        self._database(installation, original)
        # A copied sequence remembers numbers reserved in a log that it does not have: only after a checkpoint does it
        # reserve its own, and survives a kill of the server.
        with postgres.connect(self.platform.site) as con:
            con.execute("checkpoint")
        for name in ("lake", "landing", "served"):
            shutil.copytree(original.home / name, installation.home / name, symlinks=True)
        shutil.copytree(original.source, installation.source, dirs_exist_ok=True)
        moment = Path(original.env["ZJTX_CLOCK"]).read_text(encoding="utf-8")
        installation.at(moment)
        installation.hide_after(moment)
        installation.seen = dict(original.seen)
        return installation

    @contextmanager
    def copied(self, original: Installation) -> Iterator[Installation]:
        """Lend an active copy of an installation."""
        installation = self.copy(original)
        with installation.active():
            yield installation
        self.drop(installation)

    def drop(self, installation: Installation) -> None:
        """End an installation: its connections and folders. The database goes with the session: dropping one costs seconds."""
        from jobs.ledger.database import engine

        with installation.active():
            engine().dispose()
        shutil.rmtree(installation.home)
