"""State of the clean panel at a business clock: what is visible, good and not spoilt."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

RECAST = {"220381": "220184"}
OWN_UNIT = "22CBS"
BUREAU = "220000"
SECTOR_FORMS = ("stat_construction", "stat_trade", "stat_catering", "stat_services")
SHANGHAI = "Asia/Shanghai"
GOOD = "good"
# The first of two identical rows counts, so only rows hit by the other rules are lost.
HARMLESS = ("identical_row",)
OPENING = ("grant", "renew")
FAR = pd.Timestamp("2200-01-01")


def instant(clock: str | dt.datetime) -> pd.Timestamp:
    """Business clock as a moment; without an offset it is Shanghai time."""
    moment = pd.Timestamp(clock)
    return moment.tz_localize(SHANGHAI) if moment.tzinfo is None else moment


@dataclass(frozen=True)
class Panel:
    """Clean rows that count at one business clock."""

    files: pd.DataFrame
    register: pd.DataFrame
    certificates: pd.DataFrame
    finance: pd.DataFrame
    rd: pd.DataFrame
    regions: pd.DataFrame

    def complete(self, feed: str, scope: str, reporters: set[str] | None = None) -> bool:
        """Has every reporter (by default every unit) a good file of this scope?"""
        files = self.files
        have = files.loc[(files["feed"] == feed) & (files["scope"] == scope), "reporter"]
        return (reporters or set(self.regions["unit_code"])) <= set(have)

    def statements_complete(self, scope: str) -> bool:
        """Are the units' forms of finance and the bureau's sector forms all there?"""
        sectors = all(self.complete(form, scope, {BUREAU}) for form in SECTOR_FORMS)
        return sectors and self.complete("stat_finance", scope)

    def location(self, day: pd.Timestamp) -> pd.DataFrame:
        """County and unit per USCC: the register's latest state on `day`, on the present map."""
        rows = self.register[self.register["effective_date"] <= day]
        rows = rows.sort_values("effective_date", kind="stable").drop_duplicates("uscc", keep="last")
        county = rows["county_code"].replace(RECAST)
        unit = county.map(self.regions.set_index("county_code")["unit_code"])
        return pd.DataFrame(
            {"county": county.to_numpy(), "unit": unit.to_numpy()}, index=rows["uscc"].to_numpy()
        )


def load(truth_dir: Path, clock: str | dt.datetime) -> Panel:
    """Read the truth and keep what counts at `clock`."""
    files = pd.read_parquet(truth_dir / "files.parquet")
    delivered = pd.to_datetime(files["delivered"], utc=True)
    files = files[(delivered <= instant(clock)) & (files["status"] == GOOD)].assign(delivered=delivered)
    # The latest good file of a scope replaces the earlier ones.
    files = files.sort_values(["delivered", "path"]).drop_duplicates(
        ["feed", "reporter", "scope"], keep="last"
    )
    defects = pd.read_csv(truth_dir / "defects.csv", dtype={"row": "Int64"})
    spoilt = defects[~defects["rule"].isin(HARMLESS) & defects["row"].notna()]
    lost = pd.MultiIndex.from_frame(spoilt[["file", "row"]].astype({"row": "int64"}))

    def rows(name: str) -> pd.DataFrame:
        frame = pd.read_parquet(truth_dir / name)
        frame = frame[frame["path"].isin(files["path"])]
        return frame[~pd.MultiIndex.from_frame(frame[["path", "row"]]).isin(lost)].reset_index(drop=True)

    return Panel(
        files=files,
        register=rows("register.parquet"),
        certificates=with_terms(rows("certificates.parquet")),
        finance=rows("finance.parquet"),
        rd=rows("rd.parquet"),
        regions=pd.read_parquet(truth_dir / "regions.parquet"),
    )


def with_terms(rows: pd.DataFrame) -> pd.DataFrame:
    """Add holder (USCC where printed, else document number and name), start and end of validity."""
    rows = rows.assign(holder=rows["uscc"].fillna(rows["document_no"] + "|" + rows["name"]))
    terms: dict[object, tuple[pd.Timestamp, pd.Timestamp]] = {}
    # Latest end per tier and holder by the documents of the days before; a withdrawal forgets it.
    latest: dict[tuple[str, str], pd.Timestamp] = {}
    for day, notices in rows.groupby("document_date", sort=True):
        today = {line.Index: (line, *_term(line, day, latest)) for line in notices.itertuples()}
        for index, (line, start, end) in today.items():
            key = (line.tier, line.holder)
            terms[index] = (start, end)
            if line.event in OPENING:
                latest[key] = max(end, latest.get(key, end))
        for line in notices[notices["event"] == "withdraw"].itertuples():
            latest.pop((line.tier, line.holder), None)
    start, end = (pd.Series({i: term[k] for i, term in terms.items()}, dtype="M8[ns]") for k in (0, 1))
    return rows.assign(start=start, end=end)


def _term(
    line: Any, day: pd.Timestamp, latest: dict[tuple[str, str], pd.Timestamp]
) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Start and end as printed, else by rule 5."""
    start = line.valid_from
    if pd.isna(start):
        before = latest.get((line.tier, line.holder)) if line.event == "renew" else None
        # A seed has no end that a renewal could follow.
        follows = before is not None and before < FAR
        start = max(day, before + pd.DateOffset(days=1)) if follows else day
    if line.tier == "seed":
        return start, FAR
    if pd.isna(line.valid_to):
        return start, start + pd.DateOffset(months=36) - pd.DateOffset(days=1)
    return start, line.valid_to


def valid_holders(panel: Panel, day: pd.Timestamp, drop_closed: bool = False) -> pd.DataFrame:
    """Distinct (tier, holder) with a certificate valid on `day`; on request without closed firms."""
    rows = panel.certificates
    periods = rows[rows["event"].isin(OPENING)]
    periods = periods[(periods["start"] <= day) & (day <= periods["end"])]
    gone = rows[(rows["event"] == "withdraw") & (rows["document_date"] <= day)]
    keys = pd.MultiIndex.from_frame(periods[["tier", "holder"]])
    periods = periods[~keys.isin(pd.MultiIndex.from_frame(gone[["tier", "holder"]]))]
    if drop_closed:
        register = panel.register
        closed = (register["change_type"] == "注销") & (register["effective_date"] <= day)
        periods = periods[~periods["holder"].isin(register.loc[closed, "uscc"])]
    return periods[["tier", "holder"]].drop_duplicates()


def ever_holders(panel: Panel, day: pd.Timestamp) -> pd.DataFrame:
    """Distinct (tier, holder) granted up to `day`."""
    rows = panel.certificates
    granted = rows[(rows["event"] == "grant") & (rows["document_date"] <= day)]
    return granted[["tier", "holder"]].drop_duplicates()


def place(panel: Panel, holders: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Add county and unit: from the register, else as printed in the holder's latest notice."""
    known = panel.location(day).reindex(holders["holder"])
    regions = panel.regions.set_index(["unit_name", "county_name"])
    notices = panel.certificates[panel.certificates["county_name"].notna()]
    notices = notices.sort_values("document_date", kind="stable").drop_duplicates("holder", keep="last")
    printed = regions.reindex(pd.MultiIndex.from_frame(notices[["unit_name", "county_name"]]))
    printed.index = pd.Index(notices["holder"])
    printed = printed.reindex(holders["holder"])
    county = known["county"].fillna(printed["county_code"])
    unit = known["unit"].fillna(printed["unit_code"])
    return holders.assign(county=county.to_numpy(), unit=unit.to_numpy())
