"""Commands on states of knowledge and on the lake's upkeep, added to ``zjtx`` by :mod:`jobs.cli`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.tables import table_of
from jobs.cli.terminal import Bar, out

app = typer.Typer()
lake_app = typer.Typer()
KnownBy = Annotated[
    str | None,
    typer.Option(help="当时的认知状态：状态号或时间 · state of knowledge: sequence number or time"),
]


def add_to(main: typer.Typer, lake: typer.Typer) -> None:
    """Add the commands of this module to ``zjtx`` and to ``zjtx lake``."""
    main.add_typer(app)
    lake.add_typer(lake_app)


@app.command()
def replay(
    release: Annotated[str | None, typer.Argument(help="发布编号，如 R57 · release id")] = None,
    known_by: KnownBy = None,
    programme: Annotated[str | None, typer.Option(help="只算该方案 · only this programme")] = None,
    period: Annotated[str | None, typer.Option(help="只算该期间 · only this period")] = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="把各表写入该文件夹 · write the tables to this folder")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="写 CSV 而非 Parquet · CSV instead of Parquet")] = False,
) -> None:
    """按当时的认知状态重算并比对内容散列，不写入任何东西 · compute earlier figures again and compare."""
    from jobs.release.replay import chosen
    from jobs.release.replay import replay as again

    if (release is None) == (known_by is None):
        raise typer.BadParameter("请给出发布编号或 --known-by 之一 · give a release or --known-by")
    rows = chosen(release, known_by, programme, period)
    with Bar() as bar:
        compared = again(rows, folder, csv, bar)
    names = {"release": "发布", "seq": "状态号", "programme": "方案", "period": "期间", "words": "结果"}
    out.print(table_of("重算比对 · replay", names, [c.row() for c in compared]))
    if any(c.broken for c in compared):
        raise typer.Exit(1)


@lake_app.command()
def upkeep(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只说要做什么 · only tell")] = False,
) -> None:
    """合并小文件，删去无人批准的候选，清理旧文件 · compact, drop unapproved candidates, vacuum."""
    from jobs.lake.upkeep import upkeep as work

    with Bar() as bar:
        done = work(dry_run, bar)
    for line in done.lines():
        out.print(line, markup=False)
