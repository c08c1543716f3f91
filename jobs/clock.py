"""The business clock: the only place where the jobs learn what time it is."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from jobs.settings import settings

ZONE = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return the business time.

    ``ZJTX_CLOCK`` names a file that holds one ISO time; without it, or while the file is absent,
    the business clock is the real one.

    Raises
    ------
    ValueError
        If the file holds no ISO time.
    """
    path = settings().clock
    if path is None or not path.exists():
        return datetime.now(ZONE)
    stamp = datetime.fromisoformat(path.read_text(encoding="utf-8").strip())
    return stamp if stamp.tzinfo else stamp.replace(tzinfo=ZONE)


def today() -> date:
    """Return the business date in Asia/Shanghai."""
    return now().astimezone(ZONE).date()
