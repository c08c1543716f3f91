"""Lines of certificate notices made by hand, and what the models make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from jobs.definitions.wording import folded
from jobs.kpi import parameters
from jobs.kpi.unmatched import Word
from tests.support import model_frames
from tests.support.model_frames import day, feed
from tests.support.model_runs import Row, single, table

Place = tuple[str | None, str | None]
EAST: Place = ("东山市", "东一县")
TIERS = (("seed", 1, False), ("a", 3, True), ("b", 5, True))
"""Tier, rank, whether its certificates end."""


def notice(
    uscc: str | None,
    on: str = "2024-06-15",
    tier: str = "a",
    what: str = "grant",
    doc: str | None = None,
    valid: tuple[str | None, str | None] = (None, None),
    where: Place = EAST,
    name: str | None = None,
) -> Row:
    """Return a line of a notice; ``valid``: the days it prints."""
    first, last = (day(v) if v else None for v in valid)
    printed = {"valid_from": first, "valid_to": last, "unit_name": where[0], "county_name": where[1]}
    more = {k: v for k, v in (("document_no", doc), ("name", name)) if v}
    return model_frames.notice(uscc, on, tier, what, **printed, **more)


def notices(lines: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Return lines of notices as the models read them."""
    rows = feed("notices", lines).rows
    compared = [folded(n) for n in rows["name"].to_pylist()]
    return rows.append_column("folded_name", pa.array(compared, pa.string()))


def of_notices(
    lines: Iterable[Mapping[str, Any]],
    *names: str,
    days: Mapping[str, str] | None = None,
    words: Sequence[Word] = (),
) -> dict[str, list[Row]]:
    """Return the rows of models over lines of notices.

    Parameters
    ----------
    lines : iterable of dict
    *names : str
        Models.
    days : mapping, optional
        Period -> its last day.
    words : sequence of Word
        What people's words make of lines.
    """
    tiers = [dict(zip(("tier", "rank", "expires"), t, strict=True)) for t in TIERS]
    kinds = {"tier": pa.string(), "rank": pa.int64(), "expires": pa.bool_()}
    ends = [{"period": p, "last_day": day(d)} for p, d in (days or {}).items()]
    given = {
        "notices": notices(lines),
        "words": parameters.words(words),
        "tiers": table(kinds, tiers),
        "periods": table({"period": pa.string(), "last_day": pa.date32()}, ends),
    }
    return single(given, *names)
