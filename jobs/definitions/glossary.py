"""The indicator dictionary as a page for readers, generated from the file that the jobs compute by."""

from __future__ import annotations

from collections.abc import Iterable

from jobs.definitions.dictionary import Indicator

FAMILIES = {
    "count": "计数",
    "flow": "流动",
    "level": "总量",
    "growth": "增长",
    "ratio": "比率",
    "mean": "户均",
    "coverage": "覆盖率",
    "total": "地区合计",
    "item": "部门报表",
    "derived": "推算",
}
"""Chinese names of the families, in the order of the page."""

HEAD = """# 指标字典 / indicator dictionary

由 `schemas/indicators.yaml` 和 `schemas/reference/report_items.yaml` 生成（`zjtx dictionary write`），不要手改。
已发布文件中的同一内容是表 `indicator`。

Generated from the dictionary that the jobs compute by; the served file holds the same as the table `indicator`.
"""
COLUMNS = ("编号", "名称", "定义", "公式", "单位", "来源", "责任单位", "版本")


def _cells(i: Indicator) -> tuple[str, ...]:
    return (f"`{i.id}`", i.name_zh, i.definition, i.formula, i.unit, i.source, i.owner, i.version)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |"


def page(indicators: Iterable[Indicator]) -> str:
    """Return the page: one table per family, in the dictionary's order."""
    known = list(indicators)
    parts = [HEAD]
    for family, name in FAMILIES.items():
        own = [i for i in known if i.family == family]
        if own:
            rows = [_row(_cells(i)) for i in own]
            parts.append(
                "\n".join([f"## {name} {family}", "", _row(COLUMNS), _row("---" for _ in COLUMNS), *rows])
                + "\n"
            )
    return "\n".join(parts)
