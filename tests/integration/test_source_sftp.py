"""The source behind a real SFTP server: what is delivered by the business clock, from the server that is expected."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncssh
import pytest
from fsspec.implementations.local import LocalFileSystem
from typer.testing import CliRunner

from jobs.cli import app
from jobs.definitions.contract import load_feed
from jobs.feeds.fetch import fetch_new
from jobs.feeds.landing import landed
from jobs.feeds.source import HostKeyMismatch, HostKeyMissing, SourceUnknown, connection_uri, open_source
from tests.support.files import csv_file, finance_path, line
from tests.support.installation import Installation, ledger_rows, wanted

pytestmark = pytest.mark.spark


@pytest.fixture
def reader(platform: Any, sandbox: Path, fresh_installation: Installation) -> Iterator[Installation]:
    """A fresh installation whose source is the session's SFTP server; the server's clock is put back afterwards."""
    del sandbox
    clock = platform.site.home / "clock"
    before = clock.read_text(encoding="utf-8")
    os.environ["AIRFLOW_CONN_STAT_SFTP"] = wanted(platform.env())["AIRFLOW_CONN_STAT_SFTP"]
    fresh_installation.seen["server_clock"] = clock
    yield fresh_installation
    clock.write_text(before, encoding="utf-8")


def listed(installation: Installation, moment: str, feed: str = "stat_finance") -> list[str]:
    installation.seen["server_clock"].write_text(moment, encoding="utf-8")
    return [f.path for f in fetch_new(load_feed(feed))]


def test_a_file_is_seen_from_the_minute_of_its_delivery_on(reader: Installation) -> None:
    before = listed(reader, "2026-01-18T09:29:59+08:00")
    assert sorted(before) == sorted(
        ["stat/220700/103/103_220700_2025.csv", *(f"stat/{u}/103/103_{u}_2024.{s}" for u, s in UNITS)]
    )
    after = listed(reader, "2026-01-18T09:30:00+08:00")
    assert set(after) - set(before) == {"stat/220100/103/103_220100_2025.csv"}


UNITS = [
    (u, "csv" if u in ("220100", "220300", "220500", "220700", "222400") else "xlsx")
    for u in (
        "220100",
        "220200",
        "220300",
        "220400",
        "220500",
        "220600",
        "220700",
        "220800",
        "222400",
        "22CBS",
    )
]


def test_files_come_in_the_order_of_their_delivery_and_land_under_their_hash(reader: Installation) -> None:
    reader.seen["server_clock"].write_text("2026-01-20T09:00:00+08:00", encoding="utf-8")
    found = fetch_new(load_feed("stat_finance"))
    assert [(f.modified_at, f.path) for f in found] == sorted((f.modified_at, f.path) for f in found)
    assert len(found) == 21
    for file in found:
        copy = landed(file.sha256)
        assert copy.is_relative_to(reader.home) and copy.stat().st_size == file.size
    assert not [p for p in (reader.home / "landing").iterdir() if p.is_file()]


def test_a_server_with_another_host_key_is_refused_before_anything_is_read(reader: Installation) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().split()
    uri = re.sub(
        r"host_key=[^&]*",
        "host_key=" + quote(" ".join(other[:2]), safe=""),
        os.environ["AIRFLOW_CONN_STAT_SFTP"],
    )
    # A key file that is not there would be told first, were the login tried first.
    uri = re.sub(r"key_file=[^&]*", "key_file=/nowhere", uri)
    with pytest.raises(HostKeyMismatch, match="主机密钥与登记的不符"):
        fetch_new(load_feed("stat_finance"), uri)
    assert not (reader.home / "landing").exists()


@pytest.mark.parametrize("given", ["", "host_key=&", "host_key=ssh-ed25519%20AAAA&"])
def test_a_connection_without_a_host_key_is_refused(given: str) -> None:
    uri = f"sftp://stat@127.0.0.1:1/?{given}no_host_key_check=true"
    with pytest.raises(HostKeyMissing, match="主机密钥"), open_source(uri):
        pass


def test_a_connection_may_stand_in_the_settings_file(
    fresh_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_STAT_SFTP")
    uri = "sftp://stat@127.0.0.1:25022/?host_key=ssh-ed25519%20AAAA&x=${HOME}"
    (fresh_installation.home / "settings.env").write_text(f"AIRFLOW_CONN_STAT_SFTP={uri}\n", encoding="utf-8")
    assert connection_uri("stat_sftp") == uri
    monkeypatch.setenv("AIRFLOW_CONN_STAT_SFTP", "file:///else")
    assert connection_uri("stat_sftp") == "file:///else"


def test_the_command_fails_when_a_feed_it_was_given_has_no_connection(
    fresh_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_STAT_SFTP")
    named = CliRunner().invoke(app, ["ingest", "yearbook_rd_activity", "stat_rd"])
    assert (named.exit_code, "stat_sftp 未配置" in named.output) == (1, True)
    assert CliRunner().invoke(app, ["ingest"]).exit_code == 0


def test_a_connection_that_is_not_configured_is_told(
    fresh_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_STAT_SFTP")
    assert connection_uri("stat_sftp") is None
    with pytest.raises(SourceUnknown, match="stat_sftp 未配置"):
        fetch_new(load_feed("stat_finance"))


def test_a_folder_that_does_not_exist_yet_is_an_empty_source(fresh_installation: Installation) -> None:
    assert fetch_new(load_feed("stat_finance")) == []


def test_files_that_no_contract_names_are_told_once(fresh_installation: Installation) -> None:
    deliver, day = fresh_installation.deliver, "2026-03-10T09:30:00+08:00"
    deliver("stat/220100/203/203_220200_202602.csv", csv_file([line(1, 1)]), day)
    deliver("stat/220100/203/readme.txt", b"x", day)
    deliver("stat/220100/101/101_220100_2024.csv", b"x", day)
    deliver(finance_path(), csv_file([line(1, 1)]), day)
    for _ in range(2):
        assert [f.path for f in fetch_new(load_feed("stat_finance"))] == [finance_path()]
    told = "select title, body from notice where kind = 'unknown_file' order by notice_id"
    lines = [f"stat/220100/203/{n}（{day}）" for n in ("203_220200_202602.csv", "readme.txt")]
    assert ledger_rows(fresh_installation, told) == [
        ("来源中有 2 个文件不属于任何数据源，未读取", "\n".join(lines))
    ]
    later = "2026-03-11T09:30:00+08:00"
    deliver("stat/220100/203/readme.txt", b"y", later)
    fetch_new(load_feed("stat_rd"))
    assert [b for _, b in ledger_rows(fresh_installation, told)[1:]] == [
        f"stat/220100/203/readme.txt（{later}）"
    ]


@pytest.mark.parametrize("grows", ["while it is copied", "between listing and copy"])
def test_a_file_that_is_still_being_written_is_left_for_the_next_look(
    fresh_installation: Installation, monkeypatch: pytest.MonkeyPatch, grows: str
) -> None:
    content, day = csv_file([line(1, 1)]), "2026-03-10T09:30:00+08:00"
    path = fresh_installation.deliver(finance_path(), content[:50], day)
    fresh_installation.deliver(finance_path("220300"), content, day)
    real = LocalFileSystem.open

    def opened(self: LocalFileSystem, name: str, *args: Any, **kwargs: Any) -> Any:
        if not name.endswith(finance_path()):
            return real(self, name, *args, **kwargs)
        early = real(self, name, *args, **kwargs)
        fresh_installation.deliver(finance_path(), content, day)
        return early if grows == "while it is copied" else real(self, name, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(LocalFileSystem, "open", opened)
        assert [f.path for f in fetch_new(load_feed("stat_finance"))] == [finance_path("220300")]
    assert not [p for p in (fresh_installation.home / "landing").iterdir() if p.is_file()]
    found = {f.path: f.size for f in fetch_new(load_feed("stat_finance"))}
    assert found[finance_path()] == path.stat().st_size == len(content)
