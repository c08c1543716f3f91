"""Editions of a form: which one a file's period asks for, and which one its header is of."""

from __future__ import annotations

from collections.abc import Mapping

from jobs.definitions.contract import Contract
from jobs.definitions.edition import Edition
from jobs.sheets.header import Header, Merged, Row, window
from jobs.sheets.matching import match


class Unknown(ValueError):
    """Nobody can tell which edition a file is of."""


def of(contract: Contract, attributes: Mapping[str, str]) -> Edition | None:
    """Return the edition that the file's period asks for, None where the contract's own names hold.

    Raises
    ------
    Unknown
        If the form has editions and the file's path names no period.
    """
    if not contract.feed.editions:
        return None
    key = attributes.get("period") or attributes.get("year")
    names = "、".join(e.name for e in contract.feed.editions)
    if key is None:
        raise Unknown(f"本表有多个制度版本（{names}），文件名没有期间，无法判断适用哪一个")
    try:
        return contract.edition_at(key)
    except ValueError as error:
        raise Unknown(f"本表有多个制度版本（{names}），无法判断适用哪一个：{error}") from error


def other(
    contract: Contract, edition: Edition | None, header: Header, rows: list[Row], merged: Merged
) -> str | None:
    """Return why the header is of another edition than the period asks for, None if it is not.

    A column that is missing under its name of this edition, but stands under its name of another one, shows it.
    """
    seen = window(rows, header.first, header.depth, merged)
    best: tuple[int, str, list[str]] | None = None
    for candidate in [*contract.feed.editions, None]:
        if candidate == edition:
            continue
        places, _ = match(seen, [c.in_edition(candidate) for c in contract.cells])
        lines = [
            f"“{seen.names[places[c.name]]}”应为“{c.in_edition(edition).label}”"
            for c in contract.cells
            if c.name in places and c.name not in header.places
        ]
        if lines and (best is None or len(places) > best[0]):
            best = (len(places), _name(candidate), lines)
    if best is None:
        return None
    return (
        f"表头与制度版本不符：按期间应为《{_name(edition)}》，表头符合《{best[1]}》（{'，'.join(best[2])}）"
    )


def _name(edition: Edition | None) -> str:
    return edition.name if edition else "原制度"
