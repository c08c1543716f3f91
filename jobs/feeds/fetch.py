"""Fetching: list a source, copy what is new into landing, named by content hash."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import fsspec
import paramiko
import structlog
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from jobs.clock import ZONE
from jobs.contract import Contract
from jobs.ledger.batches import Found, known_files
from jobs.settings import settings

log = structlog.get_logger()

_CHUNK = 1 << 20
_TRANSIENT = (OSError, EOFError, paramiko.SSHException)


class SourceUnknown(RuntimeError):
    """No connection of that id is configured."""


class HostKeyMismatch(RuntimeError):
    """The server is not the one whose key the connection names."""


def connection_uri(connection: str) -> str | None:
    """Return the URI of a connection from ``AIRFLOW_CONN_<ID>``, None where it is not configured."""
    return os.environ.get(f"AIRFLOW_CONN_{connection.upper()}")


def _sftp(parts: Any, extra: dict[str, list[str]]) -> Any:
    """Open an SFTP file system; only a server with the connection's host key is accepted."""
    options: dict[str, Any] = {"port": parts.port or 22, "username": unquote(parts.username or "")}
    if "key_file" in extra:
        options |= {"key_filename": extra["key_file"][0], "look_for_keys": False, "allow_agent": False}
    elif parts.password:
        options["password"] = unquote(parts.password)
    fs = fsspec.filesystem("sftp", host=parts.hostname, skip_instance_cache=True, **options)
    expected = extra.get("host_key", [None])[0]
    offered = fs.client.get_transport().get_remote_server_key().get_base64()
    if expected is not None and expected.split()[-1] != offered:
        fs.client.close()
        raise HostKeyMismatch(
            f"{parts.hostname} 的主机密钥与登记的不符 / host key of {parts.hostname} differs"
        )
    return fs


@contextmanager
def open_source(uri: str) -> Iterator[tuple[Any, str]]:
    """Open the file system of a connection URI.

    Parameters
    ----------
    uri : str
        ``sftp://user@host:port/root?key_file=...&host_key=...`` or ``file:///folder``.

    Yields
    ------
    tuple
        fsspec file system, and the root path without a trailing slash.
    """
    parts = urlsplit(uri)
    extra = parse_qs(parts.query)
    fs = _sftp(parts, extra) if parts.scheme == "sftp" else fsspec.filesystem(parts.scheme)
    try:
        yield fs, unquote(parts.path).rstrip("/")
    finally:
        if parts.scheme == "sftp":
            fs.client.close()


def _modified(info: dict[str, Any]) -> datetime:
    stamp = info["mtime"]
    return (
        stamp if isinstance(stamp, datetime) else datetime.fromtimestamp(stamp, ZONE).replace(microsecond=0)
    )


def _candidates(fs: Any, root: str, contract: Contract) -> list[tuple[str, datetime, int]]:
    """List the source's files that the contract's pattern names, by modification time, then name."""
    pattern = re.compile(contract.feed.pattern)
    # The pattern's literal beginning saves walking the rest of the tree.
    prefix = re.match(r"[\w/]*/", contract.feed.pattern)
    top = f"{root}/{prefix[0] if prefix else ''}".rstrip("/")
    if not fs.exists(top):
        return []
    found = []
    for path, info in fs.find(top, detail=True).items():
        below = path[len(root) :].lstrip("/")
        if pattern.fullmatch(below):
            found.append((below, _modified(info), info["size"]))
    return sorted(found, key=lambda f: (f[1], f[0]))


def _copy(fs: Any, source: str) -> str:
    """Copy one file into landing and return its SHA-256."""
    landing = settings().landing
    landing.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=landing, delete=False) as out, fs.open(source, "rb") as src:
        while chunk := src.read(_CHUNK):
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
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
        In the order in which they count: modification time, then name.

    Raises
    ------
    SourceUnknown
        If no connection is configured.
    """
    uri = uri or connection_uri(contract.feed.connection)
    if not uri:
        raise SourceUnknown(f"连接 {contract.feed.connection} 未配置 / connection not configured")
    known = known_files(contract.id)
    with open_source(uri) as (fs, root):
        listed = [c for c in _candidates(fs, root, contract) if c not in known]
        log.info("listed", feed=contract.id, new=len(listed))
        return [Found(path, at, size, _copy(fs, f"{root}/{path}")) for path, at, size in listed]
