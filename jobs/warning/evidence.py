"""What a warning rests on: values as text, the lines they stand in, and the Chinese sentence."""

from __future__ import annotations

from string import Formatter

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.kpi.origins import LINE
from jobs.shown_frames import quotient_text
from jobs.warning.model import WAN, Figure, Rule
from jobs.warning.rules import RD_LINE

MISSING = "—"
"""Shown in a sentence for what was not reported."""
_AMOUNT = "decimal(28,4)"


def _exact(fact: str) -> Column:
    """Return a fact as text, without the zeros that only its type adds."""
    return F.regexp_replace(F.col(fact).cast(_AMOUNT).cast("string"), r"\.?0+$", "")


def _values(rule: Rule) -> dict[str, Column]:
    figures = {name: _figure(rule, figure) for name, figure in rule.figures.items()}
    shown = {name: F.expr(rule.sql(text)).cast("string") for name, text in rule.shown.items()}
    return {fact: _exact(fact) for fact in rule.all_facts} | figures | shown


def _figure(rule: Rule, figure: Figure) -> Column:
    of, by, *against = [F.expr(rule.sql(text)) for text in (figure.of, figure.by, *figure.against)]
    return quotient_text(of, by, against)


def _known(entries: dict[str, Column]) -> Column:
    """Return a map without the entries that are null, in the given order."""
    pairs = [F.struct(F.lit(k).alias("key"), v.alias("value")) for k, v in entries.items()]
    if not pairs:
        return F.create_map().cast("map<string,string>")
    return F.map_from_entries(F.filter(F.array(*pairs), lambda p: p["value"].isNotNull()))


def values(rule: Rule) -> Column:
    """Return name -> value as text: facts unrounded in their own unit, all else as it is shown."""
    return _known(_values(rule))


def lines(rule: Rule) -> Column:
    """Return fact -> its line; facts without a line are not named, nor what is worked out (:data:`RD_LINE`)."""
    named = [f for f in rule.all_facts if f != RD_LINE]
    pairs = [F.struct(F.lit(f).alias("key"), F.col("lines")[f].alias("value")) for f in named]
    entries = F.array(*pairs).cast(f"array<struct<key:string,value:{LINE}>>")
    return F.map_from_entries(F.filter(entries, lambda p: p["value"].isNotNull()))


def _in_wan(fact: str) -> Column:
    """Return an amount in ten thousands: rounded half up, but what is there is never shown as nothing."""
    amount = F.col(fact) / 10000
    rounded = F.round(amount, 2)
    # format_number alone rounds half to even.
    whole = F.regexp_replace(amount.cast("decimal(28,8)").cast("string"), r"0+$", "")
    lost = (rounded == 0) & (F.col(fact) != 0)
    return F.concat(F.when(lost, whole).otherwise(F.format_number(rounded, 2)), F.lit(WAN))


def sentence(rule: Rule) -> Column:
    """Return the text of a rule with its evidence and thresholds filled in."""
    found = _values(rule)
    parts: list[Column] = []
    for literal, name, form, _ in Formatter().parse(rule.text):
        parts.append(F.lit(literal))
        if name in rule.params:
            parts.append(F.lit(str(rule.params[name])))
        elif name is not None:
            shown = _in_wan(name) if form == WAN else found[name]
            parts.append(F.coalesce(shown, F.lit(MISSING)))
    return F.concat(*parts)
