"""Lines of the rules judged for every firm.

What depends on the firm is computed once per firm in one array of structs and spread; what only depends on
the rule (texts, thresholds) joins afterwards by the number of the line. The array is a column of its own:
an expression inside the generator would be interpreted row by row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.criteria import scoring
from jobs.criteria.line import ALTERNATIVE, BETWEEN, LEFT_OUT, NO_BASE, Line, numbered_lines
from jobs.criteria.model import Condition, Item, PointsLine
from jobs.criteria.rules import Term
from jobs.criteria.wording import said, worded
from jobs.kpi.origins import LINE_FIELDS
from jobs.kpi.origins import line as whole_line

_FOUND = {
    "value": "DOUBLE",
    "met": "BOOLEAN",
    "missing": "STRING",
    "points": "INT",
    "points_max": "INT",
    "reachable": "BOOLEAN",
    "facts": "STRING",
}
"""What is found of a line for a firm; texts, as arrays would cost most of the time."""
_STRUCTS = "ARRAY<STRUCT<line: INT, " + ", ".join(f"{n}: {t}" for n, t in _FOUND.items()) + ">>"
FIELDS = (
    "tier", "holds", "rule_version", "position", "condition_id", "kind", "condition_text", "value", "unit",
    "value_text", "threshold", "result", "basis", "points", "points_max", "points_needed", "reachable",
    "confidence", "evidence",
)  # fmt: skip
"""Columns of a judged line."""


def judged(
    firms: DataFrame, terms: Sequence[Term], labels: Mapping[str, str], on: Column, keys: Sequence[str]
) -> DataFrame:
    """Judge every line of the rules that hold for a firm on a date, all in one row per firm.

    Parameters
    ----------
    firms : DataFrame
        Rows of the facts frame, with the origins of their lines beside them.
    terms : sequence of Term
        Tiers' rules and when they hold.
    labels : mapping
        Fact -> Chinese label.
    on : Column
        The date that decides which rules hold.
    keys : sequence of str
        Columns of ``firms`` to keep.

    Returns
    -------
    DataFrame
        ``keys`` and what :func:`spread` asks for.
    """
    numbered = numbered_lines(terms)
    ready = _prepared(firms, numbered, labels)
    arrays = [
        F.when(_holds_on(t, on), F.array(*[_found(x, numbered) for x in numbered if x.term is t])).otherwise(
            F.array().cast(_STRUCTS)
        )
        for t in terms
    ]
    return ready.select(*keys, "valid_tiers", F.concat(*arrays).alias("lines"))


def spread(judged: DataFrame, terms: Sequence[Term], keys: Sequence[str]) -> DataFrame:
    """Return the judged lines of firms, with the rules' texts: ``keys`` and :data:`FIELDS`, one row per firm and line.

    Parameters
    ----------
    judged : DataFrame
        From :func:`judged`, of the same rules.
    terms : sequence of Term
    keys : sequence of str
    """
    # The outer form: for the inner one the optimizer would compute the array twice, to drop empty ones early.
    long = judged.select(*keys, "valid_tiers", F.inline_outer("lines")).where("line IS NOT NULL")
    texts = said(judged.sparkSession, numbered_lines(terms))
    return worded(long.join(F.broadcast(texts), "line")).select(*keys, *FIELDS)


def _holds_on(term: Term, on: Column) -> Column:
    begun = on >= F.lit(term.first)
    return begun if term.last is None else begun & (on <= F.lit(term.last))


def _prepared(firms: DataFrame, numbered: Sequence[Line], labels: Mapping[str, str]) -> DataFrame:
    """Add the columns of every line, in steps so that none is computed twice."""
    evidence = {f"fact_{f}": _evidence(f) for f in sorted({f for x in numbered for f in x.rule.needs})}
    first = {n: c for x in numbered for n, c in _own(x).items()}
    second = {n: c for x in numbered for n, c in _sums(x, numbered).items()}
    third = {f"missing_{x.number}": _why(x, labels) for x in numbered if x.kind != LEFT_OUT}
    return firms.withColumns(evidence | first).withColumns(second).withColumns(third)


def _evidence(fact: str) -> Column:
    """Return a fact's value and the line of the file it stands on as JSON; null where it is missing."""
    line = whole_line(F.col("lines")[fact])
    shown = {"fact": F.lit(fact), "value": F.col(fact).cast("string")}
    shown |= {n: line[n] for n in LINE_FIELDS}
    named = F.struct(*[c.alias(n) for n, c in shown.items()])
    return F.when(F.col(fact).isNotNull(), F.to_json(named))


def _own(line: Line) -> dict[str, Column]:
    """Return whether a line is met by itself, or the points of an item."""
    rule = line.rule
    if isinstance(rule, Item):
        return {f"own_{line.number}": scoring.points(rule)}
    return {f"own_{line.number}": F.expr(rule.met)} if rule.met else {}


def _sums(line: Line, numbered: Sequence[Line]) -> dict[str, Column]:
    """Return the points known and the points open of a condition on points, and whether they suffice."""
    rule = line.rule
    if not isinstance(rule, Condition) or rule.points is None:
        return {}
    items = [(item, x.column("own")) for item, x in _items(line, rule.points, numbered)]
    known, still_open = scoring.known(items), scoring.still_open(items)
    reaches = scoring.reaches(known, still_open, rule.points.at_least)
    return {
        f"known_{line.number}": known,
        f"open_{line.number}": still_open,
        f"own_{line.number}": reaches,
    }


def _items(line: Line, points: PointsLine, numbered: Sequence[Line]) -> list[tuple[Item, Line]]:
    """Return the items whose points a condition is about, with their lines."""
    of_tier = [(x.rule, x) for x in numbered if x.term is line.term]
    return [(i, x) for i, x in of_tier if isinstance(i, Item) and points.group in (None, i.group)]


def _others(line: Line, numbered: Sequence[Line]) -> list[Line]:
    """Return the alternatives that stand in for a condition."""
    named = line.rule.or_any_of if isinstance(line.rule, Condition) else []
    return [x for x in numbered if x.term is line.term and x.kind == ALTERNATIVE and x.rule.id in named]


def _why(line: Line, labels: Mapping[str, str]) -> Column:
    """Return what a line lacks by itself (labels of facts, else the reason); null where nothing is unknown."""
    absent = [F.when(F.col(f).isNull(), F.lit(labels[f])) for f in line.rule.needs]
    facts = F.nullif(F.concat_ws(BETWEEN, *absent), F.lit(""))
    return F.when(line.column("own").isNull(), F.coalesce(facts, F.lit(line.rule.reason or NO_BASE)))


def _found(line: Line, numbered: Sequence[Line]) -> Column:
    """Return the struct of a line: its number and :data:`_FOUND`."""
    rule = line.rule
    found: dict[str, Column] = {}
    if line.kind == LEFT_OUT:
        found["missing"] = F.lit(rule.reason)
    elif isinstance(rule, Item):
        found |= {
            "points": line.column("own"),
            "points_max": F.lit(rule.max),
            "missing": line.column("missing"),
        }
    else:
        found |= _verdict_on(line, numbered)
    if rule.value is not None:
        found["value"] = F.expr(rule.value)
    if rule.needs:
        found["facts"] = F.concat_ws(",", *[F.col(f"fact_{f}") for f in rule.needs])
    fields = [found.get(n, F.lit(None)).cast(t).alias(n) for n, t in _FOUND.items()]
    return F.struct(F.lit(line.number).alias("line"), *fields)


def _verdict_on(line: Line, numbered: Sequence[Line]) -> dict[str, Column]:
    """Return result and missing of a condition with what stands in for it."""
    others = _others(line, numbered)
    met = reduce(or_, [o.column("own") for o in others], line.column("own"))
    rule = line.rule
    if not isinstance(rule, Condition) or rule.points is None:
        lacks = [x.column("missing") for x in (line, *others)]
        return {"met": met, "missing": _together(met, lacks) if others else lacks[0]}
    items = _items(line, rule.points, numbered)
    known, still_open = line.column("known"), line.column("open")
    return {
        "met": met,
        "missing": _together(met, [x.column("missing") for x in (*[x for _, x in items], *others)]),
        "value": known,
        "points": known,
        "points_max": F.lit(sum(i.max for i, _ in items)) - still_open,
        "reachable": known + still_open >= rule.points.at_least,
    }


def _together(met: Column, texts: Sequence[Column]) -> Column:
    """Return everything missing for a condition that is unknown; an entry may come twice."""
    return F.when(met.isNull(), F.concat_ws(BETWEEN, *texts))
