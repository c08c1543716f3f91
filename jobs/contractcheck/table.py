"""Whether a contract without a feed is one of a gold table: its rows belong to a release, a programme and a period."""

from __future__ import annotations

from collections.abc import Iterator

from jobs.contract import Contract
from jobs.contractcheck.source import At, Fault, Source

STAMP = ("release", "programme", "period")
"""First columns of every gold table, and of its key."""


def stamped(source: Source, contract: Contract) -> Iterator[Fault]:
    """Give what a gold table lacks; a feed that forgot its own part is told so."""
    base: At = ("schema", 0, "properties")
    names = tuple(c.name for c in contract.columns[: len(STAMP)])
    if names != STAMP:
        what = "既没有数据源的 customProperties feed，也不是结果表（前三列不是 release、programme、period）"
        yield source.fault(("customProperties",), what, "数据源写 property: feed；结果表先写这三列")
    elif tuple(contract.key[: len(STAMP)]) != STAMP:
        yield source.fault(
            base, "结果表的主键不以 release、programme、period 开头", "这三列的 primaryKeyPosition 写 1、2、3"
        )
    elif not contract.columns[0].prop.partitioned:
        what = "结果表没有按 release 分区，一次计算会覆盖别的发布"
        yield source.fault((*base, 0, "partitioned"), what, "写 partitioned: true、partitionKeyPosition: 1")
