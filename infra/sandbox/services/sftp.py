"""SFTP server of the sandbox: `python -m infra.sandbox.services.sftp --root DIR --port N ...`.

Read-only, loopback, key login. By the business clock, a file exists only from its delivery (mtime) on.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, NoReturn

import asyncssh
import typer

LOOPBACK = "127.0.0.1"
WRITE_FLAGS = asyncssh.FXF_WRITE | asyncssh.FXF_APPEND | asyncssh.FXF_CREAT | asyncssh.FXF_TRUNC
WRITE_ACCESS = 0x00000002 | 0x00000004  # ACE4_WRITE_DATA, ACE4_APPEND_DATA
log = logging.getLogger("sandbox.sftp")


class ClockFile:
    """Business clock in a file, read at every question; without a file, real time."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def now(self) -> float:
        """Seconds since the epoch."""
        try:
            text = self._path.read_text(encoding="utf-8").strip() if self._path else ""
        except FileNotFoundError:
            text = ""
        if not text:
            return dt.datetime.now(dt.UTC).timestamp()
        try:
            return dt.datetime.fromisoformat(text).timestamp()
        except ValueError as error:
            raise asyncssh.SFTPFailure(f"业务时钟文件无法解析：{text!r}") from error


class DatedServer(asyncssh.SFTPServer):
    """Serves a directory as it was delivered by the business clock."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], root: Path, clock: ClockFile) -> None:
        super().__init__(channel, chroot=str(root).encode())
        self._clock = clock

    def _check(self, path: bytes) -> None:
        """Raise as for a missing file if `path` is a file of the future."""
        local = self.map_path(path)
        if os.path.isfile(local) and os.stat(local).st_mtime > self._clock.now():
            raise asyncssh.SFTPNoSuchFile("没有这个文件")

    def stat(self, path: bytes) -> os.stat_result:
        """Attributes of a delivered file or a directory."""
        self._check(path)
        return os.stat(self.map_path(path))

    def lstat(self, path: bytes) -> os.stat_result:
        """Attributes of a delivered file or a directory."""
        self._check(path)
        return os.lstat(self.map_path(path))

    def readlink(self, path: bytes) -> bytes:
        """The sandbox has no links."""
        raise asyncssh.SFTPNoSuchFile("没有这个文件")

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        """Directories and delivered files, in the order of their names."""
        now = self._clock.now()
        with os.scandir(self.map_path(path)) as listing:
            entries = sorted(listing, key=lambda e: e.name)
        for entry in entries:
            status = entry.stat(follow_symlinks=False)
            if entry.is_dir(follow_symlinks=False) or status.st_mtime <= now:
                yield asyncssh.SFTPName(entry.name, attrs=asyncssh.SFTPAttrs.from_local(status))

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """Open a delivered file for reading."""
        if pflags & WRITE_FLAGS:
            _read_only()
        self._check(path)
        log.info("读取 %s", path.decode("utf-8", "replace"))
        return super().open(path, asyncssh.FXF_READ, attrs)

    def open56(self, path: bytes, desired_access: int, flags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """Open a delivered file for reading (newer protocol versions)."""
        if desired_access & WRITE_ACCESS:
            _read_only()
        return self.open(path, asyncssh.FXF_READ, attrs)

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Refuse."""
        _read_only()

    def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Refuse."""
        _read_only()

    def lsetstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Refuse."""
        _read_only()

    def fsetstat(self, file_obj: object, attrs: asyncssh.SFTPAttrs) -> None:
        """Refuse."""
        _read_only()

    def remove(self, path: bytes) -> None:
        """Refuse."""
        _read_only()

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Refuse."""
        _read_only()

    def rmdir(self, path: bytes) -> None:
        """Refuse."""
        _read_only()

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Refuse."""
        _read_only()

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Refuse."""
        _read_only()

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        """Refuse."""
        _read_only()

    def link(self, oldpath: bytes, newpath: bytes) -> None:
        """Refuse."""
        _read_only()


def _read_only() -> NoReturn:
    raise asyncssh.SFTPPermissionDenied("只读")


async def start(
    root: Path, port: int, host_key: Path, authorized_keys: Path, clock: Path | None
) -> asyncssh.SSHAcceptor:
    """Listen on loopback; port 0 takes a free one."""
    dated = ClockFile(clock)
    return await asyncssh.listen(
        LOOPBACK,
        port,
        server_host_keys=[str(host_key)],
        authorized_client_keys=str(authorized_keys),
        password_auth=False,
        kbdint_auth=False,
        host_based_auth=False,
        gss_host=None,
        sftp_factory=lambda channel: DatedServer(channel, root.resolve(), dated),
        allow_scp=False,
    )


async def _run(root: Path, port: int, host_key: Path, authorized_keys: Path, clock: Path | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = await start(root, port, host_key, authorized_keys, clock)
    log.info("SFTP 已在 %s:%d 提供 %s", LOOPBACK, server.get_port(), root)
    await stop.wait()
    server.close()
    log.info("SFTP 已停止")


def main(
    root: Annotated[Path, typer.Option(help="对外提供的目录", exists=True, file_okay=False)],
    host_key: Annotated[Path, typer.Option(help="服务器私钥", exists=True)],
    authorized_keys: Annotated[Path, typer.Option(help="允许登录的客户端公钥", exists=True)],
    port: Annotated[int, typer.Option(help="端口，仅监听本机")] = 25022,
    clock: Annotated[Path | None, typer.Option(help="业务时钟文件；不存在则用真实时间")] = None,
) -> None:
    """提供只读 SFTP，送达时间晚于业务时钟的文件不可见。"""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    asyncssh.set_log_level(logging.WARNING)
    asyncio.run(_run(root, port, host_key, authorized_keys, clock))


if __name__ == "__main__":
    typer.run(main)
