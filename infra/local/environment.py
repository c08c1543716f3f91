"""The environment the processes of a site get, and the settings file written from it."""

import os
from urllib.parse import quote, urlsplit

from infra.local import accounts
from infra.local.credentials import secret, ssh_keys, write_private
from infra.local.site import HOST, REAL_DATA, REPO, SPARK_TOKEN_VARIABLE, Site
from jobs import settingsfile

# Settings that name a database, and the role (and database) behind each in the embedded server.
DATABASES = {
    "ZJTX_LEDGER_URL": ("ledger", "postgresql+psycopg"),
    "ZJTX_AIRFLOW_DB_URL": ("airflow", "postgresql+psycopg2"),
    "ZJTX_SUPERSET_DB_URL": ("superset", "postgresql+psycopg2"),
    "AIRFLOW_CONN_FINANCE_DB": ("finance", "postgresql"),
}
# The finance database stands for a source: whoever reads it is not its owner.
FINANCE_OWNER, FINANCE_READER = "finance", "finance_reader"
SPARK_TOKEN = "spark_token"
# Byte code must be written (an Airflow import takes 8 s without it), and Python set-ups of the caller stay out.
DROPPED = (
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHOME",
    "VIRTUAL_ENV",
    "SPARK_HOME",
    "SPARK_CONF_DIR",
    "AIRFLOW_HOME",
    SPARK_TOKEN_VARIABLE,
)


def database_url(site: Site, role: str, driver: str, database: str | None = None) -> str:
    """URL of a database in the embedded server; by default of the role's own, of the same name."""
    return f"{driver}://{role}:{secret(site, f'db_{role}')}@{HOST}:{site.ports.postgres}/{database or role}"


def sftp_uri(site: Site) -> str:
    """Airflow connection URI of the sandbox SFTP server."""
    keys = ssh_keys(site)
    kind, public = keys["host_key"].with_suffix(".pub").read_text().split()[:2]
    options = {
        "key_file": str(keys["client_key"]),
        "host_key": f"{kind} {public}",
        "no_host_key_check": "false",
    }
    query = "&".join(f"{k}={quote(v, safe='')}" for k, v in options.items())
    return f"sftp://stat@{HOST}:{site.ports.sftp}/?{query}"


def sandbox_services(site: Site) -> dict[str, str]:
    """Connections of the sandbox's tax interface and finance database; none beside a source of the user's own."""
    if "AIRFLOW_CONN_STAT_SFTP" in site.given:
        return {}
    return {
        "AIRFLOW_CONN_TAX_API": f"http://tax:{secret(site, 'tax_token')}@{HOST}:{site.ports.tax}",
        "AIRFLOW_CONN_FINANCE_DB": database_url(site, FINANCE_READER, "postgresql", FINANCE_OWNER),
    }


def settings(site: Site) -> dict[str, str]:
    """ZJTX_* settings and connections of a site: the user's own first, else those of the embedded services."""
    made = {
        "ZJTX_HOME": str(site.home),
        "ZJTX_SPARK_REMOTE": f"sc://{HOST}:{site.ports.spark}/;token={secret(site, SPARK_TOKEN, 32)}",
        "ZJTX_LAKE": str(site.home / "lake"),
        "ZJTX_CLOCK": str(site.home / "clock"),
        "ZJTX_REAL_DATA": str(REAL_DATA),
        "ZJTX_AIRFLOW_URL": f"http://{HOST}:{site.ports.airflow}",
        "AIRFLOW_CONN_STAT_SFTP": sftp_uri(site),
    }
    made |= {name: database_url(site, *how) for name, how in DATABASES.items() if name.startswith("ZJTX_")}
    made |= sandbox_services(site)
    if is_own(site, site.given.get("ZJTX_S3_ENDPOINT", ""), site.ports.s3):
        made |= {"ZJTX_S3_KEY": secret(site, "s3_key"), "ZJTX_S3_SECRET": secret(site, "s3_secret", 32)}
    real = site.given.get("ZJTX_REAL_DATA", made["ZJTX_REAL_DATA"])
    if os.path.isdir(real):
        made["AIRFLOW_CONN_REAL_DATA"] = f"file://{quote(real)}"
    made |= {f"ZJTX_PORT_{name.upper()}": str(port) for name, port in site.ports.items()}
    given = dict(site.given)
    if is_own(site, given.get("ZJTX_SPARK_REMOTE", ""), site.ports.spark):
        # The address of our own server, as an older shell may have it: without the token.
        del given["ZJTX_SPARK_REMOTE"]
    return made | given


def lake_settings(site: Site) -> dict[str, str]:
    """Return what workers need to reach a lake in an object store; none for one in folders."""
    own = ("ZJTX_HOME", "ZJTX_LAKE", "ZJTX_S3_")
    found = {k: v for k, v in settings(site).items() if k.startswith(own)}
    return found if found["ZJTX_LAKE"].startswith("s3://") else {}


def write_settings(site: Site) -> None:
    """Write var/settings.env; untouched when nothing changed."""
    text = settingsfile.dumps(settings(site))
    if not site.settings_file.exists() or site.settings_file.read_text(encoding="utf-8") != text:
        write_private(site.settings_file, text, site.service_account)
    # Whose this file is, `zjtx` works as.
    accounts.lend(site.service_account, site.settings_file)


def is_own(site: Site, url: str, port: int) -> bool:
    """Whether a URL points at the embedded service on `port`."""
    parts = urlsplit(url)
    return parts.hostname in (HOST, "localhost") and parts.port == port


def base_environment(site: Site) -> dict[str, str]:
    """The caller's environment, cleaned, without any setting of a site: what every service gets."""
    env = {
        k: v
        for k, v in os.environ.items()
        if k not in DROPPED and not k.startswith(("AIRFLOW__", "AIRFLOW_CONN_", "ZJTX_"))
    }
    # gRPC and requests would send even loopback traffic to a proxy.
    direct = [HOST, "localhost", env.get("no_proxy") or env.get("NO_PROXY") or ""]
    env["NO_PROXY"] = env["no_proxy"] = ",".join(filter(None, direct))
    env |= {"PYTHONPATH": str(REPO), "PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8", "TZ": "Asia/Shanghai"}
    return env | dict(site.extra)


def process_environment(site: Site) -> dict[str, str]:
    """The environment of jobs: all settings of the site, the passwords of its services among them."""
    return base_environment(site) | settings(site) | dict(site.extra)
