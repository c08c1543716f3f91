"""Which indicators a programme computes, and the lines that its targets draw for single firms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from jobs.definitions.policy.document import Target
from jobs.definitions.policy.texts import Strict


class Use(Strict):
    """An indicator of the programme, with what the policy adds to the dictionary."""

    id: str
    line: str | None = None
    line_is_cap: bool = False


def lined(targets: Iterable[Target], uses: Mapping[str, Use]) -> dict[str, Use]:
    """Return the indicators of which a target asks what share of firms meets it, with the target as the line.

    Raises
    ------
    ValueError
        If two lines are drawn for one indicator: its share could only be of one of them.
    """
    by_indicator: dict[str, Use] = {}
    for target in targets:
        if not target.reads.each:
            continue
        name = target.reads.indicator
        use = uses[name].model_copy(update={"line": str(target.value), "line_is_cap": target.cap})
        drawn = [u.line for u in (by_indicator.get(name), uses[name]) if u and u.line]
        if any(Fraction(line) != Fraction(str(target.value)) for line in drawn):
            raise ValueError(f"指标 {name} 有两条达标线 / two lines for one indicator: {[*drawn, use.line]}")
        by_indicator[name] = use
    return by_indicator
