"""One poll of a feed: fetch, parse, judge, append, accept.

All waiting files of a feed go through one Spark job; each keeps its own batch and verdict. A poll that
died is finished first, with the same list: appends carry the poll's id and are no-ops the second time,
and nothing counts before the ledger's last transaction.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs import clock
from jobs.contract import Contract, load_feed
from jobs.feeds.classify import Split, split
from jobs.feeds.fetch import fetch_new, landed
from jobs.feeds.parse import Parsed, Refused, parse
from jobs.feeds.tally import Tally, tally
from jobs.lake import append, read
from jobs.lake.session import writing
from jobs.lake.tables import BRONZE
from jobs.ledger import batches, writer_lock
from jobs.ledger.models import Batch, File
from jobs.settings import settings

log = structlog.get_logger()
Progress = Callable[[str, int, int], None]


@dataclass
class PollResult:
    """What a poll did."""

    feed: str
    accepted: list[Batch] = field(default_factory=list)
    refused: list[File] = field(default_factory=list)
    unchanged: list[File] = field(default_factory=list)

    @property
    def periods(self) -> list[str]:
        """Source periods of the accepted rows, sorted."""
        return sorted({p for b in self.accepted for p in b.periods})


def _scope(contract: Contract, attributes: dict[str, str]) -> str:
    return "/".join(f"{k}={attributes.get(k, '')}" for k in contract.feed.scope)


def _parse_all(contract: Contract, files: list[File], progress: Progress) -> dict[int, Parsed]:
    """Parse a poll's files; set verdict and reason of those that are refused or unchanged."""
    latest = batches.latest_hashes(contract.id)
    parsed = {}
    for number, file in enumerate(files, start=1):
        match = re.fullmatch(contract.feed.pattern, file.path)
        attributes = {k: v for k, v in (match.groupdict() if match else {}).items() if v is not None}
        target = _rows_path(file)
        try:
            found = parse(contract, landed(file.sha256), attributes, target)
        except Refused as refusal:
            file.verdict, file.reason = "refused", f"{file.path}：{refusal}"
            log.warning("refused", feed=contract.id, file=file.path, reason=str(refusal))
            continue
        finally:
            progress("解析", number, len(files))
        file.scope, file.reporter = _scope(contract, found.attributes), attributes.get("reporter")
        file.details = found.details()
        if latest.get(file.scope) == file.sha256:
            file.verdict = "unchanged"
            continue
        latest[file.scope] = file.sha256
        file.verdict = "accepted"
        parsed[file.file_id] = found
    return parsed


def _rows_path(file: File) -> Any:
    return settings().landing / "rows" / f"{file.poll_id}" / f"{file.ordinal}.parquet"


def _batch_id(file: File) -> str:
    return f"{file.feed}-{file.poll_id:06d}-{file.ordinal:05d}"


_FILE_COLUMNS = (
    "file_id BIGINT, batch_id STRING, file_name STRING, scope STRING, reporter STRING, ordinal INT, place INT, "
    "attributes MAP<STRING,STRING>, headers MAP<STRING,STRING>, units MAP<STRING,STRING>, path STRING"
)


def _file_frame(spark: SparkSession, files: list[File], parsed: dict[int, Parsed]) -> DataFrame:
    """Return one row per accepted file; ``ordinal`` counts the files of one scope."""
    seen: dict[str, int] = {}
    rows = []
    for file in files:
        if file.file_id in parsed:
            found, scope = parsed[file.file_id], file.scope or ""
            seen[scope] = seen.get(scope, 0) + 1
            rows.append((file.file_id, _batch_id(file), file.path, scope, file.reporter, seen[scope], file.ordinal,
                         found.attributes, found.headers, found.units, _rows_path(file).name))  # fmt: skip
    return spark.createDataFrame(rows, _FILE_COLUMNS)


def _landed_rows(spark: SparkSession, files: DataFrame, poll_id: int) -> DataFrame:
    """Read the parsed rows of a poll, each with its file's attributes."""
    folder = settings().landing / "rows" / str(poll_id)
    rows = spark.read.parquet(str(folder)).withColumn(
        "path", F.element_at(F.split(F.col("_metadata.file_path"), "/"), -1)
    )
    return rows.join(F.broadcast(files), "path")


def _append(contract: Contract, rows: DataFrame, parts: Split, poll_id: int) -> None:
    transaction = f"poll-{poll_id}"
    bronze = rows.select(*[F.col(c).cast(t).alias(c) for c, t in BRONZE.items()])
    append(bronze, "bronze", contract.id, transaction)
    silver = parts.silver.unionByName(parts.withdrawn) if contract.feed.mode == "replace" else parts.silver
    append(silver, "silver", contract.id, transaction)
    append(parts.quarantine, "quarantine", "rows", transaction)


def _batches(
    contract: Contract, files: list[File], tallies: dict[str, Tally], poll_id: int, run_id: str | None
) -> list[Batch]:
    made = []
    for file in files:
        if file.verdict != "accepted":
            continue
        t = tallies[_batch_id(file)]
        if t.landed != t.silver + t.quarantined + t.duplicates:
            raise RuntimeError(f"{file.path}：行数不守恒 {t}")
        made.append(
            Batch(
                batch_id=_batch_id(file), feed=contract.id, file_id=file.file_id, poll_id=poll_id,
                accepted_at=clock.now(), scope=file.scope or "", reporter=file.reporter, periods=list(t.periods),
                first_date=t.first_date, landed=t.landed, silver=t.silver, quarantined=t.quarantined,
                duplicates=t.duplicates, withdrawn=t.withdrawn, run_id=run_id,
            )
        )  # fmt: skip
    return made


def _live(spark: SparkSession, contract: Contract) -> DataFrame:
    """Return key columns, year and scope of the feed's live rows."""
    year = [] if "year" in contract.key else ["year"]
    return read(spark, contract.id).select(*contract.key, *year, "scope")


def _load(
    spark: SparkSession, contract: Contract, files: list[File], parsed: dict[int, Parsed], poll_id: int
) -> dict[str, Tally]:
    table = _file_frame(spark, files, parsed)
    rows = _landed_rows(spark, table, poll_id)
    parts = split(contract, rows, _live(spark, contract), table)
    tallies = tally(contract, rows, parts)
    _append(contract, rows, parts, poll_id)
    return tallies


def poll(
    feed: str, uri: str | None = None, run_id: str | None = None, progress: Progress = lambda *_: None
) -> PollResult:
    """Take in every waiting file of a feed.

    Parameters
    ----------
    feed : str
        Id of the feed's contract.
    uri : str, optional
        Resolved connection; default: the environment's ``AIRFLOW_CONN_<ID>``.
    run_id : str, optional
        The Airflow run that does it, kept in the ledger.
    progress : callable
        Told (what, how far, of how many).

    Returns
    -------
    PollResult
        Empty when the source has nothing new; then nothing is written.

    Raises
    ------
    jobs.ledger.database.WriterBusy
        If another process writes to the lake.
    """
    contract = load_feed(feed)
    result = PollResult(feed)
    with writer_lock() as lock:
        opened = batches.open_poll(feed)
        while True:
            if opened is None:
                found = fetch_new(contract, uri)
                if not found:
                    return result
                opened = batches.start_poll(feed, found, clock.now(), run_id)
            else:
                log.info("finishing an unfinished poll", feed=feed, poll=opened.poll_id)
            files = batches.files_of(opened.poll_id)
            parsed = _parse_all(contract, files, progress)
            tallies: dict[str, Tally] = {}
            if parsed:
                with writing(lock) as spark:
                    tallies = _load(spark, contract, files, parsed, opened.poll_id)
            new = _batches(contract, files, tallies, opened.poll_id, run_id)
            result.accepted += batches.finish_poll(opened.poll_id, files, new, clock.now())
            result.refused += [f for f in files if f.verdict == "refused"]
            result.unchanged += [f for f in files if f.verdict == "unchanged"]
            opened = None


def summary(result: PollResult) -> str:
    """Return one line on a poll, for logs."""
    counts = {
        k: sum(getattr(b, k) for b in result.accepted)
        for k in ("landed", "silver", "quarantined", "duplicates")
    }
    return json.dumps(
        {"feed": result.feed, "accepted": len(result.accepted), "refused": len(result.refused)} | counts
    )
