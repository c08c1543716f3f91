"""One file that no reader can read is refused; the machine's own trouble is not the file's."""

from __future__ import annotations

import errno
from collections.abc import Callable
from datetime import datetime

import pytest

from jobs.definitions.contract import load_feed
from jobs.feeds import reading
from jobs.ledger.models import File
from jobs.sheets.parse import Parsed
from tests.support.files import finance_path

TOKEN = "t"
RECEIVED = datetime.fromisoformat("2026-03-19T09:00:00+08:00")
PanicException = type("PanicException", (BaseException,), {})


def files() -> list[File]:
    return [
        File(
            file_id=n,
            feed="stat_finance",
            path=finance_path(unit),
            sha256=f"{n:064}",
            ordinal=n,
            received_at=RECEIVED,
        )
        for n, unit in ((1, "220100"), (2, "220300"))
    ]


def failing(error: BaseException) -> Callable[..., Parsed]:
    """Return a parser that fails at the first file."""

    def parse(_contract: object, _source: object, attributes: dict[str, str], *_: object) -> Parsed:
        if attributes["reporter"] == "220100":
            raise error
        return Parsed("", attributes, {}, {}, [])

    return parse


@pytest.fixture
def take(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], list[File]]:
    def run(error: BaseException) -> list[File]:
        monkeypatch.setattr(reading, "_latest", lambda _: {})
        monkeypatch.setattr(reading, "parse", failing(error))
        found = files()
        reading.parse_all(load_feed("stat_finance"), found, TOKEN, lambda *_: None)
        return found

    return run


@pytest.mark.parametrize(
    "error",
    [ValueError("坏"), KeyError("x"), OSError("calamine's own"), PanicException("index out of bounds")],
    ids=lambda e: type(e).__name__,
)
def test_a_file_that_breaks_the_parser_is_refused_and_the_next_one_is_read(
    take: Callable[[BaseException], list[File]], error: BaseException
) -> None:
    first, second = take(error)
    assert first.verdict == "refused"
    assert (
        first.reason == f"{first.path}：无法解析（内部错误）：详情已写入运行日志，请连同该文件报系统维护人员"
    )
    assert second.verdict == "accepted"


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "disk full"), MemoryError(), KeyboardInterrupt()])
def test_trouble_of_the_machine_stops_the_poll(
    take: Callable[[BaseException], list[File]], error: BaseException
) -> None:
    with pytest.raises(type(error)):
        take(error)
