"""What the demo says at its end: figures, addresses, users, times and memory."""

from __future__ import annotations

import os

import yaml
from rich.console import Console
from rich.table import Table

from infra.airflow.server import client
from infra.demo import story
from infra.demo.progress import Phases
from infra.local.credentials import ACCESS, airflow_users, secret, write_private
from infra.local.services import Platform
from infra.local.site import HOST, Site
from infra.local.superset import ACCOUNT_LISTS
from infra.measurements import Measured
from jobs.definitions.policy.model import Programme
from jobs.refusals import NotThere


def _users(site: Site) -> list[tuple[str, str, str, str]]:
    """Return (address, user, who, password) of everybody who can log in."""
    superset, airflow = f"http://{HOST}:{site.ports.superset}/", f"http://{HOST}:{site.ports.airflow}/"
    access = yaml.safe_load(ACCESS.read_text(encoding="utf-8"))
    rows = [
        (superset, u["username"], u["name"], secret(site, f"superset_{u['username']}"))
        for kind in ACCOUNT_LISTS
        for u in access.get(kind) or ()
    ]
    return rows + [(airflow, u, role, secret(site, f"airflow_{u}")) for u, role in airflow_users().items()]


def figures(console: Console) -> None:
    """Print targets and rankings of every programme that has feeds."""
    from jobs.cli import table_of
    from jobs.definitions.policy.model import load_all
    from jobs.serve import show

    for programme in [p for p in load_all().values() if p.fed]:
        for document in programme.documents:
            if rows := show.spoken_targets(show.targets(document.id, None)):
                console.print(
                    table_of(
                        f"{document.doc_no or document.title} 目标", show.TARGET_COLUMNS, rows, console.width
                    )
                )
        if programme.ranking:
            _ranking(console, programme)


def _ranking(console: Console, programme: Programme) -> None:
    """Print a programme's ranking, or that its reports have not come: yearbooks are no part of the sandbox."""
    from jobs.cli import table_of
    from jobs.serve import show

    title = f"{programme.title} 综合排名"
    try:
        rows = show.ranking(programme.id, None)
    except NotThere as none:
        console.print(f"{title}：{none}", highlight=False)
        return
    console.print(table_of(f"{title} {rows[0]['period']}", show.RANKING_COLUMNS, rows, console.width))


_TOLD = 10
"""Seconds from which a task stands on the page by itself."""


def measured(platform: Platform, phases: Phases, seconds: float) -> list[Measured]:
    """Return the times of a demo from beginning to end, without installing, and its memory."""
    stages: list[Measured] = [
        {"name": name, "value": took, "unit": "s"} for name, took in phases.seconds.items()
    ]
    memory = platform.memory() / 2**30
    with client(platform.site) as airflow:
        took = sorted(airflow.seconds().items(), key=lambda t: -t[1])
    tasks: list[Measured] = [
        {"name": f"任务 task {name}", "value": each, "unit": "s", "remark": "各次之和 of all runs"}
        for name, each in took
        if each >= _TOLD
    ]
    return [
        *stages,
        *tasks,
        {"name": "全程 whole", "value": seconds, "unit": "s", "remark": "不含安装 without installing"},
        {
            "name": "全部进程内存 memory of all processes",
            "value": memory,
            "unit": "GiB",
            "remark": "PSS，结束时 at the end",
        },
    ]


def show(console: Console, platform: Platform, phases: Phases, seconds: float) -> None:
    """Print the end of the demo and write the users' file."""
    from jobs.ledger import batches, releases

    os.environ.update(platform.env())
    site = platform.site
    figures(console)
    story.show(console, platform)
    served = releases.publications()[-1]
    stray = [b.batch_id for b in batches.accepted() if not b.run_id]
    console.print(
        f"发布 {served.publication_id}  内容散列 content hash {served.content_hash}", highlight=False
    )
    console.print(f"接收批次 {batches.last_seq()} 个，其中不经 Airflow 的 {len(stray)} 个", highlight=False)
    users = _users(site)
    path = site.secrets / "users.txt"
    write_private(path, "".join(f"{a}\t{u}\t{who}\t{p}\n" for a, u, who, p in users))
    table = Table(title="登录 log in")
    for label in ("地址 address", "用户 user", "身份 who"):
        table.add_column(label)
    for address, user, who, _ in users:
        table.add_row(address, user, who)
    console.print(table)
    console.print(f"密码 passwords: {path}", highlight=False)
    times = " · ".join(f"{name} {took:.0f} s" for name, took in phases.seconds.items())
    console.print(f"用时 {seconds:.0f} s（{times}）", highlight=False)
    console.print(
        f"全部进程内存 memory of all processes: {platform.memory() / 2**30:.1f} GiB", highlight=False
    )
