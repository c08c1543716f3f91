"""Rows are looked for one table ahead of their judge, and no further: memory holds two at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from jobs.quality.ahead import ahead


class Tables:
    """Numbered tables that say what became of them."""

    def __init__(self) -> None:
        self.told: list[str] = []

    @contextmanager
    def table(self, number: int) -> Iterator[int]:
        if number < 0:
            raise ValueError("没有这张表")
        self.told.append(f"open {number}")
        try:
            yield number
        finally:
            self.told.append(f"close {number}")

    def still_open(self) -> set[str]:
        opened = {t.removeprefix("open ") for t in self.told if t.startswith("open ")}
        return opened - {t.removeprefix("close ") for t in self.told if t.startswith("close ")}


def test_tables_come_in_their_order_and_at_most_two_are_open() -> None:
    tables, most = Tables(), 0
    for expected, number in enumerate(ahead(tables.table(n) for n in range(5))):
        assert number == expected
        assert str(number) in tables.still_open()
        most = max(most, len(tables.still_open()))
    assert most <= 2
    assert tables.still_open() == set()


def test_none_is_none() -> None:
    assert list(ahead([])) == []


def test_a_table_that_cannot_be_opened_is_told_when_its_turn_comes() -> None:
    tables = Tables()
    coming = ahead(tables.table(n) for n in (1, -1, 2))
    assert next(coming) == 1
    with pytest.raises(ValueError, match="没有这张表"):
        next(coming)
    assert tables.still_open() == set()


def test_a_judge_who_stops_leaves_nothing_open() -> None:
    tables = Tables()
    with closing(ahead(tables.table(n) for n in range(5))) as coming:
        assert next(coming) == 0
    assert tables.still_open() == set()
