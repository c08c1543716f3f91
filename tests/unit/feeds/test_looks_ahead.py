"""Looks at several feeds of a source: side by side with taking in, with one connection and one listing of a folder."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event

import pytest

from jobs.definitions.contract import load_feed
from jobs.feeds.ahead import ahead
from jobs.feeds.visit import Visit
from tests.support.files import finance_path

STAT = load_feed("stat_finance").feed.folder


class Unplugged(OSError):
    """The source went away."""


def deliver(root: Path, path: str) -> None:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("x")
    os.utime(target, (1_767_000_000, 1_767_000_000))


def listed(visit: Visit, uri: str) -> tuple[list[str], bool]:
    files, new = visit.listing(uri, STAT)
    return [path for path, _, _ in files], new


def test_the_next_feed_is_looked_at_while_one_is_taken_in() -> None:
    begun, done = Event(), Event()

    def look(feed: str) -> str:
        if feed == "second":
            begun.set()
        return f"found {feed}"

    with ahead(["first", "second"], look, done.set) as looks:
        assert looks["first"].result(10) == "found first"
        assert begun.wait(10)
        assert looks["second"].result(10) == "found second"
    assert done.wait(10)


def test_a_feed_that_cannot_be_read_stops_no_other() -> None:
    def look(feed: str) -> str:
        if feed == "first":
            raise Unplugged
        return feed

    with ahead(["first", "second"], look, lambda: None) as looks:
        with pytest.raises(Unplugged):
            looks["first"].result(10)
        assert looks["second"].result(10) == "second"


def test_who_leaves_waits_for_no_source_and_nothing_more_is_looked_at() -> None:
    asked, answered, done = Event(), Event(), Event()
    seen: list[str] = []

    def look(feed: str) -> None:
        seen.append(feed)
        asked.set()
        assert answered.wait(10)

    with pytest.raises(KeyboardInterrupt), ahead(["first", "second"], look, done.set):
        assert asked.wait(10)
        raise KeyboardInterrupt
    answered.set()
    assert done.wait(10)
    assert seen == ["first"]


def test_a_folder_is_listed_once_a_visit_and_anew_after_an_error(tmp_path: Path) -> None:
    uri, visit = f"file://{tmp_path}", Visit()
    deliver(tmp_path, finance_path("220100"))
    assert listed(visit, uri) == ([finance_path("220100")], True)
    deliver(tmp_path, finance_path("220200"))
    assert listed(visit, uri) == ([finance_path("220100")], False)
    with pytest.raises(Unplugged), visit.source(uri):
        raise Unplugged
    assert listed(visit, uri) == ([finance_path("220100"), finance_path("220200")], True)
    visit.close()


def test_feeds_of_one_folder_were_looked_at_from_one_moment_on() -> None:
    visit = Visit()
    begun = visit.begun(load_feed("stat_finance"))
    assert begun == visit.begun(load_feed("stat_rd")) < visit.begun(load_feed("tax_vat"))
