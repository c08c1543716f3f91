"""Write the expected figures of one business clock to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infra.sandbox.truth.expected.figures import expected


def main(
    truth: Annotated[Path, typer.Option(help="真值目录")],
    clock: Annotated[str, typer.Option(help="业务时钟，如 2026-01-20T09:00:00+08:00")],
    out: Annotated[Path, typer.Option(help="写出的 Parquet 文件")],
    drop_closed: Annotated[bool, typer.Option(help="注销企业的证书不再计为有效")] = False,
    feed: Annotated[list[str] | None, typer.Option(help="已接入的数据源，可重复；默认全部")] = None,
) -> None:
    """按真值算出某一业务时钟下应发布的指标。"""
    frame = expected(truth, clock, drop_closed, feed)
    frame.to_parquet(out, index=False)
    typer.echo(f"{len(frame)} 行写入 {out}")


if __name__ == "__main__":
    typer.run(main)
