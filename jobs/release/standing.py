"""Which releases stood at an earlier state of knowledge."""

from __future__ import annotations

from datetime import datetime

from jobs.clock import ZONE
from jobs.ledger import releases
from jobs.ledger.models import Release
from jobs.refusals import Refusal, shown

LONGEST_SEQ = 15
"""Digits of a sequence number; the ledger's column holds 18."""


class Unknown(Refusal, ValueError):
    """There is no such release, or none stood at that state of knowledge."""


def standing(known_by: str) -> dict[tuple[str, str], Release]:
    """Return (programme, period) -> the release that stood approved at a state of knowledge.

    Parameters
    ----------
    known_by : str
        A sequence number, or an ISO time; a time without a zone is Asia/Shanghai, a day means its end.

    Raises
    ------
    Unknown
        If it is neither, or nothing was approved by then.
    """
    at, seq = moment_or_seq(known_by)
    rows = releases.approved_by(at, seq)
    if not rows:
        raise Unknown(f"截至“{known_by}”没有已批准的发布 / nothing was approved by {known_by}")
    return {(r.programme, r.period): r for r in rows}


def moment_or_seq(known_by: str) -> tuple[datetime | None, int | None]:
    """Read a state of knowledge: the moment or the sequence number, the other one is None.

    Raises
    ------
    Unknown
        If it is neither.
    """
    if known_by.isascii() and known_by.isdigit() and len(known_by) <= LONGEST_SEQ:
        return None, int(known_by)
    return _moment(known_by), None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unknown(f"“{shown(text)}”既不是状态号也不是时间（如 57 或 2026-04-20T09:00）") from error
    if len(text) <= len("2026-04-20"):
        moment = moment.replace(hour=23, minute=59, second=59)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZONE)
