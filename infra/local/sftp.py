"""The sandbox's SFTP server: stands in for the bureau's file exchange."""

import socket

from infra.local import accounts
from infra.local.credentials import ssh_keys
from infra.local.service import Program, Service
from infra.local.site import HOST, Site


def health(site: Site) -> str | None:
    """None when an SSH server greets on the port."""
    try:
        with socket.create_connection((HOST, site.ports.sftp), timeout=2) as connection:
            connection.settimeout(2)
            greeting = connection.recv(32)
    except OSError as error:
        return str(error)
    return None if greeting.startswith(b"SSH-") else f"unexpected greeting {greeting!r}"


def service(site: Site) -> Service:
    """SFTP server over var/sandbox/sftp; it hides files that are not yet delivered at the business clock."""
    keys = {name: site.secrets / f"sftp_{name}" for name in ("host_key", "authorized_keys")}
    command = [str(site.python), "-m", "infra.sandbox.services.sftp", "--port", str(site.ports.sftp)]
    command += ["--root", str(site.home / "sandbox" / "sftp"), "--host-key", str(keys["host_key"])]
    command += ["--authorized-keys", str(keys["authorized_keys"]), "--clock", str(site.home / "clock")]
    return Service(
        name="sftp",
        programs=[Program(name="sftp", command=command, user=site.service_account, stop_seconds=5)],
        prepare=lambda: _prepare(site),
        slow=False,
        health=lambda: health(site),
        start_seconds=30,
    )


def _prepare(site: Site) -> None:
    # Airflow, of the same account, logs in with the client's key.
    accounts.lend(site.service_account, *ssh_keys(site).values())
