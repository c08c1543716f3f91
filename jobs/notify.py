"""Notices to people, through Apprise: mail, 企业微信, 钉钉 or whatever ``ZJTX_NOTIFY`` names."""

from __future__ import annotations

import apprise
import structlog

from jobs import clock
from jobs.ledger import session
from jobs.ledger.models import Notice
from jobs.settings import settings

log = structlog.get_logger()


def notify(kind: str, title: str, body: str) -> None:
    """Keep a notice in the ledger and deliver it.

    Parameters
    ----------
    kind : str
        ``late``, ``refused``, ``source_refused``, ``unknown_file``, ``withdrawal_held``, ``audit_failed`` or ``approval_waiting``.
    title, body : str
        Chinese text for the reader.

    Notes
    -----
    ``ZJTX_NOTIFY`` holds Apprise addresses divided by blanks. A notice that cannot be delivered stays in
    the ledger, undelivered; it never stops the work it tells of.
    """
    addresses = settings().notify.split()
    sender = apprise.Apprise()
    for address in addresses:
        sender.add(address)
    delivered = bool(addresses) and bool(sender.notify(title=title, body=body))
    with session() as s:
        s.add(Notice(kind=kind, at=clock.now(), title=title, body=body, delivered=delivered))
    log.warning("notice", kind=kind, title=title, delivered=delivered)
