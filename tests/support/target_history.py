"""What one target is judged over a row of releases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from jobs.definitions.policy.document import Cell, Document, Target
from jobs.targets.closing import CellKey, Closing, Stood
from jobs.targets.progress import COLUMNS, judge_all
from tests.support.judged_targets import DICTIONARY, figure, programme

Row = dict[str, Any]
FORM = "2025年度的研发活动及相关情况（107-2表）：白山市未报"


def day(text: str) -> date:
    """Return a day of 2026."""
    return date.fromisoformat(f"2026-{text}")


class TargetHistory:
    """A target's releases one after the other, each knowing what the earlier ones said."""

    def __init__(self, asked: Target) -> None:
        self.asked = asked
        self.history: dict[CellKey, dict[str, list[Stood]]] = {}

    def release(
        self, name: str, today: str, values: Mapping[str, float | None], lacks: Sequence[str] = (), **more: Any
    ) -> dict[str, Row]:  # fmt: skip
        """Compute and approve a release of the periods of ``values``; return the headline's row of each."""

        def missing(_document: Document, _cell: Cell, _period: str, _whole: bool) -> Sequence[str]:
            return lacks

        figures = [
            figure("certificate_count", "valid", v, tier="seed", period=p, numerator=None if v is None else Decimal(str(v)),
                   reference_period=f"{p}末", **more)
            for p, v in values.items()
        ]  # fmt: skip
        closing = Closing(day(today), name, self.history, missing)
        made = judge_all(pd.DataFrame(figures), programme(self.asked), list(values), closing, DICTIONARY)
        rows = [dict(zip(COLUMNS, r, strict=True)) for r in made]
        for row in rows:
            key = (row["target_id"], row["indicator"], row["reading"], row["tier"])
            own = self.history.setdefault(key, {}).setdefault(row["period"], [])
            own.append(Stood(name, day(today), day(today), row))
        return {r["period"]: r for r in rows}
