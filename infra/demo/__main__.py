"""`python -m infra.demo`: from nothing running to the published release, then where to look."""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import typer
from rich.console import Console

from infra import measurements
from infra.demo import report, run
from infra.demo.progress import Phases
from infra.local import accounts, finance
from infra.local.hooks import HOOKS
from infra.local.services import STORAGE, Platform, ServiceError
from infra.local.site import Site
from infra.measurements import Record
from infra.sandbox import generate as sandbox
from infra.sandbox.world.profiles import FULL_SIZE
from infra.spark.server import THOROUGH_JAVA_OPTIONS

# A log file gets tables of a readable width.
console = Console() if sys.stdout.isatty() else Console(width=130)

SEED = 20220001
STOPS = ("2026-01-20T09:00:00", "2026-03-31T09:00:00", "2026-04-20T09:00:00", "2026-07-20T09:00:00")
"""Business times at which the demo looks at the sources, Asia/Shanghai."""
OFFSET = "+08:00"


def _platform() -> Platform:
    """Return the installation of the environment; approvals give themselves, and Spark has a province to compute."""
    configured = Platform.from_environment()
    given = {"ZJTX_SPARK_JAVA_OPTIONS": THOROUGH_JAVA_OPTIONS, **configured.site.given}
    extra = {"ZJTX_AUTO_APPROVE": "1"}
    return Platform(
        configured.site.home, configured.site.ports, given, extra, separate=configured.site.separate
    )


def _generate(site: Site) -> None:
    """Generate the sandbox's files, once, for the account that serves them."""
    home = site.home / "sandbox"
    done = home / "generated"
    if not done.exists():
        sandbox.generate(home / "sftp", home / "truth", SEED, FULL_SIZE, quiet=True)
        accounts.give(site.service_account, home)
        done.write_text("full\n", encoding="utf-8")


def _services(platform: Platform, phases: Phases, background: ThreadPoolExecutor) -> Future[None]:
    """Start everything; what the source systems serve is generated meanwhile.

    Returns
    -------
    Future
        Spark's start: taking in needs none, and leaves a processor to it while it waits for the sources.
    """
    sources = background.submit(_generate, platform.site)
    with phases.phase("存储 PostgreSQL") as tell:
        platform.start([s for s in STORAGE if s != "spark"], lambda name, stage, _: tell(f"{name} {stage}"))
        for label, _, work in HOOKS:
            tell(label)
            work(platform.site)
    with phases.phase("调度 Airflow") as tell:
        platform.start(["airflow"], lambda name, stage, _: tell(f"{name} {stage}"))
    with phases.phase("源系统 SFTP, tax, finance") as tell:
        tell("造数")
        sources.result()
        tell("财政金融数据库")
        finance.fill(platform.site)
        platform.start(["sftp", "tax"], lambda name, stage, _: tell(f"{name} {stage}"))
    # Only now: two at a time would tell the process manager of its services.
    return background.submit(platform.start, ["spark"])


def _set_clock(clock: Path, stop: str) -> None:
    unfinished = clock.with_name("clock.new")
    unfinished.write_text(f"{stop}{OFFSET}\n", encoding="utf-8")
    # Services of other accounts read it, whatever the caller's mask.
    unfinished.chmod(0o644)
    unfinished.replace(clock)


def _stops_done(home: Path) -> list[str]:
    path = home / "demo.json"
    return list(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else []


def _play(
    platform: Platform, phases: Phases, background: ThreadPoolExecutor, spark: Future[None]
) -> Future[None]:
    """Move the business clock from stop to stop and let Airflow work at each.

    Returns
    -------
    Future
        Superset's start: it is prepared beside the later stops, as soon as there is a publication to show.
    """
    home = platform.site.home
    dashboards: Future[None] | None = None
    previous: str | None = None
    done = _stops_done(home)
    for number, stop in enumerate(STOPS, start=1):
        if done and dashboards is None:
            dashboards = background.submit(platform.start, ["superset"])
        before, previous = previous, f"{stop}{OFFSET}"
        if stop in done:
            continue
        _set_clock(home / "clock", stop)
        day = datetime.fromisoformat(stop).date()
        with phases.phase(f"业务时钟 {day}（{number}/{len(STOPS)}）") as tell:
            run.stop(platform, tell, before, f"{stop}{OFFSET}", spark)
        done.append(stop)
        (home / "demo.json").write_text(json.dumps(done), encoding="utf-8")
    return dashboards or background.submit(platform.start, ["superset"])


def main(record: Record = False) -> None:
    """演示：启动、拉取、计算、审核、审批、发布、看板 / the whole road by one command."""
    begun = time.monotonic()
    platform = _platform()
    if record and _stops_done(platform.site.home):
        raise typer.BadParameter(
            "演示已经走过一部分，用时不全：先 make clean / measured from the beginning only"
        )
    phases = Phases(console)
    try:
        with ThreadPoolExecutor(1) as background:
            spark = _services(platform, phases, background)
            dashboards = _play(platform, phases, background, spark)
            with phases.phase("看板 Superset"):
                spark.result()
                dashboards.result()
    except (ServiceError, run.DemoFailed) as error:
        console.print(f"✗ {error}", style="red", markup=False, highlight=False)
        raise typer.Exit(1) from None
    seconds = time.monotonic() - begun
    report.show(console, platform, phases, seconds)
    if record:
        measurements.record("make demo", report.measured(platform, phases, seconds))


if __name__ == "__main__":
    typer.run(main)
