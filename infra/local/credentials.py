"""Passwords and keys, generated on first run, one file each, readable by the owner only."""

import base64
import json
import os
import pwd
import secrets
import tempfile
from collections.abc import Iterable
from pathlib import Path

import asyncssh
import yaml

from infra.local.site import REPO, Site
from infra.superset.passwords import problems

ACCESS = REPO / "superset_dashboards" / "access.yaml"
"""Who may do what, in Superset and in Airflow."""
AIRFLOW_ROLES = {"administrators": "admin", "operators": "operator", "analysts": "viewer"}


def airflow_users() -> dict[str, str]:
    """Return user -> role of infra.airflow.access, from the access file."""
    access = yaml.safe_load(ACCESS.read_text(encoding="utf-8"))
    return {u["username"]: role for kind, role in AIRFLOW_ROLES.items() for u in access.get(kind) or ()}


def write_private(path: Path, text: str, owner: str | None = None) -> None:
    """Write a file that only its owner (by default the caller) can read, in one step.

    The folder may be another account's: the file beside it has a name that nobody can foresee, and a link that
    somebody planted under the final name is replaced, not followed.
    """
    handle, unfinished = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
        if owner is not None:
            account = pwd.getpwnam(owner)
            os.fchown(handle, account.pw_uid, account.pw_gid)
    Path(unfinished).replace(path)


def _stored(path: Path, fresh: str) -> str:
    """The secret in the file; `fresh` becomes it on first use."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, fresh + "\n")
    return path.read_text().strip()


def secret(site: Site, name: str, size: int = 24) -> str:
    """Return the named password or token, URL-safe, of `size` random bytes."""
    return _stored(site.secrets / name, secrets.token_urlsafe(size))


def password(site: Site, name: str, users: Iterable[str]) -> str:
    """Return the named password of one of Superset's users, one that its policy allows."""
    names = list(users)
    fresh = secrets.token_urlsafe(24)
    while problems(fresh, names):
        fresh = secrets.token_urlsafe(24)
    return _stored(site.secrets / name, fresh)


def fernet_key(site: Site) -> str:
    """Key that encrypts connections in Airflow's database."""
    return _stored(site.secrets / "airflow_fernet_key", base64.urlsafe_b64encode(os.urandom(32)).decode())


def airflow_passwords(site: Site) -> Path:
    """File in which Airflow's simple auth manager finds the passwords."""
    path = site.airflow / "passwords.json"
    wanted = json.dumps({user: secret(site, f"airflow_{user}") for user in airflow_users()})
    if not path.exists() or path.read_text() != wanted:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path, wanted, site.service_account)
    return path


def ssh_keys(site: Site) -> dict[str, Path]:
    """Key pairs of the sandbox SFTP server and of its reader.

    Returns
    -------
    dict
        Paths under `host_key`, `client_key`, `authorized_keys`; public halves end in `.pub`.
    """
    paths = {n: site.secrets / f"sftp_{n}" for n in ("host_key", "client_key", "authorized_keys")}
    site.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("host_key", "client_key"):
        if not paths[name].exists():
            key = asyncssh.generate_private_key("ssh-ed25519", comment=f"zjtx-{name}")
            write_private(paths[name].with_suffix(".pub"), key.export_public_key().decode())
            write_private(paths[name], key.export_private_key().decode())
    public = paths["client_key"].with_suffix(".pub").read_text()
    if not paths["authorized_keys"].exists():
        write_private(paths["authorized_keys"], public)
    return paths
