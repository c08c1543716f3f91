"""Which file holds which rows, and when its reporter delivers it (Asia/Shanghai)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from infra.sandbox.forms.catalogue import FORMS, NOTICE_SHEET, Form
from infra.sandbox.forms.sectors import INDUSTRY, LETTER, SECTOR_FORMS
from infra.sandbox.forms.staff import NEW_FORM
from infra.sandbox.world import geo

GOOD, NO_COLUMN, HEADER_ONLY = "good", "no_required_column", "header_only"
HTML_PAGE, TRUNCATED, WRONG_TABLE = "html_page", "truncated_zip", "wrong_table"
UNCHANGED = "unchanged"
"""Bytes of the latest good file of the scope once more: nothing new, read by nobody."""
REFUSED = (NO_COLUMN, HEADER_ONLY, HTML_PAGE, TRUNCATED, WRONG_TABLE)
ISSUERS = [u.code for u in geo.UNITS] + ["220000", "miit"]  # issuer -2 is the province, -1 the ministry
BUREAU = -2


@dataclass
class FilePlan:
    """A file to be written: its clean rows and what is done to them.

    Attributes
    ----------
    reporter : str
        Who sends it.
    above : tuple
        Lines between title and header of a workbook, each of a left and a right text; empty = who fills it in.
    form : str
        Form that is printed; another one than the feed's own for a new edition, or for a wrong table.
    commas : bool
        Whether numbers of a CSV file carry thousands commas.
    resent : bool
        Sent again: never spoilt.
    same_as : FilePlan
        The file whose very bytes this one repeats.
    """

    path: str
    feed: str
    reporter: str
    scope: str
    delivered: np.datetime64
    frame: pd.DataFrame
    status: str = GOOD
    edits: dict[tuple[int, str], object] = field(default_factory=dict)
    appended: list[tuple[int, dict[str, object]]] = field(default_factory=list)
    above: tuple[tuple[str, str], ...] = ()
    form: str = ""
    commas: bool = False
    resent: bool = False
    same_as: FilePlan | None = None

    @property
    def is_csv(self) -> bool:
        """CSV from an older system, or else a workbook."""
        return self.path.endswith(".csv")

    @property
    def is_notice(self) -> bool:
        """A certificate notice, which has a layout of its own."""
        return self.feed == "certificate_notice"

    @property
    def printed(self) -> Form:
        """Form of a file that is no notice."""
        return FORMS[self.form or self.feed]

    @property
    def first_row(self) -> int:
        """Line (1-based) of the first data row in the file."""
        if self.is_csv:
            return 2
        return 5 if self.is_notice else 2 + max(len(self.above), 1) + self.printed.depth

    @property
    def sheet(self) -> str:
        """Name of the only sheet; a CSV file has none."""
        if self.is_csv:
            return ""
        return NOTICE_SHEET if self.is_notice else self.printed.sheet


def office_time(day: str | np.datetime64, unit: int) -> np.datetime64:
    """Moment of delivery on a day: the units follow each other from 09:30 on."""
    start = np.datetime64(day).astype("M8[m]")
    return start + np.timedelta64(9 * 60 + 30 + 38 * (unit % len(geo.UNITS)), "m")


def unit_plan(
    feed: str, stem: str, unit: int, scope: str, day: str | np.datetime64, frame: pd.DataFrame, form: str = ""
) -> FilePlan:
    """Plan the file of a unit: `stem` is the path below `stat/<unit>/` without unit, scope and suffix."""
    who = geo.UNITS[unit]
    folder, _, name = stem.partition("/")
    path = f"stat/{who.code}/{folder}/{name}_{who.code}_{scope}.{'csv' if who.csv else 'xlsx'}"
    rows = frame.reset_index(drop=True)
    return FilePlan(path, feed, who.code, scope, office_time(day, unit), rows, form=form, commas=who.commas)


def plan_register(rows: pd.DataFrame) -> Iterator[FilePlan]:
    """Forms 101 and 201."""
    rows = rows.sort_values(["uscc", "effective_date"], kind="stable")
    base = rows[rows["change_type"] == "在册"]
    for unit, frame in base.groupby("unit", sort=True):
        yield unit_plan("stat_register", "101/101", unit, "2023", "2024-03-10", frame)
    changes = rows[rows["change_type"] != "在册"]
    month = changes["effective_date"].dt.strftime("%Y%m")
    for (unit, scope), frame in changes.groupby([changes["unit"], month], sort=True):
        yield unit_plan("stat_register", "201/201", unit, scope, f"{next_month(scope)}-10", frame)


def next_month(period: str) -> str:
    """Month after a month key, as ISO text."""
    return str(np.datetime64(f"{period[:4]}-{period[4:]}") + 1)


def plan_finance(parts: dict[str, pd.DataFrame]) -> Iterator[FilePlan]:
    """Forms 103 and 203 of the units, and those of the sectors, which the provincial bureau collects."""
    for scope, day, frame in _by_scope(parts[INDUSTRY]):
        form = "103" if len(scope) == 4 else "203"
        for unit, rows in frame.groupby("unit", sort=True):
            yield unit_plan(INDUSTRY, f"{form}/{form}", unit, scope, day, rows)
    code = ISSUERS[BUREAU]
    for feed in SECTOR_FORMS:
        for scope, day, frame in _by_scope(parts[feed]):
            form = f"{LETTER[feed]}{'103' if len(scope) == 4 else '203'}"
            path = f"stat/{code}/{form}/{form}_{code}_{scope}.xlsx"
            rows = frame.reset_index(drop=True)
            yield FilePlan(path, feed, code, scope, office_time(day, SECTOR_FORMS.index(feed)), rows)


def _by_scope(rows: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Split statements into yearly archives and months of 2026: scope, day of delivery, rows."""
    rows = rows.sort_values(["period", "uscc"], kind="stable")
    archive = rows[rows["period"] < "202601"]
    for year, frame in archive.groupby(archive["period"].str[:4], sort=True):
        yield year, f"{int(year) + 1}-01-18", frame
    for period, frame in rows[rows["period"] >= "202601"].groupby("period", sort=True):
        yield period, f"{next_month(period)}-18", frame


def plan_research(feed: str, stem: str, rows: pd.DataFrame) -> Iterator[FilePlan]:
    """Forms 107-1 or 107-2."""
    rows = rows.sort_values("uscc", kind="stable")
    for (unit, year), frame in rows.groupby(["unit", "year"], sort=True):
        yield unit_plan(feed, stem, unit, str(year), f"{year + 1}-03-24", frame)


def plan_staff(rows: pd.DataFrame) -> Iterator[FilePlan]:
    """Forms 202, and 102 for the fourth quarter; from 2026 on in the new edition."""
    rows = rows.sort_values("uscc", kind="stable")
    for (unit, quarter), frame in rows.groupby(["unit", "period"], sort=True):
        year, last = quarter[:4], quarter.endswith("Q4")
        form, scope = ("102", year) if last else ("202", quarter)
        day = f"{next_month(f'{year}{int(quarter[5]) * 3:02d}')}-16"
        edition = "stat_staff_2026" if year >= NEW_FORM else ""
        yield unit_plan("stat_staff", f"{form}/{form}", unit, scope, day, frame, edition)


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
                issuer,
                head["document_no"],
                office_time(day, int(head["doc"])),
                frame,
            )
        )
    return plans
