"""PostgreSQL as a service: the server, a database for each of its users, and the rows of the sandbox's finance office."""

from infra.local import finance, postgres
from infra.local.service import Program, Service
from infra.local.site import Site


def service(site: Site) -> Service:
    """PostgreSQL with the databases of the site."""
    program = Program(
        name="postgres",
        command=[str(postgres.binaries() / "postgres"), "-D", str(site.pg)],
        user=postgres.account(),
        stop_signal="INT",
        signal_group=False,
    )
    return Service(
        name="postgres",
        programs=[program],
        prepare=lambda: postgres.prepare(site),
        slow=False,
        health=lambda: postgres.health(site),
        settle=lambda: _settle(site),
        start_seconds=60,
    )


def _settle(site: Site) -> None:
    postgres.create_databases(site)
    finance.fill(site)
