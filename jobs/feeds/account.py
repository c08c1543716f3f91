"""What a run took in, in Chinese: for the note of the run and for the task that shows its refusals.

It is read from the ledger, so it is whole also when an earlier try of the run died half way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jobs.definitions.contract import load_feed
from jobs.feeds.take_in import PollResult
from jobs.ledger import batches
from jobs.ledger.models import Batch, File


@dataclass(frozen=True)
class Account:
    """What a run accepted, refused and found unchanged."""

    accepted: list[Batch]
    refused: list[File]
    unchanged: list[File]

    @property
    def nothing(self) -> bool:
        """Whether no file was new."""
        return not (self.accepted or self.refused or self.unchanged)

    def refusals(self) -> list[str]:
        """Return one line per refused file: feed, and the reason, which names the file."""
        return [f"拒收 {load_feed(f.feed).title} {f.reason or f.path}" for f in self.refused]

    def lines(self) -> list[str]:
        """Return the whole, then every refusal, then every feed."""
        whole = _line("", self.accepted, self.refused, self.unchanged)
        each = []
        for feed in dict.fromkeys([b.feed for b in self.accepted] + [f.feed for f in self.unchanged]):
            accepted = [b for b in self.accepted if b.feed == feed]
            refused = [f for f in self.refused if f.feed == feed]
            unchanged = [f for f in self.unchanged if f.feed == feed]
            each.append(_line(f"{load_feed(feed).title}：", accepted, refused, unchanged))
        return [whole, *self.refusals(), *each]


def _line(name: str, accepted: list[Batch], refused: list[File], unchanged: list[File]) -> str:
    """Return counts of files and rows; what is zero is left out."""
    counts = [
        (len(accepted), "接收 {} 个文件"),
        (sum(b.silver for b in accepted), "采用 {} 行"),
        (sum(b.quarantined for b in accepted), "隔离 {} 行"),
        (len(refused), "拒收 {} 个文件"),
        (len(unchanged), "与上次相同 {} 个文件"),
    ]
    said = [text.format(f"{n:,}") for n, text in counts if n]
    return name + ("，".join(said) or "没有新文件")


def account(run_id: str, results: Iterable[PollResult]) -> Account:
    """Return what a run took in: all its tries, and what it brought to an end for a run that died.

    Parameters
    ----------
    run_id : str
        As the polls had it.
    results : iterable of PollResult
        Of the last try.
    """
    taken, listed = batches.of_run(run_id)
    accepted = {b.batch_id: b for b in taken}
    files = {f.file_id: f for f in listed}
    for result in results:
        accepted |= {b.batch_id: b for b in result.accepted}
        files |= {f.file_id: f for f in (*result.refused, *result.unchanged)}
    by_verdict = {v: [f for f in files.values() if f.verdict == v] for v in ("refused", "unchanged")}
    return Account(list(accepted.values()), by_verdict["refused"], by_verdict["unchanged"])
