"""Write the sandbox: `python -m infra.sandbox.generate --out DIR --truth DIR`."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from rich.progress import track

from infra.sandbox import (
    SERVICES,
    certificates,
    defects,
    delivery,
    documents,
    notices,
    register,
    register_forms,
    research,
    statements,
    tax_finance,
    truth,
    writers,
)
from infra.sandbox.profiles import FULL_SIZE, make_profile

SMALL_SIZE = 600
SHANGHAI = dt.timezone(dt.timedelta(hours=8))


class ProfileName(StrEnum):
    """Named sizes."""

    full = "full"
    small = "small"


def generate(out: Path, truth_dir: Path, seed: int, enterprises: int, quiet: bool = False) -> int:
    """Generate everything for one seed; returns the number of files written."""
    profile = make_profile(enterprises)
    rngs = [np.random.default_rng([seed, k]) for k in range(6)]
    reg = register.build_register(rngs[0], profile)
    certs = documents.number_documents(certificates.Simulation(reg, profile, rngs[1]).run())
    certs = notices.add_places(certs, reg.counties)
    firms, tiers = statements.choose_firms(rngs[2], certs, profile)
    ledgers = statements.build_ledgers(rngs[2], reg, firms, tiers)
    rd = research.rd_rows(rngs[4], ledgers, reg)
    plans = delivery.plan_statistics(
        register_forms.register_rows(reg, rngs[3]), statements.statement_rows(ledgers, reg), rd
    )
    plans = sorted(plans + delivery.plan_certificates(certs), key=lambda p: p.path)
    certified = np.zeros(len(reg.uscc), bool)
    certified[pd.unique(certs["firm"])] = True
    listed = defects.plant(rngs[5], plans, certified)
    _write_all(out, plans, quiet)
    truth.write_truth(truth_dir, plans, listed, reg.counties)
    tax_finance.write(out.with_name(SERVICES), truth_dir, seed, reg, ledgers, rd)
    return len(plans)


def _write_all(out: Path, plans: list[delivery.FilePlan], quiet: bool) -> None:
    for owned in ("stat", "cert"):
        shutil.rmtree(out / owned, ignore_errors=True)
    for plan in track(plans, description="写出文件", disable=quiet):
        path = out / plan.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if plan.is_csv:
            path.write_bytes(writers.csv_bytes(plan))
        elif plan.feed == "certificate_notice":
            notices.write_notice(plan, path)
        else:
            writers.write_xlsx(plan, path)
        moment = plan.delivered.astype("M8[s]").item().replace(tzinfo=SHANGHAI).timestamp()
        os.utime(path, (moment, moment))


def main(
    out: Annotated[Path, typer.Option(help="供 SFTP 服务的目录")],
    truth_dir: Annotated[Path, typer.Option("--truth", help="真值目录（流水线不读）")],
    seed: Annotated[int, typer.Option(help="随机种子")] = 20260120,
    enterprises: Annotated[int | None, typer.Option(help="企业数，默认随 profile")] = None,
    profile: Annotated[ProfileName, typer.Option(help="full 或 small")] = ProfileName.full,
) -> None:
    """生成仿真数据源：统计报表、认定文件，以及对照用的真值。"""
    size = enterprises or (FULL_SIZE if profile is ProfileName.full else SMALL_SIZE)
    count = generate(out, truth_dir, seed, size)
    typer.echo(f"已写出 {count} 个文件到 {out}，真值在 {truth_dir}")


if __name__ == "__main__":
    typer.run(main)
