"""The clean panel behind the files, kept where the pipeline never looks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from infra.sandbox.delivery.schedule import GOOD, FilePlan
from infra.sandbox.forms.sectors import STATEMENTS
from infra.sandbox.world import geo

HIDDEN = ["firm", "unit", "doc", "coded", "county", "issuer", "industry", "department", "month"]
FILES = {
    "register.parquet": ("stat_register",),
    "certificates.parquet": ("certificate_notice",),
    "finance.parquet": STATEMENTS,
    "rd.parquet": ("stat_rd",),
    "staff.parquet": ("stat_staff",),
    "projects.parquet": ("stat_rd_projects",),
    "reports.parquet": ("dept_report",),
    "patents.parquet": ("dept_patent",),
    "credit.parquet": ("dept_credit_list",),
    "power.parquet": ("dept_power",),
    "annual.parquet": ("srdi_annual",),
    "tickets.parquet": ("ticket",),
}


def write_truth(
    directory: Path, plans: list[FilePlan], defects: pd.DataFrame, counties: list[geo.County]
) -> None:
    """Write files, defects, regions and, per feed, the clean rows of every good file."""
    directory.mkdir(parents=True, exist_ok=True)
    _files(plans).to_parquet(directory / "files.parquet", index=False)
    # Whole-file defects have no row number.
    defects.astype({"row": "Int64"}).to_csv(
        directory / "defects.csv", index=False, encoding="utf-8", lineterminator="\n"
    )
    _regions(counties).to_parquet(directory / "regions.parquet", index=False)
    for name, feeds in FILES.items():
        frames = [_located(p) for p in plans if p.feed in feeds and p.status == GOOD]
        pd.concat(frames, ignore_index=True).to_parquet(directory / name, index=False)


def iso(moment: np.datetime64) -> str:
    """Local moment as text with its offset."""
    return f"{moment.astype('M8[s]')}+08:00"


def _files(plans: list[FilePlan]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "path": [p.path for p in plans],
            "feed": [p.feed for p in plans],
            "reporter": [p.reporter for p in plans],
            "scope": [p.scope for p in plans],
            "delivered": [iso(p.delivered) for p in plans],
            "status": [p.status for p in plans],
            "first_row": [p.first_row for p in plans],
            "rows": [len(p.frame) + len(p.appended) for p in plans],
        }
    )


def _located(plan: FilePlan) -> pd.DataFrame:
    frame = plan.frame.copy()
    frame.insert(0, "path", plan.path)
    frame.insert(1, "row", np.arange(len(frame)) + plan.first_row)
    if "issuer" in frame:
        frame["issued_by"] = plan.reporter
    return frame.drop(columns=[c for c in HIDDEN if c in frame])


def _regions(counties: list[geo.County]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "county_code": [c.code for c in counties],
            "county_name": [c.name for c in counties],
            "unit_code": [geo.UNITS[c.unit].code for c in counties],
            "unit_name": [geo.UNITS[c.unit].name for c in counties],
        }
    )
