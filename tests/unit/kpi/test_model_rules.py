"""What every model keeps to, those in files and those made from the dictionary and the policies, over feeds without rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.definitions.contract import load_feed
from jobs.definitions.dictionary import indicators
from jobs.definitions.policy.model import Programme, load_all
from jobs.kpi import engine, runner
from jobs.kpi.engine import Run
from jobs.kpi.inputs import Pinned, pinned
from jobs.pipeline.plan import Known, plan
from jobs.release.pinned import region_map

MODELS = Path(runner.__file__).parent / "models"
FILES = sorted(MODELS.glob("*/*.sql"))
EXACT = {
    "min", "max", "count", "count_star", "arg_max", "arg_min", "max_by", "min_by", "any_value", "first", "last", "bool_or",
    "bool_and", "list", "array_agg", "string_agg", "quantile_disc", "lag", "lead", "first_value", "last_value",
}  # fmt: skip
"""Aggregates that add nothing up: of doubles they give the same whatever the order."""
AGGREGATES = {"BOUND_AGGREGATE", "BOUND_WINDOW"}
LISTS = {"list", "array_agg", "string_agg", "group_concat", "listagg"}


def _empty(feed: str) -> Pinned:
    return pinned(load_feed(feed), (), 0, ())


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
    for name, value in run.scalars.items():
        con.execute(f"SET VARIABLE {name} = ?", [value])
    for name in ("slice_from", "slice_to"):
        con.execute(f"SET VARIABLE {name} = CAST(NULL AS VARCHAR)")


def _within(tree: Any) -> Iterator[dict[str, Any]]:
    """Give all parts of a parsed model or of its plan."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _kinds(aggregate: Mapping[str, Any]) -> set[str]:
    """Return the types that an aggregate is taken of; within a list they are not told: that of its result."""
    own = {c.get("return_type", {}).get("id") for c in aggregate["children"]}
    return own - {None} | ({aggregate["return_type"]["id"]} if None in own else set())


def _tree(con: duckdb.DuckDBPyConnection, model: str, form: str) -> Any:
    row = con.execute(f"SELECT json_serialize_{form}(CAST(? AS VARCHAR))", [model]).fetchone()
    tree = json.loads(row[0]) if row else {"error": True}
    assert not tree["error"], tree
    return tree


def against_the_rules(con: duckdb.DuckDBPyConnection, model: str) -> list[str]:
    """Return what a model does against the rules: no grain, or what hangs on the order in which rows come."""
    added = [
        n
        for n in _within(_tree(con, model, "plan"))
        if n.get("expression_class") in AGGREGATES and n.get("name")
    ]
    found = [
        f"{n['name']} of doubles" for n in added if n["name"] not in EXACT and _kinds(n) & {"DOUBLE", "FLOAT"}
    ]
    parsed = [n for n in _within(_tree(con, model, "sql")) if n.get("class") == "FUNCTION"]
    sorted_later = [id(c) for n in parsed if n["function_name"] == "list_sort" for c in n["children"]]
    lists = [n for n in parsed if n["function_name"] in LISTS and id(n) not in sorted_later]
    if not model.startswith("-- grain: "):
        found.append("no grain")
    found += [f"{n['function_name']} without an order" for n in lists if not n["order_bys"]["orders"]]
    return sorted(found)


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("SELECT sum(a) FROM t", ["sum of doubles"]),
        ("WITH r AS (SELECT a AS q, n FROM t) SELECT avg(q) FILTER (n > 0) FROM r", ["avg of doubles"]),
        ("SELECT sum(a) OVER (ORDER BY n) FROM t", ["sum of doubles"]),
        ("SELECT stddev(d) FROM t", ["stddev of doubles"]),
        ("SELECT list_sum(list(a ORDER BY a)) FROM t", ["sum of doubles"]),
        (
            "SELECT list(a), string_agg(DISTINCT n, ',') FROM t",
            ["list without an order", "string_agg without an order"],
        ),
        ("SELECT list_sort(list(a)) FROM t", []),
        ("SELECT sum(d), sum(n), avg(d), max(a), count(*), mean_in_order(list(a ORDER BY a)) FROM t", []),
    ],
)
def test_what_hangs_on_the_order_of_rows_is_found(model: str, found: list[str]) -> None:
    with runner.connection(1) as con:
        con.execute("CREATE TABLE t (a DOUBLE, n BIGINT, d DECIMAL(10, 2))")
        assert against_the_rules(con, f"-- grain: none.\n{model}") == found


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_model_says_its_grain_first_and_is_no_longer_than_a_page(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("-- grain: ")
    assert text.count("\n") < 120


def test_models_are_one_select_each_read_what_there_is_and_hang_on_no_order() -> None:
    # The programme with the most indicators has models of every family.
    run = _run(max(load_all().values(), key=lambda p: len(p.indicators)))
    wrong, unread = {}, set()
    with runner.connection(1) as con:
        _given(con, run)
        fed = engine._feed_models(con, run)
        for models, results in (
            ({**runner.files("slice"), **fed, **run.models}, set(run.wanted)),
            (runner.files("merge"), {*run.merged, *run.written}),
        ):
            read = set().union(*(runner.reads(con, model) for model in models.values()))
            unread |= set(models) - read - results - set(fed)
            for name in runner.order(con, models):
                found = [] if name in fed else against_the_rules(con, models[name])
                wrong |= {name: found} if found else {}
                con.execute(f'CREATE TABLE "{name}" AS {models[name]}')
    assert (wrong, unread) == ({}, set())


def test_a_table_that_is_not_there_and_a_second_statement_are_refused() -> None:
    with runner.connection(1) as con:
        with pytest.raises(ValueError, match="SELECT"):
            runner.reads(con, "SELECT 1; SELECT 2")
        with pytest.raises(duckdb.CatalogException):
            runner.run(con, {"a": "FROM b"})
