"""The models that state the warning rules: their conditions and what their sentences show, as the rulebook writes them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import groupby

from jobs.definitions.catalogue import dialect, quoted, text
from jobs.definitions.rules import rulebook as files
from jobs.definitions.rules.rulebook import RD_LINE, not_evaluated
from jobs.definitions.rules.warnings import Population, RdLine, WarningRule
from jobs.kpi.fact_models import line_of

TERM_MONTHS = 36
"""A certificate runs for three years."""
_PERCENT = "DECIMAL(6, 2)"


def warning_models(facts: Collection[str]) -> dict[str, str]:
    """Return the models made from the rules whose facts there are.

    Parameters
    ----------
    facts : collection of str
        Facts that there are.
    """
    book = files.load()
    left_out = not_evaluated(facts, book)
    evaluated = [r for r in book.rules if r.id not in left_out]
    return {
        "rd_lines": rd_lines(book.rd_lines),
        "judgements": judgements(evaluated),
        "evidence_values": evidence_values(evaluated),
    }


def rd_lines(lines: Iterable[RdLine]) -> str:
    """Return the model of the R&D intensity that certificates ask for.

    Parameters
    ----------
    lines : iterable of RdLine
        Tiers from the highest to the lowest.
    """
    tiers = "".join(
        f"\n    WHEN list_contains(valid_tiers, {text(tier)}) THEN coalesce({', '.join(_line(x) for x in own)})"
        for tier, own in groupby(lines, key=lambda x: x.tier)
    )
    line = f"CASE{tiers} END" if tiers else "NULL"
    return (
        "-- grain: period, uscc. The R&D intensity in per cent that the highest certificate with any line asks for, under the\n"
        "-- rules in force when it began; a certificate runs for three years.\n"
        f"FROM (SELECT period, uscc, CAST({line} AS {_PERCENT}) AS {RD_LINE} FROM fact_rows)\nWHERE {RD_LINE} IS NOT NULL"
    )


def _line(line: RdLine) -> str:
    """Return the SQL of the first band that applies, NULL where none does or other rules were in force."""
    last_day = f"list_max([e.valid_to FOR e IN ends IF e.tier = {text(line.tier)}])"
    issued = f"add_months({last_day} + 1, -{TERM_MONTHS})"
    until = f" AND {issued} <= DATE {text(str(line.issued_to))}" if line.issued_to else ""
    bands = " ".join(f"WHEN {dialect(b.when) if b.when else 'true'} THEN {b.percent}" for b in line.bands)
    return f"CASE WHEN {issued} >= DATE {text(str(line.issued_from))}{until} THEN CASE {bands} END END"


def _lined(columns: str) -> str:
    return f"SELECT {columns} FROM fact_rows LEFT JOIN rd_lines USING (period, uscc)"


def _rule_sql(rule: WarningRule, sql: str) -> str:
    """Return SQL of a rule; what cannot be worked out is unknown."""
    return f"try({dialect(rule.sql(sql))})"


def judgements(rules: Iterable[WarningRule]) -> str:
    """Return the model that judges every firm by every rule."""
    each = ",\n    ".join(
        f"{{rule: {text(r.id)}, inside: {_inside(r)}, met: {_rule_sql(r, r.when)}, "
        f"confirmed: {_rule_sql(r, r.confirm) if r.confirm else 'NULL'}}}"
        for r in rules
    )
    return (
        "-- grain: period, uscc, rule. Whether a rule applies to a firm, its condition is met (NULL: outside, or unknown), and\n"
        "-- a second source says the same.\n"
        "SELECT period, uscc, j.rule, j.inside, CASE WHEN j.inside THEN j.met END AS met, coalesce(j.confirmed, false) AS confirmed\n"
        f"FROM ({_lined(f'period, uscc, unnest([{chr(10)}    {each}]) AS j')})"
    )


def _inside(rule: WarningRule) -> str:
    """Return the SQL of belonging to a rule's population; a closed firm belongs to none: nobody can mend anything about it."""
    of: Population = rule.population
    parts = ["NOT closed", *(["certified"] if of.holders == "certified" else [])]
    for column, codes in (("domain", of.domains), ("industry_code[1]", of.sections)):
        if codes:
            parts.append(f"{column} IN ({', '.join(map(text, codes))})")
    parts += [f"list_contains(feeds_here, {text(f)})" for f in of.reports]
    if of.when:
        parts.append(f"({dialect(rule.sql(of.when))})")
    return f"coalesce({' AND '.join(parts)}, false)"


def evidence_values(rules: Iterable[WarningRule]) -> str:
    """Return the model of what the warnings that stand rest on: facts with their lines, figures, and what else is shown."""
    each = "\nUNION ALL\n".join(
        f"SELECT period, uscc, rule, unnest([\n  {_values(r)}]) AS v\nFROM ({_lined('*')}) "
        f"JOIN warning_runs r USING (period, uscc) WHERE r.rule = {text(r.id)} AND r.firing > 0"
        for r in rules
    )
    return (
        "-- grain: period, uscc, rule, place. What a warning that stands rests on, in the order of the rule: facts, figures as\n"
        "-- dividend, divisor and what they are set against, and what else is shown.\n"
        f"SELECT period, uscc, rule, v.* FROM (\n{each}\n)"
    )


def _values(rule: WarningRule) -> str:
    """Return the SQL of all that is stored of a rule, as structs of one type."""
    nothing = dict.fromkeys(("fact", "line", "above", "below", "against", "shown"), "NULL")
    rows: list[Mapping[str, str]] = []
    for name in rule.all_facts:
        line = "NULL" if name == RD_LINE else quoted(line_of(name))
        rows.append({"name": text(name), "fact": quoted(name), "line": line})
    for name, figure in rule.figures.items():
        above, below = _rule_sql(rule, figure.of), _rule_sql(rule, figure.by)
        against = ", ".join(f"CAST({_rule_sql(rule, x)} AS DECIMAL(20, 2))" for x in figure.against)
        rows.append({"name": text(name), "above": above, "below": below, "against": f"[{against}]"})
    rows += [{"name": text(name), "shown": _rule_sql(rule, sql)} for name, sql in rule.shown.items()]
    return ",\n  ".join(_value(place, {**nothing, **row}) for place, row in enumerate(rows))


_KINDS = {
    "place": "INTEGER", "name": "VARCHAR", "fact": "DECIMAL(28, 4)", "line": "BIGINT", "above": "DECIMAL(38, 4)",
    "below": "DECIMAL(38, 4)", "against": "DECIMAL(20, 2)[]", "shown": "VARCHAR",
}  # fmt: skip


def _value(place: int, row: Mapping[str, str]) -> str:
    own = {"place": str(place), **row}
    return "{" + ", ".join(f"{n}: CAST({own[n]} AS {kind})" for n, kind in _KINDS.items()) + "}"
