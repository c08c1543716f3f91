"""The indicator dictionary as a table of the served file: what each figure means, and where it is worked out."""

from __future__ import annotations

import re

import duckdb

from jobs.definitions.dictionary import Indicator, indicators
from jobs.definitions.glossary import FAMILIES, WORKED_OUT, readings
from jobs.serve import code_labels
from jobs.settings import REPO

METHODS = {
    "count": "第11节 证书与目标", "flow": "第11节 证书与目标", "level": "第0节 通则", "growth": "第2节 同口径增长",
    "ratio": "第3节 比率与覆盖率", "mean": "第3节 比率与覆盖率", "coverage": "第3节 比率与覆盖率",
    "total": "第0节 通则", "item": "第0节 通则、第11节 证书与目标", "derived": "第3节 比率与覆盖率",
}  # fmt: skip
"""Section of docs/methods that explains a family."""
_KPI = REPO / "jobs" / "kpi"
_MODULES = {"total": ("totals.py",), "item": ("items.py", "item_rows.py"), "derived": ("derived.py",)}
"""Of families without a model of their own."""


def models(family: str) -> list[str]:
    """Return the files that work a family out, from the repository's root, in the order of the computation."""
    named = re.findall(r"`(\w+)`", WORKED_OUT[family])
    files = [path for name in named for path in sorted((_KPI / "models").glob(f"*/{name}.sql"))]
    files += [_KPI / module for module in _MODULES.get(family, ())]
    return [str(path.relative_to(REPO)) for path in files]


def _row(position: int, indicator: Indicator, names: dict[str, str]) -> list[object]:
    said = "、".join(names[reading] for reading in readings(indicator))
    own = (
        getattr(indicator, n)
        for n in ("id", "name_zh", "definition", "formula", "unit", "source", "owner", "version")
    )
    family = indicator.family
    return [*own, family, FAMILIES[family], said, METHODS[family], "、".join(models(family)), position]


def add(con: duckdb.DuckDBPyConnection) -> None:
    """Add the table ``indicator``: a row for each indicator, in the dictionary's order."""
    con.execute(
        "CREATE OR REPLACE TABLE indicator (id VARCHAR, name_zh VARCHAR, definition VARCHAR, formula VARCHAR, unit VARCHAR, "
        "source VARCHAR, owner VARCHAR, version VARCHAR, family VARCHAR, family_name VARCHAR, readings VARCHAR, "
        "method VARCHAR, models VARCHAR, position INTEGER)"
    )
    names = code_labels.labels("reading")
    rows = [
        _row(position, indicator, names) for position, indicator in enumerate(indicators().values(), start=1)
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    con.execute(f"INSERT INTO indicator SELECT {', '.join(['unnest(?)'] * len(columns))}", columns)
