"""The sandbox's SFTP server hides what is not delivered yet and takes no writes."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import asyncssh
import pytest

from infra.sandbox.services.sftp import start

DELIVERED, LATER = 1_768_700_000, 1_768_900_000  # 2026-01-18, 2026-01-20


@pytest.fixture
def served(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "stat").mkdir(parents=True)
    for name, moment in (("now.csv", DELIVERED), ("later.csv", LATER)):
        (root / "stat" / name).write_bytes(name.encode())
        os.utime(root / "stat" / name, (moment, moment))
    for name in ("host", "client", "stranger"):
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(str(tmp_path / name))
        key.write_public_key(str(tmp_path / f"{name}.pub"))
    (tmp_path / "clock").write_text("2026-01-19T09:00:00+08:00")
    return tmp_path


async def connect(base: Path, port: int, key: str = "client") -> asyncssh.SSHClientConnection:
    return await asyncssh.connect(
        "127.0.0.1",
        port,
        username="zjtx",
        client_keys=[str(base / key)],
        known_hosts=None,
        config=None,
        agent_path=None,
    )


async def visible(base: Path, port: int) -> list[str]:
    async with await connect(base, port) as link, link.start_sftp_client() as sftp:
        return sorted(await sftp.listdir("/stat"))


async def refuses(base: Path, port: int) -> None:
    async with await connect(base, port) as link, link.start_sftp_client() as sftp:
        assert await (await sftp.open("/stat/now.csv", "rb")).read() == b"now.csv"
        for hidden in ("/stat/later.csv", "/../stat/later.csv"):
            with pytest.raises(asyncssh.SFTPNoSuchFile):
                await sftp.stat(hidden)
            with pytest.raises(asyncssh.SFTPNoSuchFile):
                await sftp.open(hidden, "rb")
        for mode in ("wb", "ab"):
            with pytest.raises(asyncssh.SFTPPermissionDenied):
                await sftp.open("/stat/now.csv", mode)
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            await sftp.remove("/stat/now.csv")
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            await sftp.utime("/stat/now.csv", (0, 0))


async def scenario(base: Path) -> None:
    server = await start(base / "root", 0, base / "host", base / "client.pub", base / "clock")
    port = server.get_port()
    try:
        assert await visible(base, port) == ["now.csv"]
        await refuses(base, port)
        (base / "clock").write_text("2026-01-21T09:00:00+08:00")
        assert await visible(base, port) == ["later.csv", "now.csv"]
        (base / "clock").unlink()
        assert await visible(base, port) == ["later.csv", "now.csv"]
        with pytest.raises(asyncssh.PermissionDenied):
            await connect(base, port, "stranger")
    finally:
        server.close()


def test_future_files_are_hidden_and_nothing_can_be_written(served: Path) -> None:
    asyncio.run(asyncio.wait_for(scenario(served), 20))
