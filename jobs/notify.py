"""Notices to people: kept in the ledger, and delivered (:mod:`jobs.delivery`) where ``ZJTX_NOTIFY`` says."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from sqlalchemy import select

from jobs import clock
from jobs.ledger import session
from jobs.ledger.models import Notice

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


def notices(undelivered: bool = False) -> list[Notice]:
    """Return the notices in the ledger, oldest first."""
    query = select(Notice).order_by(Notice.notice_id)
    with session() as s:
        return list(s.scalars(query.where(Notice.delivered.is_(False)) if undelivered else query))


def send(notice: Notice) -> bool:
    """Deliver a notice and keep that it was; one that reached some addresses only is sent to all again."""
    # What only looks notices up does without the libraries that send.
    from jobs.delivery import deliver

    if not deliver(notice):
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
