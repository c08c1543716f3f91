"""Chinese comments on the tables and columns of the served file: what SQL Lab shows beside their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import duckdb
from pydantic import BaseModel, ConfigDict

from jobs import yamlfile
from jobs.definitions.contract import Contract, load_table
from jobs.serve import code_labels
from jobs.settings import settings
from jobs.sqltext import text

ADDED = {"is_latest": "最新期间：本方案最新一期的行", "publication_id": "发布号"}
"""Comments of the columns that publishing adds to gold tables."""


class Described(BaseModel):
    """What a table without a contract is called.

    Attributes
    ----------
    label : str
        Name of the table.
    says : str
        What one row is.
    columns : dict
        Names of its columns.
    """

    model_config = ConfigDict(extra="forbid")

    label: str
    says: str
    columns: dict[str, str]


@lru_cache(maxsize=1)
def described() -> dict[str, Described]:
    """Return the tables without a contract (``schemas/labels/tables.yaml``)."""
    read = yamlfile.read(settings().schemas / "labels" / "tables.yaml")
    return {table: Described.model_validate(entry) for table, entry in read.items()}


def of_contract(contract: Contract, names: Iterable[str]) -> dict[str, str]:
    """Return the comments on columns of a gold table: name, description, and which kind of codes it holds."""
    columns = {column.name: column for column in contract.columns}
    return {
        name: _said(contract.id, name, columns[name].label, columns[name].prop.description) for name in names
    }


def _said(table: str, column: str, label: str, description: str | None = None) -> str:
    kind = code_labels.kind_of(table, column)
    codes = f"（代码见 {code_labels.TABLE}，kind = '{kind}'）" if kind else ""
    return "：".join(part for part in (label, description) if part) + codes


def write(con: duckdb.DuckDBPyConnection, table: str, said: str, columns: Mapping[str, str]) -> None:
    """Write the comments on a table and some of its columns."""
    con.execute(f'COMMENT ON TABLE "{table}" IS {text(said)}')
    for column, comment in columns.items():
        con.execute(f'COMMENT ON COLUMN "{table}"."{column}" IS {text(comment)}')


def add(con: duckdb.DuckDBPyConnection) -> None:
    """Write the comments on the tables without a contract that a file has."""
    there = {
        table
        for (table,) in con.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND NOT internal"
        ).fetchall()
    }
    for table, entry in described().items():
        if table in there:
            columns = {name: _said(table, name, label) for name, label in entry.columns.items()}
            write(con, table, f"{entry.label}：{entry.says}", columns)
    _inherit(con)


def _inherit(con: duckdb.DuckDBPyConnection) -> None:
    """Call the columns that say nothing of themselves as the contract does of the table that they were taken from."""
    silent = con.execute(
        "SELECT table_name, column_name FROM duckdb_columns() "
        "WHERE database_name = current_database() AND NOT internal AND comment IS NULL"
    ).fetchall()
    for table, column in silent:
        if label := next((own[column] for own in _contract_labels() if column in own), None):
            con.execute(f'COMMENT ON COLUMN "{table}"."{column}" IS {text(_said(table, column, label))}')


@lru_cache(maxsize=1)
def _contract_labels() -> list[dict[str, str]]:
    """Return the labels of the columns of the tables that others are joined from, the most general last."""
    tables = ("target_progress", "data_status", "kpi_region", "enterprise_statement")
    return [{c.name: c.label for c in load_table(table).columns} for table in tables]
