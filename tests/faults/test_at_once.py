"""Two of the same at once: one works, the other is refused in words or waits for its turn; nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.stages import FEED, Stages, finish, log_of, zjtx
from tests.support.installation import ledger_rows

pytestmark = [pytest.mark.spark, pytest.mark.faults]

BUSY = "湖仓正由另一任务写入，请稍后重试"


@pytest.mark.parametrize(("stage", "command"), [("ingest", ("ingest", FEED)), ("compute", ("compute",))])
def test_of_two_at_once_one_works_and_the_other_is_refused_in_words(
    stages: Stages, told: Callable[..., object], stage: str, command: tuple[str, ...]
) -> None:
    with told("nobody", f"two `zjtx {' '.join(command)}` at once"), stages.at(stage) as installation:
        both = [zjtx(installation, *command) for _ in range(2)]
        codes = sorted(p.wait(timeout=300) for p in both)
        said = log_of(installation)
        # Whoever comes late enough finds nothing left to do, and that is no error.
        assert codes == [0, 0] or (codes[0] == 0 and codes[1] > 0 and BUSY in said), said
        assert "Traceback" not in said
        seqs = [r[0] for r in ledger_rows(installation, "select seq from batch order by seq")]
        assert seqs == list(range(1, len(seqs) + 1))
        finish(installation)
        stages.is_at_the_end(installation)


def test_a_compute_that_died_before_its_audit_is_audited_by_the_next(stages: Stages) -> None:
    """The commands alone, without Airflow: nothing of a dead process is left lying."""
    with stages.at("audit") as installation:
        assert zjtx(installation, "compute").wait(timeout=300) == 0, log_of(installation)
        states = ledger_rows(
            installation, "select distinct state from release where state in ('computed', 'candidate')"
        )
        assert states == [("candidate",)]
        finish(installation)
        stages.is_at_the_end(installation)
