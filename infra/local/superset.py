"""Superset on the served file, in an environment of its own."""

import json
from pathlib import Path

import httpx
import psycopg
import yaml

from infra.local import accounts
from infra.local.credentials import ACCESS, password, secret, write_private
from infra.local.environment import base_environment, settings
from infra.local.service import Program, Service, ServiceError
from infra.local.site import HOST, REPO, Site
from infra.local.stamps import once, run

# Kinds of users who log in to Superset.
ACCOUNT_LISTS = ("administrators", "analysts", "officials", "enterprises", "operators")
SECRET_KEY = "superset_secret_key"
# What it needs of the settings: where things are and its own database, no other service's password.
SETTINGS = ("ZJTX_HOME", "ZJTX_SERVED", "ZJTX_SUPERSET_", "ZJTX_PORT_")


def passwords_file(site: Site) -> Path:
    """Where the passwords of Superset's users are, user name to password."""
    return site.secrets / "superset_passwords.json"


def make_passwords(site: Site) -> None:
    """Generate what is missing: the session key and a password for every user that access.yaml names."""
    secret(site, SECRET_KEY, 48)
    access = yaml.safe_load(ACCESS.read_text(encoding="utf-8"))
    users = [row["username"] for kind in ACCOUNT_LISTS for row in access.get(kind) or ()]
    passwords = json.dumps({user: password(site, f"superset_{user}", users) for user in users})
    write_private(passwords_file(site), passwords)
    accounts.lend(site.dashboard_account, site.secrets / SECRET_KEY)


def environment(site: Site) -> dict[str, str]:
    """What Superset and its configuration file read."""
    return {k: v for k, v in settings(site).items() if k.startswith(SETTINGS)} | {
        "SUPERSET_HOME": str(site.superset),
        "SUPERSET_CONFIG_PATH": str(REPO / "infra" / "superset" / "superset_config.py"),
        "FLASK_APP": "superset.app:create_app()",
    }


def _own(site: Site, command: list[str], **more: str) -> None:
    env = base_environment(site) | environment(site) | more
    run(command, env, site.superset, site.log / "superset-setup.log", user=site.dashboard_account)


def migrate(site: Site) -> None:
    """Create or upgrade the metadata database and the built-in roles."""
    _own(site, [str(site.bi / "superset"), "db", "upgrade"])
    _own(site, [str(site.bi / "superset"), "init"])


def apply_assets(site: Site) -> None:
    """Bring databases, datasets, charts, dashboards, roles and row rules to what the repository says."""
    # The web server never reads the passwords: they are its account's for as long as they are applied.
    accounts.lend(site.dashboard_account, passwords_file(site))
    try:
        command = [str(site.bi / "python"), "-m", "infra.superset.apply"]
        _own(site, command, ZJTX_PASSWORDS=str(passwords_file(site)))
    finally:
        accounts.lend(None, passwords_file(site))


def prepare(site: Site) -> None:
    """Migrate and apply, each only when something changed."""
    make_passwords(site)
    url = settings(site)["ZJTX_SUPERSET_DB_URL"]
    lock = REPO / "infra" / "locks" / "bi.lock"
    once(site.stamps / "superset", [url, lock], lambda: migrate(site))
    assets: list[str | Path] = [url, lock, REPO / "infra" / "superset", REPO / "superset_dashboards"]
    # the labels of columns
    assets.append(REPO / "schemas" / "tables")
    once(site.stamps / "superset-assets", assets, lambda: apply_assets(site))


def unlock(site: Site, username: str) -> int:
    """Forget the wrong passwords of a user, and the waits of addresses; returns how many counts there were."""
    url = settings(site)["ZJTX_SUPERSET_DB_URL"].replace("+psycopg2", "", 1)
    try:
        with psycopg.connect(url, connect_timeout=3) as con:
            done = con.execute(
                "update zjtx_login_attempt set failures = 0, locked_until = null where (lower(account) = lower(%s) and failures > 0)"
                " or (account = '' and locked_until > now())",
                [username],
            )
    except psycopg.Error as error:
        raise ServiceError(
            f"Superset 的元数据库没有运行或还没有建好 / Superset's metadata is not there: {error}"
        ) from error
    return done.rowcount


def health(site: Site) -> str | None:
    """None when the web server answers."""
    try:
        answer = httpx.get(f"http://{HOST}:{site.ports.superset}/health", timeout=5, trust_env=False)
    except httpx.HTTPError as error:
        return str(error)
    return None if answer.status_code == 200 else f"HTTP {answer.status_code}"


def service(site: Site) -> Service:
    """Superset behind gunicorn."""
    command = [
        str(site.bi / "gunicorn"),
        "--bind",
        f"{HOST}:{site.ports.superset}",
        "-w",
        "2",
        "-k",
        "gthread",
    ]
    command += ["--threads", "8", "--timeout", "120", "--graceful-timeout", "10", "--no-control-socket"]
    command += ["superset.app:create_app()"]
    return Service(
        name="superset",
        programs=[Program("superset", command, environment(site), site.dashboard_account)],
        prepare=lambda: prepare(site),
        health=lambda: health(site),
    )
