"""Source systems: what a connection means, and opening it; an SFTP server proves itself before it is told anything."""

from __future__ import annotations

import base64
import binascii
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import fsspec
import paramiko
from fsspec.implementations.sftp import SFTPFileSystem
from paramiko.pkey import UnknownKeyType

from jobs.refusals import Refusal
from jobs.settings import stored


class SourceUnknown(Refusal, RuntimeError):
    """No connection of that id is configured."""


class SourceRefused(Refusal, RuntimeError):
    """The source says no, and will until a person does something: told, not tried again."""


class SourceUnavailable(Refusal, RuntimeError):
    """The source does not answer as it should at the moment: tried again.

    Parameters
    ----------
    message : str
        What went wrong, in Chinese.
    wait : float, optional
        Seconds after which the source asks to be called again.
    """

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class HostKeyMissing(Refusal, RuntimeError):
    """The connection does not say by which key the server is known."""


class HostKeyMismatch(Refusal, RuntimeError):
    """The server is not the one whose key the connection names."""


class _Refuse(paramiko.MissingHostKeyPolicy):
    """Refuse a server that is not expected; nothing was sent to it so far."""

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        """Say so in place of paramiko's own error, which would count as transient."""
        raise HostKeyMismatch(f"{hostname} 的主机密钥没有登记 / host key of {hostname} is not registered")


class _KnownServer(SFTPFileSystem):
    """SFTP to a server whose key is known; it is compared before anybody logs in."""

    protocol = "sftp-known"
    cachable = False

    def __init__(self, host: str, host_key: paramiko.PKey, **options: Any) -> None:
        self.host_key = host_key
        super().__init__(host, **options)

    def _connect(self) -> None:
        self.client = paramiko.SSHClient()
        port = self.ssh_kwargs["port"]
        name = self.host if port == paramiko.config.SSH_PORT else f"[{self.host}]:{port}"
        self.client.get_host_keys().add(name, self.host_key.get_name(), self.host_key)
        self.client.set_missing_host_key_policy(_Refuse())
        try:
            self.client.connect(self.host, **self.ssh_kwargs)
        except paramiko.BadHostKeyException as error:
            raise HostKeyMismatch(
                f"{self.host} 的主机密钥与登记的不符 / host key of {self.host} differs"
            ) from error
        if transport := self.client.get_transport():
            # Requests are small and many: none waits for the answer to the one before it, as Nagle's algorithm would have it.
            transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ftp = self.client.open_sftp()


def connection_uri(connection: str) -> str | None:
    """Return the URI of a connection, None where it is not configured.

    It is ``AIRFLOW_CONN_<ID>`` of the environment, else of the installation's settings file.
    """
    name = f"AIRFLOW_CONN_{connection.upper()}"
    return os.environ.get(name) or stored().get(name)


def _host_key(text: str | None, host: str) -> paramiko.PKey:
    """Return the key that a connection gives as ``<type> <base64>`` or base64 alone."""
    if not text or not text.strip():
        raise HostKeyMissing(
            f"连接未登记 {host} 的主机密钥：请在连接中写明 host_key，否则不连接 / no host_key given"
        )
    try:
        blob = base64.b64decode(text.split()[-1], validate=True)
        return paramiko.PKey.from_type_string(paramiko.Message(blob).get_text(), blob)
    except (binascii.Error, paramiko.SSHException, UnknownKeyType, ValueError) as error:
        raise HostKeyMissing(f"连接登记的 {host} 主机密钥无法读出：{text!r} / host_key is no key") from error


def _sftp(parts: Any, extra: dict[str, list[str]]) -> SFTPFileSystem:
    options: dict[str, Any] = {"port": parts.port or 22, "username": unquote(parts.username or "")}
    if "key_file" in extra:
        options |= {"key_filename": extra["key_file"][0], "look_for_keys": False, "allow_agent": False}
    elif parts.password:
        options["password"] = unquote(parts.password)
    return _KnownServer(
        parts.hostname, _host_key(extra.get("host_key", [None])[0], parts.hostname), **options
    )


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

    Raises
    ------
    HostKeyMissing, HostKeyMismatch
        If an SFTP server's key is not registered or another one, before anybody logs in.
    """
    parts = urlsplit(uri)
    extra = parse_qs(parts.query)
    fs = _sftp(parts, extra) if parts.scheme == "sftp" else fsspec.filesystem(parts.scheme)
    try:
        yield fs, unquote(parts.path).rstrip("/")
    finally:
        if parts.scheme == "sftp":
            fs.client.close()
