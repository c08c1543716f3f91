"""A source behind a PostgreSQL login: one snapshot, read only, whole or not at all."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from infra.local import postgres
from infra.sandbox.services.finance_db import TABLES
from jobs import clock
from jobs.definitions.contract import load_feed
from jobs.feeds.fetch import fetch_new
from jobs.feeds.ingest import poll
from jobs.feeds.landing import landed
from jobs.feeds.source import SourceRefused, SourceUnavailable
from jobs.ledger import batches
from tests.support.files import COUNTY, bad_code, code
from tests.support.installation import Installation, delta_rows, ledger_rows, wanted

pytestmark = pytest.mark.spark

FEED = "fin_loan"
READER, PASSWORD = "bank_reader", secrets.token_hex(8)
TABLE = """
create table loan (change_no bigint, updated_at text, quarter text, loan_no text, credit_code text, enterprise_name text,
    region_code text, bank_name text, balance numeric(18,4), interest_rate text)
"""


@dataclass
class Bank:
    """A database of loans whose reader may select.

    Attributes
    ----------
    con : Connection
        As superuser.
    uri : str
        The reader's connection.
    """

    con: psycopg.Connection
    uri: str

    def adds(self, *loans: tuple[Any, ...]) -> None:
        """Add loans: change number, number of the firm, balance, and what is otherwise."""
        for change, firm, balance, more in loans:
            row = {
                "change_no": change, "updated_at": "2026-01-18", "quarter": "2025Q4", "loan_no": f"DK{firm}",
                "credit_code": code(firm), "enterprise_name": f"测试企业{firm}", "region_code": COUNTY,
                "bank_name": "银行，“甲”\n支行", "balance": balance, "interest_rate": "4.35",
            } | more  # fmt: skip
            names = sql.SQL(", ").join(map(sql.Identifier, row))
            values = sql.SQL(", ").join(sql.Literal(v) for v in row.values())
            self.con.execute(sql.SQL("insert into loan ({}) values ({})").format(names, values))


@pytest.fixture
def bank(platform: Any, fresh_installation: Installation) -> Iterator[Bank]:
    """A bank's database with three loans."""
    fresh_installation.at("2026-01-20T09:00:00+08:00")
    name = f"bank_{secrets.token_hex(4)}"
    with postgres.connect(platform.site) as con:
        con.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        if not con.execute("select 1 from pg_roles where rolname = %s", [READER]).fetchone():
            con.execute(sql.SQL("create role {} login").format(sql.Identifier(READER)))
        con.execute(
            sql.SQL("alter role {} password {}").format(sql.Identifier(READER), sql.Literal(PASSWORD))
        )
    with postgres.connect(platform.site, name) as con:
        con.execute(TABLE)
        con.execute(sql.SQL("grant select on loan to {}").format(sql.Identifier(READER)))
        uri = f"postgresql://{READER}:{PASSWORD}@127.0.0.1:{platform.site.ports.postgres}/{name}"
        bank = Bank(con, uri)
        bank.adds((1, 1, "100.5", {}), (2, 2, "0.0001", {}), (3, 3, None, {}))
        yield bank


def test_the_rows_land_as_the_server_sends_them(bank: Bank) -> None:
    (found,) = fetch_new(load_feed(FEED), bank.uri)
    assert (found.path, found.mark, found.modified_at) == ("finance/loan/0-3.csv", 3, clock.now())
    text = landed(found.sha256).read_text(encoding="utf-8")
    head = "change_no,updated_at,quarter,loan_no,credit_code,enterprise_name,region_code,bank_name,balance,interest_rate"
    lines = [
        f'{n},2026-01-18,2025Q4,DK{n},{code(n)},测试企业{n},{COUNTY},"银行，“甲”\n支行",{b},4.35'
        for n, b in ((1, "100.5000"), (2, "0.0001"), (3, ""))
    ]
    assert text == "\n".join([head, *lines, ""])


def test_amounts_are_yuan_and_know_their_line(bank: Bank, fresh_installation: Installation) -> None:
    bank.adds((4, 4, "12", {"credit_code": bad_code(4)}), (5, 5, "7", {"interest_rate": "面议"}))
    (batch,) = poll(FEED, bank.uri).accepted
    assert (batch.landed, batch.silver, batch.quarantined, batch.duplicates) == (5, 2, 3, 0)
    rows = {r["loan_no"]: r for r in fresh_installation.rows(FEED)}
    assert {k: r["balance"] for k, r in rows.items()} == {"DK1": Decimal(1_005_000), "DK2": Decimal(1)}
    # A bank's name of two lines: a row's number is that of its last line, the header's is 1.
    assert {k: r["row_no"] for k, r in rows.items()} == {"DK1": 3, "DK2": 5}
    refused = delta_rows(f"{fresh_installation.env['ZJTX_LAKE']}/quarantine/rows")
    assert {(r["row_no"], r["reasons"][0]["rule"]) for r in refused} == {
        (7, "REQUIRED"), (9, "USCC_CHECK"), (11, "NOT_A_NUMBER")
    }  # fmt: skip
    assert batch.periods == ["2025Q4"]


def test_the_next_poll_reads_only_what_changed(bank: Bank, fresh_installation: Installation) -> None:
    assert poll(FEED, bank.uri).accepted[0].landed == 3
    assert poll(FEED, bank.uri).accepted == []
    bank.con.execute("delete from loan where change_no = 1")
    bank.adds((4, 1, "120", {}), (5, 4, "80", {"quarter": "2026Q1"}))
    fresh_installation.at("2026-04-20T09:00:00+08:00")
    (batch,) = poll(FEED, bank.uri).accepted
    assert (batch.landed, batch.seq, batch.periods) == (2, 2, ["2025Q4", "2026Q1"])
    files = ledger_rows(fresh_installation, "select path, mark from file order by file_id")
    assert files == [("finance/loan/0-3.csv", 3), ("finance/loan/3-5.csv", 5)]

    def balance(known_by: int) -> list[Decimal]:
        return [r["balance"] for r in fresh_installation.rows(FEED, known_by) if r["loan_no"] == "DK1"]

    assert (balance(1), balance(2)) == ([Decimal(1_005_000)], [Decimal(1_200_000)])


def test_nothing_new_lands_nothing(bank: Bank, fresh_installation: Installation) -> None:
    bank.con.execute("delete from loan")
    assert fetch_new(load_feed(FEED), bank.uri) == []
    assert ledger_rows(fresh_installation, "select count(*) from file") == [(0,)]
    assert not (fresh_installation.home / "landing").exists()


def test_a_refused_pull_does_not_move_the_mark(bank: Bank, fresh_installation: Installation) -> None:
    bank.con.execute("alter table loan rename credit_code to who")
    (file,) = poll(FEED, bank.uri).refused
    assert (file.reason or "").startswith("finance/loan/0-3.csv：缺少必需列：统一社会信用代码")
    assert batches.mark(FEED) == 0
    bank.con.execute("alter table loan rename who to credit_code")
    fresh_installation.at("2026-01-21T09:00:00+08:00")
    assert (poll(FEED, bank.uri).accepted[0].landed, batches.mark(FEED)) == (3, 3)


@pytest.mark.parametrize(
    ("change", "words"),
    [("password", "不接受登录"), ("right", "没有读取 loan 的权限"), ("table", "不能应答 loan"), ("column", "不能应答 loan"),
     ("database", "不接受登录")],
)  # fmt: skip
def test_what_a_person_must_mend_is_told_at_once(
    bank: Bank, fresh_installation: Installation, change: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = bank.uri
    if change == "password":
        uri = uri.replace(PASSWORD, "guess")
    if change == "database":
        uri = uri.rpartition("/")[0] + "/nowhere"
    if change == "right":
        bank.con.execute(sql.SQL("revoke select on loan from {}").format(sql.Identifier(READER)))
    if change == "table":
        bank.con.execute("drop table loan")
    if change == "column":
        bank.con.execute("alter table loan drop column change_no")
    tried: list[int] = []
    real = psycopg.connect

    def connect(*args: Any, **options: Any) -> psycopg.Connection:
        # The ledger's own connections are none of the source.
        tried.extend([1] * (options.get("application_name") == "zjtx"))
        return real(*args, **options)

    monkeypatch.setattr(psycopg, "connect", connect)
    with pytest.raises(SourceRefused, match=words) as refusal:
        fetch_new(load_feed(FEED), uri)
    assert (len(tried), PASSWORD in str(refusal.value)) == (1, False)
    ((body,),) = ledger_rows(fresh_installation, "select body from notice where kind = 'source_refused'")
    assert body.startswith("连接 finance_db：") and PASSWORD not in body


def test_a_server_that_is_away_is_tried_again_and_then_given_up(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("jobs.feeds.database.pull.retry.sleep", waited.append)
    with pytest.raises(SourceUnavailable, match="连接不上"):
        fetch_new(load_feed(FEED), f"postgresql://{READER}:{PASSWORD}@127.0.0.1:9/bank")
    assert len(waited) == 3


def slow_view(bank: Bank, seconds: float) -> None:
    """Put a view in the place of the table that takes its time for every row."""
    bank.con.execute("alter table loan rename to loan_rows")
    bank.con.execute(
        f"create view loan as select loan_rows.* from loan_rows, lateral (select pg_sleep({seconds}), change_no) as wait"
    )
    bank.con.execute(sql.SQL("grant select on loan to {}").format(sql.Identifier(READER)))


def test_a_statement_has_a_time_limit(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("jobs.feeds.database.pull.retry.sleep", waited.append)
    slow_view(bank, 5)
    with pytest.raises(SourceUnavailable, match=r"读取 loan 超过 0\.2 秒"):
        fetch_new(load_feed(FEED), f"{bank.uri}?timeout=0.2")
    assert len(waited) == 3


def test_a_connection_that_breaks_while_rows_are_copied_is_opened_again(
    bank: Bank, fresh_installation: Installation
) -> None:
    slow_view(bank, 0.4)
    broken: list[int] = []

    def cut() -> None:
        query = "select pid from pg_stat_activity where application_name = 'zjtx' and query like 'COPY%'"
        deadline = time.monotonic() + 60
        with psycopg.connect(bank.con.info.dsn, password=bank.con.info.password, autocommit=True) as con:
            while not broken and time.monotonic() < deadline:
                broken.extend(pid for (pid,) in con.execute(query))
                time.sleep(0.02)
            for pid in broken:
                con.execute("select pg_terminate_backend(%s)", [pid])

    killer = threading.Thread(target=cut)
    killer.start()
    (found,) = fetch_new(load_feed(FEED), bank.uri)
    killer.join(60)
    assert len(broken) == 1
    assert landed(found.sha256).read_text(encoding="utf-8").count("2025Q4") == 3
    assert list((fresh_installation.home / "landing").glob("arriving-*")) == []


def test_rows_that_appear_while_others_are_copied_belong_to_the_next_pull(bank: Bank) -> None:
    slow_view(bank, 0.2)
    added = threading.Event()

    def add() -> None:
        query = "select 1 from pg_stat_activity where application_name = 'zjtx' and query ~ '^(SELECT|COPY)'"
        deadline = time.monotonic() + 60
        while not bank.con.execute(query).fetchone() and time.monotonic() < deadline:
            time.sleep(0.02)
        bank.con.execute(
            "insert into loan_rows select 4, updated_at, quarter, 'DK4', credit_code from loan_rows limit 1"
        )
        added.set()

    adder = threading.Thread(target=add)
    adder.start()
    (found,) = fetch_new(load_feed(FEED), bank.uri)
    adder.join(60)
    assert added.is_set()
    assert (found.path, "DK4" in landed(found.sha256).read_text(encoding="utf-8")) == (
        "finance/loan/0-3.csv",
        False,
    )


# The sandbox's own finance database.


@pytest.fixture
def reader(platform: Any, sandbox: Path, fresh_installation: Installation) -> Iterator[psycopg.Connection]:
    """The reader's session in the sandbox's finance database, with the server's clock put back afterwards."""
    from infra.local.finance import fill

    del sandbox, fresh_installation
    fill(platform.site)
    clock_file = platform.site.home / "clock"
    before = clock_file.read_text(encoding="utf-8")
    with psycopg.connect(wanted(platform.env())["AIRFLOW_CONN_FINANCE_DB"], autocommit=True) as con:
        yield con
    clock_file.write_text(before, encoding="utf-8")


FORBIDDEN = (
    "insert into loan (change_no) values (1)",
    "update loan set balance = 0",
    "delete from loan",
    "truncate store.loan",
    "drop view loan",
    "create table mine (a int)",
    "create temporary table mine (a int)",
    "create schema mine",
    "select * from store.loan",
    "update store.loan set balance = 0",
    "select pg_read_file('/etc/passwd')",
    "copy loan to '/tmp/loan.csv'",
    "copy loan to program 'cat'",
    "set role finance",
    "alter role finance_reader superuser",
    "select lo_import('/etc/passwd')",
)


def test_the_reader_can_select_and_nothing_else(reader: psycopg.Connection) -> None:
    for table in TABLES:
        (count,) = reader.execute(
            sql.SQL("select count(*) from {}").format(sql.Identifier(table.name))
        ).fetchone() or (0,)
        assert count > 0, table.name
    whoami = reader.execute(
        "select current_user, rolsuper, rolcreatedb from pg_roles where rolname = current_user"
    )
    assert whoami.fetchone() == ("finance_reader", False, False)
    # Also where the reader takes back its own default.
    reader.execute("set default_transaction_read_only = off")
    reader.execute("set search_path = public")
    for statement in FORBIDDEN:
        with pytest.raises(psycopg.Error) as refusal:
            reader.execute(statement)  # type: ignore[arg-type]
        assert isinstance(
            refusal.value, psycopg.errors.InsufficientPrivilege | psycopg.errors.ObjectNotInPrerequisiteState
        ), (statement, refusal.value)


def test_the_owner_is_another_role(platform: Any, reader: psycopg.Connection) -> None:
    del platform
    owners = reader.execute("select distinct viewowner from pg_views where schemaname = 'public'").fetchall()
    assert owners == [("finance",)]


def test_rows_are_there_from_their_publication_by_the_business_clock_on(
    platform: Any, reader: psycopg.Connection
) -> None:
    def quarters(moment: str) -> set[str]:
        (platform.site.home / "clock").write_text(moment, encoding="utf-8")
        return {q for (q,) in reader.execute("select distinct quarter from loan")}

    before = quarters("2026-01-18T05:59:59+08:00")
    assert before == {"2025Q1", "2025Q2", "2025Q3"}
    assert quarters("2026-01-18T06:00:00+08:00") - before == {"2025Q4"}
    with suppress(FileNotFoundError):
        (platform.site.home / "clock").unlink()
    # Without the file it is the real time, which is later than any of the sandbox's first year.
    assert "2025Q4" in {q for (q,) in reader.execute("select distinct quarter from loan")}
