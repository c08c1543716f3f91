"""How a source that gives changes is asked, and its pages read as a table."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from jobs.definitions.contract import feed_ids, load_feed
from jobs.feeds.api import _open, _retry_after
from jobs.feeds.database import _parts
from jobs.sheets.files import sheets
from jobs.sheets.grid import Unreadable


@pytest.mark.parametrize(
    ("after", "date", "seconds"),
    [
        ("120", None, 120.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:27:30 GMT", 30.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:29:00 GMT", 0.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None, None),
        ("soon", None, None),
        ("-5", None, None),
        (None, None, None),
    ],
)
def test_retry_after_is_read_in_seconds_or_as_a_date_by_the_servers_clock(
    after: str | None, date: str | None, seconds: float | None
) -> None:
    given = {"Retry-After": after, "Date": date}
    assert _retry_after(httpx.Headers({k: v for k, v in given.items() if v is not None})) == seconds


URIS = [
    ("http://tax:tok-en_1@127.0.0.1:25080", "http://127.0.0.1:25080/", "tok-en_1", 30.0),
    (
        "https://tax:a%2Fb%40c%3A@api.example.cn/gate/tax?timeout=5",
        "https://api.example.cn/gate/tax/",
        "a/b@c:",
        5.0,
    ),
]


@pytest.mark.parametrize(("uri", "base", "token", "limit"), URIS)
def test_the_password_of_a_connection_is_the_token_also_when_airflow_gives_it_back(
    uri: str, base: str, token: str, limit: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk import Connection

    monkeypatch.setenv("AIRFLOW_CONN_SOME_API", uri)
    request = load_feed("tax_vat").feed.request
    assert request is not None
    for given in (uri, Connection.get("some_api").get_uri()):
        asked = _open(given, request)
        with asked.client as client:
            assert (str(client.base_url), client.headers["Authorization"]) == (base, f"Bearer {token}")
        assert asked.limit == limit


def test_a_database_connection_comes_back_from_airflow_as_it_went(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk import Connection
    from psycopg.conninfo import conninfo_to_dict

    uri = "postgresql://finance_reader:p%40w%2F@127.0.0.1:25432/finance?sslmode=disable&timeout=5"
    monkeypatch.setenv("AIRFLOW_CONN_SOME_DB", uri)
    given = Connection.get("some_db").get_uri()
    wanted = {"host": "127.0.0.1", "port": "25432", "dbname": "finance", "user": "finance_reader", "password": "p@w/",
              "sslmode": "disable"}  # fmt: skip
    for text in (uri, given):
        address, limit = _parts(text)
        assert (conninfo_to_dict(address), limit) == (wanted, 5.0)


def table(path: Path) -> list[tuple[str, int, list[str]]]:
    (sheet,) = sheets(path)
    return [(getattr(number, "page", ""), int(number), cells) for number, cells in sheet.rows]


def pages(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_records_stand_under_the_keys_of_all_pages_with_numbers_as_sent(tmp_path: Path) -> None:
    path = pages(
        tmp_path / "pull",
        '{"data":[{"a":1.10,"b":"甲"},{"b":null,"a":12345678901234567.890}],"next":2}',
        '{"data":[],"next":2}',
        '{"data":[{"c":true,"a":1e3,"d":{"x":[0.10]}}],"next":null}',
    )
    assert table(path) == [
        ("", 0, ["a", "b", "c", "d"]),
        ("第1页", 1, ["1.10", "甲", "", ""]),
        ("第1页", 2, ["12345678901234567.890", "", "", ""]),
        ("第3页", 3, ["1e3", "", "true", '{"x": ["0.10"]}']),
    ]


@pytest.mark.parametrize(
    "line", ['{"data":[{"a":1}', '{"rows":[]}', '{"data":[1]}', '{"data":{"a":1}}', "{}", "{x"]
)
def test_a_page_that_is_none_makes_the_pull_unreadable(tmp_path: Path, line: str) -> None:
    with pytest.raises(Unreadable, match="第2页不是带 data 列表的 JSON"):
        table(pages(tmp_path / "pull", '{"data":[{"a":1}],"next":null}', line))


def test_half_a_character_makes_the_pull_unreadable_and_a_whole_one_does_not(tmp_path: Path) -> None:
    whole = table(pages(tmp_path / "whole", r'{"data":[{"a":"\ud842\udfb7","b":"\\ud842"}]}'))
    assert whole[1:] == [("第1页", 1, ["𠮷", r"\ud842"])]
    for half in (r'{"data":[{"a":"x\ud842y"}]}', r'{"data":[{"\uDFB7":1}]}'):
        with pytest.raises(Unreadable, match="第1页有只剩一半的字符"):
            table(pages(tmp_path / "half", half))


@pytest.mark.parametrize("feed", [f for f in feed_ids() if load_feed(f).feed.request])
def test_a_feed_that_is_asked_for_changes_keeps_their_number(feed: str) -> None:
    contract = load_feed(feed)
    request, spec = contract.feed.request, contract.feed
    assert request is not None
    column = contract.column(request.mark)
    assert (column.type, column.required) == ("BIGINT", True)
    # A record's earlier versions stay in silver under their own batch: nothing is replaced but by its key.
    assert (spec.mode, spec.scope, spec.frequency in ("month", "quarter", "year")) == (
        "upsert",
        ["after", "upto"],
        True,
    )
    assert json.dumps(spec.unit, ensure_ascii=False) in ('"元"', '"万元"')
    assert spec.folder and spec.pattern.startswith(spec.folder) and spec.calendar
