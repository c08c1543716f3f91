"""Delivering notices through Apprise: mail, 企业微信, 钉钉, a file, or whatever ``ZJTX_NOTIFY`` names."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import apprise
import structlog
from apprise.decorators import notify as apprise_plugin

from jobs import clock
from jobs.ledger.models import Notice
from jobs.settings import settings

log = structlog.get_logger()
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


def deliver(notice: Notice) -> bool:
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
