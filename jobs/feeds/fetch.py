"""Fetching: what is new at a source, copied into landing: files that are listed, or changes that are asked for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import paramiko
import structlog
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from jobs.definitions.contract import Contract
from jobs.definitions.feedspec import Request
from jobs.feeds import api, database
from jobs.feeds.landing import arriving
from jobs.feeds.notices import tell_unknown
from jobs.feeds.source import SourceRefused, SourceUnknown, connection_uri, open_source
from jobs.feeds.visit import Listed, Visit, listing, modified
from jobs.ledger.batches import Found, known_files, mark
from jobs.ledger.models import File
from jobs.notify import notify

log = structlog.get_logger()

_CHUNK = 1 << 20
_TRANSIENT = (OSError, EOFError, paramiko.SSHException)

Progress = Callable[[str, int, int], None]

_PULLS: dict[str, Callable[[Contract, Request, str, int], Found | None]] = {
    "http": api.pull,
    "https": api.pull,
    "postgres": database.pull,
    "postgresql": database.pull,
}
"""Sources that are asked for changes; all others are folders of files."""


def _opened(fs: Any, source: str, size: int) -> Any:
    """Open a file; over SFTP its first parts are asked for at once."""
    file = fs.open(source, "rb")
    _ask(file, min(_CHUNK, size))
    return file


def _ask(file: Any, upto: int) -> None:
    """Ask for all parts up to a byte together, not for each when the one before it has come, where a file is far away."""
    if isinstance(file, paramiko.SFTPFile):
        file.prefetch(upto)


def _chunks(file: Any, size: int) -> Iterator[bytes]:
    """Yield an open file's bytes; the next ones are on their way meanwhile."""
    with file:
        read = 0
        while chunk := file.read(_CHUNK):
            read += len(chunk)
            _ask(file, min(read + _CHUNK, size))
            yield chunk


def _each_opened(fs: Any, root: str, files: Iterable[Listed]) -> Iterator[tuple[Listed, Any]]:
    """Yield files opened; each is asked for before the one before it is read."""
    before: tuple[Listed, Any] | None = None
    for listed in files:
        opened = _opened(fs, f"{root}/{listed[0]}", listed[2])
        if before:
            yield before
        before = listed, opened
    if before:
        yield before


def _copy(fs: Any, root: str, listed: Listed, file: Any) -> str | None:
    """Copy one open file into landing and return its SHA-256, None when the sender is still writing it."""
    path, at, size = listed
    with arriving() as out:
        for chunk in _chunks(file, size):
            out.write(chunk)
        now = fs.info(f"{root}/{path}")
        if (out.size, now["size"], modified(now)) == (size, size, at):
            return out.keep()
    log.warning("still being written, left for the next look", file=path, listed=size, copied=out.size)
    return None


_patiently = retry(
    retry=retry_if_exception_type(_TRANSIENT),
    stop=stop_after_attempt(4),
    wait=wait_random_exponential(multiplier=0.5, max=8),
    reraise=True,
)


@_patiently
def _copy_new(contract: Contract, uri: str, visit: Visit) -> list[Found]:
    """Copy every file of a folder that the ledger does not know yet."""
    known = known_files(contract.id)
    pattern = re.compile(contract.feed.pattern)
    # The pattern's literal beginning saves walking the rest of the tree.
    listed, new = visit.listing(uri, contract.feed.folder)
    waiting = [f for f in listed if pattern.fullmatch(f[0]) and f not in known]
    log.info("listed", feed=contract.id, new=len(waiting))
    with visit.source(uri) as (fs, root):
        copies = [(f, _copy(fs, root, f, opened)) for f, opened in _each_opened(fs, root, waiting)]
    if new:
        tell_unknown(listed)
    return [Found(*file, sha256) for file, sha256 in copies if sha256 is not None]


def _pull_new(contract: Contract, uri: str) -> list[Found]:
    """Ask for what changed since the last pull that was taken in."""
    request = contract.feed.request
    if request is None:
        raise SourceRefused(f"合同 {contract.id} 没有写明 request，不能向接口或数据库取数")
    try:
        pulled = _PULLS[urlsplit(uri).scheme](contract, request, uri, mark(contract.id))
    except SourceRefused as error:
        notify(
            "source_refused", f"{contract.title}：来源拒绝取数", f"连接 {contract.feed.connection}：{error}"
        )
        raise
    # The very pull that was refused before, at the same business time, is nothing new.
    if pulled is None or (pulled.path, pulled.modified_at, pulled.size) in known_files(contract.id):
        return []
    return [pulled]


def fetch_new(contract: Contract, uri: str | None = None, visit: Visit | None = None) -> list[Found]:
    """Copy everything the ledger does not know yet into landing.

    Parameters
    ----------
    contract : Contract
    uri : str, optional
        Resolved connection; default: the environment's ``AIRFLOW_CONN_<ID>``.
    visit : Visit, optional
        Shared with the looks at other feeds; default: one of its own.

    Returns
    -------
    list of Found
        In the order in which they count: modification time, then name. A file that changes while it is
        copied is left out. A pull is one file, or none where nothing has changed.

    Raises
    ------
    SourceUnknown
        If no connection is configured.
    SourceRefused
        If the source says no, and will until a person does something.
    """
    uri = _configured(contract, uri)
    if urlsplit(uri).scheme in _PULLS:
        return _pull_new(contract, uri)
    if visit is not None:
        return _copy_new(contract, uri, visit)
    with closing(Visit()) as own:
        return _copy_new(contract, uri, own)


def _configured(contract: Contract, uri: str | None) -> str:
    uri = uri or connection_uri(contract.feed.connection)
    if not uri:
        raise SourceUnknown(f"连接 {contract.feed.connection} 未配置 / connection not configured")
    return uri


def _digest(fs: Any, source: str, size: int) -> str:
    """Read one file to its end and return its SHA-256; nothing of it is kept."""
    digest = hashlib.sha256()
    for chunk in _chunks(_opened(fs, source, size), size):
        digest.update(chunk)
    return digest.hexdigest()


def _still_listed(fs: Any, root: str, contract: Contract, known: Mapping[str, File]) -> list[Listed]:
    """Return the known files that are listed with their time and size; what is not, the next look sees."""
    return [
        entry
        for entry in listing(fs, root, contract.feed.folder)
        if (file := known.get(entry[0])) and entry[1:] == (file.modified_at, file.size)
    ]


@_patiently
def _compare(
    contract: Contract, uri: str, known: Mapping[str, File], seen: dict[str, str], progress: Progress
) -> None:
    """Read files once more and note their hashes in ``seen``: what is there is not read again after an error."""
    with open_source(uri) as (fs, root):
        same = _still_listed(fs, root, contract, known)
        for number, (path, _, size) in enumerate(same, start=1):
            if path not in seen:
                seen[path] = _digest(fs, f"{root}/{path}", size)
            progress(f"核对 {contract.title}", number, len(same))


def contents(
    contract: Contract,
    known: Mapping[str, File],
    uri: str | None = None,
    progress: Progress = lambda *_: None,
) -> dict[str, str]:
    """Return path -> SHA-256 of what stands at the source now under the path, time and size that the ledger knows.

    Parameters
    ----------
    contract : Contract
        Of a feed that is sent as files.
    known : mapping
        Path -> the file as it was taken in.
    uri, progress
        As for :func:`jobs.feeds.ingest.poll`.

    Raises
    ------
    SourceUnknown
        If no connection is configured.
    """
    seen: dict[str, str] = {}
    if known:
        _compare(contract, _configured(contract, uri), known, seen, progress)
    return seen


@_patiently
def copy_again(contract: Contract, known: Mapping[str, File], uri: str | None = None) -> list[Found]:
    """Copy known files whose content is another one now into landing, in the order in which they count.

    Parameters
    ----------
    contract, known, uri
        As for :func:`contents`.
    """
    with open_source(_configured(contract, uri)) as (fs, root):
        same = _still_listed(fs, root, contract, known)
        copies = [(f, _copy(fs, root, f, opened)) for f, opened in _each_opened(fs, root, same)]
    return [
        Found(*f, sha256, turn=known[f[0]].turn + 1)
        for f, sha256 in copies
        if sha256 is not None and sha256 != known[f[0]].sha256
    ]
