"""Data sets of the served tables that nobody wrote one for: all columns under their Chinese names, for analysts alone."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path
from typing import Any

import yaml

from infra.superset.parts import Spec

_COUNT = {"rows_counted": {"label": "行数", "sql": "count(*)", "format": ",d"}}


def unwritten(schemas: Path, written: Container[str]) -> dict[str, Spec]:
    """Specs of the data sets that are not written by hand.

    Parameters
    ----------
    schemas
        Folder with the list of served tables, the contracts, and the names of tables without a contract.
    written
        Names of the data sets that are.

    Returns
    -------
    dict
        By table; a table that has neither contract nor names gets none.
    """
    described = _read(schemas / "labels" / "tables.yaml")
    found: dict[str, Spec] = {}
    for table, entry in _read(schemas / "served.yaml").items():
        if table in written:
            continue
        contract = schemas / "tables" / f"{table}.yaml"
        if contract.exists():
            found[table] = _of_contract(_read(contract), entry.get("folded"))
        elif table in described:
            found[table] = _of_names(described[table])
    return found


def _read(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def _of_contract(contract: Spec, folded: Spec | None) -> Spec:
    names: list[str | Spec] = [column["name"] for column in contract["schema"][0]["properties"]]
    if folded:
        names = [*folded["per"], {folded["column"]: {"label": folded["label"]}}]
    return _spec(contract["name"], [*names, "is_latest"])


def _of_names(described: Spec) -> Spec:
    return _spec(
        described["label"], [{name: {"label": label}} for name, label in described["columns"].items()]
    )


def _spec(title: str, columns: list[str | Spec]) -> Spec:
    named = {column if isinstance(column, str) else next(iter(column)) for column in columns}
    signed = [] if "publication_id" in named else ["publication_id"]
    return {"title": title, "columns": [*columns, *signed], "metrics": dict(_COUNT), "for": ["analysts"]}
