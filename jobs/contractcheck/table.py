"""Whether a contract without a feed is one of a gold table: its rows belong to a release, a programme and a period."""

from __future__ import annotations

from collections.abc import Iterator

from jobs.contractcheck.source import At, Fault, Source
from jobs.definitions.contract import Contract

STAMP = ("release", "programme", "period")
"""First columns of every gold table, and of its key."""


def named(source: Source, contract: Contract, feed: bool) -> Iterator[Fault]:
    """Give what the table is called wrongly: another name than the contract's would be a copy left half changed."""
    layer, table = "silver" if feed else "gold", contract.table
    if table.name != contract.id:
        yield source.fault(("schema", 0, "name"), f"表名“{table.name}”与编号不同", f"写 name: {contract.id}")
    if table.physicalName not in (None, f"{layer}/{contract.id}"):
        what = f"存放位置“{table.physicalName}”与编号不同"
        yield source.fault(("schema", 0, "physicalName"), what, f"写 physicalName: {layer}/{contract.id}")
    if feed and source.path.parent.name == "tables":
        yield source.fault((), "数据源的合同放在了 tables 文件夹", "移到 schemas/feeds")


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
