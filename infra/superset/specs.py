"""Reads the declarative specs under ``superset_dashboards/`` and completes them to what is applied."""

from __future__ import annotations

from pathlib import Path
from string import Template

import yaml

from infra.superset import checks, links, pages, tables
from infra.superset.parts import Spec, SpecError, Specs

REPO = Path(__file__).resolve().parents[2]
SPEC_ROOT = REPO / "superset_dashboards"
SCHEMAS = REPO / "schemas"
# how a contract's types are called in a data set; everything else is text
_TYPES = {
    "DOUBLE": "DOUBLE",
    "BIGINT": "BIGINT",
    "INT": "INTEGER",
    "DATE": "DATE",
    "BOOLEAN": "BOOLEAN",
    "TIMESTAMP": "TIMESTAMP",
}


def load(root: Path = SPEC_ROOT) -> Specs:
    """Read every spec, complete it and check that all fit together.

    ``$name`` stands for the entry of that name in ``parameters.yaml``.
    """
    parameters = yaml.safe_load((root / "parameters.yaml").read_text(encoding="utf-8"))

    def read(path: Path) -> Spec:
        return yaml.safe_load(Template(path.read_text(encoding="utf-8")).substitute(parameters))

    def folder(name: str) -> dict[str, Spec]:
        return {path.stem: read(path) for path in sorted((root / name).glob("*.yaml"))}

    written = folder("datasets")
    specs = Specs(
        read(root / "database.yaml"),
        tables.unwritten(SCHEMAS, written) | written,
        folder("charts"),
        folder("pages"),
        folder("queries"),
    )
    checks.check_keys(specs)
    checks.check_names(specs)
    shared = read(root / "shared_columns.yaml")
    for name, dataset in specs.datasets.items():
        _complete(name, dataset, shared)
    common = (root / "common.css").read_text(encoding="utf-8")
    for name, page in specs.pages.items():
        own = root / "pages" / f"{name}.css"
        page["css"] = common + (own.read_text(encoding="utf-8") if own.exists() else "")
    pages.complete(specs, read(root / "header.yaml"))
    links.complete(specs)
    checks.check(specs)
    return specs


def _complete(name: str, dataset: Spec, shared: Spec) -> None:
    """Give a data set the labels of its table's contract, and the calculated columns that it has the columns for."""
    known = _contract_columns(name) | shared["columns"]
    dataset["columns"] = {column: known.get(column, {}) | own for column, own in _given(dataset["columns"])}
    if bare := [column for column, spec in dataset["columns"].items() if not spec.get("label")]:
        raise SpecError(f"数据集 {name} 的列没有中文名，合同里也没有：{'、'.join(bare)}")
    dataset["calculated"] = {
        column: spec
        for column, spec in shared["calculated"].items()
        if set(spec["needs"]) <= set(dataset["columns"])
    } | dataset.get("calculated", {})


def _contract_columns(table: str) -> dict[str, Spec]:
    path = SCHEMAS / "tables" / f"{table}.yaml"
    if not path.exists():
        return {}
    contract = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        column["name"]: {
            "label": column["businessName"],
            "type": _type(column["physicalType"]),
            "description": column.get("description"),
        }
        for column in contract["schema"][0]["properties"]
    }


def _given(columns: list[str | Spec]) -> list[tuple[str, Spec]]:
    """Columns as written: a name alone, or with what differs from the contract."""
    pairs: list[tuple[str, Spec]] = []
    for column in columns:
        pairs += [(column, {})] if isinstance(column, str) else list(column.items())
    return pairs


def _type(physical: str) -> str:
    kind = physical.upper()
    return "DECIMAL" if kind.startswith("DECIMAL") else _TYPES.get(kind, "VARCHAR")
