"""A standalone cluster of Spark on one machine: a master and workers, as on several."""

import socket

from infra.local import accounts
from infra.local.credentials import secret, write_private
from infra.local.environment import lake_settings
from infra.local.service import Program, Service
from infra.local.site import HOST, Site
from infra.spark.jars import HERE, spark_home

WORKERS = 2
"""By default; ``ZJTX_SPARK_WORKERS`` says another number."""
_SECRET = "spark_cluster"


def is_cluster(site: Site) -> bool:
    """Whether figures are computed by a cluster."""
    return site.given.get("ZJTX_SPARK_MASTER", "").startswith("spark://")


def write_shared(site: Site) -> str:
    """Write what master, workers and the server share, and return its path: who lacks the secret gives no work.

    A command line would show it to everybody of the machine.
    """
    path = site.secrets / "spark-cluster.conf"
    text = f"spark.authenticate true\nspark.authenticate.secret {secret(site, _SECRET, 32)}\n"
    if not path.exists() or path.read_text() != text:
        write_private(path, text, site.service_account)
    accounts.lend(site.service_account, path)
    return str(path)


def health(site: Site) -> str | None:
    """None when the master answers."""
    try:
        socket.create_connection((HOST, site.ports.workers), timeout=2).close()
    except OSError as error:
        return str(error)
    return None


def _program(site: Site, name: str, role: str, *arguments: str) -> Program:
    command = [str(spark_home() / "bin" / "spark-class"), f"org.apache.spark.deploy.{role}", *arguments]
    command += ["--properties-file", str(site.secrets / "spark-cluster.conf"), "--webui-port", "0"]
    env = lake_settings(site) | {
        "SPARK_HOME": str(spark_home()),
        # The pages of master and worker, too.
        "SPARK_LOCAL_IP": HOST,
        "SPARK_LOCAL_DIRS": str(site.workdir(name)),
        "SPARK_DAEMON_MEMORY": "256m",
        # Whoever reaches a page of this machine may look, and end nothing.
        "SPARK_DAEMON_JAVA_OPTS": f"-Dspark.ui.killEnabled=false -Dlog4j2.configurationFile=file:{HERE / 'log4j2.properties'}",
    }
    return Program(name, command, env, site.service_account)


def service(site: Site) -> Service:
    """Master and workers; started where ``ZJTX_SPARK_MASTER`` names the master's port."""
    master = ["--host", HOST, "--port", str(site.ports.workers)]
    programs = [_program(site, "spark-master", "master.Master", *master)]
    memory = site.given.get("ZJTX_SPARK_MEMORY", "2g")
    for number in range(1, int(site.given.get("ZJTX_SPARK_WORKERS", WORKERS)) + 1):
        name = f"spark-worker-{number}"
        own = ["--host", HOST, "--cores", "1", "--memory", memory, "--work-dir", str(site.workdir(name))]
        own += [f"spark://{HOST}:{site.ports.workers}"]
        programs.append(_program(site, name, "worker.Worker", *own))
    return Service(
        name="workers",
        programs=programs,
        prepare=lambda: _prepare(site),
        health=lambda: health(site),
        slow=False,
    )


def _prepare(site: Site) -> None:
    write_shared(site)
