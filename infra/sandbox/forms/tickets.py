"""Tickets: problems that enterprises raise, handed up the ladder until they are closed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from infra.sandbox.world import geo
from infra.sandbox.world.register import Register

FIRST_MONTH, MONTHS = np.datetime64("2025-10"), 9
LEVELS = ("服务秘书", "县", "市", "省级专班", "领导小组", "省政府")
CONTENT = {
    "融资": ("贷款到期需要续贷", "抵押物不足，希望信用贷款", "担保费率偏高"),
    "用工": ("技能工人招聘困难", "职工子女入学"),
    "用地": ("扩建用地指标不足", "厂房产权证办理缓慢"),
    "技术": ("希望对接高校检测设备", "核心部件国产替代"),
    "市场": ("首台（套）产品推广困难", "政府采购门槛"),
    "政策": ("奖补资金未到位", "希望了解加计扣除政策"),
}
SATISFIED = ("满意", "满意", "满意", "基本满意", "不满意")
CLOSES = 0.45
"""Chance that a ticket is closed in a month, at any level; else it may be handed up."""


def ticket_rows(rng: np.random.Generator, register: Register, firms: np.ndarray) -> pd.DataFrame:
    """One row per ticket and month in which it is raised, handed up or closed."""
    count = max(90, len(firms) // 5)
    rows = [row for k in range(count) for row in _life(rng, register, int(rng.choice(firms)), k)]
    return pd.DataFrame(rows)


def _life(rng: np.random.Generator, register: Register, firm: int, k: int) -> Iterator[dict[str, object]]:
    raised_in = int(rng.integers(0, MONTHS))
    month = FIRST_MONTH + raised_in
    raised = month.astype("M8[D]") + int(rng.integers(0, 27))
    county = int(register.county_at(raised)[firm])
    unit = int(register.county_unit[county])
    category = str(rng.choice(list(CONTENT)))
    head = {
        "firm": firm,
        "unit": unit,
        "ticket_no": f"{geo.UNITS[unit].code}-{str(month).replace('-', '')}-{k:04d}",
        "uscc": register.uscc[firm],
        "name": register.name_at(raised)[firm],
        "county_code": register.county_code[county],
        "domain": register.domain[firm],
        "category": category,
        "content": CONTENT[category][int(rng.integers(0, len(CONTENT[category])))],
        "raised_on": pd.Timestamp(raised),
    }
    level = 0
    for step in range(MONTHS - raised_in):
        now = month + step
        closed = rng.random() < CLOSES
        up = not closed and level < len(LEVELS) - 1 and rng.random() < 0.5
        level += int(up)
        if not (closed or up or step == 0):
            continue
        last = raised if step == 0 else now.astype("M8[D]")
        yield head | {
            "month": str(now).replace("-", ""),
            "level": LEVELS[level],
            "state": "已办结" if closed else "已上报" if level else "办理中",
            "closed_on": pd.Timestamp(last + 1) if closed else pd.NaT,
            "satisfaction": str(rng.choice(SATISFIED)) if closed else None,
        }
        if closed:
            return
