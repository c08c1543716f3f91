"""What every model keeps to, those in files and those made from the dictionary and the policies, over feeds without rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.contract import load_feed
from jobs.kpi import engine, runner
from jobs.kpi.dictionary import indicators
from jobs.kpi.engine import Run
from jobs.kpi.inputs import Pinned
from jobs.kpi.plan import Known, plan
from jobs.policy.model import Programme, load_all
from jobs.quality.widths import key_sql
from jobs.release.known import region_map

MODELS = Path(runner.__file__).parent / "models"
FILES = sorted(MODELS.glob("*/*.sql"))
PROGRAMMES = sorted(load_all().values(), key=lambda p: p.id)
EXACT = {
    "min", "max", "count", "count_star", "arg_max", "arg_min", "max_by", "min_by", "any_value", "first", "last", "bool_or",
    "bool_and", "list", "array_agg", "string_agg", "quantile_disc", "lag", "lead", "first_value", "last_value",
}  # fmt: skip
"""Aggregates that add nothing up: of doubles they give the same whatever the order."""
LISTS = {"list", "array_agg", "string_agg", "group_concat", "listagg"}


def _empty(feed: str) -> Pinned:
    contract = load_feed(feed)
    return Pinned(feed, 0, (), (), tuple(key_sql(contract)), "uscc" in contract.key)


def _run(programme: Programme) -> Run:
    """Return the run of a programme whose feeds have no rows."""
    sources: dict[str, tuple[Pinned, ...]] = {}
    for feed in programme.feed_ids:
        name = load_feed(feed).feed.group or feed
        sources[name] = (*sources.get(name, ()), _empty(feed))
    return plan(programme, [programme.first_period], Known(sources), indicators(), region_map(programme))


def _given(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Make the parameters known, as tables of the engine: what is only registered cannot be written down in a plan."""
    for name, table in run.tables.items():
        con.register("given", table)
        con.execute(f"CREATE TABLE {name} AS FROM given")
    for name, value in {**run.scalars, "slice_from": None, "slice_to": None}.items():
        con.execute(f"SET VARIABLE {name} = ?", [value])


def _aggregates(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, dict):
        if node.get("expression_class") in ("BOUND_AGGREGATE", "BOUND_WINDOW"):
            yield node
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            yield from _aggregates(value)


def _kinds(node: Mapping[str, Any]) -> set[str]:
    """Return the types that an aggregate is taken of; within a list they are not told: that of its result."""
    own = {c.get("return_type", {}).get("id") for c in node["children"]}
    return own - {None} | ({node["return_type"]["id"]} if None in own else set())


def against_the_rules(con: duckdb.DuckDBPyConnection, model: str) -> list[str]:
    """Return what in a model hangs on the order in which rows come."""
    row = con.execute("SELECT json_serialize_plan(CAST(? AS VARCHAR))", [model]).fetchone()
    plan_of = json.loads(row[0]) if row else {"error": True}
    assert not plan_of["error"], plan_of
    found = []
    for node in _aggregates(plan_of):
        name = node.get("name", "")
        if name and name not in EXACT and _kinds(node) & {"DOUBLE", "FLOAT"}:
            found.append(f"{name} of doubles")
        if node["expression_class"] == "BOUND_AGGREGATE" and name in LISTS and not node.get("order_bys"):
            found.append(f"{name} without an order")
    return found


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("SELECT sum(a) FROM t", ["sum of doubles"]),
        ("WITH r AS (SELECT a AS q FROM t) SELECT avg(q) FILTER (n > 0) FROM r", ["avg of doubles"]),
        ("SELECT sum(a) OVER (ORDER BY n) FROM t", ["sum of doubles"]),
        ("SELECT stddev(d) FROM t", ["stddev of doubles"]),
        ("SELECT list_sum(list(a ORDER BY a)) FROM t", ["sum of doubles"]),
        ("SELECT list(a) FROM t", ["list without an order"]),
        ("SELECT sum(d), sum(n), avg(d), max(a), count(*), mean_in_order(list(a ORDER BY a)) FROM t", []),
    ],
)
def test_what_hangs_on_the_order_of_rows_is_found(model: str, found: list[str]) -> None:
    with runner.connection(1) as con:
        con.execute("CREATE TABLE t (a DOUBLE, n BIGINT, d DECIMAL(10, 2))")
        assert against_the_rules(con, model) == found


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_model_says_its_grain_first_and_is_no_longer_than_a_page(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("-- grain: ")
    assert text.count("\n") < 120


@pytest.mark.parametrize("programme", PROGRAMMES, ids=lambda p: p.id)
def test_models_are_one_select_each_read_what_there_is_and_hang_on_no_order(programme: Programme) -> None:
    run, wrong = _run(programme), {}
    with runner.connection(1) as con:
        _given(con, run)
        fed = engine._feed_models(con, run)
        for models, results in (
            ({**runner.files("slice"), **fed, **run.models}, {*engine.STAGED, *engine.RESULTS}),
            (runner.files("merge"), set(engine.MERGED)),
        ):
            read = {name: runner.reads(con, sql) for name, sql in models.items()}
            assert not set(models) - set().union(*read.values()) - results - set(fed), "made for nobody"
            for name in runner.order(con, models):
                assert name in fed or models[name].startswith("-- grain: "), name
                found = [] if name in fed else against_the_rules(con, models[name])
                wrong |= {name: found} if found else {}
                con.execute(f'CREATE TABLE "{name}" AS {models[name]}')
    assert wrong == {}


def test_a_table_that_is_not_there_and_a_second_statement_are_refused() -> None:
    with runner.connection(1) as con:
        with pytest.raises(ValueError, match="SELECT"):
            runner.reads(con, "SELECT 1; SELECT 2")
        with pytest.raises(duckdb.CatalogException):
            runner.run(con, {"a": "FROM b"})
