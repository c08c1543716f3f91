"""The table of codes in the served file: what every code is called in Chinese, for readers and for what is joined when publishing."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from functools import lru_cache

import duckdb
from pydantic import BaseModel, ConfigDict

from jobs import yamlfile
from jobs.definitions.contract import load_table
from jobs.definitions.facts import all_facts
from jobs.definitions.policy.model import load_all
from jobs.definitions.readable import readable
from jobs.definitions.rules import rulebook
from jobs.settings import settings

TABLE = "code_label"
Labels = dict[str, str]


class Kind(BaseModel):
    """One kind of codes.

    Attributes
    ----------
    name : str
        What the kind is called.
    columns : list of str
        Columns that hold its codes, ``table.column``; labels of those with values in their contract come from there.
    named_in : str, optional
        Where else labels come from: a name of :data:`_LISTS`.
    labels : dict
        Labels that stand nowhere else.
    """

    model_config = ConfigDict(extra="forbid")

    name: str
    columns: list[str] = []
    named_in: str | None = None
    labels: dict[str | int, str] = {}


@lru_cache(maxsize=1)
def kinds() -> dict[str, Kind]:
    """Return every kind of codes (``schemas/labels/codes.yaml``)."""
    read = yamlfile.read(settings().schemas / "labels" / "codes.yaml")
    return {kind: Kind.model_validate(entry) for kind, entry in read.items()}


def kind_of(table: str, column: str) -> str | None:
    """Return the kind of the codes in a column; None where it holds none."""
    named = f"{table}.{column}"
    return next((kind for kind, entry in kinds().items() if named in entry.columns), None)


def labels(kind: str) -> Labels:
    """Return the labels of a kind's codes, in the order in which they are shown.

    Raises
    ------
    ValueError
        If a code has two labels.
    """
    entry, found = kinds()[kind], Labels()
    for code, label in _all(entry):
        if found.setdefault(code, label) != label:
            raise ValueError(f"代码 {kind} 的 {code} 有两个说法：{found[code]}、{label}")
    return found


def _all(entry: Kind) -> Iterator[tuple[str, str]]:
    for named in entry.columns:
        yield from _of_contract(*named.split(".", maxsplit=1))
    if entry.named_in:
        yield from _LISTS[entry.named_in]().items()
    yield from ((str(code), label) for code, label in entry.labels.items())


def _of_contract(table: str, column: str) -> Iterator[tuple[str, str]]:
    """Give the codes of a gold table's column; tables that publishing adds have no contract."""
    path = settings().schemas / "tables" / f"{table}.yaml"
    if not path.exists():
        return
    for value in load_table(table).column(column).prop.enum or []:
        yield str(value.value), value.label or str(value.value)


def _industries() -> Labels:
    path = settings().schemas / "labels" / "industries.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}


def _facts() -> Labels:
    return {
        name: label
        for fact in all_facts()
        for name, label in ((fact.name, fact.label), (f"{fact.name}_prior", f"{fact.label}，上年同期"))
        if name == fact.name or fact.prior
    }


_LISTS: dict[str, Callable[[], Labels]] = {
    "industries": _industries,
    "feeds": lambda: {contract.id: contract.title for contract in readable()},
    "warning_rules": lambda: {rule.id: rule.name_zh for rule in rulebook.load().rules},
    "programmes": lambda: {p.id: p.title for p in load_all().values()},
    "policies": lambda: {d.id: d.doc_no or d.title for p in load_all().values() for d in p.documents},
    "schemes": lambda: {s.id: f"{p.title}，综合排名" for p in load_all().values() for s in p.ranking},
    "facts": _facts,
}


def add(con: duckdb.DuckDBPyConnection) -> None:
    """Add the table ``code_label``: a row for each code of each kind."""
    con.execute(
        f"CREATE OR REPLACE TABLE {TABLE} (kind VARCHAR, kind_name VARCHAR, position INTEGER, code VARCHAR, "
        "label VARCHAR, columns VARCHAR)"
    )
    rows = [
        (kind, entry.name, position, code, label, "、".join(entry.columns))
        for kind, entry in kinds().items()
        for position, (code, label) in enumerate(labels(kind).items(), start=1)
    ]
    # a statement for all: one each would cost a second
    con.execute(
        f"INSERT INTO {TABLE} SELECT {', '.join(['unnest(?)'] * 6)}",
        [list(c) for c in zip(*rows, strict=True)],
    )
