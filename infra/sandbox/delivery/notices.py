"""Certificate notices as workbooks, with merged city cells as the offices write them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from xlsxwriter.worksheet import Worksheet

from infra.sandbox.delivery.notice_words import NOTICE_LABELS, notice_title
from infra.sandbox.delivery.schedule import FilePlan
from infra.sandbox.delivery.writers import open_workbook, write_column
from infra.sandbox.world import geo

HEADER_ROW = 3


def notice_fields(frame: pd.DataFrame) -> list[str]:
    """Columns printed by a notice after its running number."""
    fields = ["name"]
    head = frame.iloc[0]
    if head["event"] == "rename":
        fields.append("new_name")
    if head["coded"]:
        fields.append("uscc")
    fields.append("unit_name")
    if head["event"] != "rename":
        fields.append("county_name")
    if pd.notna(head["valid_from"]):
        fields += ["valid_from", "valid_to"]
    return fields


def notice_lines(plan: FilePlan) -> list[dict[str, object]]:
    """Lines of the notice with its defects; `no` is the running number."""
    lines: list[dict[str, object]] = []
    for index, row in enumerate(plan.frame.to_dict("records")):
        line = {f: row[f] for f in notice_fields(plan.frame)}
        for name in ("valid_from", "valid_to"):
            if name in line:
                line[name] = row[name].strftime("%Y-%m-%d")
        lines.append({"no": index + 1, **line})
    repeats = [{**lines[index], **changes} for index, changes in plan.appended]
    for (index, name), value in plan.edits.items():
        lines[index][name] = value
    return lines + repeats


def write_notice(plan: FilePlan, path: Path) -> None:
    """Title, document number, date, header, lines; one merged cell per run of the same city."""
    head = plan.frame.iloc[0]
    day = head["document_date"]
    fields = notice_fields(plan.frame)
    lines = notice_lines(plan)
    with open_workbook(path) as book:
        sheet = book.add_worksheet(plan.sheet)
        style = book.add_format({"bold": True, "align": "center"})
        top = [
            notice_title(head["tier"], head["event"], int(head["issuer"]), day.year),
            head["document_no"],
            f"{day.year}年{day.month}月{day.day}日",
        ]
        for row, text in enumerate(top):
            sheet.merge_range(row, 0, row, len(fields), text, style)
        labels = dict(NOTICE_LABELS)
        if head["event"] == "rename":
            labels["name"] = "原企业名称"
        sheet.write_row(HEADER_ROW, 0, ["序号", *(labels[f] for f in fields)], style)
        for k, name in enumerate(["no", *fields]):
            values = [line[name] for line in lines]
            if name == "unit_name":
                _merged_runs(sheet, k, [str(v) for v in values], book.add_format({"valign": "vcenter"}))
            else:
                write_column(sheet, HEADER_ROW + 1, k, values)


def _merged_runs(sheet: Worksheet, column: int, values: list[str], style: object) -> None:
    start = 0
    for end in range(1, len(values) + 1):
        if end < len(values) and values[end] == values[start]:
            continue
        first, last = HEADER_ROW + 1 + start, HEADER_ROW + end
        if first == last:
            sheet.write_string(first, column, values[start], style)
        else:
            sheet.merge_range(first, column, last, column, values[start], style)
        start = end


def add_places(rows: pd.DataFrame, counties: list[geo.County]) -> pd.DataFrame:
    """Spell out the city and county of each line."""
    rows["unit_name"] = [geo.UNITS[counties[c].unit].name for c in rows["county"]]
    rows["county_name"] = [counties[c].name for c in rows["county"]]
    return rows
