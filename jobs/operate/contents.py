"""Content check: files that were replaced at the source while their size and time stamp stayed.

A look lists names, times and sizes, so such a change goes past it. Here the files of open periods are fetched once
more and their hashes compared; what differs is taken in, and told, like a correction. Nothing is written before a
difference was found, so a check that died is simply repeated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from jobs import clock
from jobs.contract import Contract, feed_ids, load_feed
from jobs.feeds import fetch
from jobs.feeds.ingest import PollResult, Polls, finish_open, receiving, take_listed
from jobs.feeds.reading import Progress
from jobs.ledger import engine, session
from jobs.ledger.batches import Found
from jobs.ledger.database import WriterBusy
from jobs.ledger.models import Notice
from jobs.notify import notify
from jobs.operate.open_files import Standing, open_files

log = structlog.get_logger()

KIND = "replaced"
SHORT = 12
"""Characters of a hash that are told."""


@dataclass
class Checked:
    """What a check of a feed found.

    Attributes
    ----------
    files, size : int
        How many files were compared, and their bytes.
    replaced : list of str
        Files with another content.
    """

    feed: str
    files: int = 0
    size: int = 0
    replaced: list[str] = field(default_factory=list)


def file_feeds(connection: str | None = None) -> list[str]:
    """Return the feeds that are sent as files, of one source system or of all: changes that are asked for need no check."""
    contracts = [load_feed(feed) for feed in feed_ids()]
    return [c.id for c in contracts if not c.feed.request and connection in (None, c.feed.connection)]


def _line(old: Standing, sha256: str) -> str:
    """Return what is told of one file: names and hashes, and what became of it."""
    file = old.file
    became = (
        f"之后已接收 {old.after}，而本数据源的文件逐行累积，旧文件不能盖过新文件：未接收，请报送单位重报"
        if old.after
        else "按更正重新接收"
    )
    stamp = f"{file.size} 字节，{file.modified_at.astimezone(clock.ZONE):%Y-%m-%d %H:%M}"
    return f"{file.path}（{stamp}）：内容散列原 {file.sha256[:SHORT]}，现 {sha256[:SHORT]}；{became}"


def _news(lines: Iterable[str]) -> list[str]:
    """Return the lines that no notice of this kind holds yet: what waits for its sender is told once."""
    with session() as s:
        bodies = s.scalars(select(Notice.body).where(Notice.kind == KIND))
        told = {line for body in bodies for line in body.splitlines()}
    return [line for line in lines if line not in told]


def _tell(contract: Contract, changed: Iterable[Standing], now: dict[str, str]) -> None:
    lines = [_line(c, now[c.file.path]) for c in changed if not c.after]
    lines += _news(_line(c, now[c.file.path]) for c in changed if c.after)
    if lines:
        title = f"{contract.title}：来源换了 {len(lines)} 个文件的内容，大小和修改时间未变"
        notify(KIND, title, "\n".join(lines))


def check(
    feed: str, uri: str | None = None, run_id: str | None = None, progress: Progress = lambda *_: None
) -> tuple[Checked, PollResult]:
    """Compare the files of a feed's open periods with what stands at the source, and take in what differs.

    Parameters
    ----------
    feed : str
        Of those that are sent as files.
    uri, run_id, progress
        As for :func:`jobs.feeds.ingest.poll`.

    Returns
    -------
    tuple
        What was compared, and what was taken in: of this check, and of a poll that had died before it.

    Raises
    ------
    jobs.ledger.database.WriterBusy
        If another process writes to the lake.
    """
    contract = load_feed(feed)
    with receiving() as writer:
        result = finish_open(feed, writer, progress, run_id)
        begun = clock.now()
        known = {s.file.path: s for s in open_files(contract, begun)}
        now = fetch.contents(contract, {p: s.file for p, s in known.items()}, uri, progress)
        changed = sorted(
            (known[p] for p, sha256 in now.items() if sha256 != known[p].file.sha256),
            key=lambda s: (s.file.modified_at, s.file.path),
        )
        # Told first, then written: a death between the two tells twice, never not at all.
        _tell(contract, changed, now)
        found = [_found(c, now[c.file.path]) for c in changed if not c.after]
        if found:
            take_listed(contract, found, begun, writer, result, run_id, progress)
    log.info("contents compared", feed=feed, files=len(now), replaced=len(changed))
    size = sum(known[p].file.size for p in now)
    return Checked(feed, len(now), size, [c.file.path for c in changed]), result


def _found(old: Standing, sha256: str) -> Found:
    file = old.file
    return Found(file.path, file.modified_at, file.size, sha256, turn=file.turn + 1)


def check_all(
    feeds: Iterable[str],
    uri: str | None = None,
    run_id: str | None = None,
    progress: Progress = lambda *_: None,
) -> tuple[list[Checked], Polls]:
    """Check feeds one after the other; one that cannot be read does not keep the others from being checked.

    Parameters
    ----------
    feeds : iterable of str
    uri, run_id, progress
        As for :func:`check`.

    Raises
    ------
    jobs.ledger.database.WriterBusy, sqlalchemy.exc.SQLAlchemyError
        If another process writes to the lake, or the ledger does not answer: that is no matter of one feed.
    """
    # An installation without a ledger is no matter of one feed either.
    engine()
    done, polls = [], Polls()
    for feed in feeds:
        try:
            checked, result = check(feed, uri, run_id, progress)
        except (WriterBusy, SQLAlchemyError):
            raise
        except Exception as error:
            log.exception("check failed", feed=feed)
            polls.failures[feed] = error
            continue
        done.append(checked)
        polls.results.append(result)
    return done, polls


def told(done: Iterable[Checked]) -> str:
    """Return in a sentence what checks compared."""
    each = list(done)
    files, size = sum(c.files for c in each), sum(c.size for c in each)
    changed = sum(len(c.replaced) for c in each)
    what = f"{changed} 个内容被替换" if changed else "内容都没有变"
    return f"核对了未结期间的 {files} 个文件（{size / 1e6:.1f} MB），{what}"
