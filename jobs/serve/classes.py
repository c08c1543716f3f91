"""What each table of the served file tells about firms: ``schemas/served.yaml``, read and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from jobs import yamlfile
from jobs.settings import settings


class Folded(BaseModel):
    """A table that is served with fewer rows than the lake's: of the latest period, and of several one.

    Attributes
    ----------
    per : list of str
        Columns that say what one row is about.
    column : str
        Holds the other columns of all the rows that became one, as a list of structs.
    label : str
        Its Chinese name.
    """

    model_config = ConfigDict(extra="forbid")

    per: list[str]
    column: str
    label: str


class TableClass(BaseModel):
    """What a table holds, and what of it the files keep.

    Attributes
    ----------
    holds : str
        ``firms``, ``cells``, ``declared``, ``counts``, ``revisions``, ``reports`` or ``lists``; the file says what each means.
    kept : list of str
        Columns that stay where a row's figures are withheld: a column that is not named is blank there.
    said : dict
        Text of a column instead of a withheld one.
    folded : Folded, optional
        How its rows are folded.
    """

    model_config = ConfigDict(extra="forbid")

    holds: Literal["firms", "cells", "declared", "counts", "revisions", "reports", "lists"]
    kept: list[str] = []
    said: dict[str, str] = {}
    folded: Folded | None = None


class Unclassified(RuntimeError):
    """A table of the served file, and nobody said what it tells about firms."""


@lru_cache(maxsize=1)
def table_classes() -> dict[str, TableClass]:
    """Return the class of every table of the served file."""
    path = settings().schemas / "served.yaml"
    read = yamlfile.read(path)
    return {name: TableClass.model_validate(entry) for name, entry in read.items()}


def class_of(table: str) -> TableClass:
    """Return the class of one table.

    Raises
    ------
    Unclassified
        If it has none.
    """
    _all_known([table])
    return table_classes()[table]


def _all_known(tables: Iterable[str]) -> None:
    if unknown := sorted(set(tables) - set(table_classes())):
        raise Unclassified(f"schemas/served.yaml 没有说明这些表涉及哪些企业，不能发布：{'、'.join(unknown)}")


def classes_of(columns: Mapping[str, list[str]]) -> dict[str, TableClass]:
    """Return the class of each table of a file.

    Parameters
    ----------
    columns : mapping
        Table -> its columns.

    Raises
    ------
    Unclassified
        If a table has no class, or a class names a column that its table lacks.
    """
    _all_known(columns)
    classes = {table: table_classes()[table] for table in columns}
    for table, entry in classes.items():
        if missing := sorted({*entry.kept, *entry.said} - set(columns[table])):
            raise Unclassified(f"schemas/served.yaml 中 {table} 的列不存在：{'、'.join(missing)}")
    return classes
