"""What a look at a source tells the operator, in Chinese."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from datetime import datetime

import structlog
from sqlalchemy import select

from jobs.definitions.contract import Contract
from jobs.definitions.readable import readable
from jobs.ledger import session
from jobs.ledger.models import File, Notice
from jobs.notify import notify

log = structlog.get_logger()

_TURN = threading.Lock()
"""Feeds of one folder, read side by side, tell of an unknown file once."""

HELD_BACK = "withdrawals_held_back"
"""In a file's details: how many keys it would have withdrawn."""


def tell_unknown(listed: Iterable[tuple[str, datetime, int]]) -> None:
    """Tell, once, of files that no feed's contract names: nobody would ever read them."""
    patterns = [re.compile(contract.feed.pattern) for contract in readable()]
    lines = [
        f"{path}（{at.isoformat(timespec='seconds')}）"
        for path, at, _ in listed
        if not any(p.fullmatch(path) for p in patterns)
    ]
    if not lines:
        return
    log.warning("files that no contract names", files=lines)
    with _TURN:
        with session() as s:
            bodies = s.scalars(select(Notice.body).where(Notice.kind == "unknown_file"))
            told = {line for body in bodies for line in body.splitlines()}
        if new := [line for line in lines if line not in told]:
            notify("unknown_file", f"来源中有 {len(new)} 个文件不属于任何数据源，未读取", "\n".join(new))


def tell_poll(contract: Contract, files: Iterable[File]) -> None:
    """Tell what a finished poll refused, and which files could withdraw nothing."""
    files = list(files)
    refused = [f.reason or f.path for f in files if f.verdict == "refused"]
    if refused:
        notify("refused", f"{contract.title}：拒收 {len(refused)} 个文件", "\n".join(refused))
    for file in files:
        if held := (file.details or {}).get(HELD_BACK):
            notify(
                "withdrawal_held",
                f"{contract.title}：暂不撤下 {held} 个旧主键",
                f"{file.path} 有主键不可读的行（见隔离区），该文件未列出的 {held} 个旧主键暂不撤下，原值保留；"
                "请报送单位更正后重报。",
            )
