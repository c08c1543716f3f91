"""What an audit found, in Chinese: for the operator when it failed, for the approver when it passed."""

from __future__ import annotations

from textwrap import shorten
from typing import Any

from jobs.definitions.checks import CONSERVATION, CRITICAL, CROSS
from jobs.definitions.contract import load_feed, load_table

Failures = dict[str, list[dict[str, Any]]]
"""Audited table -> its broken expectations."""

LONGEST = 160
"""Characters of an expectation's limits in a notice: a code list may be long."""
COMPUTED_AGAIN = "same_content_when_computed_again"
_SAID = {
    "table_has_rows": "没有数据",
    COMPUTED_AGAIN: "不经 Spark、换一种分段重算，内容不同",
    "expect_table_columns_to_match_set": "列与合同不符",
    "expect_column_values_to_not_be_null": "必填项为空",
    "expect_column_values_to_be_in_set": "不在代码表内",
    "expect_column_values_to_be_between": "超出范围",
    "expect_column_values_to_match_regex": "格式不符",
    "expect_column_values_to_be_unique": "主键重复",
    "expect_compound_columns_to_be_unique": "主键重复",
    "expect_column_pair_values_to_be_equal": "应相等的两数不等",
    "expect_column_values_to_be_null": "不合表内逻辑关系",
}


def _row_words(row: dict[str, str]) -> str:
    """Name a broken row: by the line of its file, else by its key."""
    if "file_name" in row:
        sheet = f" 工作表 {row['sheet']}" if row.get("sheet") else ""
        return f"{row['file_name']}{sheet} 第 {row['row_no']} 行"
    return " ".join(f"{k}={v}" for k, v in row.items() if v not in ("None", "nan"))


def _title(table: str) -> str:
    """Return the Chinese name of an audited table."""
    layer, name = table.split("/")
    if name in (CONSERVATION, CROSS):
        return "行数与台账核对" if name == CONSERVATION else "跨表核对"
    return (load_feed if layer == "silver" else load_table)(name).title


def explain(failures: Failures) -> str:
    """Return what is broken, table by table: the expectation, and rows by file and line or by their key."""
    return "\n".join(["原发布内容继续有效；本次候选未进入审批。", *_lines(failures)])


def remarks(failures: Failures) -> list[str]:
    """Return, one line per rule between columns that rows break, how strict it is, how many rows and which."""
    names = {"warning": "需核实", "info": "提示"}
    return [
        f"{names[f['severity']]}：{_title(table)} {f['unexpected']} 行，{f['examples'][0]}（如 {'；'.join(map(_row_words, f['rows']))}）"
        for table, broken in failures.items()
        for f in broken
        if f["severity"] in names and f["examples"]
    ]


def _lines(failures: Failures) -> list[str]:
    """Return what is broken, one line per expectation, what stops the release first."""
    lines = []
    broken = [(table, f) for table, failing in failures.items() for f in failing]
    for table, f in sorted(broken, key=lambda b: b[1]["severity"] != CRITICAL):
        column = f["kwargs"].get("column") or "、".join(f["kwargs"].get("column_list", []))
        what = f"{column} {_SAID.get(f['expectation'], '')}".strip()
        count = f" {f['unexpected']} 行" if f["unexpected"] else ""
        limits = shorten(str(f["kwargs"]), LONGEST, placeholder="……")
        rows = "；".join(_row_words(r) for r in f["rows"])
        lines.append(
            f"{table}：{_title(table)} {what}{count}（{f['expectation']} {limits} 级别 {f['severity']}）"
            f"示例 {f['examples']}{f['error']}" + (f" 位置 {rows}" if rows else "")
        )
    return lines
