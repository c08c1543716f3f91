"""The contracts of feeds as far as they can be read: a broken one answers for itself and keeps no other from its files."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from jobs.contract import Contract, feed_ids, load_feed


def readable(but: str | None = None) -> Iterator[Contract]:
    """Give the feeds' contracts that can be read and whose path is a pattern.

    Parameters
    ----------
    but : str, optional
        Id of a feed that is left out.
    """
    for feed in feed_ids():
        if feed == but:
            continue
        try:
            contract = load_feed(feed)
            re.compile(contract.feed.pattern)
        except (ValueError, TypeError, re.error, yaml.YAMLError):
            continue
        yield contract
