"""A source behind an HTTP interface: read to the end, again where that may help, whole or not at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from structlog.testing import capture_logs
from typer.testing import CliRunner

from infra.sandbox.services.tax_api import BUSY, CUT, DOWN, HALF, KINDS, SLOW, Faults
from jobs import clock
from jobs.cli import app
from jobs.definitions.contract import load_feed
from jobs.feeds.fetch import fetch_new
from jobs.feeds.ingest import poll
from jobs.feeds.landing import landed
from jobs.feeds.source import SourceRefused, SourceUnavailable
from jobs.ledger import batches
from jobs.settings import REPO
from tests.support.files import bad_code, code
from tests.support.installation import Installation, delta_rows, ledger_rows
from tests.support.services import TOKEN, Counted, TaxOffice, served, vat

pytestmark = pytest.mark.spark

FEED = "tax_vat"
NOW = "2026-03-20T09:00:00+08:00"
LATER = "2026-04-20T09:00:00+08:00"


@pytest.fixture
def office(fresh_installation: Installation) -> TaxOffice:
    """A tax office with 25 returns, asked for in pages of ten, on a day after they were published."""
    fresh_installation.at(NOW)
    load_feed(FEED).feed.request.page = 10
    office = TaxOffice(fresh_installation.home / "tax.sqlite", fresh_installation.home / "clock")
    office.holds(vat(n, n) for n in range(1, 26))
    return office


def faulty(office: TaxOffice, kind: str, slow_seconds: float = 0.0) -> TaxOffice:
    """Return the office with a fault at the first asking of every page."""
    other = TaxOffice(office.store, office.clock, Faults((kind,), 1.0, 1, slow_seconds))
    other.rows = office.rows
    return other


def numbers(sha256: str) -> list[list[int]]:
    """Return the change numbers of a landed pull, page by page."""
    lines = landed(sha256).read_text(encoding="utf-8").splitlines()
    return [[record["change_no"] for record in json.loads(line)["data"]] for line in lines]


PAGES = [list(range(1, 11)), list(range(11, 21)), list(range(21, 26))]


def test_pages_are_read_to_the_end_and_land_as_received_a_page_a_line(office: TaxOffice) -> None:
    with office.open() as uri:
        (found,) = fetch_new(load_feed(FEED), uri)
    assert office.counted.asked == [f"/v1/vat?after={n}&limit=10" for n in (0, 10, 20)]
    assert (found.path, found.mark, found.modified_at) == ("tax/vat/0-25.jsonl", 25, clock.now())
    assert numbers(found.sha256) == PAGES
    assert landed(found.sha256).stat().st_size == found.size


def test_nothing_new_lands_nothing(office: TaxOffice, fresh_installation: Installation) -> None:
    office.holds([])
    with office.open() as uri:
        result = poll(FEED, uri)
    assert (result.accepted, result.refused, result.unchanged) == ([], [], [])
    assert ledger_rows(fresh_installation, "select count(*) from file") == [(0,)]
    assert ledger_rows(fresh_installation, "select feed from look") == [(FEED,)]
    assert list((fresh_installation.home / "landing").iterdir()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_that_fails_at_first_is_read_at_the_second_asking(office: TaxOffice, kind: str) -> None:
    wrong = faulty(office, kind, slow_seconds=1.5)
    with wrong.open("/?timeout=0.5" if kind == SLOW else "") as uri, capture_logs() as logs:
        (found,) = fetch_new(load_feed(FEED), uri)
    assert numbers(found.sha256) == PAGES
    assert wrong.counted.asked == [f"/v1/vat?after={n}&limit=10" for n in (0, 0, 10, 10, 20, 20)]
    told = [(entry["reason"], entry["wait"]) for entry in logs if "tried again" in entry["event"]]
    assert len(told) == 3
    words = {BUSY: "HTTP 429", DOWN: "HTTP 503", SLOW: "timed out", CUT: "中途断开", HALF: "不完整"}
    assert all(words[kind] in reason for reason, _ in told)
    if kind == BUSY:
        assert {wait for _, wait in told} == {1.0}
    if kind == DOWN:
        # A date two seconds ahead, in whole seconds.
        assert {wait for _, wait in told} <= {1.0, 2.0}


def test_a_slow_page_within_the_limit_is_read_at_once(office: TaxOffice) -> None:
    wrong = faulty(office, SLOW, slow_seconds=0.3)
    with wrong.open() as uri:
        assert len(fetch_new(load_feed(FEED), uri)) == 1
    assert len(wrong.counted.asked) == 3


@pytest.mark.parametrize(
    ("what", "status", "words"),
    [
        ("token", 401, "令牌无效或已过期"),
        ("resource", 404, "接口没有该资源"),
        ("page", 400, "接口不接受请求的参数"),
    ],
)
def test_what_a_person_must_mend_is_told_at_once_and_not_tried_again(
    office: TaxOffice, fresh_installation: Installation, what: str, status: int, words: str
) -> None:
    request = load_feed(FEED).feed.request
    if what == "resource":
        request.resource = "vta"
    if what == "page":
        request.page = 0
    with office.open() as uri, pytest.raises(SourceRefused, match=rf"{words}.*HTTP {status}"):
        poll(FEED, uri.replace(TOKEN, "guess") if what == "token" else uri)
    assert len(office.counted.asked) == 1
    ((title, body),) = ledger_rows(
        fresh_installation, "select title, body from notice where kind = 'source_refused'"
    )
    assert (title, body.startswith("连接 tax_api：" + words)) == ("增值税申报：来源拒绝取数", True)
    assert ledger_rows(
        fresh_installation, "select count(*) from poll union all select count(*) from look"
    ) == [
        (0,),
        (0,),
    ]


def test_the_command_says_so_too(office: TaxOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    with office.open() as uri:
        monkeypatch.setenv("AIRFLOW_CONN_TAX_API", uri.replace(TOKEN, "guess"))
        done = CliRunner().invoke(app, ["ingest", FEED])
    assert (done.exit_code, "令牌无效或已过期" in done.output) == (1, True)


def test_an_interface_that_stays_away_is_given_up_after_five_tries(
    fresh_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.feeds.api._BACKOFF", lambda _: 0.0)
    counted = Counted(answering(Response("", 502)))
    with served(counted) as place, pytest.raises(SourceUnavailable, match="HTTP 502"):
        fetch_new(load_feed(FEED), f"http://t:t@{place}")
    assert len(counted.asked) == 5
    with pytest.raises(SourceUnavailable, match="没有应答"):
        fetch_new(load_feed(FEED), "http://t:t@127.0.0.1:9")
    assert list((fresh_installation.home / "landing").iterdir()) == []


def test_who_asks_for_a_long_wait_is_left_for_a_later_poll(fresh_installation: Installation) -> None:
    counted = Counted(answering(Response("", 503, headers={"Retry-After": "3600"})))
    with served(counted) as place, pytest.raises(SourceUnavailable, match="HTTP 503"):
        fetch_new(load_feed(FEED), f"http://t:t@{place}")
    assert len(counted.asked) == 1


def answering(answer: Response) -> Starlette:
    """Return an interface with one answer to everything."""

    async def page(request: Asked) -> Response:
        del request
        return answer

    return Starlette(routes=[Route("/v1/{resource}", page)])


def answering_once(page: dict[str, Any]) -> Starlette:
    """Return an interface with one page from the beginning on, and nothing after it."""

    async def answer(request: Asked) -> Response:
        first = request.query_params["after"] == "0"
        return JSONResponse(page if first else {"data": [], "next": None})

    return Starlette(routes=[Route("/v1/{resource}", answer)])


BREACHES: dict[str, tuple[Any, str]] = {
    "no list": ({"next": None}, "应有 data 列表和 next"),
    "no next": ({"data": [vat(1, 1)]}, "应有 data 列表和 next"),
    "not in order": (
        {"data": [vat(2, 1), vat(1, 2)], "next": None},
        "第 2 条记录的 change_no 缺失或次序不对：1",
    ),
    "no number": (
        {"data": [{"period": "202602"}], "next": None},
        "第 1 条记录的 change_no 缺失或次序不对：None",
    ),
    "number as text": ({"data": [vat(1, 1) | {"change_no": "1"}], "next": None}, "次序不对：'1'"),
    "number before the mark": ({"data": [vat(0, 1)], "next": None}, "次序不对：0"),
    "a record that is none": ({"data": [7], "next": None}, "第 1 条记录"),
    "next that leads nowhere": ({"data": [], "next": 5}, "next 不合约定：5"),
    "next that leads back": ({"data": [vat(3, 1)], "next": 2}, "next 不合约定：2"),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_an_interface_that_breaks_the_protocol_is_refused(
    fresh_installation: Installation, breach: str
) -> None:
    page, words = BREACHES[breach]
    counted = Counted(answering(JSONResponse(page)))
    with served(counted) as place, pytest.raises(SourceRefused, match=words):
        fetch_new(load_feed(FEED), f"http://t:t@{place}")
    assert len(counted.asked) == 1
    assert list((fresh_installation.home / "landing").iterdir()) == []


def test_a_page_of_many_lines_lands_on_one(fresh_installation: Installation) -> None:
    text = json.dumps({"data": [vat(1, 1)], "next": None}, indent=1).replace("\n", "\r\n")
    with served(answering(Response(text))) as place:
        (found,) = fetch_new(load_feed(FEED), f"http://t:t@{place}")
    assert numbers(found.sha256) == [[1]]


def test_figures_are_exact_and_know_record_and_page(
    office: TaxOffice, fresh_installation: Installation
) -> None:
    office.holds(vat(n, n) for n in range(1, 12))
    office.adds([vat(12, 12, taxpayer_id=bad_code(12)), vat(13, 13, tax_due_month="待核实")])
    # 0.1 and this amount have no exact binary form.
    text = json.dumps(vat(14, 14)).replace("100.5", "123456789012345678.91").replace("205.25", "0.1")
    office.rows.append(("vat", 14, 0, None, text))
    office.adds([vat(15, 15, sales=None), vat(16, 16, sales="1,234.50")])
    with office.open() as uri:
        (batch,) = poll(FEED, uri).accepted
    assert (batch.landed, batch.silver, batch.quarantined, batch.duplicates) == (16, 13, 3, 0)
    rows = {r["uscc"]: r for r in fresh_installation.rows(FEED)}
    exact = rows[code(14)]
    assert (exact["general_sales"], exact["general_sales_ytd"]) == (
        Decimal("123456789012345678.91"),
        Decimal("0.10"),
    )
    assert rows[code(16)]["general_sales"] == Decimal("1234.50")
    assert [(rows[code(n)]["sheet"], rows[code(n)]["row_no"]) for n in (1, 10, 11, 14)] == [
        ("第1页", 1), ("第1页", 10), ("第2页", 11), ("第2页", 14)
    ]  # fmt: skip
    refused = sorted(
        delta_rows(f"{fresh_installation.env['ZJTX_LAKE']}/quarantine/rows"), key=lambda r: r["row_no"]
    )
    told = [
        (r["sheet"], r["row_no"], *(r["reasons"][0][k] for k in ("column", "rule", "value"))) for r in refused
    ]
    assert told == [
        ("第2页", 12, "uscc", "USCC_CHECK", bad_code(12)),
        ("第2页", 13, "tax_due", "NOT_A_NUMBER", "待核实"),
        ("第2页", 15, "general_sales", "REQUIRED", None),
    ]
    assert batch.periods == ["202602"]


def test_the_next_poll_reads_only_what_changed_and_the_past_stays_readable(
    office: TaxOffice, fresh_installation: Installation
) -> None:
    later = "2026-04-16T06:00:00+08:00"
    office.holds(vat(n, n) for n in range(1, 25))
    office.adds([vat(25, 25, 250)], until=later)
    office.adds([vat(26, 25, 275), *(vat(n, n - 26, period="202603") for n in (27, 28))], later)
    with office.open() as uri:
        assert poll(FEED, uri).accepted[0].landed == 25
        assert batches.mark(FEED) == 25
        assert poll(FEED, uri).accepted == []
        fresh_installation.at(LATER)
        (batch,) = poll(FEED, uri).accepted
    assert (batch.seq, batch.landed, batch.periods) == (2, 3, ["202602", "202603"])
    # Every poll ends with a look that finds nothing more.
    assert office.counted.asked[3:] == [f"/v1/vat?after={n}&limit=10" for n in (25, 25, 25, 28)]
    files = ledger_rows(fresh_installation, "select path, mark, verdict from file order by file_id")
    assert files == [("tax/vat/0-25.jsonl", 25, "accepted"), ("tax/vat/25-28.jsonl", 28, "accepted")]

    def sales(known_by: int | None) -> list[tuple[Decimal, int]]:
        found = [r for r in fresh_installation.rows(FEED, known_by) if r["uscc"] == code(25)]
        return [(r["general_sales"], r["seq"]) for r in found]

    assert sales(None) == sales(2) == [(Decimal(275), 2)]
    assert sales(1) == [(Decimal(250), 1)]
    assert len(fresh_installation.rows(FEED)) == 27


def test_a_refused_pull_does_not_move_the_mark(office: TaxOffice, fresh_installation: Installation) -> None:
    def nameless(change: int) -> dict[str, Any]:
        return {k: v for k, v in vat(change, change).items() if k != "taxpayer_id"}

    office.holds(nameless(n) for n in range(1, 4))
    with office.open() as uri:
        (file,) = poll(FEED, uri).refused
        assert (file.reason or "").startswith("tax/vat/0-3.jsonl：缺少必需列：统一社会信用代码")
        assert batches.mark(FEED) == 0
        # The very same at the same time is no news.
        assert poll(FEED, uri).refused == []
        office.holds(vat(n, n) for n in range(1, 4))
        fresh_installation.at(LATER)
        (batch,) = poll(FEED, uri).accepted
    assert (batch.landed, batch.seq, batches.mark(FEED)) == (3, 1, 3)


def test_of_two_versions_in_one_pull_the_later_counts(
    office: TaxOffice, fresh_installation: Installation
) -> None:
    """A return that is corrected while its pages are read stands on two of them."""
    office.holds([vat(1, 1, 100), vat(2, 2, 200), vat(3, 3, 300)])
    office.adds([vat(4, 1, 110), vat(5, 1, 120), vat(6, 2, tax_due_month="待核实")])
    with office.open() as uri:
        (batch,) = poll(FEED, uri).accepted
    assert (batch.landed, batch.silver, batch.quarantined, batch.duplicates) == (6, 3, 1, 2)
    sales = {r["uscc"]: r["general_sales"] for r in fresh_installation.rows(FEED)}
    # The refused correction of the second firm overtakes nothing.
    assert sales == {code(1): 120, code(2): 200, code(3): 300}
    (refused,) = delta_rows(f"{fresh_installation.env['ZJTX_LAKE']}/quarantine/rows")
    assert (refused["row_no"], [x["rule"] for x in refused["reasons"]]) == (6, ["NOT_A_NUMBER"])


def test_one_change_number_with_two_contents_is_a_conflict(fresh_installation: Installation) -> None:
    page = {"data": [vat(1, 1, 100), vat(1, 1, 110), vat(2, 2), vat(2, 2)], "next": None}
    with served(answering_once(page)) as place:
        (batch,) = poll(FEED, f"http://t:t@{place}").accepted
    assert (batch.landed, batch.silver, batch.quarantined, batch.duplicates) == (4, 1, 2, 1)
    refused = delta_rows(f"{fresh_installation.env['ZJTX_LAKE']}/quarantine/rows")
    assert {(r["row_no"], r["reasons"][0]["rule"]) for r in refused} == {
        (1, "KEY_CONFLICT"),
        (2, "KEY_CONFLICT"),
    }


@pytest.fixture
def long_office(fresh_installation: Installation) -> Iterator[str]:
    """An office of 2,500 returns whose pages of a thousand come late."""
    fresh_installation.at(NOW)
    office = TaxOffice(
        fresh_installation.home / "tax.sqlite",
        fresh_installation.home / "clock",
        Faults((SLOW,), 1.0, 1, 2.0),
    )
    office.holds(vat(n, n) for n in range(1, 2501))
    with office.open() as uri:
        yield uri


def test_a_pull_that_is_killed_in_the_middle_leaves_nothing(
    fresh_installation: Installation, long_office: str
) -> None:
    env = {
        k: v for k, v in os.environ.items() if not k.startswith(("ZJTX_", "AIRFLOW_"))
    } | fresh_installation.env
    process = subprocess.Popen(
        [str(REPO / ".venv" / "bin" / "zjtx"), "ingest", FEED],
        env=env | {"AIRFLOW_CONN_TAX_API": long_office}, cwd=REPO, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    landing = fresh_installation.home / "landing"

    def first_page_is_there() -> bool:
        return any(path.stat().st_size > 0 for path in landing.glob("arriving-*"))

    deadline = time.monotonic() + 120
    while not first_page_is_there():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    assert ledger_rows(
        fresh_installation, "select count(*) from poll union all select count(*) from file"
    ) == [
        (0,),
        (0,),
    ]
    assert [path for path in landing.rglob("*") if not path.name.startswith("arriving-")] == []
    (batch,) = poll(FEED, long_office).accepted
    assert (batch.landed, batch.silver) == (2500, 2500)
    assert list(landing.glob("arriving-*")) == []


def test_a_poll_that_died_after_the_pull_is_finished_with_the_same_pull(
    office: TaxOffice, fresh_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(Exception):
        pass

    def dies(*_: Any) -> Any:
        raise Died

    with office.open() as uri:
        with monkeypatch.context() as patch:
            patch.setattr(batches, "finish_poll", dies)
            with pytest.raises(Died):
                poll(FEED, uri)
        assert (batches.mark(FEED), fresh_installation.rows(FEED)) == (0, [])
        office.adds([vat(26, 26)])
        result = poll(FEED, uri)
    assert [(b.seq, b.landed) for b in result.accepted] == [(1, 25), (2, 1)]
    assert batches.mark(FEED) == 26


def test_the_token_stands_in_no_log_no_notice_and_no_file(
    office: TaxOffice,
    fresh_installation: Installation,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    wrong = faulty(office, HALF)
    with wrong.open() as uri:
        poll(FEED, uri)
        with pytest.raises(SourceRefused) as refusal:
            poll(FEED, uri.replace(TOKEN, TOKEN[::-1]))
    printed = "".join(capfd.readouterr()) + caplog.text + str(refusal.getrepr(style="long"))
    assert "page failed" in printed and TOKEN not in printed and TOKEN[::-1] not in str(refusal.value)
    notices = str(ledger_rows(fresh_installation, "select title, body from notice"))
    kept = [p for p in fresh_installation.home.rglob("*") if p.is_file() and TOKEN.encode() in p.read_bytes()]
    assert (TOKEN in notices, kept) == (False, [])
