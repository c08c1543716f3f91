"""The command ``zjtx targets``: progress towards a document's targets, as a table, JSON or CSV."""

from __future__ import annotations

import csv
import json
import sys
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from jobs.cli.state import KnownBy
from jobs.cli.tables import table_of
from jobs.cli.terminal import out


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


app = typer.Typer()


def add_to(main: typer.Typer) -> None:
    """Add the command of this module to ``zjtx``."""
    main.add_typer(app)


@app.command()
def targets(
    policy: Annotated[
        str | None, typer.Option(help="政策编号，缺省为本地方案 · policy id, default the programme run here")
    ] = None,
    at: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="参考日，须为季度末；缺省为最新发布的期间 · reference date, default the newest published",
        ),
    ] = None,
    known_by: KnownBy = None,
    as_format: Annotated[Format, typer.Option("--format", help="输出格式 · output format")] = Format.TABLE,
    all_readings: Annotated[
        bool, typer.Option("--all-readings", help="连同并列口径 · also the readings beside the headline")
    ] = False,
) -> None:
    """政策目标的进度：取已发布的，没有发布则试算 · progress towards the targets, published or on trial."""
    from jobs.definitions.policy.home import home_programme
    from jobs.operate.targets import TRIAL, targets_at
    from jobs.serve import show

    asked = policy or home_programme().id
    progress = targets_at(asked, at.date() if at else None, known_by, all_readings)
    if as_format is Format.JSON:
        typer.echo(json.dumps(progress.rows, ensure_ascii=False, default=str, indent=1))
    elif as_format is Format.CSV:
        _write_csv(progress.rows)
    else:
        title = f"{progress.policy} 目标进度 {progress.period}" + (f"（{TRIAL}）" if progress.trial else "")
        out.print(table_of(title, show.TARGET_COLUMNS, show.spoken_targets(progress.rows)))


def _write_csv(rows: list[dict[str, Any]]) -> None:
    """Print rows under the contract's column names; what is missing stays empty."""
    from jobs.definitions.contract import load_table

    names = [c.name for c in load_table("target_progress").columns]
    writer = csv.DictWriter(sys.stdout, names)
    writer.writeheader()
    writer.writerows(rows)
