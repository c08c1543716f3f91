"""The contracts of feeds as far as they can be read: one that cannot answers for itself and keeps no other from its files."""

from __future__ import annotations

from collections.abc import Iterator

from jobs.definitions.contract import Contract, feed_ids, load_feed
from jobs.refusals import ContractUnreadable


def readable(but: str | None = None) -> Iterator[Contract]:
    """Give the feeds' contracts that can be read.

    Parameters
    ----------
    but : str, optional
        Id of a feed that is left out.
    """
    for feed in feed_ids():
        if feed == but:
            continue
        try:
            yield load_feed(feed)
        except ContractUnreadable:
            continue


def called(feed: str) -> str:
    """Return a feed's title; its id where the contract cannot be read."""
    try:
        return load_feed(feed).title
    except ContractUnreadable:
        return feed
