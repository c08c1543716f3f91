"""The models of the national rules over facts made by hand, in this process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from jobs.kpi import parameters, runner
from jobs.kpi.fact_models import line_of
from jobs.kpi.indicators import Wanted
from jobs.lake.shape import columns_of, shaped
from jobs.rules.criteria import NationalRules
from tests.support.facts_frames import fact_names

Rows = list[dict[str, Any]]
TABLES = ("criteria_condition", "criteria_result", "certificate_expiry")
FILES = ("sheet_places", "ending", "verdicts", "told", *TABLES)
"""The models between facts and tables."""
TEXT, TEXTS = pa.string(), pa.list_(pa.string())
AROUND = {
    "period": TEXT, "at": pa.date32(), "uscc": TEXT, "name": TEXT, "unit": TEXT, "county": TEXT, "domain": TEXT,
    "industry_code": TEXT, "opened_on": pa.date32(), "closed": pa.bool_(), "valid_tiers": TEXTS, "ever_tiers": TEXTS,
    "ends": pa.list_(pa.struct({"tier": TEXT, "valid_to": pa.date32()})),
}  # fmt: skip


def fact_rows(firms: Iterable[Sequence[Any]]) -> pa.Table:
    """Return rows of ``tests.support.facts_frames.firm`` as the model of the facts gives them; each fact on row 7 of one file."""
    names = fact_names()
    columns = AROUND | dict.fromkeys(names, pa.decimal128(28, 4)) | {line_of(n): pa.int64() for n in names}
    rows = []
    for firm in firms:
        around, values = list(firm[: len(AROUND)]), firm[len(AROUND) : len(AROUND) + len(names)]
        around[-1] = [{"tier": t, "valid_to": d} for t, d in around[-1]]
        rows.append((*around, *values, *(None if v is None else 2**31 + 7 for v in values)))
    return parameters.table(columns, rows)


def tables(firms: Iterable[Sequence[Any]], rules: NationalRules | None = None) -> dict[str, Rows]:
    """Return the tables of the rules for firms, in the shapes of their contracts."""
    book, facts = rules or NationalRules(), fact_rows(firms)
    models = {n: sql for n, sql in runner.files("slice").items() if n in FILES} | book.models
    periods = sorted(set(facts["period"].to_pylist()))
    given = {
        "fact_rows": facts,
        "periods": parameters.periods(periods, Wanted(tuple(periods))),
        "sheets": pa.table(
            {"sheet_no": [1], "batch_id": ["b1"], "file_name": ["报表.xlsx"], "sheet": ["表1"]}
        ),
        **book.tables,
    }
    with runner.connection(1) as con:
        for name, table in given.items():
            con.register(name, table)
        runner.run(con, models)
        return {n: con.execute(shaped(con, n, columns_of(n))).to_arrow_table().to_pylist() for n in TABLES}
