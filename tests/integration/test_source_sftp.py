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

from jobs.contract import load_feed
from jobs.feeds.fetch import HostKeyMismatch, SourceUnknown, connection_uri, fetch_new, landed
from tests.files import csv_file, finance_path, line
from tests.house import House, wanted

pytestmark = pytest.mark.spark


@pytest.fixture
def reader(platform: Any, sandbox: Path, fresh_house: House) -> Iterator[House]:
    """A fresh house whose source is the session's SFTP server; the server's clock is put back afterwards."""
    del sandbox
    clock = platform.site.home / "clock"
    before = clock.read_text(encoding="utf-8")
    os.environ["AIRFLOW_CONN_STAT_SFTP"] = wanted(platform.env())["AIRFLOW_CONN_STAT_SFTP"]
    fresh_house.seen["server_clock"] = clock
    yield fresh_house
    clock.write_text(before, encoding="utf-8")


def listed(house: House, moment: str, feed: str = "stat_finance") -> list[str]:
    house.seen["server_clock"].write_text(moment, encoding="utf-8")
    return [f.path for f in fetch_new(load_feed(feed))]


def test_a_file_is_seen_from_the_minute_of_its_delivery_on(reader: House) -> None:
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


def test_files_come_in_the_order_of_their_delivery_and_land_under_their_hash(reader: House) -> None:
    reader.seen["server_clock"].write_text("2026-01-20T09:00:00+08:00", encoding="utf-8")
    found = fetch_new(load_feed("stat_finance"))
    assert [(f.modified_at, f.path) for f in found] == sorted((f.modified_at, f.path) for f in found)
    assert len(found) == 21
    for file in found:
        copy = landed(file.sha256)
        assert copy.is_relative_to(reader.home) and copy.stat().st_size == file.size
    assert not [p for p in (reader.home / "landing").iterdir() if p.is_file()]


def test_a_server_with_another_host_key_is_refused_before_anything_is_read(reader: House) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().split()
    uri = re.sub(
        r"host_key=[^&]*",
        "host_key=" + quote(" ".join(other[:2]), safe=""),
        os.environ["AIRFLOW_CONN_STAT_SFTP"],
    )
    with pytest.raises(HostKeyMismatch, match="主机密钥与登记的不符"):
        fetch_new(load_feed("stat_finance"), uri)
    assert not (reader.home / "landing").exists()


def test_a_connection_that_is_not_configured_is_told(
    fresh_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_STAT_SFTP")
    assert connection_uri("stat_sftp") is None
    with pytest.raises(SourceUnknown, match="stat_sftp 未配置"):
        fetch_new(load_feed("stat_finance"))


def test_a_folder_that_does_not_exist_yet_is_an_empty_source(fresh_house: House) -> None:
    assert fetch_new(load_feed("stat_finance")) == []


def test_files_that_no_contract_names_are_left_alone(fresh_house: House) -> None:
    fresh_house.deliver("stat/220100/203/~$203_220100_202602.xlsx", b"x", "2026-03-10T09:30:00+08:00")
    fresh_house.deliver("stat/220100/203/readme.txt", b"x", "2026-03-10T09:30:00+08:00")
    fresh_house.deliver(finance_path(), csv_file([line(1, 1)]), "2026-03-10T09:30:00+08:00")
    assert [f.path for f in fetch_new(load_feed("stat_finance"))] == [finance_path()]
