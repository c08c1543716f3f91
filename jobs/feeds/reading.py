"""Reading a poll's files one by one: each gets its verdict, none stops the others."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import structlog
from sqlalchemy import select

from jobs.clock import ZONE
from jobs.definitions.contract import Contract
from jobs.feeds import repair
from jobs.feeds.landing import landed
from jobs.ledger import session
from jobs.ledger.models import Batch, File
from jobs.ledger.repairs import FOLDER, is_repair
from jobs.settings import settings
from jobs.sheets.choice import Refused
from jobs.sheets.grid import PANIC
from jobs.sheets.landed_rows import CHUNK
from jobs.sheets.parse import Parsed, parse
from jobs.sheets.recognise import claimants

log = structlog.get_logger()
Progress = Callable[[str, int, int], None]

_LONGEST = 2000


def _scope(contract: Contract, attributes: dict[str, str]) -> str:
    """Return what a file replaces; without a part of it all files would replace each other."""
    if lacking := [k for k in contract.feed.scope if not attributes.get(k)]:
        raise Refused(f"路径和表头以上都没有给出 {'、'.join(lacking)}，无法判断本文件替换哪一份")
    return "/".join(f"{k}={attributes[k]}" for k in contract.feed.scope)


def _latest(feed: str) -> dict[str, tuple[str, str | None]]:
    """Return scope -> content hash and contract version of the scope's latest file from its source."""
    version = File.details["contract"].as_string()
    query = select(Batch.scope, File.sha256, version).join(File, File.file_id == Batch.file_id)
    query = query.where(~File.path.startswith(FOLDER))
    with session() as s:
        rows = s.execute(query.where(Batch.feed == feed).order_by(Batch.seq))
        return {scope: (sha256, read_by) for scope, sha256, read_by in rows}


def _is_the_files_fault(error: BaseException) -> bool:
    """Return whether an error says something of the file, not of the machine (memory, disk, network).

    A Rust panic of the workbook reader is no ``Exception``; an ``OSError`` without number is not the
    system's but the reader's.
    """
    if isinstance(error, OSError):
        return error.errno is None
    return (isinstance(error, Exception) and not isinstance(error, MemoryError)) or type(
        error
    ).__name__ == PANIC


def _refuse_if_shared(contract: Contract, path: str) -> None:
    """Refuse a path that several contracts claim: each of them refuses it, for the same reason."""
    claims = claimants(contract, path)
    if len(claims) > 1:
        raise Refused(
            f"路径同时符合 {len(claims)} 个数据源，无法判断属于哪一个：{'、'.join(f'《{c.title}》' for c in claims)}"
        )


def _parse_one(contract: Contract, file: File, target: Path, progress: Progress) -> Parsed:
    """Parse a file; of a large one the rows read are told.

    Raises
    ------
    Refused
        Whatever is wrong with the file: one file never stops the others.
    """
    if is_repair(file.path):
        return repair.parse(contract, file, target)
    match = re.fullmatch(contract.feed.pattern, file.path)
    attributes = {k: v for k, v in (match.groupdict() if match else {}).items() if v is not None}

    def told(rows: int, expected: int) -> None:
        if expected > CHUNK:
            progress(f"解析 {file.path}（行）", rows, expected)

    try:
        _refuse_if_shared(contract, file.path)
        # The day of the poll, not today: a poll that is finished later judges as it would have then.
        received = file.received_at.astimezone(ZONE).date()
        return parse(contract, landed(file.sha256), attributes, target, received, told)
    except Refused:
        raise
    except BaseException as error:
        if not _is_the_files_fault(error):
            raise
        log.exception("parser failed", feed=contract.id, file=file.path)
        raise Refused("无法解析（内部错误）：详情已写入运行日志，请连同该文件报系统维护人员") from error


def _plain(text: str) -> str:
    """Return a reason as the ledger and a notice can hold it: no control characters, no end without sight."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)[:_LONGEST]


def parse_all(contract: Contract, files: list[File], token: str, progress: Progress) -> dict[int, Parsed]:
    """Parse a poll's files; set verdict and reason of those that are refused or unchanged."""
    latest = _latest(contract.id)
    parsed = {}
    for number, file in enumerate(files, start=1):
        target = rows_folder(token) / f"{file.ordinal}.parquet"
        try:
            parse = _parse_one(contract, file, target, progress)
            file.scope = _scope(contract, parse.attributes)
        except Refused as refusal:
            file.verdict, file.reason = "refused", f"{file.path}：{_plain(str(refusal))}"
            target.unlink(missing_ok=True)
            log.warning("refused", feed=contract.id, file=file.path, reason=str(refusal))
            continue
        finally:
            progress("解析", number, len(files))
        file.reporter = parse.attributes.get("reporter")
        file.details = (file.details or {}) | parse.details() | {"contract": contract.version}
        if is_repair(file.path):
            # One sheet may repair several files of a scope, and none of them is that file again.
            file.verdict, parsed[file.file_id] = "accepted", parse
            continue
        if latest.get(file.scope) == (file.sha256, contract.version):
            file.verdict = "unchanged"
            continue
        latest[file.scope] = (file.sha256, contract.version)
        file.verdict = "accepted"
        parsed[file.file_id] = parse
    return parsed


def rows_folder(token: str) -> Path:
    """Return where a poll's parsed rows lie."""
    return settings().landing / "rows" / token
