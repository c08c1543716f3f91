"""All gold tables of a programme at a state of knowledge, wherever their slices are computed."""

from __future__ import annotations

from dataclasses import replace

from jobs.definitions.dictionary import indicators
from jobs.definitions.policy.model import Programme
from jobs.lake.shape import arrow_rows
from jobs.lake.staging import Attempt
from jobs.ledger import batches
from jobs.pipeline.tables import ROSTER, Computed, How, compute
from jobs.release.frozen import closing_at
from jobs.release.knowledge import Knowledge
from jobs.release.pinned import known_at, region_map
from jobs.release.status import COLUMNS, status_rows


def tables_at(
    programme: Programme,
    periods: list[str],
    known: Knowledge,
    attempt: Attempt,
    how: How | None = None,
    firms: bool = True,
) -> Computed:
    """Compute every gold table of a programme at a state of knowledge.

    What it returns depends on the ledger's rows up to that state and on the rules alone, so it comes out
    the same at any later time.

    Parameters
    ----------
    programme : Programme
    periods : list of str
    known : Knowledge
    attempt : Attempt
        Where files are laid down; of the release whose figures they are.
    how : How, optional
        Default: in this process, as one slice.
    firms : bool
        Whether the tables of single enterprises and of rules are wanted beside the figures of regions.
    """
    accepted = batches.accepted_of(programme.feed_ids, known.seq)
    closing = closing_at(programme, known, accepted)
    stands, regions = known_at(programme, known), region_map(programme)
    made = compute(programme, periods, stands, indicators(), regions, attempt, how, closing, firms)
    rows = dict(made.rows)
    status = status_rows(programme, periods, accepted, known, rows.pop(ROSTER, None))
    same = {"release": attempt.release, "programme": programme.id}
    rows["data_status"] = arrow_rows(
        "data_status", (dict(zip(COLUMNS, r, strict=True)) | same for r in status)
    )
    return replace(made, rows=rows)
