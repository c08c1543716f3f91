"""What an operator's page shows of the present state: reports, refusals, quarantine, decisions that wait, the next steps.

Counts, names of files and reasons only: no row of a firm is among it, quarantined rows are counted by rule and column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import select

from jobs.clock import ZONE
from jobs.definitions.checks import ROW_RULES
from jobs.definitions.contract import Contract, load_feed
from jobs.definitions.readable import called, readable
from jobs.definitions.reference import reporter_name, source_name
from jobs.feeds import quarantine
from jobs.ledger import batches, releases, repairs, session
from jobs.ledger.models import Batch, Poll
from jobs.operate import advice
from jobs.operate.files import listing
from jobs.operate.source_periods import ANY
from jobs.operate.status import Cell, attributes, matrix
from jobs.settings import settings

Row = dict[str, Any]
EVENTS = "不定期"
"""Period of what comes by no calendar."""
MOST_REFUSALS = 500
"""Refused files that are listed, the newest first."""
_STATES = {"computed": "待审核", "candidate": "待审批"}
_STATUS = {"complete": "必报报表到齐", "partial": "部分报送"}


def local(moment: datetime | None) -> datetime | None:
    """Return a moment as the office's clock shows it, without a zone."""
    return moment.astimezone(ZONE).replace(tzinfo=None) if moment else None


def run_address(run: str | None) -> str | None:
    """Return the address of an Airflow run by its name in the ledger (``dag/run``).

    None for what was run by hand, and where no setting says how people reach Airflow.
    """
    base = settings().airflow_url.rstrip("/")
    if not base or not run or "/" not in run:
        return None
    dag, name = run.split("/", maxsplit=1)
    return f"{base}/dags/{quote(dag, safe='')}/runs/{quote(name, safe='')}"


def _who(reporter: str | None, contract: Contract) -> str:
    if reporter in (None, ANY):
        return source_name(contract.feed.connection) if not contract.feed.reporters else "—"
    return reporter_name(str(reporter))


def _names(reporters: Iterable[str], contract: Contract) -> str:
    return "、".join(_who(r, contract) for r in reporters)


def state_of(cell: Cell) -> str:
    """Return the word for a feed in a period, the worst that is true of it."""
    if cell.missing:
        return "逾期未报"
    if cell.refused:
        return "有拒收"
    if cell.open:
        return "有隔离待处理"
    if cell.late:
        return "有迟报"
    if cell.period == ANY:
        return EVENTS
    return "已到齐" if len(cell.arrived) == len(cell.expected) else "未到齐"


def feeds(cells: Iterable[Cell]) -> Iterator[Row]:
    """Give a row per feed and source period; moments as the office's clock shows them."""
    for cell in cells:
        contract = load_feed(cell.feed)
        yield {
            "feed": cell.feed, "feed_name": contract.title, "source_name": source_name(contract.feed.connection),
            "source_period": EVENTS if cell.period == ANY else cell.period, "state": state_of(cell), "due_at": local(cell.due),
            "expected": len(cell.expected), "arrived": len(cell.arrived), "missing": _names(cell.missing, contract),
            "late": _names(cell.late, contract), "refused_files": len(cell.refused), "open_rows": cell.open,
            "open_since": local(cell.open_since), "landed": cell.landed, "used": cell.used, "coverage": cell.coverage,
        }  # fmt: skip


def _runs() -> dict[int, str | None]:
    """Return poll -> the Airflow run that did it."""
    with session() as s:
        return {row.poll_id: row.run_id for row in s.execute(select(Poll.poll_id, Poll.run_id))}


def refusals(cells: Iterable[Cell]) -> Iterator[Row]:
    """Give the refused files, the newest first, and whether no good one has followed."""
    standing, runs = {number for cell in cells for number in cell.refused}, _runs()
    contracts = {c.id: c for c in readable()}
    for file in listing(refused=True)[:MOST_REFUSALS]:
        contract = contracts.get(file.feed)
        told = attributes(contract, file).get("reporter") if contract else None
        who = _who(file.reporter or told, contract) if contract else file.reporter or "—"
        yield {
            "file_id": file.file_id, "feed": file.feed, "feed_name": called(file.feed), "file_name": file.path,
            "reporter_name": who, "delivered_at": local(file.modified_at),
            "received_at": local(file.received_at), "reason": (file.reason or "").removeprefix(f"{file.path}："), "stands": file.file_id in standing,
            "story": f"zjtx file show {file.file_id}", "run_address": run_address(runs.get(file.poll_id)),
        }  # fmt: skip


def quarantined(
    rows: Iterable[quarantine.Row], received: Mapping[str, tuple[datetime, str | None]]
) -> Iterator[Row]:
    """Give the open quarantined rows by feed, reporter, source period, rule and column.

    Parameters
    ----------
    rows : iterable of Row
        Of any state; those that wait count, under every rule that they break.
    received : mapping
        Batch -> when it was accepted, and by which Airflow run.

    Yields
    ------
    dict
        With the number of rows, the moment of the oldest, and one of the files.
    """
    groups: dict[tuple[str, str, str, str, str], list[quarantine.Row]] = {}
    for row in rows:
        if row.state != quarantine.OPEN:
            continue
        contract = load_feed(row.feed)
        labels = {c.name: c.label for c in contract.columns}
        for rule, column in sorted({(r["rule"], r["column"]) for r in row.reasons}):
            who, period = _who(row.reporter, contract), quarantine.told_period(row) or EVENTS
            key = (row.feed, who, period, ROW_RULES.get(rule, rule), labels.get(column, "整行"))
            groups.setdefault(key, []).append(row)
    for (feed, who, period, rule, column), own in sorted(groups.items()):
        first = min(own, key=lambda r: received[r.batch_id][0])
        since, run = received[first.batch_id]
        yield {
            "feed": feed, "feed_name": load_feed(feed).title, "reporter_name": who, "source_period": period, "rule": rule,
            "column_label": column, "open_rows": len(own), "open_since": local(since), "file_id": first.file_id,
            "story": f"zjtx file show {first.file_id}", "run_address": run_address(run),
        }  # fmt: skip


def _asked_rows(accepted: Iterable[Batch]) -> list[quarantine.Row]:
    """Return the quarantined rows of the feeds of which the ledger says that some may wait."""
    known = list(accepted)
    undecided = repairs.undecided(known)
    feeds_asked = {b.feed for b in known if undecided.get(b.batch_id)}
    return quarantine.rows_of(b for b in known if b.feed in feeds_asked)


def waiting() -> Iterator[Row]:
    """Give the releases that wait for an audit or a person's word, by programme and period."""
    for release in [*releases.unaudited(), *releases.waiting()]:
        for row in releases.of(release):
            if row.state in _STATES:
                yield {
                    "release": row.release_id, "programme": row.programme, "period": row.period,
                    "state": _STATES[row.state], "status": _STATUS.get(row.status, row.status),
                    "provisional": row.provisional, "computed_at": local(row.created_at),
                    "command": f"zjtx approve {row.release_id} --by 姓名", "run_address": run_address(row.run_id),
                }  # fmt: skip


def sources(accepted: Iterable[Batch]) -> Iterator[Row]:
    """Give when the source of each feed was last read to its end, and when anything last came of it."""
    looks, unfinished = batches.looks(), batches.unfinished()
    last = {b.feed: b for b in sorted(accepted, key=lambda b: b.seq)}
    for contract in readable():
        batch = last.get(contract.id)
        yield {
            "feed": contract.id, "feed_name": contract.title, "source_name": source_name(contract.feed.connection),
            "looked_at": local(looks.get(contract.id)), "accepted_at": local(batch.accepted_at) if batch else None,
            "unfinished": contract.id in unfinished, "run_address": run_address(batch.run_id) if batch else None,
        }  # fmt: skip


def collect() -> dict[str, list[Row]]:
    """Return the rows of every table of the operations file, from ledger and lake."""
    known = {c.id for c in readable()}
    cells, accepted = matrix(), [b for b in batches.accepted() if b.feed in known]
    received = {b.batch_id: (b.accepted_at, b.run_id) for b in accepted}
    steps = [
        {"place": n, "text": s.text, "command": s.command}
        for n, s in enumerate(advice.next_steps(cells), start=1)
    ]
    if not steps:
        steps = [{"place": 1, "text": advice.calm(cells), "command": ""}]
    return {
        "operation_feed": list(feeds(cells)),
        "operation_refusal": list(refusals(cells)),
        "operation_quarantine": list(quarantined(_asked_rows(accepted), received)),
        "operation_waiting": list(waiting()),
        "operation_source": list(sources(accepted)),
        "operation_step": steps,
    }
