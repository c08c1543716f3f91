"""Content check: files that were replaced at the source while their size and time stamp stayed.

A look lists names, times and sizes, so such a change goes past it. Here the files of open periods are read once more
and their hashes compared, beside whoever writes; what differs is then taken in, and told, like a correction. Nothing is
written before a difference was found, so a check that died is simply repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from jobs import clock
from jobs.contractcheck import require
from jobs.definitions.contract import Contract, load_feed
from jobs.definitions.readable import readable
from jobs.feeds import fetch
from jobs.feeds.reading import Progress
from jobs.feeds.take_in import PollResult, finish_open, receiving, take_listed
from jobs.ledger import engine, session
from jobs.ledger.batches import Found
from jobs.ledger.models import Notice
from jobs.notify import notify
from jobs.operate.open_files import Standing, open_files

log = structlog.get_logger()

KIND = "replaced"
SHORT = 12
"""Characters of a hash that are told."""


@dataclass(frozen=True)
class Compared:
    """What stands at the source of a feed, beside what was taken in.

    Attributes
    ----------
    files, size : int
        How many files were read, and their bytes.
    changed : tuple of str
        Paths of those with another content.
    """

    feed: str
    files: int
    size: int
    changed: tuple[str, ...]


def file_feeds(connection: str | None = None) -> list[str]:
    """Return the feeds that are sent as files, of one source system or of all: changes that are asked for need no check."""
    return [c.id for c in readable() if not c.feed.request and connection in (None, c.feed.connection)]


def _open(contract: Contract) -> dict[str, Standing]:
    return {s.file.path: s for s in open_files(contract, clock.now())}


def compare(feed: str, uri: str | None = None, progress: Progress = lambda *_: None) -> Compared:
    """Read the files of a feed's open periods at the source once more; nothing is written, nobody is kept waiting.

    Parameters
    ----------
    feed : str
        Of those that are sent as files.
    uri, progress
        As for :func:`jobs.feeds.ingest.poll`.

    Raises
    ------
    ContractBroken
        If the feed's contract has a fault.
    """
    require(feed)
    contract = load_feed(feed)
    known = {path: s.file for path, s in _open(contract).items()}
    now = fetch.contents(contract, known, uri, progress)
    changed = tuple(sorted(p for p, sha256 in now.items() if sha256 != known[p].sha256))
    log.info("contents compared", feed=feed, files=len(now), changed=changed)
    return Compared(feed, len(now), sum(known[p].size for p in now), changed)


def take_changed(
    feed: str,
    paths: Iterable[str],
    uri: str | None = None,
    run_id: str | None = None,
    progress: Progress = lambda *_: None,
) -> PollResult:
    """Take in files of which :func:`compare` found another content, and tell of them.

    Parameters
    ----------
    feed : str
    paths : iterable of str
    uri, run_id, progress
        As for :func:`jobs.feeds.ingest.poll`.

    Returns
    -------
    PollResult
        Also what a poll that had died before brought in.

    Raises
    ------
    jobs.ledger.database.WriterBusy
        If another process writes to the lake.
    ContractBroken
        If the feed's contract has a fault: nothing is taken in by it.
    """
    require(feed)
    contract, wanted = load_feed(feed), set(paths)
    with receiving():
        result = finish_open(feed, progress, run_id)
        begun = clock.now()
        # Once more: somebody may have taken a file in meanwhile.
        known = {path: s for path, s in _open(contract).items() if path in wanted}
        copied = fetch.copy_again(contract, {p: s.file for p, s in known.items()}, uri) if known else []
        # Told first, then written: a death between the two tells twice, never not at all.
        _tell(contract, known, copied)
        if taken := [f for f in copied if not known[f.path].after]:
            take_listed(contract, taken, begun, result, run_id, progress)
    return result


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


def _tell(contract: Contract, known: Mapping[str, Standing], found: Iterable[Found]) -> None:
    told = [(known[f.path].after, _line(known[f.path], f.sha256)) for f in found]
    lines = [line for after, line in told if not after] + _news(line for after, line in told if after)
    if lines:
        title = f"{contract.title}：来源换了 {len(lines)} 个文件的内容，大小和修改时间未变"
        notify(KIND, title, "\n".join(lines))


def compare_all(
    feeds: Iterable[str], uri: str | None = None, progress: Progress = lambda *_: None
) -> tuple[list[Compared], dict[str, Exception]]:
    """Compare feeds one after the other; one that cannot be read does not keep the others from being compared.

    Parameters
    ----------
    feeds : iterable of str
    uri, progress
        As for :func:`compare`.

    Returns
    -------
    tuple
        What was compared, and feed -> why it could not be.

    Raises
    ------
    sqlalchemy.exc.SQLAlchemyError
        If the ledger does not answer: that is no matter of one feed.
    """
    # An installation without a ledger is no matter of one feed either.
    engine()
    done: list[Compared] = []
    failures: dict[str, Exception] = {}
    for feed in feeds:
        try:
            done.append(compare(feed, uri, progress))
        except SQLAlchemyError:
            raise
        except Exception as error:
            log.exception("contents not compared", feed=feed)
            failures[feed] = error
    return done, failures


def told(done: Iterable[Compared]) -> str:
    """Return in a sentence what was compared."""
    each = list(done)
    files, size = sum(c.files for c in each), sum(c.size for c in each)
    changed = sum(len(c.changed) for c in each)
    what = f"{changed} 个内容被替换" if changed else "内容都没有变"
    return f"核对了未结期间的 {files} 个文件（{size / 1e6:.1f} MB），{what}"
