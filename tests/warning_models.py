"""The models of warnings over facts made by hand (:func:`tests.warning_frames.firm`), in this process."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pyarrow as pa

from jobs.kpi import parameters, runner
from jobs.kpi.used import Wanted
from jobs.lake.shape import columns_of, shaped
from jobs.warning.models import warning_models
from jobs.warning.parameters import check_quarters, warning_parameters
from jobs.warning.review import Words
from tests.warning_frames import FACTS, NUMBER

SLICE = ("warning_runs", "rule_counts", "evidence", "told_warnings")
MERGE = ("rule_standings", "warning", "warning_rule")
TEXT, TEXTS, YES = pa.string(), pa.list_(pa.string()), pa.bool_()
HEAD = {
    "period": TEXT, "at": pa.date32(), "uscc": TEXT, "name": TEXT, "unit": TEXT, "county": TEXT, "domain": TEXT,
    "industry_code": TEXT, "closed": YES, "certified": YES, "valid_tiers": TEXTS,
    "ends": pa.list_(pa.struct({"tier": TEXT, "valid_to": pa.date32()})), "feeds_here": TEXTS, "feeds_arrived": TEXTS,
}  # fmt: skip


def fact_rows(rows: Iterable[Mapping[str, Any]], facts: Collection[str] = FACTS) -> pa.Table:
    """Return the table of facts as the models read it: each fact in a file of its own."""
    columns = HEAD | dict.fromkeys(facts, pa.decimal128(28, 4)) | {f"{f}_line": pa.int64() for f in facts}
    made = []
    for row in rows:
        lines = {f"{f}_line": NUMBER[f] * 2**31 + no for f, (_, no) in row["lines"].items() if f in NUMBER}
        ends = [dict(zip(("tier", "valid_to"), e, strict=True)) for e in row["ends"]]
        made.append({**row, **lines, "ends": ends})
    return parameters.table(columns, [[r.get(c) for c in columns] for r in made])


def told(
    rows: Iterable[Mapping[str, Any]],
    asked: Iterable[str],
    words: Words | None = None,
    facts: Collection[str] = FACTS,
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of ``warning``, ``warning_rule`` and ``judgements`` over facts made by hand."""
    made, wanted = list(rows), Wanted(tuple(asked))
    check_quarters(wanted.asked)
    origins = {
        "origin": list(range(len(FACTS))),
        "file_name": [f"{f}.xlsx" for f in FACTS],
        "sheet": ["表1"] * len(FACTS),
    }
    own, scalars = warning_parameters(facts, words or {})
    tables = own | {
        "fact_rows": fact_rows(made, facts),
        "origins": pa.table(origins),
        "periods": parameters.periods([*wanted.asked, *(r["period"] for r in made)], wanted),
    }
    models = warning_models(facts)
    models |= {
        n: sql
        for stage, own in (("slice", SLICE), ("merge", MERGE))
        for n, sql in runner.files(stage).items()
        if n in own
    }
    with runner.connection(1) as con:
        for name, table in tables.items():
            con.register(name, table)
        for name, value in {**scalars, "entity": "enterprise"}.items():
            con.execute(f"SET VARIABLE {name} = ?", [value])
        runner.run(con, models)
        found = {
            n: con.execute(shaped(con, n, columns_of(n))).to_arrow_table().to_pylist(maps_as_pydicts="strict")
            for n in ("warning", "warning_rule")
        }
        return found | {"judgements": con.execute("FROM judgements").to_arrow_table().to_pylist()}
