"""The next rows to be judged are looked for while the last ones are judged: DuckDB and Great Expectations share the cores."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TypeVar

import duckdb
import pandas as pd

from jobs.quality.suites import read_suite
from jobs.quality.witness import witnesses

T = TypeVar("T")
Looked = tuple[duckdb.DuckDBPyConnection, pd.DataFrame]
"""Connection that holds the rows of a table, and the witnesses among them."""


@contextmanager
def looked_at(
    rows: AbstractContextManager[duckdb.DuckDBPyConnection], relation: str, suite: str
) -> Iterator[Looked]:
    """Open rows and look for the witnesses of a suite among them."""
    with rows as con:
        yield con, witnesses(con, relation, read_suite(suite).expectations)


def ahead(contexts: Iterable[AbstractContextManager[T]]) -> Generator[T, None, None]:
    """Enter contexts in their order, each while the one before is used; it is left when the next one is asked for."""
    entered: deque[tuple[AbstractContextManager[T], Future[T]]] = deque()
    with ThreadPoolExecutor(1) as pool:
        try:
            for context in contexts:
                entered.append((context, pool.submit(context.__enter__)))
                if len(entered) > 1:
                    yield from _used(*entered.popleft())
            while entered:
                yield from _used(*entered.popleft())
        finally:  # whoever used them stopped before the end
            for context, entering in entered:
                with suppress(Exception):
                    entering.result()
                    context.__exit__(None, None, None)


def _used(context: AbstractContextManager[T], entering: Future[T]) -> Iterator[T]:
    own = entering.result()
    try:
        yield own
    finally:
        context.__exit__(None, None, None)
