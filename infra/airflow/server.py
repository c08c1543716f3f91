"""Airflow: API server, scheduler, DAG processor and triggerer as four watched processes."""

import compileall
from importlib.metadata import version
from pathlib import Path

import httpx

from infra.local import accounts
from infra.local.airflow_api import AirflowClient
from infra.local.credentials import airflow_passwords, airflow_users, fernet_key, secret, ssh_keys
from infra.local.environment import process_environment, settings
from infra.local.service import Program, Service
from infra.local.site import HOST, REPO, Site
from infra.local.stamps import once, run

IDLE = "1800"
"""Seconds for which a token holds."""
COMPONENTS = ("scheduler", "dag_processor", "triggerer")


def environment(site: Site) -> dict[str, str]:
    """Airflow's configuration; everything not named here keeps its default."""
    url = f"http://{HOST}:{site.ports.airflow}"
    options = {
        "core__dags_folder": str(REPO / "dags"),
        "core__executor": "LocalExecutor",
        "core__parallelism": "4",
        "core__load_examples": "False",
        "core__default_timezone": "Asia/Shanghai",
        "core__hostname_callable": "socket.gethostname",
        "core__min_serialized_dag_update_interval": "5",
        "core__fernet_key": fernet_key(site),
        "core__auth_manager": "infra.airflow.access.AuthManager",
        "core__plugins_folder": str(REPO / "infra" / "airflow" / "plugins"),
        "core__simple_auth_manager_users": ",".join(f"{u}:{r}" for u, r in airflow_users().items()),
        "core__simple_auth_manager_passwords_file": str(site.airflow / "passwords.json"),
        "core__execution_api_server_url": f"{url}/execution/",
        "database__sql_alchemy_conn": settings(site)["ZJTX_AIRFLOW_DB_URL"],
        "database__sql_alchemy_pool_size": "4",
        "api__base_url": url,
        "api__secret_key": secret(site, "airflow_api_secret", 48),
        "api_auth__jwt_secret": secret(site, "airflow_jwt_secret", 64),
        # Who asks for nothing this long is logged out; see infra.airflow.access for the longest session.
        "api_auth__jwt_expiration_time": IDLE,
        "api_auth__jwt_cli_expiration_time": IDLE,
        # Tasks that died, alone or with their scheduler, hold the one Spark slot until these find them
        # (both 300 s by default).
        "scheduler__task_instance_heartbeat_timeout": "60",
        "scheduler__orphaned_tasks_check_interval": "20",
        # An approval that gives itself is seen by the scheduler's sweep (15 s by default).
        "scheduler__trigger_timeout_check_interval": "2",
        # A finished task occupies its worker until the next round of this length.
        "workers__min_heartbeat_interval": "1",
        "dag_processor__refresh_interval": "20",
        "dag_processor__min_file_process_interval": "20",
        "dag_processor__parsing_processes": "1",
        "dag_processor__print_stats_interval": "0",
        "logging__base_log_folder": str(site.log / "airflow"),
        "logging__dag_processor_child_process_log_directory": str(site.log / "airflow" / "dag_processor"),
    }
    env = {f"AIRFLOW__{name.upper()}": value for name, value in options.items()}
    # Named again here: a platform that already runs takes on what a later caller asks for.
    return settings(site) | env | {"AIRFLOW_HOME": str(site.airflow)} | dict(site.extra)


def client(site: Site, user: str = "admin") -> AirflowClient:
    """REST client logged in as one of the generated users."""
    return AirflowClient(f"http://{HOST}:{site.ports.airflow}", user, secret(site, f"airflow_{user}"))


def migrate(site: Site) -> None:
    """Create or upgrade Airflow's own tables."""
    env = process_environment(site) | environment(site)
    run(
        [str(site.python), "-m", "airflow", "db", "migrate"],
        env,
        site.airflow,
        site.log / "airflow-setup.log",
        user=site.service_account,
    )


def prepare(site: Site) -> None:
    """Passwords, and migrations when Airflow or its database changed."""
    airflow_passwords(site)
    # Its keys are there too where no sandbox server was started.
    accounts.lend(site.service_account, *ssh_keys(site).values())
    if site.separate:
        # Accounts of services write no byte code beside the sources, and every task would compile them anew.
        for name in ("dags", "infra", "jobs"):
            compileall.compile_dir(REPO / name, quiet=2)
    parts = [version("apache-airflow"), settings(site)["ZJTX_AIRFLOW_DB_URL"]]
    once(site.stamps / "airflow", parts, lambda: migrate(site))


def health(site: Site) -> str | None:
    """None when the API answers and all components have a fresh heartbeat."""
    try:
        answer = httpx.get(
            f"http://{HOST}:{site.ports.airflow}/api/v2/monitor/health", timeout=10, trust_env=False
        )
        report = answer.json() if answer.status_code == 200 else {}
    except (httpx.HTTPError, ValueError) as error:
        return str(error)
    states = {part: (report.get(part) or {}).get("status") for part in ("metadatabase", *COMPONENTS)}
    sick = [f"{part}={state}" for part, state in states.items() if state != "healthy"]
    return ", ".join(sick) or None


def settle(site: Site) -> None:
    """Make the slot for Spark, once: a start must not hang on a login that somebody else has locked."""
    parts: list[str | Path] = [settings(site)["ZJTX_AIRFLOW_DB_URL"]]
    once(
        site.stamps / "airflow-pool",
        parts,
        lambda: client(site).ensure_pool("spark", 1, "湖仓同一时间只有一个写入者"),
    )


def service(site: Site) -> Service:
    """Airflow of the site, with one slot for Spark."""
    env = environment(site)
    base = [str(site.python), "-m", "airflow"]
    commands = {
        "airflow-api": [
            *base,
            "api-server",
            "--host",
            HOST,
            "--port",
            str(site.ports.airflow),
            "--workers",
            "1",
        ],
        # Logs are read from files: one machine needs no log servers (and no further ports).
        "airflow-scheduler": [*base, "scheduler", "--skip-serve-logs"],
        "airflow-dag-processor": [*base, "dag-processor"],
        "airflow-triggerer": [*base, "triggerer", "--skip-serve-logs"],
    }
    return Service(
        name="airflow",
        programs=[Program(name, command, env, site.service_account) for name, command in commands.items()],
        prepare=lambda: prepare(site),
        health=lambda: health(site),
        settle=lambda: settle(site),
        start_seconds=180,
    )
