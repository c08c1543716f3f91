"""Which file holds which rows, and when its reporter delivers it (Asia/Shanghai)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from infra.sandbox import geo

GOOD, NO_COLUMN, HEADER_ONLY = "good", "no_required_column", "header_only"
ISSUERS = [u.code for u in geo.UNITS] + ["220000", "miit"]  # issuer -2 is the province, -1 the ministry


@dataclass
class FilePlan:
    """A file to be written: its clean rows and what is done to them."""

    path: str
    feed: str
    unit: int
    scope: str
    delivered: np.datetime64
    frame: pd.DataFrame
    status: str = GOOD
    edits: dict[tuple[int, str], object] = field(default_factory=dict)
    appended: list[tuple[int, dict[str, object]]] = field(default_factory=list)

    @property
    def is_csv(self) -> bool:
        """CSV from an older system, or else a workbook."""
        return self.path.endswith(".csv")

    @property
    def first_row(self) -> int:
        """Line (1-based) of the first data row in the file."""
        if self.is_csv:
            return 2
        return 4 if self.feed == "stat_register" else 5


@dataclass(frozen=True)
class Incident:
    """A delivery that does not go to plan: refused and sent again, or late."""

    status: str
    delivered: str
    repaired: str | None = None


INCIDENTS = {
    "stat/220700/103/103_220700_2025.csv": Incident(NO_COLUMN, "2026-01-16T16:40", "2026-01-18T15:40"),
    "stat/220600/203/203_220600_202603.xlsx": Incident(HEADER_ONLY, "2026-04-18T11:24", "2026-04-21T14:10"),
    "stat/220800/203/203_220800_202604.xlsx": Incident(GOOD, "2026-05-21T17:20"),
}
# A corrected archive: same scope, some figures revised, one firm left out.
CORRECTION = ("stat/220200/103/103_220200_2025.xlsx", "2026-03-02T10:30")


def office_time(day: str | np.datetime64, unit: int) -> np.datetime64:
    """Moment of delivery on a day: the units follow each other from 09:30 on."""
    start = np.datetime64(day).astype("M8[m]")
    return start + np.timedelta64(9 * 60 + 30 + 38 * (unit % len(geo.UNITS)), "m")


def plan_statistics(register: pd.DataFrame, finance: pd.DataFrame, research: pd.DataFrame) -> list[FilePlan]:
    """All files of the statistics office, incidents included."""
    plans = [*_register_plans(register), *_finance_plans(finance), *_research_plans(research)]
    out: list[FilePlan] = []
    for plan in plans:
        out.extend(_with_incident(plan))
    return out


def _suffix(unit: int) -> str:
    return "csv" if geo.UNITS[unit].csv else "xlsx"


def _plan(feed: str, form: str, stem: str, unit: int, scope: str, day: str, frame: pd.DataFrame) -> FilePlan:
    code = geo.UNITS[unit].code
    path = f"stat/{code}/{form}/{stem}_{code}_{scope}.{_suffix(unit)}"
    return FilePlan(path, feed, unit, scope, office_time(day, unit), frame.reset_index(drop=True))


def _register_plans(rows: pd.DataFrame) -> Iterator[FilePlan]:
    rows = rows.sort_values(["uscc", "effective_date"], kind="stable")
    base = rows[rows["change_type"] == "在册"]
    for unit, frame in base.groupby("unit", sort=True):
        yield _plan("stat_register", "101", "101", unit, "2023", "2024-03-10", frame)
    changes = rows[rows["change_type"] != "在册"]
    month = changes["effective_date"].dt.strftime("%Y%m")
    for (unit, scope), frame in changes.groupby([changes["unit"], month], sort=True):
        yield _plan("stat_register", "201", "201", unit, scope, f"{_next_month(scope)}-10", frame)


def _next_month(period: str) -> str:
    return str(np.datetime64(f"{period[:4]}-{period[4:]}") + 1)


def _finance_plans(rows: pd.DataFrame) -> Iterator[FilePlan]:
    rows = rows.sort_values(["period", "uscc"], kind="stable")
    archive = rows[rows["period"] < "202601"]
    for (unit, year), frame in archive.groupby([archive["unit"], archive["period"].str[:4]], sort=True):
        yield _plan("stat_finance", "103", "103", unit, year, f"{int(year) + 1}-01-18", frame)
    monthly = rows[rows["period"] >= "202601"]
    for (unit, period), frame in monthly.groupby(["unit", "period"], sort=True):
        yield _plan("stat_finance", "203", "203", unit, period, f"{_next_month(period)}-18", frame)


def _research_plans(rows: pd.DataFrame) -> Iterator[FilePlan]:
    rows = rows.sort_values("uscc", kind="stable")
    for (unit, year), frame in rows.groupby(["unit", "year"], sort=True):
        yield _plan("stat_rd", "107", "1072", unit, str(year), f"{year + 1}-03-24", frame)


def _with_incident(plan: FilePlan) -> Iterator[FilePlan]:
    incident = INCIDENTS.get(plan.path)
    if incident:
        plan.status, plan.delivered = incident.status, np.datetime64(incident.delivered, "m")
    yield plan
    if incident and incident.repaired:
        yield _again(plan, plan.frame, incident.repaired)
    if plan.path == CORRECTION[0]:
        yield _again(plan, _revise(plan), CORRECTION[1])


def _again(plan: FilePlan, frame: pd.DataFrame, when: str) -> FilePlan:
    stem, _, suffix = plan.path.rpartition(".")
    path = f"{stem}_r2.{suffix}"
    return FilePlan(path, plan.feed, plan.unit, plan.scope, np.datetime64(when, "m"), frame)


def _revise(plan: FilePlan) -> pd.DataFrame:
    """Every 60th firm's revenue and cost rise by 3 %; the first firm is withdrawn from the file."""
    frame = plan.frame.copy()
    firms = sorted(frame["uscc"].unique())
    revised = frame["uscc"].isin(firms[5::60])
    for item in ("revenue", "operating_cost"):
        frame.loc[revised, item] = frame.loc[revised, item] * 103 // 100
    return frame[frame["uscc"] != firms[0]].reset_index(drop=True)


def plan_certificates(rows: pd.DataFrame) -> list[FilePlan]:
    """One workbook per notice, delivered a few days after its date, on a working day."""
    plans = []
    for _, lines in rows.groupby("doc", sort=True):
        frame = lines.reset_index(drop=True)
        head = frame.iloc[0]
        issuer = ISSUERS[head["issuer"]]
        day = np.busday_offset(
            head["document_date"].to_datetime64().astype("M8[D]"), 1 + head["doc"] % 4, roll="forward"
        )
        path = f"cert/{issuer}/{head['document_date'].year}/{head['document_no']}.xlsx"
        plans.append(
            FilePlan(
                path,
                "certificate_notice",
                int(head["issuer"]),
                head["document_no"],
                office_time(day, int(head["doc"])),
                frame,
            )
        )
    return plans
