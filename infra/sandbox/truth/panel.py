"""State of the clean panel at a business clock: what is visible, good and not spoilt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from infra.sandbox.services import changes, tax_finance
from infra.sandbox.truth import clean_panel

RECAST = {"220381": "220184"}
BUREAU = "220000"
SECTOR_FORMS = ("stat_construction", "stat_trade", "stat_catering", "stat_services")
SHANGHAI = "Asia/Shanghai"
GOOD = "good"
# The first of two identical rows counts, so only rows hit by the other rules are lost.
HARMLESS = ("identical_row",)
OPENING = ("grant", "renew")
FAR = pd.Timestamp("2200-01-01")
CHANGE_FEEDS = tax_finance.FEEDS
"""Feeds that give changes, not files: each has a table of its own."""
FEEDS = (*(feed for feeds in clean_panel.FILES.values() for feed in feeds), *CHANGE_FEEDS)


def instant(clock: str | dt.datetime) -> pd.Timestamp:
    """Business clock as a moment; without an offset it is Shanghai time."""
    moment = pd.Timestamp(clock)
    return moment.tz_localize(SHANGHAI) if moment.tzinfo is None else moment


@dataclass(frozen=True)
class Panel:
    """Clean rows that count at one business clock.

    Attributes
    ----------
    folder : Path
        Directory written by the generator.
    moment : Timestamp
        Business clock.
    feeds : frozenset of str
        Feeds that are in; the others have no rows.
    files : DataFrame
        Latest good file of every feed, reporter and scope, with the moment of its delivery.
    """

    folder: Path
    moment: pd.Timestamp
    feeds: frozenset[str]
    files: pd.DataFrame
    _read: dict[str, pd.DataFrame] = field(default_factory=dict)

    def rows(self, table: str) -> pd.DataFrame:
        """Rows of a table of the truth (its file's name) that count, empty where none of its feeds is in."""
        if table not in self._read:
            self._read[table] = self._changes(table) if table in CHANGE_FEEDS else self._delivered(table)
        return self._read[table]

    def _delivered(self, table: str) -> pd.DataFrame:
        """Rows of the files that count, less those that are spoilt."""
        if self.feeds.isdisjoint(clean_panel.FILES[f"{table}.parquet"]):
            return pd.DataFrame()
        frame = pd.read_parquet(self.folder / f"{table}.parquet")
        frame = frame[frame["path"].isin(self.files["path"])]
        good = ~pd.MultiIndex.from_frame(frame[["path", "row"]]).isin(self._lost)
        moments = self.files.set_index("path")["delivered"]
        frame = frame[good].reset_index(drop=True)
        return frame.assign(delivered=frame["path"].map(moments))

    def _changes(self, feed: str) -> pd.DataFrame:
        """Records of a service that are current, each once."""
        if feed not in self.feeds:
            return pd.DataFrame()
        rows = changes.current(self.folder, feed, self.moment.isoformat())
        return rows.drop(columns=["change_no", "published", "superseded"]).drop_duplicates(ignore_index=True)

    @cached_property
    def _lost(self) -> pd.MultiIndex:
        defects = pd.read_csv(self.folder / "defects.csv", dtype={"row": "Int64"})
        spoilt = defects[~defects["rule"].isin(HARMLESS) & defects["row"].notna()]
        return pd.MultiIndex.from_frame(spoilt[["file", "row"]].astype({"row": "int64"}))

    @cached_property
    def register(self) -> pd.DataFrame:
        """Events of the register."""
        return self.rows("register")

    @cached_property
    def certificates(self) -> pd.DataFrame:
        """Lines of notices with holder and term."""
        return with_terms(self.rows("certificates"))

    @cached_property
    def regions(self) -> pd.DataFrame:
        """Counties and the units they are in."""
        return pd.read_parquet(self.folder / "regions.parquet")

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


def load(truth_dir: Path, clock: str | dt.datetime, feeds: Collection[str] = FEEDS) -> Panel:
    """Read the truth and keep what counts at `clock` of the feeds that are in."""
    moment = instant(clock)
    files = pd.read_parquet(truth_dir / "files.parquet")
    delivered = pd.to_datetime(files["delivered"], utc=True)
    seen = (delivered <= moment) & (files["status"] == GOOD) & files["feed"].isin(feeds)
    # The latest good file of a scope replaces the earlier ones.
    files = files[seen].assign(delivered=delivered).sort_values(["delivered", "path"])
    files = files.drop_duplicates(["feed", "reporter", "scope"], keep="last")
    return Panel(truth_dir, moment, frozenset(feeds), files)


def latest(rows: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Keep the row of each key that was delivered last."""
    return rows.sort_values(["delivered", "path"], kind="stable").drop_duplicates(key, keep="last")


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
