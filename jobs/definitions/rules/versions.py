"""The rule versions of ``policies/national``, and which one holds for a tier on a date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from jobs import yamlfile
from jobs.definitions.rules.criteria import RuleVersion, TierRules
from jobs.settings import settings


class Term(NamedTuple):
    """A tier's rules in one version and the days they hold; ``last`` None: no end known."""

    version: str
    rules: TierRules
    first: date
    last: date | None


def load_versions() -> list[RuleVersion]:
    """Read all rule versions, in the order of their validity.

    Raises
    ------
    ValueError
        If the validity of two versions overlaps, or a condition needs a fact that has no name.
    """
    paths = sorted((settings().policies / "national").glob("MIIT-*.yaml"))
    versions = [RuleVersion.model_validate(yamlfile.read(p)) for p in paths]
    versions.sort(key=lambda v: v.valid_from)
    for earlier, later in pairwise(versions):
        if earlier.valid_to is None or earlier.valid_to >= later.valid_from:
            raise ValueError(f"{earlier.id} 与 {later.id} 有效期重叠 / validity overlaps")
    known = fact_labels()
    for version in versions:
        for tier in version.tiers:
            needed = {f for x in (*tier.conditions, *tier.alternatives, *tier.scores) for f in x.needs}
            if needed - set(known):
                raise ValueError(
                    f"{version.id} 用到没有定义的事实 / unknown facts: {sorted(needed - set(known))}"
                )
    return versions


def fact_labels() -> dict[str, str]:
    """Return the facts of an enterprise: name -> Chinese label (``schemas/facts.yaml``)."""
    facts = yamlfile.read(settings().schemas / "facts.yaml")["facts"]
    return {f["name"]: f["label"] for f in facts}


def terms(versions: Sequence[RuleVersion], *, review: bool) -> list[Term]:
    """Return when each tier's rules of each version hold.

    Parameters
    ----------
    versions : sequence of RuleVersion
        In the order of their validity.
    review : bool
        For reviews (复核): a tier may go by a version longer than applications do, and then begins with
        the next one later; conditions that a review does not look at are left out.
    """
    made: list[Term] = []
    for version in versions:
        for rules in version.tiers:
            before = [t.last for t in made if t.rules.tier == rules.tier and t.last]
            first = max([version.valid_from, *(d + timedelta(days=1) for d in before)])
            longer = rules.reviews_until if review else None
            asked = _reviewed(rules) if review else rules
            made.append(Term(version.id, asked, first, longer or version.valid_to))
    return made


def _reviewed(rules: TierRules) -> TierRules:
    """Return the rules without the conditions that a review does not look at."""
    return rules.model_copy(update={"conditions": [c for c in rules.conditions if c.on_review]})
