"""What a contract may say: ``zjtx contract check``, before its tables are made and before its feed is first read.

Every fault names contract, place and cure. A contract with a fault is not used: half understood, it would read
wrong numbers without a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from open_data_contract_standard.model import OpenDataContractStandard

from jobs.contractcheck.between import Outside, suite
from jobs.contractcheck.columns import columns
from jobs.contractcheck.feed import Fitting
from jobs.contractcheck.keys import feeds, items_of, unknown
from jobs.contractcheck.plan import Plan
from jobs.contractcheck.shape import fits, head, kinds, rules
from jobs.contractcheck.source import At, Fault, Source, read
from jobs.contractcheck.sql import conditions
from jobs.contractcheck.table import named, stamped
from jobs.definitions.contract import Contract, feed_ids, table_names
from jobs.definitions.readable import readable
from jobs.refusals import Refusal
from jobs.settings import settings

__all__ = ["ContractBroken", "Fault", "faults", "faults_of", "faults_of_all", "files", "require"]


class ContractBroken(Refusal):
    """A contract that says what nobody can carry out; it will until somebody changes it."""


def files() -> list[Path]:
    """Return the files of all contracts: feeds, then tables."""
    root = settings().schemas
    return [
        *(root / "feeds" / f"{feed}.yaml" for feed in feed_ids()),
        *(root / "tables" / f"{name}.yaml" for name in table_names()),
    ]


def faults(path: Path) -> list[Fault]:
    """Return all that is wrong with a contract file, in the order of the file's parts.

    Parameters
    ----------
    path : Path
        A contract of this checkout, or one that is to become one.
    """
    source = read(path)
    if isinstance(source, Fault):
        return [source]
    faults_here = [*unknown(source), *kinds(source), *head(source), *rules(source)]
    if not _readable(source):
        return faults_here
    contract = Contract(OpenDataContractStandard.model_validate(source.data))
    own = next(feeds(source), None)
    wrong = list(columns(source, contract, own is not None))
    wrong += named(source, contract, own is not None)
    rest = stamped(source, contract) if own is None else _of_feed(source, contract, own[0], not wrong)
    return [*faults_here, *wrong, *rest]


def _readable(source: Source) -> bool:
    """Whether the file can be read as a contract, so that what its parts say to each other can be looked at."""
    tables = items_of(source.data.get("schema"))
    whole = len(tables) == 1 and bool(tables[0].get("properties"))
    return whole and not [*kinds(source), *rules(source)] and all(fits(feed) for _, feed in feeds(source))


def _of_feed(source: Source, contract: Contract, base: At, sound: bool) -> Iterator[Fault]:
    """Give what is wrong with a feed; rules are asked of ``sound`` columns only: others make no table."""
    others = list(readable(but=contract.id))
    fitting, plan = Fitting(source, contract, base), Plan(source, contract, base)
    outside = Outside(source, contract, base)
    for check in (fitting.path, fitting.scope, fitting.entity, fitting.when, fitting.key):
        yield from check()
    for check in (plan.calendar, plan.schedule, plan.preamble, plan.editions, outside.lists):
        yield from check()
    yield from outside.paths(others)
    yield from outside.group(others)
    yield from outside.figures()
    if sound:
        yield from conditions(source, contract)


def faults_of_all() -> list[Fault]:
    """Return what is wrong with all contracts of this checkout, and which audit suites are missing of sound ones."""
    return [fault for path in files() for fault in faults(path) or missing_suite(path)]


def missing_suite(path: Path) -> list[Fault]:
    """Return the audit suite that a contract of this checkout lacks; a file elsewhere has none yet."""
    feed = path.parent.name == "feeds"
    return list(suite(path.stem, feed)) if path.resolve() in {p.resolve() for p in files()} else []


@lru_cache(maxsize=256)
def _faults_at(path: Path, changed: int) -> tuple[str, ...]:
    return tuple(str(fault) for fault in faults(path))


def _path(feed: str) -> Path:
    return settings().schemas / "feeds" / f"{feed}.yaml"


def faults_of(feed: str) -> tuple[str, ...]:
    """Return what is wrong with a feed's contract; looked at once per process and version of the file."""
    return _faults_at(_path(feed), _path(feed).stat().st_mtime_ns)


def require(feed: str) -> None:
    """Make sure that a feed's contract may be used.

    Raises
    ------
    ContractBroken
        With all that is wrong with it.
    """
    if broken := faults_of(feed):
        raise ContractBroken("\n".join([*broken, f"改好后运行 zjtx contract check {_path(feed)} 再看一遍"]))
