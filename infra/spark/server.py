"""Spark Connect with Delta: on one machine, or in front of a cluster."""

import os
import socket

import grpc

from infra.local.credentials import secret
from infra.local.environment import SPARK_TOKEN, lake_settings
from infra.local.service import Program, Service
from infra.local.site import HOST, SPARK_TOKEN_VARIABLE, Site
from infra.spark.jars import CACHE, HERE, ensure_jars, spark_home, wanted
from infra.spark.workers import is_cluster, write_shared

# The quick compiler and the serial collector: half the memory and a third less CPU on a small machine.
# ZJTX_SPARK_JAVA_OPTIONS replaces them where real loads run.
# The first compiler alone starts faster, but its code cache is 48 MB by default: full after a minute of
# generated code, and then the JVM compiles nothing any more.
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC"
THOROUGH_JAVA_OPTIONS = "-XX:ReservedCodeCacheSize=512m -XX:+UseParallelGC"
"""Both compilers and the parallel collector: about twice as fast on the enterprises of a whole province."""


def configuration(site: Site) -> dict[str, str]:
    """Spark settings of the server."""
    scratch = site.workdir("spark")
    java = site.given.get("ZJTX_SPARK_JAVA_OPTIONS", JAVA_OPTIONS)
    logging = f"-Dlog4j2.configurationFile=file:{HERE / 'log4j2.properties'}"
    return {
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        # 50 by default: the largest cost on small tables.
        "spark.databricks.delta.snapshotPartitions": "1",
        # By default every commit outside UTC replays the whole log to verify what it has just counted up. All
        # writers share this server and its time zone.
        "spark.databricks.delta.allFilesInCrc.verificationMode.forceOnNonUTC.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",
        "spark.ui.enabled": "false",
        # Every query's plan is written out for a page that nobody has.
        "spark.sql.ui.explainMode": "simple",
        "spark.sql.maxPlanStringLength": "1000",
        "spark.sql.session.timeZone": "Asia/Shanghai",
        "spark.sql.warehouse.dir": str(site.home / "lake" / "warehouse"),
        "spark.local.dir": str(scratch),
        "spark.driver.host": HOST,
        "spark.driver.bindAddress": HOST,
        "spark.driver.extraJavaOptions": f"{java} {logging} -Djava.io.tmpdir={scratch}",
        "spark.connect.grpc.binding.address": HOST,
        "spark.connect.grpc.binding.port": str(site.ports.spark),
    }


def _cores(site: Site) -> str:
    return site.given.get("ZJTX_SPARK_CORES", str(min(os.cpu_count() or 2, 8)))


def _memory(site: Site) -> str:
    return site.given.get("ZJTX_SPARK_MEMORY", "2g")


def _of_executors(site: Site, jars: str) -> dict[str, str]:
    """Spark settings of what computes in a cluster: one slice at a time each, in the same environment as here."""
    return {
        "spark.cores.max": _cores(site),
        "spark.executor.cores": "1",
        "spark.executor.memory": "1g",
        "spark.executor.extraClassPath": jars,
        "spark.executor.extraJavaOptions": JAVA_OPTIONS,
    }


def command(site: Site) -> list[str]:
    """Command line of the server; the launcher scripts end in exec, so the process is the JVM itself."""
    jars = ":".join(str(CACHE / name) for name in wanted())
    line = [str(spark_home() / "bin" / "spark-submit")]
    line += [
        "--class",
        "org.apache.spark.sql.connect.service.SparkConnectServer",
        "--master",
        site.given["ZJTX_SPARK_MASTER"] if is_cluster(site) else f"local[{_cores(site)}]",
    ]
    line += ["--driver-memory", "1g" if is_cluster(site) else _memory(site)]
    # Not --jars: of those every session gets a copy and a class loader of its own.
    line += ["--driver-class-path", jars]
    if is_cluster(site):
        line += ["--properties-file", str(site.secrets / "spark-cluster.conf")]
    more = _of_executors(site, jars) if is_cluster(site) else {}
    for key, value in (configuration(site) | more).items():
        line += ["--conf", f"{key}={value}"]
    return [*line, "spark-internal"]


def health(site: Site) -> str | None:
    """None when the server answers a gRPC handshake."""
    try:
        socket.create_connection((HOST, site.ports.spark), timeout=2).close()
    except OSError as error:
        return str(error)
    # A loopback address never goes through a proxy, whatever the environment says.
    with grpc.insecure_channel(
        f"{HOST}:{site.ports.spark}", options=[("grpc.enable_http_proxy", 0)]
    ) as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=5)
        except grpc.FutureTimeoutError:
            return "gRPC handshake timed out"
    return None


def _prepare(site: Site) -> None:
    ensure_jars()
    if is_cluster(site):
        write_shared(site)


def service(site: Site) -> Service:
    """Spark Connect of the site."""
    env = {
        "SPARK_HOME": str(spark_home()),
        "PYSPARK_PYTHON": str(site.python),
        # Without it the server answers everybody on the machine. A command line would show it to all of them.
        SPARK_TOKEN_VARIABLE: secret(site, SPARK_TOKEN, 32),
        **lake_settings(site),
    }
    program = Program(name="spark", command=command(site), env=env, user=site.service_account)
    return Service(
        name="spark",
        programs=[program],
        prepare=lambda: _prepare(site),
        health=lambda: health(site),
    )
