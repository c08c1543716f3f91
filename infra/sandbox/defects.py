"""Planted defects: which rows are spoilt, and the list of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from infra.sandbox.codes import break_uscc
from infra.sandbox.columns import TABLES
from infra.sandbox.delivery import GOOD, HEADER_ONLY, NO_COLUMN, FilePlan
from infra.sandbox.layout import NOTICE_LABELS, sheet_name

BAD_USCC, BLANK, TEXT, CONFLICT, IDENTICAL = (
    "bad_uscc",
    "blank_required",
    "text_in_number",
    "key_conflict",
    "identical_row",
)
RULES = (BAD_USCC, BLANK, TEXT, CONFLICT, IDENTICAL)
# Share of the rows of a group (feed and year of delivery) that each rule spoils; at least one row.
RATES = {"stat_register": 0.0006, "stat_finance": 0.0003, "stat_rd": 0.001, "certificate_notice": 0.0006}
SPOILT_FIELD = {"stat_finance": "revenue", "stat_rd": "rd_total", "stat_register": "staff_end"}
REQUIRED_FIELD = {"stat_finance": "revenue", "stat_rd": "rd_total", "stat_register": "county_code"}
UNDER_REVIEW = "待核实"
COLUMNS = ["file", "sheet", "row", "column", "value", "rule", "uscc", "period"]


def plant(rng: np.random.Generator, plans: list[FilePlan], certified: np.ndarray) -> pd.DataFrame:
    """Spoil rows of `plans` in place and return the list of defects.

    Register rows of certified firms are spared: a firm without a county would have no place in any figure.
    """
    found: list[dict[str, object]] = []
    groups: dict[tuple[str, str], list[FilePlan]] = {}
    for plan in plans:
        if plan.status != GOOD:
            found.append(_whole_file(plan))
        elif "_r2." not in plan.path:
            groups.setdefault((plan.feed, _group(plan)), []).append(plan)
    for (feed, _), members in sorted(groups.items()):
        found.extend(_spoil_group(rng, feed, members, certified))
    return pd.DataFrame(found, columns=COLUMNS).sort_values(
        ["file", "row", "rule"], kind="stable", ignore_index=True
    )


def _group(plan: FilePlan) -> str:
    if plan.feed == "certificate_notice":
        return "all"
    if plan.feed == "stat_register":
        return plan.path.split("/")[2]
    return plan.scope[:4]


def _whole_file(plan: FilePlan) -> dict[str, object]:
    column = "营业收入_1-本月" if plan.status == NO_COLUMN else ""
    assert plan.status in (NO_COLUMN, HEADER_ONLY)
    return dict(
        zip(
            COLUMNS, [plan.path, sheet_name(plan), None, column, "", plan.status, "", plan.scope], strict=True
        )
    )


def _spoil_group(
    rng: np.random.Generator, feed: str, plans: list[FilePlan], certified: np.ndarray
) -> Iterator[dict[str, object]]:
    pool = [(k, i) for k, plan in enumerate(plans) for i in _eligible(plan, certified)]
    rules = (BAD_USCC, IDENTICAL) if feed == "certificate_notice" else RULES
    total = sum(len(p.frame) for p in plans)
    count = max(1, round(RATES[feed] * total))
    picks = rng.choice(len(pool), min(count * len(rules), len(pool)), replace=False)
    for n, pick in enumerate(picks.tolist()):
        k, index = pool[pick]
        yield from _spoil(plans[k], index, rules[n % len(rules)])


def _eligible(plan: FilePlan, certified: np.ndarray) -> list[int]:
    """Rows that may be spoilt: no certified firm's register row, no notice line without a code."""
    frame = plan.frame
    if plan.feed == "stat_register":
        return np.flatnonzero(~certified[frame["firm"].to_numpy()]).tolist()
    if plan.feed == "certificate_notice":
        usable = frame["coded"].to_numpy() & frame["event"].isin(["grant", "renew"]).to_numpy()
        return np.flatnonzero(usable).tolist()
    return list(range(len(frame)))


def _spoil(plan: FilePlan, index: int, rule: str) -> Iterator[dict[str, object]]:
    row = plan.frame.iloc[index]
    if rule == BAD_USCC:
        value: object = break_uscc(row["uscc"])
        plan.edits[(index, "uscc")] = value
        yield _entry(plan, row, index, "uscc", value, rule)
    elif rule in (BLANK, TEXT):
        name = (REQUIRED_FIELD if rule == BLANK else SPOILT_FIELD)[plan.feed]
        value = None if rule == BLANK else UNDER_REVIEW
        plan.edits[(index, name)] = value
        yield _entry(plan, row, index, name, value, rule)
    else:
        yield from _repeat(plan, row, index, rule)


def _repeat(plan: FilePlan, row: pd.Series, index: int, rule: str) -> Iterator[dict[str, object]]:
    """Write the row a second time at the file's end, as it is or with another value."""
    line = len(plan.frame) + len(plan.appended)
    name = SPOILT_FIELD.get(plan.feed, "uscc")
    if rule == IDENTICAL:
        plan.appended.append((index, {}))
        yield _entry(plan, row, line, "", "", rule)
        return
    value = int(row[name]) * 11 // 10 + 7
    plan.appended.append((index, {name: value}))
    yield _entry(plan, row, index, name, row[name], rule)
    yield _entry(plan, row, line, name, value, rule)


def _entry(
    plan: FilePlan, row: pd.Series, index: int, name: str, value: object, rule: str
) -> dict[str, object]:
    labels = (
        NOTICE_LABELS if plan.feed == "certificate_notice" else {c.field: c.csv for c in TABLES[plan.feed]}
    )
    period = str(row.get("period", row.get("year", plan.scope)))
    shown = "" if value is None else str(value)
    cells = [
        plan.path,
        sheet_name(plan),
        plan.first_row + index,
        labels.get(name, ""),
        shown,
        rule,
        row["uscc"],
        period,
    ]
    return dict(zip(COLUMNS, cells, strict=True))
