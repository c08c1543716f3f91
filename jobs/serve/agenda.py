"""What comes next, as of a publication: the next one, the deadlines of reports, the days on which targets are due.

By contracts, policies and the business time of the publication: nobody's computer decides what is ahead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import duckdb

from jobs import clock
from jobs.definitions.contract import load_feed
from jobs.definitions.period import Period, parse
from jobs.definitions.policy.model import Programme, load_all
from jobs.definitions.reference import reporters
from jobs.release.completeness import due_at, periodic, source_period
from jobs.release.finality import told_period

NEXT, REPORT, TARGET = "下次发布", "报送截止", "目标期限"
AHEAD = timedelta(days=120)
"""How far deadlines of reports are told."""
_COLUMNS = {
    "programme": ("VARCHAR", "方案"),
    "kind": ("VARCHAR", "事项：下次发布、报送截止、目标期限"),
    "due_on": ("DATE", "日期"),
    "title": ("VARCHAR", "名称"),
    "of_period": ("VARCHAR", "所属期"),
    "detail": ("VARCHAR", "说明"),
    "is_next": ("BOOLEAN", "同类中最近的一天"),
}
_ABOUT = "日程：一行为本次发布以后的一件事；按报送合同和政策的期限，以发布时的业务时间为准"

Row = tuple[str, datetime, str, str, str]
"""Kind, moment, title, period, detail."""


def next_publication(programme: Programme, newest: Period) -> Row | None:
    """Return when the period after the newest one can be published at the latest, if its reports keep their deadlines.

    Returns
    -------
    tuple or None
        None where no further period comes, or no report that it waits for has a deadline.
    """
    period = newest.shift(1)
    if programme.last_period and period > parse(programme.last_period):
        return None
    asked = {u.feed: source_period(u, period) for u in periodic(programme)}
    due = {
        feed: moment
        for feed in programme.required_feeds
        if feed in asked and (moment := due_at(load_feed(feed), parse(asked[feed])))
    }
    if not due:
        return None
    detail = f"必报报表 {len(due)} 张到齐，审核、批准后即发布"
    return NEXT, max(due.values()), f"{told_period(period.key)}数据", "", detail


def report_deadlines(feeds: Iterable[str], since: datetime) -> Iterator[Row]:
    """Give the deadlines of feeds' reports in the time ahead: those of one day and period as one."""
    asked: dict[tuple[datetime, str], list[tuple[str, int]]] = {}
    for feed in feeds:
        contract = load_feed(feed)
        calendar = contract.feed.calendar
        if calendar is None:
            continue
        who = len(reporters(contract.feed.reporters)) if contract.feed.reporters else 1
        period = Period(since.year - 1, contract.feed.months, contract.feed.months)
        while (due := due_at(contract, period)) is not None and due <= since + AHEAD:
            if due >= since and period.month_to in calendar.months:
                asked.setdefault((due, period.key), []).append((contract.title, who))
            period = period.shift(1)
    for (due, key), forms in sorted(asked.items()):
        number = sum(n for _, n in forms)
        yield REPORT, due, "、".join(title for title, _ in forms), told_period(key), f"应报 {number} 份"


def _targets(programme: Programme, since: datetime) -> Iterator[Row]:
    for target in programme.targets:
        if target.deadline and target.deadline >= since.date():
            moment = datetime.combine(target.deadline, datetime.max.time(), clock.ZONE)
            yield TARGET, moment, target.name_zh, "", target.clause


def _of(programme: Programme, newest: Period, since: datetime) -> Iterator[Row]:
    if upcoming := next_publication(programme, newest):
        yield upcoming
    yield from report_deadlines(programme.feed_ids, since)
    yield from _targets(programme, since)


def add(con: duckdb.DuckDBPyConnection) -> None:
    """Add the table ``agenda`` to a file that says what is published."""
    body = ", ".join(f"{name} {kind}" for name, (kind, _) in _COLUMNS.items())
    con.execute(f"CREATE OR REPLACE TABLE agenda ({body})")
    con.execute(f"COMMENT ON TABLE agenda IS '{_ABOUT}'")
    for name, (_, label) in _COLUMNS.items():
        con.execute(f"COMMENT ON COLUMN agenda.{name} IS '{label}'")
    served = con.execute(
        "SELECT programme, max(period), any_value(published_at) FROM publication GROUP BY programme ORDER BY programme"
    ).fetchall()
    for programme, newest, at in served:
        if at is None or programme not in load_all():
            continue
        rows = sorted(
            _of(load_all()[programme], parse(newest), at.astimezone(clock.ZONE)), key=lambda r: r[1:4]
        )
        first: dict[str, datetime] = {}
        for kind, moment, *_ in rows:
            first.setdefault(kind, moment)
        values = [(programme, r[0], r[1].date(), *r[2:], r[1] == first[r[0]]) for r in rows]
        if values:
            con.executemany("INSERT INTO agenda VALUES (?, ?, ?, ?, ?, ?, ?)", values)
