"""Planted defects: which rows are spoilt, and the list of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from infra.sandbox.delivery.notice_words import NOTICE_LABELS
from infra.sandbox.delivery.schedule import GOOD, NO_COLUMN, REFUSED, UNCHANGED, FilePlan
from infra.sandbox.delivery.writers import clean_cells
from infra.sandbox.forms.sectors import SECTOR_FORMS
from infra.sandbox.world.codes import break_uscc

BAD_USCC, LOST_USCC, BLANK, TEXT = "bad_uscc", "lost_uscc", "blank_required", "text_in_number"
CONFLICT, IDENTICAL = "key_conflict", "identical_row"
CODE, REGION, DATE, NEGATIVE, PERIOD = "unknown_code", "bad_region", "bad_date", "negative", "period_outside"
ITEM, UNIT, FOREIGN = "unknown_item", "wrong_unit", "foreign_item"
UNDER_REVIEW = "待核实"
NO_DAY = "2026年2月30日"
COLUMNS = ["file", "sheet", "row", "column", "value", "rule", "uscc", "period"]

Spoilt = dict[str, str]
"""Rule -> the field that it spoils."""


def _firm(required: str, number: str, **more: str) -> Spoilt:
    return {BAD_USCC: "uscc", BLANK: required, TEXT: number, CONFLICT: number, IDENTICAL: ""} | more


def _new(required: str, number: str, **more: str) -> Spoilt:
    """Defects of the newer feeds of firms: also codes that a spreadsheet ate, and wrong regions."""
    return _firm(required, number, **{LOST_USCC: "uscc", REGION: "county_code"} | more)


def _list(required: str, changed: str, **more: str) -> Spoilt:
    """Defects of lists without figures."""
    return {rule: name for rule, name in _new(required, changed, **more).items() if rule != TEXT}


_REPORT = {
    BLANK: "value",
    TEXT: "value",
    CONFLICT: "value",
    IDENTICAL: "",
    REGION: "region_code",
    CODE: "basis",
}
FIELDS: dict[str, Spoilt] = {
    "stat_register": _firm("county_code", "staff_end"),
    "stat_finance": _firm("revenue", "revenue"),
    **dict.fromkeys(SECTOR_FORMS, _new("revenue", "revenue", period_outside="period")),
    # Another total would be no sum of its parts: a breach of its own.
    "stat_rd": _firm("rd_total", "rd_total", **{CONFLICT: "rd_staff"}),
    "certificate_notice": {BAD_USCC: "uscc", IDENTICAL: ""},
    "stat_staff": _new("staff_end", "payroll", unknown_code="register_code", negative="women"),
    "stat_rd_projects": _new(
        "project_name", "spending", unknown_code="source", bad_date="started_on", negative="staff"
    ),
    "dept_report": _REPORT | {ITEM: "item_code", FOREIGN: "item_code", UNIT: "unit_name"},
    "dept_patent": _new("valid_inventions", "valid_patents", negative="pledged"),
    "dept_credit_list": _list("authority", "reason", unknown_code="kind", bad_date="listed_on"),
    "dept_power": _new("kwh", "kwh", negative="kwh_prior", period_outside="period"),
    "srdi_annual": _new("main_revenue", "main_revenue", unknown_code="own_brand", negative="core_systems"),
    "ticket": _list("content", "content", unknown_code="level", bad_date="closed_on"),
}
# Share of the rows of a group (feed and year of delivery) that each rule spoils; at least one row.
RATES = {
    "stat_register": 0.0006,
    "stat_finance": 0.0003,
    **dict.fromkeys(SECTOR_FORMS, 0.0005),
    "stat_rd": 0.001,
    "certificate_notice": 0.0006,
    "stat_staff": 0.0005,
    "stat_rd_projects": 0.0005,
    "dept_report": 0.002,
    "dept_patent": 0.0005,
    "dept_credit_list": 0.005,
    "dept_power": 0.0003,
    "srdi_annual": 0.0005,
    "ticket": 0.002,
}
# A code of the other edition is no code of this one; a period that never is in the file.
UNKNOWN = {
    "stat_staff": ("112", "173"),
    "stat_rd_projects": "9",
    "dept_report": "本季",
    "dept_credit_list": "黑名单",
    "srdi_annual": "部分",
}
NO_REGION, NO_ITEM, OTHER_ITEM, NO_UNIT = "229999", "PT99", "PX11", "万户"


def plant(
    batches: Iterable[tuple[np.random.Generator, list[FilePlan]]], certified: np.ndarray
) -> pd.DataFrame:
    """Spoil rows of the plans in place and return the list of defects.

    Each batch of plans draws from a stream of its own: what a later one brings leaves the others as they were.
    Register rows of certified firms are spared: a firm without a county would have no place in any figure.
    """
    defects = [line for rng, plans in batches for line in _plant(rng, plans, certified)]
    return pd.DataFrame(defects, columns=COLUMNS).sort_values(
        ["file", "row", "rule"], kind="stable", ignore_index=True
    )


def _plant(
    rng: np.random.Generator, plans: list[FilePlan], certified: np.ndarray
) -> Iterator[dict[str, object]]:
    groups: dict[tuple[str, str], list[FilePlan]] = {}
    for plan in plans:
        if plan.status in REFUSED:
            yield _whole_file(plan)
        elif plan.status != UNCHANGED and not plan.resent:
            groups.setdefault((plan.feed, _group(plan)), []).append(plan)
    for (feed, _), members in sorted(groups.items()):
        yield from _spoil_group(rng, feed, members, certified)


def _group(plan: FilePlan) -> str:
    assert plan.status == GOOD
    if plan.is_notice:
        return "all"
    if plan.feed == "stat_register":
        return plan.path.split("/")[2]
    return plan.scope[:4]


def _whole_file(plan: FilePlan) -> dict[str, object]:
    column = "营业收入_1-本月" if plan.status == NO_COLUMN else ""
    cells = [plan.path, plan.sheet, None, column, "", plan.status, "", plan.scope]
    return dict(zip(COLUMNS, cells, strict=True))


def _spoil_group(
    rng: np.random.Generator, feed: str, plans: list[FilePlan], certified: np.ndarray
) -> Iterator[dict[str, object]]:
    pool = [(k, i) for k, plan in enumerate(plans) for i in _eligible(plan, certified)]
    rules = list(FIELDS[feed])
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
    if plan.is_notice:
        usable = frame["coded"].to_numpy() & frame["event"].isin(["grant", "renew"]).to_numpy()
        return np.flatnonzero(usable).tolist()
    return list(range(len(frame)))


def _spoil(plan: FilePlan, index: int, rule: str) -> Iterator[dict[str, object]]:
    row = plan.frame.iloc[index]
    if rule in (CONFLICT, IDENTICAL):
        yield from _repeat(plan, row, index, rule)
        return
    name = FIELDS[plan.feed][rule]
    value = _wrong_value(plan, row, rule)
    plan.edits[(index, name)] = value
    yield _entry(plan, row, index, name, value, rule)


def _wrong_value(plan: FilePlan, row: pd.Series, rule: str) -> object:
    if rule == BAD_USCC:
        return break_uscc(row["uscc"])
    if rule == LOST_USCC:
        return f"{row['uscc'][0]}.{row['uscc'][1:6]}E+17"
    if rule == PERIOD:
        return f"{int(str(row['period'])[:4]) - 1}{str(row['period'])[4:]}"
    if rule == CODE:
        code = UNKNOWN.get(plan.feed, "乡镇")
        return code if isinstance(code, str) else code[plan.form != ""]
    fixed = {BLANK: None, TEXT: UNDER_REVIEW, REGION: NO_REGION, DATE: NO_DAY, NEGATIVE: -3, ITEM: NO_ITEM,
             FOREIGN: OTHER_ITEM, UNIT: NO_UNIT}  # fmt: skip
    return fixed[rule]


def _repeat(plan: FilePlan, row: pd.Series, index: int, rule: str) -> Iterator[dict[str, object]]:
    """Write the row a second time at the file's end, as it is or with another value."""
    line = len(plan.frame) + len(plan.appended)
    if rule == IDENTICAL:
        plan.appended.append((index, {}))
        yield _entry(plan, row, line, "", "", rule)
        return
    name = FIELDS[plan.feed][rule]
    shown = clean_cells(plan)[name][index]
    value = f"{shown}（更正）" if isinstance(shown, str) else int(shown) * 11 // 10 + 7  # type: ignore[call-overload]
    plan.appended.append((index, {name: value}))
    yield _entry(plan, row, index, name, shown, rule)
    yield _entry(plan, row, line, name, value, rule)


def _entry(
    plan: FilePlan, row: pd.Series, index: int, name: str, value: object, rule: str
) -> dict[str, object]:
    labels = NOTICE_LABELS if plan.is_notice else plan.printed.labels()
    period = str(row.get("period", row.get("year", plan.scope)))
    shown = "" if value is None else str(value)
    uscc = row.get("uscc", "")
    cells = [plan.path, plan.sheet, plan.first_row + index, labels.get(name, ""), shown, rule, uscc, period]
    return dict(zip(COLUMNS, cells, strict=True))
