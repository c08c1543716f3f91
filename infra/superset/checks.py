"""Whether the specs fit together; every refusal says which spec and what is wrong."""

from __future__ import annotations

import re

from infra.superset import wording
from infra.superset.kinds import KINDS, missing, params_of, used
from infra.superset.parts import (
    AUDIENCES,
    HEADER,
    Spec,
    SpecError,
    Specs,
    database_of,
    names_of,
    placed,
)

_COLUMNS = 12
_NAME = re.compile(r"[a-z][a-z0-9_]*")
# what must be written, and what may be besides
_KEYS: dict[str, tuple[set[str], set[str]]] = {
    "页面": ({"title", "question", "for", "order", "rows"}, {"filters", "all_periods"}),
    "图表": (
        {"title", "explain", "source", "dataset", "viz", "params"},
        {"where", "order", "markup"},
    ),
    "数据集": ({"title", "columns"}, {"calculated", "metrics", "links", "for", "sql", "database"}),
    "查询": ({"title", "explain", "sql"}, set()),
}
_LINK = {"label", "text", "page", "set"}
ANALYSTS = ["analysts"]
"""Whom a data set may be kept to; else everybody's pages may use it."""


def check_keys(specs: Specs) -> None:
    """Refuse specs that lack something or say something that nobody reads."""
    kinds = (
        ("页面", specs.pages),
        ("图表", specs.charts),
        ("数据集", specs.datasets),
        ("查询", specs.queries),
    )
    for kind, assets in kinds:
        needed, further = _KEYS[kind]
        for name, spec in assets.items():
            if lacks := [key for key in sorted(needed) if spec.get(key) in (None, "", [])]:
                raise SpecError(f"{kind} {name} 没有写：{'、'.join(lacks)}")
            if unknown := set(spec) - needed - further:
                raise SpecError(f"{kind} {name} 有不认识的项：{'、'.join(sorted(unknown))}")
    for name in specs.charts:
        if name.startswith(f"{HEADER}_"):
            raise SpecError(f"图表 {name}：{HEADER}_ 开头的名称留给页眉")


def check_names(specs: Specs) -> None:
    """Refuse pages and links whose parts have names that nobody knows."""
    for name, page in specs.pages.items():
        if not _NAME.fullmatch(name):
            raise SpecError(f"页面 {name} 的名称只能用小写字母、数字和下划线")
        if strangers := set(page["for"]) - set(AUDIENCES):
            raise SpecError(
                f"页面 {name} 的读者只能是 {'、'.join(AUDIENCES)}：{'、'.join(sorted(strangers))}"
            )
    for name, dataset in specs.datasets.items():
        if dataset.get("for", ANALYSTS) != ANALYSTS:
            raise SpecError(f"数据集 {name} 的读者只能不写，或写 for: [{ANALYSTS[0]}]")
        if "sql" in dataset and "for" not in dataset:
            raise SpecError(f"数据集 {name} 由语句得出，只能给分析员：要写 for: [{ANALYSTS[0]}]")
        if (database := database_of(dataset)) not in specs.databases:
            raise SpecError(f"数据集 {name} 的数据库 {database} 不存在")
        for column, link in dataset.get("links", {}).items():
            if set(link) != _LINK:
                raise SpecError(f"数据集 {name} 的链接 {column} 要写且只写：{'、'.join(sorted(_LINK))}")


def check(specs: Specs) -> None:
    """Refuse specs that name what is not there, and words that are not Chinese."""
    for name, dataset in specs.datasets.items():
        columns = set(dataset["columns"]) | set(dataset["calculated"])
        # ordering by such a name would order by the metric, and group the rows
        if twice := columns & set(dataset.get("metrics", {})):
            raise SpecError(f"数据集 {name} 的度量与列同名：{'、'.join(sorted(twice))}")
    for name, chart in specs.charts.items():
        _check_chart(name, chart, specs)
    for name, page in specs.pages.items():
        _check_page(name, page, specs)
    if foreign := wording.untranslated(specs):
        raise SpecError(f"屏幕上的字要用中文：{'；'.join(foreign)}")


def _check_chart(name: str, chart: Spec, specs: Specs) -> None:
    if chart["dataset"] not in specs.datasets:
        raise SpecError(f"图表 {name} 引用了不存在的数据集 {chart['dataset']}")
    if chart["viz"] not in KINDS:
        raise SpecError(f"图表 {name} 的类型 {chart['viz']} 没有写明查询，官员无法打开")
    if lacks := missing(chart):
        raise SpecError(f"图表 {name} 的 params 没有写：{'、'.join(lacks)}")
    params = params_of(chart)
    if params.get("server_pagination") and params["row_limit"] % params["server_page_length"]:
        raise SpecError(
            f"图表 {name} 的行数 {params['row_limit']} 不是每页行数 {params['server_page_length']} 的倍数"
        )
    known = names_of(specs.datasets[chart["dataset"]])
    if unknown := used(chart) - known:
        raise SpecError(
            f"图表 {name} 引用了数据集 {chart['dataset']} 中没有的列：{'、'.join(sorted(unknown))}"
        )


def _check_page(name: str, page: Spec, specs: Specs) -> None:
    charts = placed(page)
    if unknown := set(charts) - set(specs.charts):
        raise SpecError(f"页面 {name} 引用了不存在的图表：{'、'.join(sorted(unknown))}")
    if twice := {chart for chart in charts if charts.count(chart) > 1}:
        raise SpecError(f"页面 {name} 把图表放了两次：{'、'.join(sorted(twice))}")
    for row in page["rows"]:
        if (width := sum(cell["width"] for cell in row)) > _COLUMNS:
            raise SpecError(f"页面 {name} 有一行宽 {width}，最多 {_COLUMNS}")
    _check_readers(name, page, charts, specs)
    for item in page["filters"]:
        _check_filter(name, item, charts, specs)


def _check_readers(name: str, page: Spec, charts: list[str], specs: Specs) -> None:
    """Refuse a page that others than analysts open and that shows what only analysts may read."""
    used_here = {specs.charts[chart]["dataset"] for chart in charts} | {f["dataset"] for f in page["filters"]}
    if page["for"] != ANALYSTS and (closed := used_here & set(specs.closed)):
        raise SpecError(f"页面 {name} 不只给分析员，不能用只给分析员的数据集：{'、'.join(sorted(closed))}")


def _check_filter(page: str, item: Spec, charts: list[str], specs: Specs) -> None:
    where = f"页面 {page} 的筛选器 {item['name']}"
    dataset = specs.datasets.get(item["dataset"])
    if dataset is None or item["column"] not in names_of(dataset):
        raise SpecError(f"{where} 引用了不存在的列 {item['dataset']}.{item['column']}")
    if not item["charts"] or (unknown := set(item["charts"]) - set(charts)):
        names = "、".join(sorted(unknown)) if item["charts"] else "没有一个图表有这一列"
        raise SpecError(f"{where} 引用了页面上没有的图表：{names}")
    for chart in item["charts"]:
        spec = specs.charts[chart]
        if item["column"] not in names_of(specs.datasets[spec["dataset"]]):
            raise SpecError(f"{where} 作用于图表 {chart}，它的数据集没有列 {item['column']}")
