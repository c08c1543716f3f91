"""The mark of a lake: the name of the one ledger whose commits it takes.

The writer's lock keeps the writers of one ledger apart; another ledger has a lock of its own. The mark is a table of Delta
without rows, so that of two ledgers that come at once the log lets one make it. A ledger restored from a backup of before it
had a name gets another one: a person who knows takes the mark away.
"""

from __future__ import annotations

from contextlib import suppress

from deltalake import DeltaTable, Schema
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.schema import Field, PrimitiveType

from jobs.lake import store
from jobs.ledger import identity
from jobs.refusals import Refusal, shown
from jobs.settings import settings

NAME = "mark"


class OtherLedger(Refusal, RuntimeError):
    """The lake belongs to another ledger."""


def claim() -> None:
    """Make a lake without a mark this ledger's, and refuse to write to another ledger's.

    Raises
    ------
    OtherLedger
        If the lake takes the commits of another ledger.
    """
    ledger = identity.name()
    path = f"{settings().lake_root}/{NAME}"
    reach = store.options(path)
    try:
        table = DeltaTable(path, storage_options=reach)
    except TableNotFoundError:
        table = _made(path, ledger)
    if table.metadata().name != ledger:
        raise OtherLedger(
            f"湖仓 {shown(settings().lake_root)} 属于另一个台账，没有写入：请核对 ZJTX_LAKE 和 ZJTX_LEDGER_URL；"
            f"确是这个湖仓的台账、只是换了编号（如从没有编号的旧备份恢复），移走 {NAME} 文件夹再运行"
            " / this lake takes the commits of another ledger"
        )


def _made(path: str, ledger: str) -> DeltaTable:
    reach, shape = store.options(path), Schema([Field("nothing", PrimitiveType("string"))])
    # Somebody else made it just now, or it cannot be made: then it cannot be opened either.
    with suppress(DeltaError):
        DeltaTable.create(path, shape, mode="error", name=ledger, storage_options=reach)
    return DeltaTable(path, storage_options=reach)
