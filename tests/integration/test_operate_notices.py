"""Notices reach real receivers on loopback: a mail server, web hooks, a file; what does not arrive is tried again."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.wecombot import NotifyWeComBot
from typer.testing import CliRunner

from infra.local.services import Ports
from jobs.cli import app
from jobs.feeds.ingest import poll
from jobs.notify import notices, notify, send_waiting
from jobs.release.deadlines import announce_passed
from jobs.settings import REPO
from tests.support.files import csv_file, finance_path
from tests.support.installation import Installation, clear_caches, ledger_rows

pytestmark = pytest.mark.spark

SECRET = "Geheim-7f3a"
NOON = "2026-04-20T12:00:00+08:00"


class Hook(ThreadingHTTPServer):
    """Keeps what is posted to it; answers with ``status``."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.status = 200
        super().__init__(("127.0.0.1", 0), Answer)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, json.loads(body)))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(b'{"errcode": 0}')

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def hook() -> Iterator[Hook]:
    server = Hook()
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Inbox:
    """Keeps the mail it is handed."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        del server, session
        self.mails.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 OK"


def to(installation: Installation, *addresses: str) -> None:
    """Let the active installation send its notices there."""
    installation.at(NOON)
    os.environ["ZJTX_NOTIFY"] = " ".join(addresses)
    clear_caches()


def state() -> list[tuple[str, bool]]:
    return [(n.title, n.delivered) for n in notices()]


@contextmanager
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.DEBUG):
        for name in ("apprise", "urllib3", "requests"):
            logging.getLogger(name).setLevel(logging.DEBUG)
        yield
        for name in ("apprise", "urllib3", "requests"):
            logging.getLogger(name).setLevel(logging.NOTSET)


def test_a_notice_arrives_by_mail(fresh_installation: Installation) -> None:
    inbox = Inbox()
    server = Controller(inbox, hostname="127.0.0.1", port=Ports.free().superset)
    server.start()
    try:
        to(
            fresh_installation,
            f"mailto://127.0.0.1:{server.port}?from=zjtx@example.cn&to=boss@example.cn&mode=insecure",
        )
        notify("audit_failed", "审核未通过：R9", "原发布内容继续有效。\nJL/coverage：示例")
    finally:
        server.stop()
    ((to_whom, mail),) = inbox.mails
    assert (to_whom, mail["Subject"]) == (["boss@example.cn"], "审核未通过：R9")
    text = mail.get_body(("plain", "html")).get_content()
    assert "原发布内容继续有效。" in text and "JL/coverage：示例" in text
    assert state() == [("审核未通过：R9", True)]


def test_a_notice_arrives_at_a_web_hook(fresh_installation: Installation, hook: Hook) -> None:
    to(fresh_installation, f"json://{hook.address}/hook")
    notify("late", "逾期未报：财务状况 202603", "截止时间已过，尚缺：某市")
    ((path, told),) = hook.seen
    assert (path, told["title"], told["message"]) == (
        "/hook", "逾期未报：财务状况 202603", "截止时间已过，尚缺：某市",
    )  # fmt: skip


def test_wecom_and_dingtalk_get_text_with_title_and_body(
    fresh_installation: Installation, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two go to fixed hosts: only the host is another one here, parsing and sending are Apprise's own."""
    monkeypatch.setattr(
        NotifyWeComBot, "notify_url", f"http://{hook.address}/cgi-bin/webhook/send?key={{key}}"
    )
    monkeypatch.setattr(
        NotifyDingTalk, "notify_url", f"http://{hook.address}/robot/send?access_token={{token}}"
    )
    to(fresh_installation, "wecombot://abcd-1234", "dingtalk://tokentoken/13800138000")
    notify("approval_waiting", "等待审批：R9", "审核已通过，批准后即可发布。")
    (wecom, told), (ding, asked) = hook.seen
    assert wecom == "/cgi-bin/webhook/send?key=abcd-1234"
    assert (told["msgtype"], told["text"]["content"].split()) == (
        "text", ["等待审批：R9", "审核已通过，批准后即可发布。"],
    )  # fmt: skip
    assert ding.startswith("/robot/send?access_token=tokentoken")
    assert asked["msgtype"] == "text" and asked["at"]["atMobiles"] == ["13800138000"]
    assert asked["text"]["content"].split() == ["等待审批：R9", "审核已通过，批准后即可发布。"]
    assert state() == [("等待审批：R9", True)]


def test_a_notice_is_appended_to_a_file(fresh_installation: Installation) -> None:
    target = fresh_installation.home / "通知 一.txt"
    to(fresh_installation, f"file://{str(target).replace(' ', '%20')}")
    notify("refused", "拒收 1 个文件", "甲.xlsx：没有数据行")
    notify("late", "逾期未报", "尚缺：某市")
    assert target.read_text(encoding="utf-8") == (
        "[2026-04-20T12:00:00+08:00] 拒收 1 个文件\n甲.xlsx：没有数据行\n\n"
        "[2026-04-20T12:00:00+08:00] 逾期未报\n尚缺：某市\n\n"
    )


def test_the_flow_tells_of_refusals_and_of_who_is_late(fresh_installation: Installation) -> None:
    target = fresh_installation.home / "notices.txt"
    to(fresh_installation, f"file://{target}")
    fresh_installation.deliver(finance_path("220300"), csv_file([]), "2026-03-10T10:00:00+08:00")
    poll("stat_finance")
    poll("stat_finance")
    assert ("stat_finance", "202602") in announce_passed()
    text = target.read_text(encoding="utf-8")
    assert "拒收 1 个文件\nstat/220300/203/203_220300_202602.csv：没有数据行" in text
    assert "逾期未报：财务状况（103/203表） 202602\n截止时间已过，尚缺：" in text


def test_what_could_not_be_delivered_is_sent_once_the_receiver_answers(
    fresh_installation: Installation, hook: Hook
) -> None:
    to(fresh_installation, f"json://{hook.address}/hook")
    hook.status = 500
    notify("late", "一", "a")
    notify("late", "二", "b")
    assert state() == [("一", False), ("二", False)]
    hook.status = 200
    hook.seen.clear()
    notify("late", "三", "c")
    assert [told["title"] for _, told in hook.seen] == ["三", "一", "二"]
    assert [delivered for _, delivered in state()] == [True, True, True]


def test_undelivered_notices_are_listed_and_sent_by_command(
    fresh_installation: Installation, hook: Hook
) -> None:
    to(fresh_installation)
    notify("late", "逾期未报：一", "甲市")
    notify("refused", "二", "乙.xlsx")
    assert send_waiting() == (0, 2)
    listed = CliRunner().invoke(app, ["notices", "--undelivered"])
    assert "[未送达] 逾期未报：一" in listed.output and "[未送达] 拒收：二" in listed.output
    assert "    乙.xlsx" in listed.output
    assert "列出 2 条，共 2 条" in listed.output
    failed = CliRunner().invoke(app, ["notices", "--send"])
    assert (failed.exit_code, "送达 0 条，未送达 2 条" in failed.output) == (1, True)
    to(fresh_installation, f"json://{hook.address}/hook")
    done = CliRunner().invoke(app, ["notices", "--send"])
    assert (done.exit_code, "送达 2 条，未送达 0 条" in done.output) == (0, True)
    assert [told["title"] for _, told in hook.seen] == ["逾期未报：一", "二"]
    assert "共 0 条" in CliRunner().invoke(app, ["notices", "--undelivered"]).output


def test_a_process_killed_while_it_sends_loses_no_notice(
    fresh_installation: Installation, hook: Hook
) -> None:
    to(fresh_installation, f"json://{hook.address}/hook")
    program = (
        "import os, apprise\n"
        "apprise.Apprise.notify = lambda *a, **k: os.kill(os.getpid(), 9)\n"
        "from jobs.notify import notify\n"
        "notify('late', '一', 'a')\n"
    )
    env = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW_")}
    command = [str(REPO / ".venv/bin/python"), "-c", program]
    died = subprocess.run(command, env=env, cwd=REPO, check=False, capture_output=True, timeout=120)
    assert died.returncode == -signal.SIGKILL
    assert (hook.seen, state()) == ([], [("一", False)])
    assert send_waiting() == (1, 0)
    assert ([told["title"] for _, told in hook.seen], state()) == (["一"], [("一", True)])


def test_no_log_shows_an_address_or_its_secret(
    fresh_installation: Installation,
    hook: Hook,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    hook.status = 403
    dead = Ports.free().superset
    to(
        fresh_installation,
        f"json://user:{SECRET}@{hook.address}/{SECRET}?token={SECRET}",
        f"mailtos://user:{SECRET}@127.0.0.1:{dead}?to=a@example.cn&from=b@example.cn",
        f"wecombot://{SECRET}!",
        f"nonsense://{SECRET}",
        SECRET,
    )
    with everything_logged(caplog):
        notify("late", "一", "a")
    shown = capsys.readouterr()
    printed = caplog.text + shown.out + shown.err
    assert SECRET not in printed
    assert printed.count("notice not delivered") == 5, "each failing address is told by its place and kind"
    assert "第1个（json）" in printed and "第2个（mailtos）" in printed
    assert state() == [("一", False)]
    assert ledger_rows(fresh_installation, f"select count(*) from notice where body like '%{SECRET}%'") == [
        (0,)
    ]


def test_notices_keep_the_business_time(fresh_installation: Installation) -> None:
    to(fresh_installation)
    notify("late", "一", "a")
    assert [n.at for n in notices()] == [datetime.fromisoformat(NOON)]
