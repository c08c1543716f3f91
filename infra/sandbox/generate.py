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

from infra.sandbox import SERVICES_FOLDER
from infra.sandbox.delivery import defects, departments, incidents, notices, schedule, writers
from infra.sandbox.forms import (
    annual,
    lists,
    projects,
    receivables,
    register_forms,
    reports,
    research,
    sectors,
    staff,
    tickets,
)
from infra.sandbox.services import tax_finance
from infra.sandbox.truth import clean_panel
from infra.sandbox.world import certificates, documents, register, statements
from infra.sandbox.world.profiles import FULL_SIZE, make_profile

SMALL_SIZE = 600
OWNED = ("stat", "cert", "dept", "ticket")
SHANGHAI = dt.timezone(dt.timedelta(hours=8))


class ProfileName(StrEnum):
    """Named sizes."""

    full = "full"
    small = "small"


def generate(out: Path, truth_dir: Path, seed: int, enterprises: int, quiet: bool = False) -> int:
    """Generate everything for one seed; returns the number of files written."""
    profile = make_profile(enterprises)
    rngs = [np.random.default_rng([seed, k]) for k in range(3)]
    reg = register.build_register(rngs[0], profile)
    certs = documents.number_documents(certificates.Simulation(reg, profile, rngs[1]).run())
    certs = notices.add_places(certs, reg.counties)
    firms, tiers = statements.choose_firms(rngs[2], certs, profile)
    ledgers = statements.build_ledgers(rngs[2], reg, firms, tiers)
    draws = [np.random.default_rng([seed, k]) for k in range(3, 12)]
    rd = research.rd_rows(draws[1], ledgers, reg)
    # What came later draws from streams of its own, so that all that was there before stays as it was.
    later = [np.random.default_rng([seed, 20 + k]) for k in range(3)]
    parts = sectors.split(draws[2], statements.statement_rows(ledgers, reg))
    parts[sectors.INDUSTRY]["receivables"] = receivables.receivables(
        later[0], ledgers, parts[sectors.INDUSTRY]
    )
    plans = _plans(reg, certs, ledgers, tiers, parts, rd, draws)
    updates = list(departments.plan_annual(annual.annual_rows(later[1], ledgers, tiers, reg)))
    batches = [(np.random.default_rng([seed, 12]), plans), (later[2], updates)]
    listed = defects.plant(batches, _certified(reg, certs))
    plans = _by_path([*plans, *updates, *departments.plan_reports(reports.series_rows())])
    _write_all(out, plans, quiet)
    clean_panel.write_truth(truth_dir, plans, listed, reg.counties)
    tax_finance.write(out.with_name(SERVICES_FOLDER), truth_dir, seed, reg, ledgers, rd)
    return len(plans)


def _certified(reg: register.Register, certs: pd.DataFrame) -> np.ndarray:
    certified = np.zeros(len(reg.uscc), bool)
    certified[pd.unique(certs["firm"])] = True
    return certified


def _plans(
    reg: register.Register,
    certs: pd.DataFrame,
    ledgers: statements.Ledgers,
    tiers: np.ndarray,
    finance: dict[str, pd.DataFrame],
    rd: pd.DataFrame,
    rngs: list[np.random.Generator],
) -> list[schedule.FilePlan]:
    """Plan the files that may be spoilt together, in the order of their paths, incidents included."""
    plans = [
        *schedule.plan_register(register_forms.register_rows(reg, rngs[0])),
        *schedule.plan_finance(finance),
        *schedule.plan_research("stat_rd", "107/1072", rd),
        *schedule.plan_research("stat_rd_projects", "107/1071", projects.project_rows(rngs[3], rd)),
        *schedule.plan_staff(staff.staff_rows(rngs[4], ledgers, reg)),
        *schedule.plan_certificates(certs),
        *departments.plan_reports(reports.report_rows(rngs[5])),
        *departments.plan_patents(lists.patent_rows(rngs[6], ledgers, tiers, reg)),
        *departments.plan_power(lists.power_rows(rngs[6], ledgers, tiers, reg)),
        *departments.plan_credit(lists.credit_rows(rngs[7], reg, _certified(reg, certs))),
        *departments.plan_tickets(tickets.ticket_rows(rngs[8], reg, ledgers.firms)),
    ]
    return _by_path(incidents.with_incidents(plans))


def _by_path(plans: list[schedule.FilePlan]) -> list[schedule.FilePlan]:
    return sorted(plans, key=lambda p: p.path)


def _write_all(out: Path, plans: list[schedule.FilePlan], quiet: bool) -> None:
    for owned in OWNED:
        shutil.rmtree(out / owned, ignore_errors=True)
    for plan in track(plans, description="写出文件", disable=quiet):
        path = out / plan.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if plan.is_notice:
            notices.write_notice(plan, path)
        else:
            writers.write_file(plan, out)
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
