"""Commands of the operator: status, file, trace, quarantine, rule, review, notices, recheck."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.quarantine import quarantine_app
from jobs.cli.review import review_app
from jobs.cli.rule import rule_app
from jobs.cli.spoken import Spoken
from jobs.cli.tables import table_of
from jobs.cli.terminal import Bar, Feed, known, known_or_all, out, say
from jobs.cli.troubles import told as trouble
from jobs.refusals import Refusal
from jobs.sparing import without_pandas

file_app = typer.Typer(
    cls=Spoken, no_args_is_help=True, help="文件：收到的每个文件怎样了 · files and what became of them"
)

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON · print JSON")]
PAGE = 20


def add_to(app: typer.Typer) -> None:
    """Add the operator's commands to the command ``zjtx``."""
    app.command()(status)
    app.command()(trace)
    app.command()(notices)
    app.command()(recheck)
    app.add_typer(file_app, name="file")
    app.add_typer(quarantine_app, name="quarantine")
    app.add_typer(rule_app, name="rule")
    app.add_typer(review_app, name="review")


@without_pandas()
def status(
    feed: Feed = None,
    since: Annotated[
        str | None, typer.Option("--from", help="从哪个来源期间起，如 202601 · first source period")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """各数据源各期间：截止、到报、逾期、拒收、隔离、采用率 · what is due, arrived, late, refused, waiting."""
    from jobs.cli import matrices
    from jobs.definitions.period import parse
    from jobs.operate import advice
    from jobs.operate.source_periods import before
    from jobs.operate.status import matrix

    if since:
        parse(since)
    named = known_or_all(feed)
    cells, left_out = matrix(named, since), before(named, since) if since else []
    steps = advice.next_steps(cells)
    if as_json:
        told = {
            "cells": [c.as_dict() for c in cells],
            "next": [str(s) for s in steps] or [advice.calm(cells)],
            "before": [asdict(b) for b in left_out],
        }
        typer.echo(json.dumps(told, ensure_ascii=False, default=str, indent=1))
        return
    for line in matrices.agenda(steps) if steps else [advice.calm(cells)]:
        say(line, "bold")
    out.print(matrices.matrix(cells))
    for line in matrices.unbegun(left_out):
        say(line)


@file_app.command("list")
@without_pandas()
def file_list(
    feed: Feed = None,
    refused: Annotated[bool, typer.Option("--refused", help="只列拒收的 · refused files only")] = False,
    limit: Annotated[int, typer.Option(min=0, help="最多几个，0 为全部 · how many, 0 for all")] = 50,
) -> None:
    """列出收到的文件，最新在前 · list the files received, newest first."""
    from jobs.clock import ZONE
    from jobs.operate.files import VERDICTS, listing

    files = listing(known_or_all(feed), refused)
    shown = files[: limit or None]
    rows = [
        {
            "id": f.file_id, "feed": f.feed, "at": f"{f.received_at.astimezone(ZONE):%Y-%m-%d %H:%M}",
            "verdict": VERDICTS.get(f.verdict, f.verdict), "path": f.path, "reason": f.reason or "",
        }
        for f in shown
    ]  # fmt: skip
    columns = {
        "id": "编号",
        "feed": "数据源",
        "at": "接收时间",
        "verdict": "结论",
        "path": "路径",
        "reason": "原因",
    }
    out.print(table_of("文件", columns, rows))
    say(f"列出 {len(shown)} 个，共 {len(files)} 个 · {len(shown)} of {len(files)} files")


@file_app.command("show")
@without_pandas()
def file_show(
    name: Annotated[str, typer.Argument(metavar="ID", help="编号、路径或散列开头 · id, path or hash prefix")],
    everything: Annotated[
        bool, typer.Option("--all", help="列出全部行 · every row, not the first 20")
    ] = False,
) -> None:
    """一个文件的经过：接收、表头、每条未采用的行、被哪些发布使用 · what happened to a file, line by line."""
    from jobs.cli.file_story import tell
    from jobs.operate.files import find

    files = find(name)
    for line in tell(files[0], None if everything else PAGE):
        say(line)
    if len(files) > 1:
        say(f"同名或同内容的还有：{'、'.join(str(f.file_id) for f in files[1:])}")


@without_pandas()
def trace(
    period: Annotated[str, typer.Argument(help="期间，如 2026Q2 · period")],
    indicator: Annotated[str, typer.Argument(help="指标编号或名称 · indicator id or name")],
    region: Annotated[str, typer.Argument(help="地区代码或名称 · region code or name")],
    tier: Annotated[str | None, typer.Option(help="梯度编号，缺省为任一证书 · tier, default any")] = None,
    reading: Annotated[str | None, typer.Option(help="口径，缺省为主口径 · reading")] = None,
    limit: Annotated[
        int, typer.Option(min=0, help="列出几户，0 为全部 · how many entities, 0 for all")
    ] = PAGE,
    to_csv: Annotated[
        Path | None, typer.Option("--csv", help="全部构成写入 CSV 文件 · write everything as CSV")
    ] = None,
) -> None:
    """从发布的数字追到原始行 · from a published figure to the lines it rests on."""
    from jobs.cli.trace_story import tell
    from jobs.operate.trace import trace as follow
    from jobs.operate.trace import write_csv

    whole = None if to_csv or not limit else limit
    with Bar() as bar:
        made = follow(period, indicator, region, tier, reading, whole, bar)
    for line in tell(made, limit or len(made.parts)):
        say(line)
    if to_csv:
        say(f"已写入 {to_csv}：{write_csv(made, to_csv)} 行 · lines written")
    if not made.adds_up:
        raise typer.Exit(1)


def notices(
    undelivered: Annotated[
        bool, typer.Option("--undelivered", help="只列未送达的 · undelivered only")
    ] = False,
    send: Annotated[bool, typer.Option("--send", help="再次发送未送达的 · send what is undelivered")] = False,
    limit: Annotated[int, typer.Option(min=0, help="最多几条，0 为全部 · how many, 0 for all")] = PAGE,
) -> None:
    """通知：列出，或再次发送未送达的 · list notices, or send undelivered ones again."""
    from jobs import notify
    from jobs.clock import ZONE

    if send:
        with Bar() as bar:
            sent, left = notify.send_waiting(bar)
        say(f"送达 {sent} 条，未送达 {left} 条 · sent {sent}, waiting {left}", "red" if left else None)
        if left:
            raise typer.Exit(1)
        return
    listed = notify.notices(undelivered)
    for notice in listed[-limit or None :]:
        mark = "已送达" if notice.delivered else "未送达"
        # Titles are read alone in a mail: some of them begin with the kind.
        kind = f"{notify.KINDS.get(notice.kind, notice.kind)}："
        headed = kind + notice.title.removeprefix(kind)
        say(f"{notice.at.astimezone(ZONE):%Y-%m-%d %H:%M} [{mark}] {headed}")
        for line in notice.body.splitlines():
            say(f"    {line}", "dim")
    shown = min(len(listed), limit or len(listed))
    say(f"列出 {shown} 条，共 {len(listed)} 条 · {shown} of {len(listed)} notices")


def recheck(
    feeds: Annotated[
        list[str] | None,
        typer.Argument(help="数据源编号，缺省为全部以文件报送的 · feed ids, default all sent as files"),
    ] = None,
) -> None:
    """核对未结期间的文件：大小和时间未变而内容被替换的，按更正接收 · compare contents at the source."""
    from jobs.feeds.source import SourceUnknown
    from jobs.operate.contents import compare_all, file_feeds, take_changed, told

    named, sent = [known(feed) for feed in feeds or []], file_feeds()
    if pulled := [feed for feed in named if feed not in sent]:
        raise Refusal(f"{'、'.join(pulled)} 不以文件报送，取的就是变化，不用核对")
    with Bar() as bar:
        done, failures = compare_all(named or sent, progress=bar)
        taken = [take_changed(c.feed, c.changed, progress=bar) for c in done if c.changed]
    say(told(done))
    for compared in done:
        for path in compared.changed:
            say(f"  {compared.feed} {path}", "red")
    for result in taken:
        say(f"{result.feed}：接收 {len(result.accepted)} 个文件，拒收 {len(result.refused)} 个")
    for feed, error in failures.items():
        say(f"{feed}：{trouble(error)}", "red")
    if any(feeds or not isinstance(error, SourceUnknown) for error in failures.values()):
        raise typer.Exit(1)
