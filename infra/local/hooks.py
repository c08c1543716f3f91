"""Work before the services that need it: ledger migrations, tables of the lake."""

from collections.abc import Callable
from pathlib import Path

from infra.local.environment import process_environment, settings
from infra.local.site import REPO, Site
from infra.local.stamps import once, run


def _zjtx(site: Site, *arguments: str) -> None:
    command = [str(REPO / ".venv" / "bin" / "zjtx"), *arguments]
    run(command, process_environment(site), REPO, site.log / "setup.log", timeout=600)


def upgrade_ledger(site: Site) -> None:
    """Bring the ledger to the newest migration."""
    parts: list[str | Path] = [settings(site)["ZJTX_LEDGER_URL"], REPO / "jobs" / "ledger" / "migrations"]
    once(site.stamps / "ledger", parts, lambda: _zjtx(site, "ledger", "upgrade"))


def create_lake(site: Site) -> None:
    """Create the tables that contracts name and the lake lacks."""
    lake = settings(site)["ZJTX_LAKE"]
    parts: list[str | Path] = [lake, REPO / "schemas"]
    once(site.home / "lake" / ".initialised", parts, lambda: _zjtx(site, "lake", "init"))


def check_contracts(site: Site) -> None:
    """Refuse to go on with contracts that nobody can carry out; what is wrong with which is quoted."""
    parts: list[str | Path] = [REPO / "schemas", REPO / "expectations"]
    once(site.stamps / "contracts", parts, lambda: _zjtx(site, "contract", "check"))


# (label, services that must run, work)
HOOKS: list[tuple[str, tuple[str, ...], Callable[[Site], None]]] = [
    ("contracts", (), check_contracts),
    ("ledger", ("postgres",), upgrade_ledger),
    ("lake", (), create_lake),
]
