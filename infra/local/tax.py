"""The sandbox's tax interface: stands in for the tax office."""

import httpx

from infra.local import accounts
from infra.local.credentials import secret
from infra.local.service import Program, Service
from infra.local.site import HOST, Site
from infra.sandbox import SERVICES_FOLDER, TAX_STORE

TOKEN = "tax_token"


def health(site: Site) -> str | None:
    """None when the interface answers."""
    try:
        answer = httpx.get(f"http://{HOST}:{site.ports.tax}/health", timeout=5, trust_env=False)
    except httpx.HTTPError as error:
        return str(error)
    return None if answer.status_code == httpx.codes.OK else f"HTTP {answer.status_code}"


def service(site: Site) -> Service:
    """HTTP interface over var/sandbox/services; it hides records that are not yet published at the business clock."""
    command = [str(site.python), "-m", "infra.sandbox.services.tax_api", "--port", str(site.ports.tax)]
    command += [
        "--store",
        str(site.home / "sandbox" / SERVICES_FOLDER / TAX_STORE),
        "--token",
        str(site.secrets / TOKEN),
    ]
    command += ["--clock", str(site.home / "clock")]
    return Service(
        name="tax",
        programs=[Program(name="tax", command=command, user=site.service_account, stop_seconds=5)],
        prepare=lambda: _prepare(site),
        slow=False,
        health=lambda: health(site),
        start_seconds=30,
    )


def _prepare(site: Site) -> None:
    secret(site, TOKEN)
    accounts.lend(site.service_account, site.secrets / TOKEN)
