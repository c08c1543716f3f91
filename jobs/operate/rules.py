"""Warning rules that fire on many: what waits for an analyst's word, and giving it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import duckdb

from jobs import clock
from jobs.definitions.rules import rulebook
from jobs.lake.scan import view
from jobs.ledger import releases, reviews
from jobs.ledger.models import RuleReview
from jobs.refusals import Refusal, choose
from jobs.rules.warning_review import Standing, Tally, Word, standing
from jobs.shown import shown

_COLUMNS = (
    "release", "programme", "period", "rule", "rule_name", "n_population", "n_met", "n_not_met", "n_unknown",
    "n_fired", "fired_share", "review",
)  # fmt: skip
SAID = "已放行，待重算"
"""The word is on record; the next candidate of the period knows it."""
TAKEN_BACK = "已撤回放行，待重算"


@dataclass(frozen=True)
class Conspicuous:
    """A rule that fires on many in one period, as its newest release has it.

    Attributes
    ----------
    row : dict
        Its row of ``warning_rule``.
    said : RuleReview or None
        The last word on it.
    """

    row: dict[str, Any]
    said: RuleReview | None

    @property
    def state(self) -> str:
        """What is shown of it: as computed, unless a word was said since."""
        computed = str(self.row["review"])
        if self.said is None:
            return computed
        word = Word(
            self.said.decision == reviews.RELEASED, self.said.fired, self.said.population, "", "", clock.now()
        )
        counts = tuple(self.row[n] for n in ("n_population", "n_met", "n_not_met", "n_unknown", "n_fired"))
        tally = Tally(self.row["period"], self.row["rule"], counts)
        now = standing(tally, rulebook.load().review, word)
        if now is None or now.value == computed:
            return computed
        return SAID if now is Standing.RELEASED else TAKEN_BACK

    @property
    def share(self) -> str:
        """Share of the population that it fires on, as text beside the limit."""
        limit = Fraction(rulebook.load().review.percent)
        return shown(Fraction(100 * self.row["n_fired"], self.row["n_population"]), [limit], digits=1) + "%"

    @property
    def waits(self) -> bool:
        """Whether somebody must look."""
        return self.state == Standing.PENDING.value


def _reviewed(programme: str, release_ids: list[str]) -> list[dict[str, Any]]:
    """Return the rows of ``warning_rule`` of some releases that somebody looks at, or has."""
    if not release_ids:
        return []
    with duckdb.connect() as con:
        view(con, "rules", ("gold", "warning_rule"), _COLUMNS, ("release", release_ids))
        rows = con.execute("SELECT * FROM rules WHERE programme = ? AND review IS NOT NULL", [programme])
        return [dict(zip(_COLUMNS, row, strict=True)) for row in rows.fetchall()]


def conspicuous(programme: str, period: str | None = None) -> list[Conspicuous]:
    """Return the rules that fire on many, of a programme's newest live releases, newest period first.

    Parameters
    ----------
    programme : str
    period : str, optional
    """
    words, listed = reviews.words(programme), []
    by_release: dict[str, set[str]] = {}
    for key, release in releases.latest(programme).items():
        if period in (None, key):
            by_release.setdefault(release.release_id, set()).add(key)
    for row in _reviewed(programme, list(by_release)):
        if row["period"] in by_release[row["release"]]:
            listed.append(Conspicuous(row, words.get((row["period"], row["rule"]))))
    return sorted(listed, key=lambda c: (c.row["period"], c.row["fired_share"]), reverse=True)


def review(
    rule: str, programme: str, period: str, note: str, by: str, decision: str = reviews.RELEASED
) -> RuleReview:
    """Keep an analyst's word on a rule that fires on many.

    Parameters
    ----------
    rule, programme, period : str
    note : str
        Why; never empty.
    by : str
        Who says so.
    decision : str
        ``released``, or ``held``: a release is taken back.

    Returns
    -------
    RuleReview
        With the numbers it was said of. The gate computes the period anew; until that candidate is approved and
        published, nothing changes.

    Raises
    ------
    Refusal
        If the rule is unknown, does not fire on many there, or the word changes nothing.
    """
    if not note.strip() or not by.strip():
        raise Refusal("放行要写明理由和姓名 / a word needs a reason and a name")
    choose("预警规则", rule, [r.id for r in rulebook.load().rules])
    own = next((c for c in conspicuous(programme, period) if c.row["rule"] == rule), None)
    if own is None:
        raise Refusal(f"{programme} {period} 没有待复核的规则“{rule}”：用 zjtx rule list 查看")
    if own.waits != (decision == reviews.RELEASED):
        raise Refusal(f"{programme} {period} 的规则“{rule}”现在是：{own.state}，不用再说")
    return reviews.say(
        RuleReview(
            rule=rule, programme=programme, period=period, decision=decision, release_id=own.row["release"],
            fired=own.row["n_fired"], population=own.row["n_population"], note=note.strip(), decided_by=by.strip(),
            decided_at=clock.now(),
        )
    )  # fmt: skip
