"""The operations file: what an operator must know between two publications, as a small DuckDB file that Superset reads.

It is written anew as a whole and swapped by a symlink, like the served file; no reader ever sees half of it.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from jobs import clock
from jobs.operate.state_tables import collect, local
from jobs.serve.publish import group_reads
from jobs.settings import settings

FILE = "operations.duckdb"
KEPT = 3
"""Files of before that stay: readers may still have them open."""

_NAMED = {"feed": "数据源代码", "feed_name": "数据源"}
_TIME, _NUMBER, _TEXT, _YES = pa.timestamp("s"), pa.int64(), pa.string(), pa.bool_()
_AGE = {"open_rows": (_NUMBER, "待处理行数"), "open_since": (_TIME, "最久一行的接收时间")}
_RUN = {"run_address": (_TEXT, "Airflow 运行记录的地址；手工运行的、没有设置地址的为空")}
_FEED = {name: (_TEXT, label) for name, label in _NAMED.items()}

TABLES: dict[str, tuple[str, dict[str, tuple[pa.DataType, str]]]] = {
    "operation_feed": (
        "每个数据源每个来源期间一行：到报、逾期、迟报、拒收、隔离和采用率",
        _FEED
        | {"source_name": (_TEXT, "来源"), "source_period": (_TEXT, "来源期间"), "state": (_TEXT, "状态")}
        | {"due_at": (_TIME, "截止时间"), "expected": (_NUMBER, "应报单位数"), "arrived": (_NUMBER, "已报单位数")}
        | {"missing": (_TEXT, "逾期未报的单位"), "late": (_TEXT, "迟报的单位")}
        | {"refused_files": (_NUMBER, "拒收而没有替换的文件数")}
        | _AGE
        | {"landed": (_NUMBER, "接收行数"), "used": (_NUMBER, "采用行数")}
        | {"coverage": (pa.float64(), "采用率：采用行数与接收行数之比")},
    ),
    "operation_refusal": (
        "每个被拒收的文件一行，最近 500 个",
        {"file_id": (_NUMBER, "文件编号")}
        | _FEED
        | {"file_name": (_TEXT, "文件"), "reporter_name": (_TEXT, "填报单位"), "delivered_at": (_TIME, "发出时间")}
        | {"received_at": (_TIME, "接收时间"), "reason": (_TEXT, "拒收原因")}
        | {"stands": (_YES, "是否还没有合格的文件替换"), "story": (_TEXT, "看文件来龙去脉的命令")}
        | _RUN,
    ),
    "operation_quarantine": (
        "隔离而未处理的行：每个数据源、填报单位、来源期间、规则和列一行，只有行数，没有内容；一行违反几条规则的各计一次",
        _FEED
        | {"reporter_name": (_TEXT, "填报单位"), "source_period": (_TEXT, "来源期间"), "rule": (_TEXT, "违反的规则")}
        | {"column_label": (_TEXT, "列")}
        | _AGE
        | {"file_id": (_NUMBER, "最久一行所在文件的编号"), "story": (_TEXT, "看文件来龙去脉的命令")}
        | _RUN,
    ),
    "operation_waiting": (
        "等待审核或审批的发布：每个方案每个期间一行",
        {"release": (_TEXT, "发布编号"), "programme": (_TEXT, "方案"), "period": (_TEXT, "期间"), "state": (_TEXT, "状态")}
        | {"status": (_TEXT, "报送情况"), "provisional": (_YES, "排名暂定"), "computed_at": (_TIME, "计算时间")}
        | {"command": (_TEXT, "批准的命令")}
        | _RUN,
    ),
    "operation_source": (
        "每个数据源一行：最近一次读完来源和最近一次收到数据的时间",
        _FEED
        | {"source_name": (_TEXT, "来源"), "looked_at": (_TIME, "最近一次读完来源")}
        | {"accepted_at": (_TIME, "最近一次接收"), "unfinished": (_YES, "有没有处理完的一轮")}
        | _RUN,
    ),
    "operation_step": (
        "要办的事，最急的在前",
        {"place": (_NUMBER, "次序"), "text": (_TEXT, "事项"), "command": (_TEXT, "命令")},
    ),
}  # fmt: skip
"""Table -> what one row is, and its columns with their types and what they are called. Moments are the office's."""
REFRESHED = "refreshed_at"


def current() -> Path:
    """Return the operations file."""
    return settings().served / "operations" / "current" / FILE


def write(path: Path, rows: Mapping[str, Sequence[Mapping[str, Any]]], moment: Any) -> None:
    """Write the file.

    Parameters
    ----------
    path : Path
        File to write.
    rows : mapping
        Table -> its rows; a table that is not named is empty.
    moment : datetime
        When they were collected, in the office's time, without a zone: it stands in every row.
    """
    with duckdb.connect(str(path)) as con:
        for name, (about, columns) in TABLES.items():
            schema = pa.schema([(column, kind) for column, (kind, _) in columns.items()])
            # Registered by name: the lake's readers close Python's variables to statements.
            con.register("told", pa.Table.from_pylist([dict(r) for r in rows.get(name, ())], schema=schema))
            con.execute(f"CREATE TABLE {name} AS SELECT *, $1::TIMESTAMP AS {REFRESHED} FROM told", [moment])
            con.unregister("told")
            con.execute(f"COMMENT ON TABLE {name} IS '{about}'")
            for column, (_, label) in columns.items():
                con.execute(f"COMMENT ON COLUMN {name}.{column} IS '{label}'")
            con.execute(f"COMMENT ON COLUMN {name}.{REFRESHED} IS '本表的刷新时间'")


def refresh() -> Path:
    """Collect the present state, write it beside the file that is read, and swap; return the new file.

    Two who refresh at once do not disturb each other: each writes a folder of its own, and the later one is read.
    """
    rows, moment, root = collect(), local(clock.now()), settings().served / "operations"
    folder = root / "builds" / uuid.uuid4().hex
    with group_reads():
        folder.mkdir(parents=True)
        write(folder / FILE, rows, moment)
    link = root / f"current.{folder.name}"
    link.symlink_to(Path("builds") / folder.name)
    os.replace(link, root / "current")
    _forget_old(root / "builds", folder)
    return folder / FILE


def _forget_old(builds: Path, keep: Path) -> None:
    others = sorted((b for b in builds.iterdir() if b != keep), key=lambda b: b.stat().st_mtime)
    for old in others[: -KEPT or None]:
        shutil.rmtree(old, ignore_errors=True)
