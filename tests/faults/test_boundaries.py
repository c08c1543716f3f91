"""kill -9 at every boundary of every step: run again, and everything is as if nothing had happened.

After each death nothing half done may be seen: no row of a batch that is not accepted, no release that is not
recorded, no served file but a whole one; and a reader of the served file, who never pauses, meets no error.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import NamedTuple

import pytest

from jobs.definitions.contract import table_names
from tests.faults.stages import FEED, Stages, content, finish, kept, log_of, seen_rows, step
from tests.support.installation import Installation, ledger_rows

pytestmark = [pytest.mark.spark, pytest.mark.faults]


class Boundary(NamedTuple):
    """A place at which a step dies; ``done``: what the step does counts by then."""

    step: str
    place: str
    done: bool = False


INGEST = {
    "the files are fetched": Boundary("ingest", "after jobs.feeds.fetch.fetch_new"),
    "the poll stands in the ledger": Boundary("ingest", "after jobs.ledger.batches.start_poll"),
    "the files are parsed": Boundary("ingest", "after jobs.feeds.reading.parse_all"),
    "the rows are judged": Boundary("ingest", "after jobs.feeds.tally.tally"),
    "before silver is appended": Boundary("ingest", "before jobs.lake.write.append silver"),
    "silver is appended": Boundary("ingest", "after jobs.lake.write.append silver"),
    "bronze is appended": Boundary("ingest", "after jobs.lake.write.append bronze"),
    "quarantine is appended": Boundary("ingest", "after jobs.lake.write.append quarantine"),
    "all is appended, before the ledger's commit": Boundary(
        "ingest", "before jobs.ledger.batches.finish_poll"
    ),
    "the ledger's commit is made": Boundary("ingest", "after jobs.ledger.batches.finish_poll", done=True),
}
GOLD = {
    f"{table} is written": Boundary("compute", f"after jobs.lake.write.replace_release {table}")
    for table in table_names()
}
COMPUTE = {
    "the gate has decided": Boundary("compute", "after jobs.release.gate.decide_all"),
    **GOLD,
    "before the release's rows": Boundary("compute", "before jobs.ledger.releases.record"),
    "the release's rows are written": Boundary("compute", "after jobs.ledger.releases.record", done=True),
}
AUDIT = {
    "the audit begins": Boundary("audit", "before jobs.quality.auditor.context"),
    "a feed is audited, the tables are not": Boundary("audit", "after jobs.quality.silver.conservation"),
    "the audit is done, before its verdict": Boundary("audit", "before jobs.ledger.releases.audited"),
    "the verdict is kept, before the candidate": Boundary("audit", "after jobs.ledger.releases.audited"),
    "the release is a candidate": Boundary("audit", "after jobs.ledger.releases.move", done=True),
}
APPROVE = {
    "before the approval is written": Boundary("approve", "before jobs.ledger.decisions.settle"),
    "the release is approved": Boundary("approve", "after jobs.ledger.decisions.settle", done=True),
}
PUBLISH = {
    "before the file is built": Boundary("publish", "before jobs.serve.build.build"),
    "half the file is built": Boundary("publish", "after jobs.serve.build._fill"),
    "the file is built": Boundary("publish", "after jobs.serve.build.build"),
    "the file is swapped in": Boundary("publish", "after jobs.serve.publish._swap", done=True),
    "the publication's row is written": Boundary("publish", "after jobs.ledger.releases.publish", done=True),
}
BOUNDARIES = INGEST | COMPUTE | AUDIT | APPROVE | PUBLISH
FOLLOWING = {
    "ingest": "compute",
    "compute": "audit",
    "audit": "approve",
    "approve": "publish",
    "publish": "end",
}


def nothing_half_done(installation: Installation, stages: Stages, at: Boundary) -> None:
    """Assert that what can be seen after the death is the state before the step, or the one after it."""
    stands = FOLLOWING[at.step] if at.done else at.step
    if at.step == "ingest":
        assert seen_rows(installation) == stages.rows[stands]
        assert kept(installation)["batches"] == stages.kept[stands]["batches"]
    if at.step in ("compute", "audit", "approve"):
        assert kept(installation)["releases"] == stages.kept[stands]["releases"]
    served = installation.query("select distinct content_hash from publication")
    assert served == [(stages.content[1 if at.step == "publish" and at.done else 0],)]


@pytest.mark.parametrize("name", BOUNDARIES)
def test_a_step_killed_at_a_boundary_and_repeated_ends_like_an_undisturbed_one(
    stages: Stages, told: Callable[..., object], name: str
) -> None:
    at = BOUNDARIES[name]
    with told(at.step, name), stages.at(at.step) as installation:
        code = step(installation, at.step, at.place).wait(timeout=300)
        assert code == -signal.SIGKILL, f"{at.place} was not reached: {code}\n{log_of(installation)}"
        nothing_half_done(installation, stages, at)
        finish(installation)
        stages.is_at_the_end(installation)


def test_the_reader_and_the_comparison_would_notice(stages: Stages) -> None:
    """Guard against a matrix that cannot fail: another row, another release, another content are seen."""
    with stages.at("end") as installation:
        assert content(installation) == stages.content and kept(installation) == stages.kept["end"]
        assert stages.kept["ingest"] != stages.kept["compute"] != stages.kept["audit"]
        assert stages.rows["ingest"] != stages.rows["compute"]
        assert ledger_rows(installation, f"select count(*) from batch where feed = '{FEED}'")[0][0] > 20
