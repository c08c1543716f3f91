"""Reads the declarative specs under ``superset_dashboards/`` and checks that they fit together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import yaml

SPEC_ROOT = Path(__file__).resolve().parents[2] / "superset_dashboards"
Spec = dict[str, Any]


class SpecError(ValueError):
    """A spec that cannot be applied; the text says which and why, in Chinese."""


@dataclass(frozen=True)
class Specs:
    """All assets by their file name."""

    database: Spec
    datasets: dict[str, Spec]
    charts: dict[str, Spec]
    dashboards: dict[str, Spec]


def load(root: Path = SPEC_ROOT) -> Specs:
    """Read every spec; ``$name`` stands for the entry of that name in ``parameters.yaml``."""
    parameters = yaml.safe_load((root / "parameters.yaml").read_text(encoding="utf-8"))

    def read(path: Path) -> Spec:
        return yaml.safe_load(Template(path.read_text(encoding="utf-8")).substitute(parameters))

    def folder(name: str) -> dict[str, Spec]:
        return {path.stem: read(path) for path in sorted((root / name).glob("*.yaml"))}

    specs = Specs(read(root / "database.yaml"), folder("datasets"), folder("charts"), folder("dashboards"))
    shared = read(root / "shared_columns.yaml")
    for dataset in specs.datasets.values():
        dataset["calculated"] = {
            name: column for name, column in shared.items() if set(column["needs"]) <= set(dataset["columns"])
        } | dataset.get("calculated", {})
    _check(specs)
    return specs


def names_of(dataset: Spec) -> set[str]:
    """Names a chart may use: columns, calculated columns and metrics."""
    return set(dataset["columns"]) | set(dataset["calculated"]) | set(dataset.get("metrics", {}))


def _used(params: Spec) -> set[str]:
    """Column and metric names in the parameters that name them."""
    names: set[str] = set()
    for key in ("all_columns", "groupby", "metrics"):
        names |= {name for name in params.get(key, []) if isinstance(name, str)}
    for key in ("x_axis", "x_axis_sort", "geojson"):
        names |= {params[key]} if isinstance(params.get(key), str) else set()
    return names


def _check(specs: Specs) -> None:
    for name, chart in specs.charts.items():
        if chart["dataset"] not in specs.datasets:
            raise SpecError(f"图表 {name} 引用了不存在的数据集 {chart['dataset']}")
        known = names_of(specs.datasets[chart["dataset"]])
        used = (
            _used(chart["params"])
            | set(chart.get("where", {}))
            | {column for column, _ in chart.get("order", [])}
        )
        if unknown := used - known:
            raise SpecError(
                f"图表 {name} 引用了数据集 {chart['dataset']} 中没有的列：{'、'.join(sorted(unknown))}"
            )
    for name, dashboard in specs.dashboards.items():
        placed = {cell["chart"] for row in dashboard["rows"] for cell in row if "chart" in cell}
        if unknown := placed - set(specs.charts):
            raise SpecError(f"看板 {name} 引用了不存在的图表：{'、'.join(sorted(unknown))}")
        for item in dashboard["filters"]:
            if unknown := set(item.get("charts", [])) - placed:
                raise SpecError(
                    f"看板 {name} 的筛选器 {item['name']} 引用了看板上没有的图表：{'、'.join(sorted(unknown))}"
                )
