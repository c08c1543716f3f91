"""What stands at a state of knowledge, pinned for the models: silver, quarantine, people's words on notices and warning rules."""

from __future__ import annotations

from collections.abc import Collection

from jobs.definitions.contract import load_feed
from jobs.definitions.policy.model import Programme
from jobs.definitions.reference import regions
from jobs.feeds.pending import waiting
from jobs.kpi.inputs import pin_all
from jobs.kpi.regions import RegionMap
from jobs.kpi.unmatched import as_settled
from jobs.ledger import batches, reviews, settlements
from jobs.pipeline.plan import Known
from jobs.release.certificate_notices import Notices, notices_at, words_of
from jobs.release.completeness import complete_years
from jobs.release.knowledge import Knowledge
from jobs.rules.warning_review import Word


def known_at(programme: Programme, known: Knowledge, only: Collection[str] | None = None) -> Known:
    """Pin what a programme reads at a state of knowledge; nothing that arrives later changes it.

    Parameters
    ----------
    programme : Programme
    known : Knowledge
    only : collection of str, optional
        Names that feeds are read as, of those that are wanted beside register and certificates, for who looks into a
        figure: what of the notices waits for a person is not told then. Default: all.
    """
    read_as = {feed: load_feed(feed).feed.group or feed for feed in programme.feed_ids}
    if only is not None:
        wanted = {*only, *(programme.roles[r] for r in ("register", "certificates") if r in programme.roles)}
        read_as = {feed: name for feed, name in read_as.items() if name in wanted}
    said = Notices()
    if certificates := programme.roles.get("certificates"):
        if only is None:
            said = notices_at(certificates, programme.roles["register"], known.seq, known.settled)
        else:
            said = Notices(words=words_of(settlements.words(certificates, known.settled)))
    accepted = batches.accepted_of(read_as, known.seq)
    return Known(
        pin_all(read_as, accepted),
        tuple(waiting(read_as, accepted, known.seq)),
        said.words,
        tuple(as_settled(said.lines, said.words)),
        said.waiting,
        complete_years(programme, accepted, known.looked),
        words_on_rules(programme, known),
    )


def words_on_rules(programme: Programme, known: Knowledge) -> dict[tuple[str, str], Word]:
    """Return period and warning rule -> what an analyst had said of it by then."""
    said = reviews.words(programme.id, known.reviewed)
    return {
        key: Word(r.decision == reviews.RELEASED, r.fired, r.population, r.note, r.decided_by, r.decided_at)
        for key, r in said.items()
    }


def region_map(programme: Programme) -> RegionMap:
    """Return the regions of the reference list as a programme divides them."""
    return RegionMap([r._asdict() for r in regions().values()], programme.units)
