"""The national rules as models: conditions, points and values are expressions, all texts rows of parameters.

Lines of applications and of reviews (复核) are numbered through. What is found of a line for a firm says the line's
number and the numbers of the words that tell what is missing; texts join at the end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import reduce
from itertools import groupby
from operator import itemgetter

import pyarrow as pa

from jobs.definitions.catalogue import dialect, quoted, text
from jobs.definitions.rules.criteria import Condition, Item, PointsLine, RuleVersion
from jobs.definitions.rules.versions import Term, fact_labels, load_versions, terms
from jobs.kpi.fact_models import line_of
from jobs.kpi.parameters import table
from jobs.rules.criteria_lines import (
    ALTERNATIVE,
    BETWEEN,
    LEFT_OUT,
    NO_BASE,
    SCORE,
    RuleLine,
    limits,
    numbered_lines,
)

Columns = dict[str, str]
"""Name -> SQL."""
_FOUND = {
    "line": "INTEGER", "met": "BOOLEAN", "missing": "INTEGER[]", "points": "INTEGER", "points_max": "INTEGER",
    "reachable": "BOOLEAN", "value": "DOUBLE", "evidence": "VARCHAR",
}  # fmt: skip
"""What is found of a line for a firm."""
_SHOWN = ("value", "evidence")
"""What is shown of a line, and decides nothing."""
_OF_FACTS = """SELECT f.*, o.places FROM fact_rows f CROSS JOIN sheet_places o
SEMI JOIN periods p ON p.period = f.period AND p.asked WHERE NOT f.closed"""
_MOST = 8
"""Decimals of a share by which an exact value is multiplied at most."""
_TEXT, _WHOLE = pa.string(), pa.int32()
_LINES = {
    "line": _WHOLE, "review": pa.bool_(), "tier": _TEXT, "rule_version": _TEXT, "position": _WHOLE, "condition_id": _TEXT,
    "kind": _TEXT, "condition_text": _TEXT, "words": pa.list_(_WHOLE), "unit": _TEXT, "threshold": _TEXT,
    "points_needed": _WHOLE, "confidence": _TEXT, "limits": pa.list_(pa.float64()),
}  # fmt: skip


class NationalRules:
    """The lines of the rules with the words that tell of them.

    Attributes
    ----------
    models : dict
        What is found of each firm: of applications on a period's last day, of reviews on the day a certificate ends.
    tables : dict
        What the rules say of each line, and the words.

    Parameters
    ----------
    versions : sequence of RuleVersion, optional
        In the order of their validity; default: those of ``policies/national``.
    """

    def __init__(self, versions: Sequence[RuleVersion] | None = None) -> None:
        known = load_versions() if versions is None else versions
        self.labels = fact_labels()
        self.application, self.review = terms(known, review=False), terms(known, review=True)
        self.lines = numbered_lines([*self.application, *self.review])
        self.words: dict[str, int] = {}
        self._said = {x.number: self._entries(x.rule.text_zh) for x in self.lines}
        self.models = self._models()
        self.tables = self._tables()

    def _entries(self, said: str) -> list[int]:
        """Return the numbers of the entries of a text."""
        return [self.words.setdefault(w, len(self.words)) for w in said.split(BETWEEN)]

    def _models(self) -> dict[str, str]:
        grain = "-- grain: period, uscc, {}line. What is found of a line of the rules for a firm{}.\n"
        ending = self._found("SELECT * FROM ending", self.review, "valid_to", ("ending_tier",), _SHOWN)
        return {
            "criteria_found": grain.format("", "") + self._found(_OF_FACTS, self.application, '"at"'),
            "review_found": grain.format("ending_tier, ", " whose certificate ends") + ending,
        }

    def _tables(self) -> dict[str, pa.Table]:
        words = [(number, word) for word, number in self.words.items()]
        return {
            "criteria_lines": table(_LINES, [self._row(x) for x in self.lines]),
            "criteria_words": table({"word": _WHOLE, "text": _TEXT}, words),
        }

    def _row(self, x: RuleLine) -> tuple[object, ...]:
        points = x.rule.points if isinstance(x.rule, Condition) else None
        threshold = f"满分{x.rule.max}分" if isinstance(x.rule, Item) else x.rule.threshold
        unit = "分" if points else x.rule.unit or None
        # An item may be called like a condition of its tier.
        named = f"{SCORE}_{x.rule.id}" if isinstance(x.rule, Item) else x.rule.id
        return (
            x.number, any(x.term is t for t in self.review), x.term.rules.tier, x.term.version, x.position, named, x.kind,
            x.rule.text_zh, self._said[x.number], unit, threshold, points.at_least if points else None,
            x.rule.confidence, limits(threshold, unit),
        )  # fmt: skip

    def _found(
        self, source: str, own: Sequence[Term], on: str, keys: Sequence[str] = (), without: Sequence[str] = ()
    ) -> str:
        """Return the SQL of what is found under some rules, those of one time together."""
        dated = [((t.first, t.last), t) for t in own]
        parts = []
        for (first, last), same in groupby(sorted(dated, key=lambda d: str(d[0])), key=itemgetter(0)):
            until = f" AND {on} <= DATE {text(str(last))}" if last else ""
            held = [t for _, t in same]
            lines = [x for x in self.lines if any(x.term is t for t in held)]
            when = f"{on} >= DATE {text(str(first))}{until}"
            firms = f"SELECT * FROM ({source}) WHERE {when}"
            parts.append(self._of_lines(lines, firms, ("period", "uscc", *keys), without))
        return "\nUNION ALL\n".join(parts)

    def _of_lines(
        self, lines: Sequence[RuleLine], source: str, keys: Sequence[str], without: Sequence[str]
    ) -> str:
        """Return the SQL of lines, worked out in steps, so that none of it is worked out twice."""
        facts = sorted({f for x in lines for f in x.rule.needs})
        steps: list[Columns] = [
            {n: c for x in lines for n, c in _own(x).items()},
            {n: c for x in lines for n, c in _sums(x, lines).items()},
            {f"missing_{x.number}": self._why(x) for x in lines if x.kind != LEFT_OUT},
        ]
        if "evidence" not in without:
            steps[0] |= {f"shown_{f}": f"fact_shown({text(f)}, {f}, {line_of(f)}, places)" for f in facts}
        worked = [self._line(x, lines) for x in lines]
        kinds = {n: kind for n, kind in _FOUND.items() if n not in without}
        unnested = ",\n  ".join(
            f"unnest(CAST([{', '.join(own.get(n, 'NULL') for own in worked)}] AS {kind}[])) AS {n}"
            for n, kind in kinds.items()
        )
        return f"SELECT {', '.join(keys)},\n  {unnested}\nFROM {reduce(_with, steps, f'({source})')}"

    def _why(self, line: RuleLine) -> str:
        """Return the words of what a line lacks by itself: facts, else the reason; NULL where nothing is unknown."""
        absent = [f"CASE WHEN {f} IS NULL THEN {self._entries(self.labels[f])} END" for f in line.rule.needs]
        reason = str(self._entries(line.rule.reason or NO_BASE))
        lacking = f"coalesce({_together(absent)}, {reason})" if absent else reason
        return f"CASE WHEN own_{line.number} IS NULL THEN {lacking} END"

    def _line(self, line: RuleLine, lines: Sequence[RuleLine]) -> Columns:
        rule, number = line.rule, line.number
        columns = {"line": str(number)}
        if line.kind == LEFT_OUT:
            columns["missing"] = str(self._entries(str(rule.reason)))
        elif isinstance(rule, Item):
            columns |= {
                "points": f"own_{number}", "points_max": str(rule.max), "missing": f"missing_{number}",
            }  # fmt: skip
        else:
            columns |= _judged(line, lines)
        if rule.value is not None:
            columns["value"] = _exact_quotient(dialect(rule.value))
        if rule.needs:
            columns["evidence"] = f"listed_facts([{', '.join(f'shown_{f}' for f in rule.needs)}])"
        return columns


def _with(source: str, columns: Columns) -> str:
    """Return the SQL of a step: all there is, and more columns."""
    added = "".join(f", {sql} AS {quoted(n)}" for n, sql in columns.items())
    return f"(SELECT *{added}\nFROM {source})"


def _together(lists: Sequence[str]) -> str:
    """Return the SQL of several lists of words as one; NULL where there are none."""
    return f"nullif(flatten(list_filter([{', '.join(lists)}], lambda words: words IS NOT NULL)), [])"


def _exact_quotient(sql: str) -> str:
    """Return SQL in which an exact value stays exact when it is divided by a whole number such as 10000."""

    def share(found: re.Match[str]) -> str:
        part = 1 / Decimal(found[1])
        exact = part * Decimal(found[1]) == 1 and part.adjusted() - len(part.as_tuple().digits) >= -_MOST
        return f"* {part:f}" if exact else found[0]

    return re.sub(r"/ ([1-9]\d*)\b", share, sql)


def _points(item: Item) -> str:
    """Return the SQL of an item's points: those of the first band that applies; NULL once a band cannot be decided."""
    bands = "".join(
        f" WHEN {when} THEN {b.points} WHEN ({when}) IS NULL THEN NULL"
        for b in item.bands
        for when in [f"({dialect(b.when)})"]
    )
    otherwise = "NULL" if item.otherwise is None else str(item.otherwise)
    return f"CAST(CASE{bands} ELSE {otherwise} END AS INTEGER)" if bands else f"CAST({otherwise} AS INTEGER)"


def _own(line: RuleLine) -> Columns:
    """Return whether a line is met by itself, or the points of an item."""
    rule, name = line.rule, f"own_{line.number}"
    if isinstance(rule, Item):
        return {name: _points(rule)}
    return {name: f"({dialect(rule.met)})"} if rule.met else {}


def _items(line: RuleLine, points: PointsLine, lines: Sequence[RuleLine]) -> list[tuple[int, RuleLine]]:
    """Return the items whose points a condition is about, each with its most."""
    of_tier = [(x.rule, x) for x in lines if x.term is line.term]
    return [(i.max, x) for i, x in of_tier if isinstance(i, Item) and points.group in (None, i.group)]


def _sums(line: RuleLine, lines: Sequence[RuleLine]) -> Columns:
    """Return the points known and the points open of a condition on points, and whether they suffice whatever is open."""
    rule, n = line.rule, line.number
    if not isinstance(rule, Condition) or rule.points is None:
        return {}
    items, least = _items(line, rule.points, lines), rule.points.at_least
    known = " + ".join(f"coalesce(own_{x.number}, 0)" for _, x in items)
    still_open = " + ".join(f"CASE WHEN own_{x.number} IS NULL THEN {most} ELSE 0 END" for most, x in items)
    reaches = f"CASE WHEN {known} >= {least} THEN true WHEN {known} + {still_open} < {least} THEN false END"
    return {f"known_{n}": known, f"open_{n}": still_open, f"own_{n}": reaches}


def _judged(line: RuleLine, lines: Sequence[RuleLine]) -> Columns:
    """Return the result of a condition or alternative, and what is missing, with what stands in for it."""
    rule, n = line.rule, line.number
    named = rule.or_any_of if isinstance(rule, Condition) else []
    others = [x for x in lines if x.term is line.term and x.kind == ALTERNATIVE and x.rule.id in named]
    met = " OR ".join(f"own_{x.number}" for x in (line, *others))
    lacks = [f"missing_{x.number}" for x in (line, *others)]
    if not isinstance(rule, Condition) or rule.points is None:
        missing = f"CASE WHEN ({met}) IS NULL THEN {_together(lacks)} END" if others else lacks[0]
        return {"met": f"({met})", "missing": missing}
    items = _items(line, rule.points, lines)
    lacks = [f"missing_{x.number}" for x in (*[x for _, x in items], *others)]
    return {
        "met": f"({met})", "missing": f"CASE WHEN ({met}) IS NULL THEN {_together(lacks)} END",
        "value": f"known_{n}", "points": f"known_{n}", "points_max": f"{sum(most for most, _ in items)} - open_{n}",
        "reachable": f"known_{n} + open_{n} >= {rule.points.at_least}",
    }  # fmt: skip
