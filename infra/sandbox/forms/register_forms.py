"""Forms 101 and 201: the register as its units report it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infra.sandbox.world import geo
from infra.sandbox.world.register import BASELINE_DAY, CHANGES_FROM, NEVER, Register


def register_rows(register: Register, rng: np.random.Generator) -> pd.DataFrame:
    """All rows of forms 101 and 201: one per enterprise at the baseline, one per later change."""
    is_new = register.entered >= CHANGES_FROM
    early_move = rng.random(len(is_new)) < 0.1
    day0 = np.where(is_new, register.entered, np.where(early_move, BASELINE_DAY, register.opened))
    kinds = [
        ("在册", ~is_new, day0),
        ("新增", is_new, day0),
        ("更名", register.rename_day < NEVER, register.rename_day),
        ("迁移", register.move_day < NEVER, register.move_day),
        ("注销", register.close_day < NEVER, register.close_day),
    ]
    month_only = rng.random(len(is_new)) < 0.3
    parts = [_kind_rows(register, kind, np.flatnonzero(mask), days, month_only) for kind, mask, days in kinds]
    return pd.concat(parts, ignore_index=True)


def _kind_rows(
    register: Register, kind: str, who: np.ndarray, days: np.ndarray, month_only: np.ndarray
) -> pd.DataFrame:
    day = days[who]
    moved = register.move_day[who] <= day
    county = np.where(moved, register.move_to[who], register.county0[who])
    # Old codes live on in the baseline only: any later row carries the present one.
    old = register.old_code[who] & (kind == "在册")
    opened = np.array(
        [
            text[:7] if cut else text
            for text, cut in zip(register.opened[who].astype(str), month_only[who], strict=True)
        ],
        dtype=object,
    )
    return pd.DataFrame(
        {
            "firm": who,
            "unit": register.county_unit[county],
            "uscc": register.uscc[who],
            "name": np.where(register.rename_day[who] <= day, register.new_name[who], register.name[who]),
            "county_code": np.where(old, geo.GONGZHULING_OLD, register.county_code[county]),
            "industry_code": register.industry[who],
            "opened": opened,
            "change_type": kind,
            "effective_date": day,
            "staff_end": np.where(kind == "注销", 0, register.staff[who]),
            "domain": register.domain[who],
        }
    )
