"""The indicator dictionary as a page for readers, generated from the file that the jobs compute by."""

from __future__ import annotations

from collections.abc import Iterable

from jobs.definitions.dictionary import ANY, Indicator

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
WORKED_OUT = {
    "count": "模型 models：`members` → `count_cells` → `count_readings`",
    "flow": "模型 models：`stocks` → `moves` → `flow_cells` → `flow_readings`",
    "level": "模型 models：`levels` → `level_cells` → `level_readings`",
    "growth": "模型 models：`growths` → `growth_cells` → `growth_readings`",
    "ratio": "模型 models：`ratios` → `ratio_cells`、`ratio_quantiles` → `ratio_readings`",
    "mean": "模型 models：同比率，每户的分母为一 / as ratios, over one each：`ratios` → `ratio_readings`",
    "coverage": "模型 models：`coverages` → `coverage_cells` → `coverage_readings`",
    "total": "不经企业，由地区报数合计 / summed from what regions report",
    "item": "不经企业，取自部门报数 / taken from what departments report",
    "derived": "由上列读数推算 / from the readings above",
}
"""How each family is worked out: models of ``jobs/kpi/models``, explained in docs/methods."""

READINGS = {
    "count": ("valid", "ever", "valid_or_higher", "unlocated"),
    "flow": (
        *(f"{flow}{or_higher}" for flow in ("entry", "reentry", "expiry", "withdrawal") for or_higher in ("", "_or_higher")),
        "upgrade", "skip", "exit", "new_in_window", "new_in_year", "batches", "batches_min", "multiple",
    ),
    "level": ("sum",),
    "growth": (
        "same_firm", "published_base", "all_firm", "amount_change", "restatement", "entries", "exits", "contribution",
        "contribution_share",
    ),
    "ratio": ("pooled", "median", "mean", "p25", "p75", "share"),
    "mean": ("pooled", "median", "mean", "p25", "p75", "share"),
    "total": ("total",),
    "item": ("total", "total_min", "quarter", "year", "yearly_growth"),
    "derived": ("pooled", "difference", "mean_of_years"),
}  # fmt: skip
"""Readings (口径) of each family; of coverage one per feed."""


def readings(indicator: Indicator) -> list[str]:
    """Return the readings that there may be of an indicator."""
    if indicator.family == "coverage":
        return [*(r.feed for r in indicator.reads.values()), ANY]
    return list(READINGS[indicator.family])


HEAD = """# 指标字典 / indicator dictionary

由 `schemas/indicators.yaml` 和 `schemas/reference/report_items.yaml` 生成（`zjtx dictionary write`），不要手改。
已发布文件中的同一内容是表 `indicator`。

Generated from the dictionary that the jobs compute by; the served file holds the same as the table `indicator`.

“模型”是 `jobs/kpi/models` 下的文件，说明见[方法](methods/README.md)。 / Models are files under `jobs/kpi/models`; see the methods.
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
            said = list(dict.fromkeys(r for i in own for r in readings(i)))
            head = [f"{WORKED_OUT[family]}。读数 readings：{' '.join(f'`{r}`' for r in said)}", ""]
            rows = [COLUMNS, ("---",) * len(COLUMNS), *(_cells(i) for i in own)]
            parts.append("\n".join([f"## {name} {family}", "", *head, *map(_row, rows)]) + "\n")
    return "\n".join(parts)
