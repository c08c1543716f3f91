"""`python -m infra.local up|stop|status|clean`: the services of the installation that ZJTX_HOME names."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.table import Table

from infra.local import superset
from infra.local.hooks import HOOKS
from infra.local.services import ORDER, STORAGE, Platform, ServiceError
from jobs.cli.spoken import Founding

app = typer.Typer(
    cls=Founding, help="本机服务 / services on this machine", no_args_is_help=True, add_completion=False
)
console = Console()
STAGES = {
    "prepare": "准备 preparing",
    "start": "启动 starting",
    "healthy": "就绪 ready",
    "work": "执行 working",
}
Services = Annotated[list[str] | None, typer.Argument(help=f"{', '.join(ORDER)}；默认全部 / default all")]


class Phases:
    """One line per service or hook: what, how far, how long."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.progress = progress
        self.all = progress.add_task("服务 services", total=total, stage="", took="")
        self.lines: dict[str, tuple[TaskID, float]] = {}

    def __call__(self, name: str, stage: str, seconds: float) -> None:
        """Show a stage; called by the platform."""
        if name not in self.lines:
            self.lines[name] = (
                self.progress.add_task(name, total=len(STAGES) - 1, stage="", took=""),
                time.monotonic(),
            )
        task, since = self.lines[name]
        took = f"{time.monotonic() - since:.1f} s"
        self.progress.update(task, advance=1, stage=STAGES[stage], took=took)
        if stage == "healthy":
            self.progress.update(task, completed=len(STAGES) - 1)
            self.progress.advance(self.all)


@contextmanager
def phases(total: int) -> Iterator[Phases]:
    """Progress on the terminal; errors of a service end the command with their text only."""
    columns = [SpinnerColumn(), TextColumn("{task.description:12}"), BarColumn(20), MofNCompleteColumn()]
    columns += [TextColumn("{task.fields[stage]:16}"), TextColumn("{task.fields[took]:>8}")]
    try:
        with Progress(*columns, console=console) as progress:
            yield Phases(progress, total)
    except ServiceError as error:
        console.print(f"✗ {error}", style="red", markup=False, highlight=False)
        raise typer.Exit(1) from None


@app.command()
def up(services: Services = None) -> None:
    """启动没有运行的服务 / start what is down."""
    chosen = [name for name in ORDER if name in (services or ORDER)]
    unknown = set(services or ()) - set(ORDER)
    if unknown:
        raise typer.BadParameter(f"未知服务 / unknown: {', '.join(sorted(unknown))}")
    platform = Platform.from_environment()
    given = platform.external()
    storage = [name for name in chosen if name in STORAGE]
    hooks = [hook for hook in HOOKS if set(hook[1]) <= set(chosen)]
    with phases(len([n for n in chosen if n not in given]) + len(hooks)) as report:
        platform.start(storage, report)
        for label, _, work in hooks:
            report(label, "work", 0)
            work(platform.site)
            report(label, "healthy", 0)
        platform.start([name for name in chosen if name not in storage], report)
    console.print(f"内存 memory: {platform.memory() / 2**20:,.0f} MB · 日志 logs: {platform.site.log}")


@app.command()
def stop(services: Services = None) -> None:
    """停止服务，不留进程 / stop, leaving no process."""
    platform = Platform.from_environment()
    with console.status("停止 stopping"):
        platform.stop(services or None)
    console.print("已停止 / stopped")


@app.command()
def status() -> None:
    """各服务状态、端口、内存 / state, port and memory of each service."""
    platform = Platform.from_environment()
    states, given = platform.supervisor.states(), platform.external()
    ports = dict(platform.site.ports.items())
    table = Table("服务 service", "状态 state", "进程 processes", "端口 port", "内存 MB")
    for name, service in platform.services.items():
        if name in given:
            table.add_row(name, "外部 external", "", "", "")
            continue
        words = sorted({states.get(program.name, "STOPPED") for program in service.programs})
        problem = platform.health(name) if words == ["RUNNING"] else None
        word = "未应答 not answering" if problem else ", ".join(words)
        memory = f"{platform.memory(name) / 2**20:,.0f}" if words == ["RUNNING"] else ""
        table.add_row(name, word, str(len(service.programs)), str(ports[name]), memory)
    console.print(table)


@app.command()
def unlock(username: Annotated[str, typer.Argument(help="Superset 用户名 / user of Superset")]) -> None:
    """解除因密码输错而暂停的登录 / let a user try again who has to wait after wrong passwords."""
    try:
        count = superset.unlock(Platform.from_environment().site, username)
    except ServiceError as error:
        console.print(f"✗ {error}", style="red", markup=False, highlight=False)
        raise typer.Exit(1) from None
    console.print(
        "已解除 / unlocked" if count else f"{username} 没有输错密码的记录 / no wrong passwords counted"
    )


@app.command()
def clean(yes: Annotated[bool, typer.Option("--yes", help="不询问 / do not ask")] = False) -> None:
    """停止服务并删除全部运行数据 / stop and delete all run-time data."""
    platform = Platform.from_environment()
    home = platform.site.home
    if not yes:
        typer.confirm(f"删除 / delete {home}?", abort=True)
    platform.stop()
    shutil.rmtree(home, ignore_errors=True)
    console.print(f"已删除 / deleted {home}")


if __name__ == "__main__":
    app()
