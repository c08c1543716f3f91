"""Rules, ladder and analysts' words as small tables that the models read."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import pairwise
from string import Formatter

import pyarrow as pa

from jobs.definitions.contract import load_table
from jobs.definitions.period import parse
from jobs.definitions.rules import rulebook
from jobs.definitions.rules.rulebook import not_evaluated
from jobs.definitions.rules.warnings import WAN, Ladder, Rulebook, WarningRule
from jobs.kpi.inputs import LINE_COLUMNS
from jobs.kpi.parameters import table
from jobs.rules.warning_review import Words

NO_DOMAIN = "unassigned"
"""Code of the domain of firms that belong to none."""
TICKETS = (
    "ticket_no", "uscc", "name", "county_code", "domain", "category", "raised_on", "level", "state", "closed_on", *LINE_COLUMNS,
)  # fmt: skip
"""What is read of tickets."""
NO_TICKETS = pa.table(
    {
        n: pa.array([], {"row_no": pa.int32()}.get(n, pa.date32() if n.endswith("_on") else pa.string()))
        for n in TICKETS
    }
)
"""Tickets of a programme that has none."""
_TEXT, _WHOLE, _YES, _TEXTS = pa.string(), pa.int64(), pa.bool_(), pa.list_(pa.string())


def check_quarters(asked: Iterable[str]) -> None:
    """Refuse periods that are no quarters.

    Raises
    ------
    ValueError
        If one of them is none.
    """
    if wrong := [p for p in asked if parse(p).months != 3]:
        raise ValueError(f"预警只按季度计算：{wrong} / warnings are quarterly, not {wrong}")


def warning_parameters(facts: Collection[str], words: Words) -> tuple[dict[str, pa.Table], dict[str, int]]:
    """Return what the models of warnings and tickets read: small tables, and values by name.

    Parameters
    ----------
    facts : collection of str
        Facts that there are: a rule on another one is not evaluated.
    words : mapping
        Period and rule -> an analyst's word on it.
    """
    book = rulebook.load()
    tables = {
        "warning_rules": _rules(book, not_evaluated(facts, book)),
        "sentence_parts": _sentences(book.rules),
        "rule_words": _words(words),
        **_ladder(rulebook.load_ladder()),
    }
    return tables, {"review_percent": book.review.percent, "review_least": book.review.least}


def _rules(book: Rulebook, left_out: Collection[str]) -> pa.Table:
    columns = {
        "rule": _TEXT, "rule_name": _TEXT, "severity": _WHOLE, "periods": _WHOLE, "raised_after": _WHOLE, "population": _TEXT,
        "evaluated": _YES, "report_feeds": _TEXTS, "listing_feeds": _TEXTS,
    }  # fmt: skip
    rows = []
    for rule in book.rules:
        feeds = [*rule.feeds, *rule.confirm_feeds]
        listing = [f for f in feeds if f in book.listing_feeds]
        reporting = [f for f in feeds if f not in book.listing_feeds]
        rows.append(
            (
                rule.id, rule.name_zh, rule.severity, rule.periods, rule.raised_after, rule.population.text,
                rule.id not in left_out, reporting, listing,
            )
        )  # fmt: skip
    return table(columns, rows)


def _sentences(every: Iterable[WarningRule]) -> pa.Table:
    """Return the sentences in parts: words (thresholds among them), and names of what is filled in, in 万元 or as it is."""
    rows: list[tuple[str, int, str | None, str | None, bool]] = []
    for rule in every:
        for literal, name, form, _ in Formatter().parse(rule.text):
            rows.append((rule.id, len(rows), literal, None, False))
            if name in rule.params:
                rows.append((rule.id, len(rows), str(rule.params[name]), None, False))
            elif name is not None:
                rows.append((rule.id, len(rows), None, name, form == WAN))
    columns = {"rule": _TEXT, "place": _WHOLE, "words": _TEXT, "name": _TEXT, "in_wan": _YES}
    return table(columns, rows)


def _words(words: Words) -> pa.Table:
    columns = {
        "period": _TEXT, "rule": _TEXT, "released": _YES, "fired": _WHOLE, "population": _WHOLE, "note": _TEXT, "said_by": _TEXT,
        "said_at": pa.timestamp("us", "UTC"),
    }  # fmt: skip
    rows = [(*key, w.released, w.fired, w.population, w.note, w.by, w.at) for key, w in sorted(words.items())]
    return table(columns, rows)


def _ladder(ladder: Ladder) -> dict[str, pa.Table]:
    """Return the levels of the ladder and the names of the domains whose teams are among them.

    A problem is at a level from its ``from_day`` until the day before its ``until_day``, counted from the day it was opened;
    the last level has no end.
    """
    bounds = pairwise([0, *ladder.ends, None])
    levels = [
        (place, level.id, level.body, begin, end)
        for place, (level, (begin, end)) in enumerate(zip(ladder.levels, bounds, strict=True))
    ]
    domains = load_table("kpi_region").column("domain").prop.enum or []
    names = [(str(d.value), d.label) for d in domains if d.value != NO_DOMAIN]
    columns = {
        "place": _WHOLE,
        "level": _TEXT,
        "body": _TEXT,
        "from_day": pa.int32(),
        "until_day": pa.int32(),
    }
    return {"ladder": table(columns, levels), "domain_names": table({"domain": _TEXT, "name": _TEXT}, names)}
