"""Notices to people, through Apprise: mail, 企业微信, 钉钉, a file, or whatever ``ZJTX_NOTIFY`` names."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import apprise
import structlog
from apprise.decorators import notify as apprise_plugin
from sqlalchemy import select

from jobs import clock
from jobs.ledger import session
from jobs.ledger.models import Notice
from jobs.settings import settings

log = structlog.get_logger()
Progress = Callable[[str, int, int], None]

KINDS = {
    "late": "逾期未报",
    "refused": "拒收",
    "source_refused": "来源拒绝",
    "audit_failed": "审核未通过",
    "approval_waiting": "等待审批",
    "unknown_file": "未知文件",
    "withdrawal_held": "暂不撤下",
    "replaced": "内容被替换",
}
"""Kinds of notices and their names."""

_TELLTALES = ("apprise", "urllib3")
"""Loggers that print addresses, and with them keys and passwords."""


@apprise_plugin(on="file", name="文件")
def _append_to_file(body: str, title: str, notify_type: str, meta: dict[str, Any], **_: Any) -> bool:
    """Append a notice to a file: ``file:///folder/name``; Apprise itself has no such address."""
    target = Path("/" + unquote(meta["url"].removeprefix("file://").split("?")[0]).lstrip("/"))
    text = f"[{clock.now().isoformat(timespec='seconds')}] {title}\n{body}\n\n"
    with target.open("a", encoding="utf-8") as out:
        out.write(text)
    return True


_TURN = threading.Lock()


@contextmanager
def _discreet() -> Iterator[None]:
    """Keep the addresses out of every log while something is sent, by one sender at a time."""
    with _TURN:
        before = {name: logging.getLogger(name).level for name in _TELLTALES}
        for name in before:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for name, level in before.items():
                logging.getLogger(name).setLevel(level)


def _deliver(notice: Notice) -> bool:
    """Send a notice to every address; tell of a failing one by its kind and place alone."""
    addresses, reached = settings().notify.split(), 0
    with _discreet():
        for number, address in enumerate(addresses, start=1):
            plugin = apprise.Apprise.instantiate(address)
            sender = apprise.Apprise([plugin] if plugin else [])
            body, kind = notice.body or notice.title, apprise.NotifyFormat.TEXT
            if plugin and sender.notify(title=notice.title, body=body, body_format=kind):
                reached += 1
                continue
            schema = address.split("://")[0] if "://" in address else "?"
            log.warning("notice not delivered", address=f"第{number}个（{schema}）", known=plugin is not None)
    return bool(addresses) and reached == len(addresses)


def notices(undelivered: bool = False) -> list[Notice]:
    """Return the notices in the ledger, oldest first."""
    query = select(Notice).order_by(Notice.notice_id)
    with session() as s:
        return list(s.scalars(query.where(Notice.delivered.is_(False)) if undelivered else query))


def send(notice: Notice) -> bool:
    """Deliver a notice and keep that it was; one that reached some addresses only is sent to all again."""
    if not _deliver(notice):
        return False
    with session() as s:
        s.get_one(Notice, notice.notice_id).delivered = True
    return True


def send_waiting(progress: Progress = lambda *_: None) -> tuple[int, int]:
    """Send what is undelivered, oldest first, up to the first failure; return how many went and how many wait."""
    waiting = notices(undelivered=True)
    sent = 0
    for notice in waiting:
        progress("发送", sent, len(waiting))
        if not send(notice):
            break
        sent += 1
    progress("发送", sent, len(waiting))
    return sent, len(waiting) - sent


def notify(kind: str, title: str, body: str) -> None:
    """Keep a notice in the ledger and deliver it.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    title, body : str
        Chinese text for the reader.

    Notes
    -----
    ``ZJTX_NOTIFY`` holds Apprise addresses divided by blanks. The ledger has the notice before it is sent,
    so a death in between loses none; it never stops the work it tells of. Once an address answers again,
    what could not be delivered before is sent as well.
    """
    with session() as s:
        notice = Notice(kind=kind, at=clock.now(), title=title, body=body, delivered=False)
        s.add(notice)
    delivered = send(notice)
    log.warning("notice", kind=kind, title=title, delivered=delivered)
    if delivered:
        send_waiting()
