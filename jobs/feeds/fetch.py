"""Fetching: list a source, copy what is new into landing, named by content hash."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import paramiko
import structlog
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from jobs.clock import ZONE
from jobs.contract import Contract
from jobs.feeds.notices import tell_unknown
from jobs.feeds.source import SourceUnknown, connection_uri, open_source
from jobs.ledger.batches import Found, known_files
from jobs.settings import settings

log = structlog.get_logger()

_CHUNK = 1 << 20
_TRANSIENT = (OSError, EOFError, paramiko.SSHException)

Listed = tuple[str, datetime, int]
"""Path below the source's root, modification time, size."""


def _modified(info: dict[str, Any]) -> datetime:
    stamp = info["mtime"]
    return (
        stamp if isinstance(stamp, datetime) else datetime.fromtimestamp(stamp, ZONE).replace(microsecond=0)
    )


def _listing(fs: Any, root: str, contract: Contract) -> list[Listed]:
    """List what stands in the feed's folder, by modification time, then name."""
    # The pattern's literal beginning saves walking the rest of the tree.
    prefix = re.match(r"[\w/]*/", contract.feed.pattern)
    top = f"{root}/{prefix[0] if prefix else ''}".rstrip("/")
    if not fs.exists(top):
        return []
    found = [
        (path[len(root) :].lstrip("/"), _modified(info), info["size"])
        for path, info in fs.find(top, detail=True).items()
    ]
    return sorted(found, key=lambda f: (f[1], f[0]))


def _copy(fs: Any, source: str, at: datetime, size: int) -> str | None:
    """Copy one file into landing and return its SHA-256, None when the sender is still writing it."""
    landing = settings().landing
    landing.mkdir(parents=True, exist_ok=True)
    digest, copied = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=landing, delete=False) as out:
        try:
            with fs.open(source, "rb") as src:
                while chunk := src.read(_CHUNK):
                    digest.update(chunk)
                    copied += out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
            now = fs.info(source)
        except BaseException:
            os.unlink(out.name)
            raise
    if (copied, now["size"], _modified(now)) != (size, size, at):
        os.unlink(out.name)
        log.warning("still being written, left for the next look", file=source, listed=size, copied=copied)
        return None
    target = landed(digest.hexdigest())
    target.parent.mkdir(exist_ok=True)
    os.replace(out.name, target)
    return digest.hexdigest()


def landed(sha256: str) -> Path:
    """Return where landing keeps the bytes of a content hash."""
    return settings().landing / sha256[:2] / sha256


@retry(
    retry=retry_if_exception_type(_TRANSIENT),
    stop=stop_after_attempt(4),
    wait=wait_random_exponential(multiplier=0.5, max=8),
    reraise=True,
)
def fetch_new(contract: Contract, uri: str | None = None) -> list[Found]:
    """Copy every file the ledger does not know yet into landing.

    Parameters
    ----------
    contract : Contract
    uri : str, optional
        Resolved connection; default: the environment's ``AIRFLOW_CONN_<ID>``.

    Returns
    -------
    list of Found
        In the order in which they count: modification time, then name. A file that changes while it is
        copied is left out.

    Raises
    ------
    SourceUnknown
        If no connection is configured.
    """
    uri = uri or connection_uri(contract.feed.connection)
    if not uri:
        raise SourceUnknown(f"连接 {contract.feed.connection} 未配置 / connection not configured")
    known = known_files(contract.id)
    pattern = re.compile(contract.feed.pattern)
    with open_source(uri) as (fs, root):
        listed = _listing(fs, root, contract)
        waiting = [f for f in listed if pattern.fullmatch(f[0]) and f not in known]
        log.info("listed", feed=contract.id, new=len(waiting))
        copies = [(f, _copy(fs, f"{root}/{f[0]}", f[1], f[2])) for f in waiting]
    tell_unknown(listed)
    return [Found(*file, sha256) for file, sha256 in copies if sha256 is not None]
