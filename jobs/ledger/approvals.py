"""When people approved releases."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from jobs.ledger.database import session
from jobs.ledger.models import Approval
from jobs.ledger.releases import STANDS


def first_approvals(by: datetime) -> dict[str, datetime]:
    """Return release -> when a person first approved it, as far as that was by a time."""
    said = select(Approval.release_id, func.min(Approval.decided_at)).group_by(Approval.release_id)
    query = said.where(Approval.decision.in_(STANDS), Approval.decided_at <= by)
    with session() as s:
        return {r[0]: r[1] for r in s.execute(query)}
