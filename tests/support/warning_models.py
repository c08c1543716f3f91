"""The models of warnings and tickets over small tables made by hand (:func:`tests.support.warning_frames.firm`), in this process."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from jobs.kpi import parameters, runner
from jobs.kpi.indicators import Wanted
from jobs.kpi.regions import RegionMap
from jobs.lake.shape import columns_of, shaped
from jobs.rules.warning_parameters import NO_TICKETS, check_quarters, warning_parameters
from jobs.rules.warning_review import Words
from jobs.rules.warnings import warning_models
from tests.support.warning_frames import FACTS, NUMBER

MODELS = (
    "warning_runs", "rule_counts", "evidence", "told_warnings", "rule_standings", "warning", "warning_rule",
)  # fmt: skip
SHAPED = ("warning", "warning_rule", "ticket_progress")
TEXT, TEXTS, YES = pa.string(), pa.list_(pa.string()), pa.bool_()
EXACT, LARGE = pa.decimal128(28, 4), pa.decimal128(38, 4)
HEAD = {
    "period": TEXT, "at": pa.date32(), "uscc": TEXT, "name": TEXT, "unit": TEXT, "county": TEXT, "domain": TEXT,
    "industry_code": TEXT, "closed": YES, "certified": YES, "valid_tiers": TEXTS,
    "ends": pa.list_(pa.struct({"tier": TEXT, "valid_to": pa.date32()})), "feeds_here": TEXTS, "feeds_arrived": TEXTS,
}  # fmt: skip


def fact_rows(rows: Iterable[Mapping[str, Any]], facts: Collection[str]) -> pa.Table:
    """Return the table of facts as the models read it: each fact in a file of its own."""
    columns = HEAD | dict.fromkeys(facts, EXACT) | {f"{f}_line": pa.int64() for f in facts}
    made = []
    for row in rows:
        lines = {f"{f}_line": NUMBER[f] * 2**31 + no for f, (_, no) in row["lines"].items() if f in NUMBER}
        ends = [dict(zip(("tier", "valid_to"), e, strict=True)) for e in row["ends"]]
        made.append({**row, **lines, "ends": ends})
    return parameters.table(columns, [[r.get(c) for c in columns] for r in made])


def run(
    models: Collection[str], tables: Mapping[str, pa.Table], results: Iterable[str], **made: str
) -> dict[str, pa.Table]:
    """Run some of the models in files, and further ones by name, over small tables; return their results."""
    chosen = {n: sql for stage in ("slice", "merge") for n, sql in runner.files(stage).items() if n in models}
    _, scalars = warning_parameters(FACTS, {})
    with runner.connection(1) as con:
        for name, table in tables.items():
            con.register(name, table)
        for name, value in {**scalars, "entity": "enterprise"}.items():
            con.execute(f"SET VARIABLE {name} = ?", [value])
        runner.run(con, chosen | made)
        computed = {}
        for name in results:
            rows = shaped(con, name, columns_of(name)) if name in SHAPED else f"FROM {name}"
            computed[name] = con.execute(rows).to_arrow_table()
        return computed


def told(
    rows: Iterable[Mapping[str, Any]],
    asked: Iterable[str],
    words: Words | None = None,
    facts: Collection[str] = FACTS,
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of ``warning``, ``warning_rule``, ``judgements`` and ``rd_lines`` over facts made by hand."""
    made, wanted = list(rows), Wanted(tuple(asked))
    check_quarters(wanted.asked)
    own, _ = warning_parameters(facts, words or {})
    tables = own | {
        "fact_rows": fact_rows(made, facts),
        "sheets": pa.table(
            {
                "sheet_no": range(len(FACTS)),
                "file_name": [f"{f}.xlsx" for f in FACTS],
                "sheet": ["表1"] * len(FACTS),
            }
        ),
        "periods": parameters.periods([*wanted.asked, *(r["period"] for r in made)], wanted),
    }
    results = ("warning", "warning_rule", "judgements", "rd_lines")
    computed = run(MODELS, tables, results, **warning_models(facts))
    return {name: table.to_pylist(maps_as_pydicts="strict") for name, table in computed.items()}


def figures_as_text(
    quotients: Iterable[Iterable[Decimal | None]],
) -> list[str | None]:
    """Return the texts of dividends and divisors, each beside a limit."""
    columns = {"period": TEXT, "uscc": TEXT, "rule": TEXT, "place": pa.int32(), "name": TEXT, "fact": EXACT, "line": pa.int64(),
               "above": LARGE, "below": LARGE, "against": pa.list_(pa.decimal128(20, 2)), "shown": TEXT}  # fmt: skip
    rows = [
        ("2025Q4", "A", "r", n, f"{n}", None, None, above, below, [limit], None)
        for n, (above, below, limit) in enumerate(quotients)
    ]
    nowhere = pa.table(
        {"sheet_no": pa.array([], pa.int64()), "file_name": pa.array([], TEXT), "sheet": pa.array([], TEXT)}
    )
    tables = {"evidence_values": parameters.table(columns, rows), "sheets": nowhere}
    made = run(["evidence"], tables, ["evidence"])["evidence"].to_pylist()
    return [r["value"] for r in sorted(made, key=lambda r: int(r["place"]))]


def progress(
    tickets: Iterable[Mapping[str, Any]], regions: RegionMap, asked: Iterable[str]
) -> list[dict[str, Any]]:
    """Return the rows of ``ticket_progress``."""
    wanted, (own, _) = Wanted(tuple(asked)), warning_parameters(FACTS, {})
    kinds = {f.name: f.type for f in NO_TICKETS.schema}
    places = [(code, p.unit, p.county) for code, p in regions.by_code().items()]
    tables = own | {
        "tickets": parameters.table(kinds, [[t[n] for n in kinds] for t in tickets]),
        "periods": parameters.periods(wanted.asked, wanted),
        "places_by_code": parameters.table(dict.fromkeys(("code", "unit", "county"), TEXT), places),
    }
    return run(["ticket_progress"], tables, ["ticket_progress"])["ticket_progress"].to_pylist()
