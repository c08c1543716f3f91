"""The published tables are the gold tables of the lake: what a chart is compared with is what was computed."""

from __future__ import annotations

import duckdb
import pytest

from jobs import lake
from jobs.definitions.contract import load_table, table_names
from jobs.lake.content import served_type
from jobs.serve.classes import table_classes
from tests.support.installation import Installation

PLAIN = ("STRING", "DOUBLE", "INT", "BIGINT", "DATE", "BOOLEAN", "DECIMAL")
WHOLE = [table for table in table_names() if not table_classes()[table].folded]
"""Tables that are served row by row."""
PART = "release = ? AND programme = ? AND period = ?"


@pytest.mark.parametrize("table", WHOLE)
def test_rows_of_each_published_release_are_those_of_the_lake(loaded: Installation, table: str) -> None:
    kinds = {c.name: c.type for c in load_table(table).columns if c.type.startswith(PLAIN)}
    # there is one zero, whichever sign it was computed with
    parts = [f'CAST("{n}" AS {served_type(k)}){" + 0.0" if k == "DOUBLE" else ""}' for n, k in kinds.items()]
    lines = f"SELECT count(*), sum(CAST(hash({', '.join(parts)}) AS HUGEINT)) FROM {{}} WHERE {PART}"
    with duckdb.connect(str(loaded.served_file), read_only=True) as con:
        published = con.execute("SELECT release, programme, period FROM publication").fetchall()
        for part in published:
            con.register("gold_rows", lake.gold_arrow(table, part[0], part[1]))
            served, gold = (
                con.execute(lines.format(of), part).fetchone() for of in (f'"{table}"', "gold_rows")
            )
            assert served == gold, part
    assert published
