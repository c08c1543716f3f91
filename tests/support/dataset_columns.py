"""Calculated columns of Superset's data sets, by their own SQL on one row."""

from __future__ import annotations

import re
from typing import Any

import duckdb
import pandas as pd

from infra.superset.specs import load

DATASETS = load().datasets


def words(dataset: str, column: str, row: dict[str, Any]) -> list[str]:
    """Return the texts of a calculated column for one row, without the markup."""
    declared = DATASETS[dataset]["columns"]
    frame = pd.DataFrame([row])
    casts = ", ".join(
        f'CAST("{n}" AS {c.get("type", "VARCHAR")}) AS "{n}"' for n, c in declared.items() if n in row
    )
    sql = DATASETS[dataset]["calculated"][column]["sql"]
    with duckdb.connect() as con:
        con.register("rows", frame)
        con.execute(f"CREATE TABLE shown AS SELECT {casts} FROM rows")
        (text,) = con.execute(f"SELECT {sql} FROM shown").fetchall()[0]
    return [t for t in re.split(r"<[^>]*>", text) if t.strip()]
