"""Deliveries that do not go to plan: refused and sent again, late, corrected, sent twice, and A -> B -> A."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from infra.sandbox.delivery.schedule import (
    GOOD,
    HEADER_ONLY,
    HTML_PAGE,
    NO_COLUMN,
    TRUNCATED,
    UNCHANGED,
    WRONG_TABLE,
    FilePlan,
)


@dataclass(frozen=True)
class Incident:
    """A file that is delivered at another moment or broken, and when a good one follows."""

    status: str
    delivered: str
    repaired: str | None = None
    form: str = ""
    """Form whose table stands in the file instead of its own."""


INCIDENTS = {
    "stat/220700/103/103_220700_2025.csv": Incident(NO_COLUMN, "2026-01-16T16:40", "2026-01-18T15:40"),
    "stat/220400/203/203_220400_202602.xlsx": Incident(HTML_PAGE, "2026-03-18T11:24", "2026-03-20T10:05"),
    "stat/220600/107/1072_220600_2025.xlsx": Incident(TRUNCATED, "2026-03-24T12:40", "2026-03-25T09:15"),
    "stat/220200/107/1071_220200_2025.xlsx": Incident(
        WRONG_TABLE, "2026-03-24T10:08", "2026-03-27T14:30", "stat_rd"
    ),
    "stat/220600/203/203_220600_202603.xlsx": Incident(HEADER_ONLY, "2026-04-18T11:24", "2026-04-21T14:10"),
    "stat/220000/F203/F203_220000_202603.xlsx": Incident(GOOD, "2026-04-19T16:20"),
    "stat/220800/203/203_220800_202604.xlsx": Incident(GOOD, "2026-05-21T17:20"),
}


def _raised(step: int, first: int, *items: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Revision: every `step`-th firm's figures rise by 3 %."""

    def revise(frame: pd.DataFrame) -> pd.DataFrame:
        out = frame.copy()
        revised = out["uscc"].isin(_firms(out)[first::step])
        for item in items:
            out.loc[revised, item] = out.loc[revised, item] * 103 // 100
        return out

    return revise


def _without(count: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Revision: the first firms are left out."""

    def revise(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[~frame["uscc"].isin(_firms(frame)[:count])].reset_index(drop=True)

    return revise


def _firms(frame: pd.DataFrame) -> list[str]:
    return sorted(frame["uscc"].unique())


def _revised_and_one_less(frame: pd.DataFrame) -> pd.DataFrame:
    firms = _firms(frame)
    return _raised(60, 5, "revenue", "operating_cost")(frame)[frame["uscc"] != firms[0]].reset_index(
        drop=True
    )


def _recounted(frame: pd.DataFrame) -> pd.DataFrame:
    """Revision of a department's report: a tenth fewer in every cumulative figure."""
    out = frame.copy()
    stock = out["basis"] == "累计"
    out.loc[stock, "value"] = out.loc[stock, "value"] * 9 // 10
    return out


LEFT_OUT = 12
ROUND_TRIP = "stat/220400/103/103_220400_2025.xlsx"
"""A, then B with other revenue, then the very bytes of A."""
CORRECTIONS: dict[str, tuple[str, Callable[[pd.DataFrame], pd.DataFrame]]] = {
    "stat/220200/103/103_220200_2025.xlsx": ("2026-03-02T10:30", _revised_and_one_less),
    "stat/220100/103/103_220100_2025.csv": ("2026-03-05T09:50", _without(LEFT_OUT)),
    ROUND_TRIP: ("2026-02-26T11:10", _raised(40, 3, "revenue")),
    "dept/省人力资源社会保障厅/report/省人力资源社会保障厅_2025Q4.xlsx": ("2026-02-10T15:00", _recounted),
}
BACK_AGAIN = "2026-04-02T09:40"
TWICE = {"stat/220500/203/203_220500_202602.csv": "2026-04-05T10:20"}
"""Sent a second time, byte for byte, under another name."""


def with_incidents(plans: Iterable[FilePlan]) -> list[FilePlan]:
    """Let the incidents happen to the planned files."""
    by_path = {plan.path: plan for plan in plans}
    return [made for plan in by_path.values() for made in _happen(plan, by_path)]


def _happen(plan: FilePlan, by_path: dict[str, FilePlan]) -> Iterator[FilePlan]:
    incident = INCIDENTS.get(plan.path)
    good = replace(plan)
    if incident:
        plan.status, plan.delivered = incident.status, np.datetime64(incident.delivered, "m")
        if incident.form:
            plan.form, plan.frame = incident.form, by_path[plan.path.replace("1071_", "1072_")].frame
    yield plan
    if incident and incident.repaired:
        yield _again(good, "r2", incident.repaired, good.frame)
    if plan.path in CORRECTIONS:
        when, revise = CORRECTIONS[plan.path]
        yield _again(good, "r2", when, revise(good.frame))
    if plan.path in TWICE:
        yield replace(_again(plan, "r2", TWICE[plan.path], plan.frame), status=UNCHANGED, same_as=plan)
    if plan.path == ROUND_TRIP:
        plan.resent = True  # of a file that comes back, every row counts twice: it is not spoilt
        yield replace(_again(plan, "r3", BACK_AGAIN, plan.frame), same_as=plan)


def _again(plan: FilePlan, mark: str, when: str, frame: pd.DataFrame) -> FilePlan:
    stem, _, suffix = plan.path.rpartition(".")
    path = f"{stem}_{mark}.{suffix}"
    moment = np.datetime64(when, "m")
    above = tuple((_heading(left, moment), right) for left, right in plan.above)
    return replace(
        plan, path=path, delivered=moment, frame=frame, edits={}, appended=[], resent=True, above=above
    )


def _heading(text: str, moment: np.datetime64) -> str:
    """Heading of a report that is sent again: another document number, another day."""
    year, month, day = (int(x) for x in str(moment.astype("M8[D]")).split("-"))
    text = re.sub(r"〔\d{4}〕(\d+)号", lambda m: f"〔{year}〕{int(m[1]) + 40}号", text)
    return re.sub(r"\d{4}年\d+月\d+日", f"{year}年{month}月{day}日", text)
