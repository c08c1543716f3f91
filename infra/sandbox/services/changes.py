"""Records of a service that gives changes: versions behind a growing change number, and the defects planted in them.

A record is there from the moment it is published until a correction takes its place under a higher number.
Numbers grow with the moment of publication, so what becomes visible later always stands behind what was.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from infra.sandbox.delivery.defects import BAD_USCC, BLANK, TEXT, UNDER_REVIEW
from infra.sandbox.world.codes import break_uscc

TWICE = "duplicate_record"
RULES = (BAD_USCC, BLANK, TEXT, TWICE)
DEFECT_RATE = 0.0005
"""Share of a resource's records that each rule spoils; at least one."""
CORRECTION_RATE = 0.004
"""Share of the records of a resource with corrections that are corrected later; at least four."""
COLUMNS = ["feed", "change_no", "column", "value", "rule", "uscc", "period"]
SHANGHAI = np.timedelta64(8, "h")

TEXTUAL, COUNT, YUAN, WAN = "text", "count", "yuan", "wan"
"""Kinds of fields; amounts are held in whole 分 (shown in 元) or in whole 元 (shown in 万元)."""
SCALE = {YUAN: 2, WAN: 4}


@dataclass(frozen=True)
class Source:
    """A resource of the interface, or a table of the database.

    Attributes
    ----------
    fields : dict
        Name of a field -> its kind, in the order in which they are given out.
    key : tuple of str
        Fields that say which record it is.
    uscc : str or None
        Field of the enterprise's code; the key of the planted defect of that name.
    period : str
        Field of the reporting period.
    blank, text : str or None
        Fields that are left blank, or filled with a word, by planted defects.
    corrected : tuple
        Groups of fields that a correction moves by the same amount.
    """

    feed: str
    name: str
    fields: dict[str, str]
    key: tuple[str, ...]
    period: str
    uscc: str | None
    blank: str
    text: str | None
    corrected: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Changes:
    """All versions of a source's records, in the order of their numbers.

    Attributes
    ----------
    clean : DataFrame
        True values with ``change_no``, ``published`` and ``superseded`` (seconds since the epoch).
    cells : dict
        Field -> what is given out, as text; None where nothing is.
    defects : DataFrame
        One line per planted defect.
    """

    source: Source
    clean: pd.DataFrame
    cells: dict[str, list[str | None]]
    defects: pd.DataFrame


def published(day: str, clock: str = "06:00") -> np.datetime64:
    """Return a moment of publication, Shanghai time."""
    return np.datetime64(f"{day}T{clock}", "s")


def build(rng: np.random.Generator, source: Source, frame: pd.DataFrame) -> Changes:
    """Add corrections and repeated records to clean records, number all of them, and spoil some.

    Parameters
    ----------
    rng : Generator
    source : Source
    frame : DataFrame
        The source's fields and ``published``, Shanghai time.
    """
    frame = frame.reset_index(drop=True)
    picks = rng.permutation(len(frame)).tolist()
    count = max(4, round(CORRECTION_RATE * len(frame))) if source.corrected else 0
    again, picks = _corrected(rng, source, frame.iloc[sorted(picks[:count])]), picks[count:]
    share = max(1, round(DEFECT_RATE * len(frame)))
    spoilt = {rule: sorted(picks[n * share : (n + 1) * share]) for n, rule in enumerate(RULES)}
    marked = frame.assign(rule=None)
    for rule, places in spoilt.items():
        if _applies(source, rule):
            marked.loc[places, "rule"] = rule
    twice = marked[marked["rule"] == TWICE]
    both = pd.concat([marked, twice.assign(rule=None), again.assign(rule=None)], ignore_index=True)
    both = both.sort_values(["published", *source.key], kind="stable", ignore_index=True)
    clean = _numbered(source, both.drop(columns="rule"))
    return _given_out(source, clean, both["rule"])


def _applies(source: Source, rule: str) -> bool:
    return {BAD_USCC: source.uscc, TEXT: source.text}.get(rule, True) is not None


def _corrected(rng: np.random.Generator, source: Source, rows: pd.DataFrame) -> pd.DataFrame:
    """Return later versions of records: some amounts higher, three weeks to three months on."""
    rows = rows.copy()
    for group in source.corrected:
        more = np.floor(rows[group[0]].abs() * rng.uniform(0.02, 0.2, len(rows))).astype(np.int64) + 100
        for name in group:
            rows[name] += more
    later = rng.integers(21, 90, len(rows)) * 86_400 + rng.integers(3, 11, len(rows)) * 3_600
    rows["published"] = rows["published"] + later.astype("m8[s]")
    return rows


def _numbered(source: Source, rows: pd.DataFrame) -> pd.DataFrame:
    """Add change numbers, and from when to when each version is the current one."""
    moment = rows["published"].to_numpy().astype("M8[s]") - SHANGHAI
    rows = rows.assign(change_no=np.arange(1, len(rows) + 1), published=moment.astype(np.int64))
    following = rows.groupby(list(source.key), sort=False)["published"].shift(-1)
    # A record that stands twice from the beginning takes nobody's place.
    rows["superseded"] = following.where(following > rows["published"]).astype("Int64")
    return rows


def _given_out(source: Source, clean: pd.DataFrame, rules: pd.Series) -> Changes:
    """Return what the service gives out, with the defects in it."""
    cells = {name: _shown(clean[name], kind) for name, kind in source.fields.items()}
    planted = []
    for place in np.flatnonzero(rules.notna()).tolist():
        rule, row = rules.iloc[place], clean.iloc[place]
        code = "" if source.uscc is None else row[source.uscc]
        field = {BAD_USCC: source.uscc, BLANK: source.blank, TEXT: source.text}.get(rule)
        value = {BAD_USCC: break_uscc(code) if code else "", TEXT: UNDER_REVIEW}.get(rule)
        if field is not None:
            cells[field][place] = value
        line = [source.feed, row["change_no"], field or "", value or "", rule, code, str(row[source.period])]
        planted.append(dict(zip(COLUMNS, line, strict=True)))
    return Changes(source, clean, cells, pd.DataFrame(planted, columns=COLUMNS))


def _shown(values: pd.Series, kind: str) -> list[str | None]:
    if kind in SCALE:
        return [_amount(v, SCALE[kind]) for v in values.tolist()]
    return [None if v is None or v is pd.NA else str(v) for v in values.tolist()]


def _amount(value: int, digits: int) -> str:
    whole, rest = divmod(abs(value), 10**digits)
    return f"{'-' if value < 0 else ''}{whole}.{rest:0{digits}d}"


def write_truth(directory: Path, all_changes: list[Changes]) -> None:
    """Write the true versions of every source, and what was planted in them."""
    directory.mkdir(parents=True, exist_ok=True)
    for changes in all_changes:
        changes.clean.to_parquet(directory / f"{changes.source.feed}.parquet", index=False)
    defects = pd.concat([c.defects for c in all_changes], ignore_index=True)
    defects.to_csv(directory / "change_defects.csv", index=False, encoding="utf-8", lineterminator="\n")


def current(truth: Path, feed: str, moment: str) -> pd.DataFrame:
    """Return the true records of a feed that are current at a business time and not spoilt."""
    rows = pd.read_parquet(truth / f"{feed}.parquet")
    defects = pd.read_csv(truth / "change_defects.csv", keep_default_na=False)
    lost = defects.loc[(defects["feed"] == feed) & (defects["rule"] != TWICE), "change_no"]
    now = pd.Timestamp(moment).timestamp()
    seen = (rows["published"] <= now) & ~(rows["superseded"] <= now).fillna(False).astype(bool)
    return rows[seen & ~rows["change_no"].isin(lost)]
