"""What each table of the served file tells about firms: ``schemas/served.yaml``, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from jobs import yamlfile
from jobs.settings import settings


class TableClass(BaseModel):
    """What a table holds, and what of it the file of one region keeps.

    Attributes
    ----------
    holds : str
        ``firms``, ``cells``, ``declared``, ``counts``, ``reports`` or ``lists``; the file says what each means.
    kept : list of str
        Columns that stay where a row's figures are withheld: a column that is not named is blank there.
    said : dict
        Text of a column instead of a withheld one.
    """

    model_config = ConfigDict(extra="forbid")

    holds: Literal["firms", "cells", "declared", "counts", "reports", "lists"]
    kept: list[str] = []
    said: dict[str, str] = {}


class Unclassified(RuntimeError):
    """A table of the served file, and nobody said what it tells about firms."""


@lru_cache(maxsize=1)
def table_classes() -> dict[str, TableClass]:
    """Return the class of every table of the served file."""
    path = settings().schemas / "served.yaml"
    read = yamlfile.read(path)
    return {name: TableClass.model_validate(entry) for name, entry in read.items()}


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
    known = table_classes()
    if unknown := sorted(set(columns) - set(known)):
        raise Unclassified(f"schemas/served.yaml 没有说明这些表涉及哪些企业，不能发布：{'、'.join(unknown)}")
    found = {table: known[table] for table in columns}
    for table, entry in found.items():
        if missing := sorted({*entry.kept, *entry.said} - set(columns[table])):
            raise Unclassified(f"schemas/served.yaml 中 {table} 的列不存在：{'、'.join(missing)}")
    return found
