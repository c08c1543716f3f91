"""Slices over Spark: one task a slice, each with an engine of its own; back come manifests and no rows."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import astuple, replace

import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from jobs.kpi import engine, memory
from jobs.kpi.computation import RunFailed, Spread
from jobs.kpi.engine import Bounds, Limits, Part, Run
from jobs.lake.staging import Attempt

_PARTS = {"slice": "BIGINT", "table": "STRING", "path": "STRING", "rows": "BIGINT", "digest": "STRING"}
_MANIFEST = {**_PARTS, "error": "STRING"}
"""What a task says of its slice: a row a table, or one with what went wrong."""
_UNITS = {"k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def spread_over(spark: SparkSession) -> Spread:
    """Return how the slices of a run are computed by the workers of a session's server."""

    def spread(run: Run, slices: Sequence[Bounds], attempt: Attempt, limits: Limits) -> list[Part]:
        shared, bounds = _shared(spark), tuple(slices)

        # Spark ships it by value, the modules it names by name: workers have them installed.
        def tasks(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            own = limits.memory or share_of_machine(*shared)
            share = replace(limits, threads=1, memory=own, disk=_disk())
            for batch in batches:
                for number in batch.column(0).to_pylist():
                    yield _manifest(run, bounds[number], number, attempt, share)

        schema = ", ".join(f"`{n}` {k}" for n, k in _MANIFEST.items())
        numbers = spark.range(0, len(bounds), 1, len(bounds))
        try:
            said = numbers.mapInArrow(tasks, schema).toArrow().to_pylist()
        except PySparkException as error:
            raise RunFailed(f"Spark 没有算完各段：{_first_line(error)}") from error
        for row in said:
            if row["error"] is not None:
                raise RunFailed(_told(row, bounds))
        return [Part(*(row[n] for n in _PARTS)) for row in said]

    return spread


def room(spark: SparkSession) -> int:
    """Return how many MiB an engine has where the slices of a session's server are computed, the least of its machines.

    A server by itself is on this machine; executors are asked where they are.
    """
    shared = _shared(spark)
    if _is_local(spark):
        return share_of_machine(*shared)

    def told(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _ in batches:
            yield pa.RecordBatch.from_arrays(
                [pa.array([share_of_machine(*shared)], pa.int64())], names=["room"]
            )

    slots = shared[0]
    try:
        rooms = spark.range(0, slots, 1, slots).mapInArrow(told, "room BIGINT").toArrow()["room"].to_pylist()
    except PySparkException as error:
        raise RunFailed(f"Spark 的执行器没有应答：{_first_line(error)}") from error
    return min(rooms)


def _shared(spark: SparkSession) -> tuple[int, int | None, int]:
    """Return among how many tasks a machine is shared, and what the process beside them has (:func:`share_of_machine`)."""
    return cores(spark), _of_executor(spark), _bytes(_said(spark, _heap(spark), "1g"))


def _manifest(run: Run, bounds: Bounds, number: int, attempt: Attempt, limits: Limits) -> pa.RecordBatch:
    """Compute a slice; return what it staged, or what went wrong: an exception would be tried again four times."""
    try:
        parts = engine.compute_slice(run, bounds, number, attempt, limits)
        rows = [(*astuple(p), None) for p in parts]
    except Exception as error:
        rows = [(number, None, None, None, None, f"{type(error).__name__}: {error}")]
    kinds = {"BIGINT": pa.int64(), "STRING": pa.string()}
    columns = zip(*rows, strict=True)
    # mapInArrow takes columns by their place.
    arrays = [pa.array(c, kinds[k]) for c, k in zip(columns, _MANIFEST.values(), strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=list(_MANIFEST))


def _told(row: dict[str, object], slices: Sequence[Bounds]) -> str:
    number = int(str(row["slice"]))
    begin, end = slices[number]
    where = f"企业代码 {begin or '最小'} 起、{end or '最大'} 止"
    return f"第 {number + 1} 段（共 {len(slices)} 段，{where}）计算失败，没有写入任何结果：{row['error']}"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300]


def cores(spark: SparkSession) -> int:
    """Return how many tasks a session's server works on at once, on all its machines."""
    local = re.fullmatch(r"local\[(\d+)\]", _said(spark, "spark.master", ""))
    return (
        int(local[1])
        if local
        else int(_said(spark, "spark.cores.max", _said(spark, "spark.default.parallelism", "2")))
    )


def _of_executor(spark: SparkSession) -> int | None:
    """Return how many tasks an executor of a cluster works on at once; None where all are in the server's own process."""
    return None if _is_local(spark) else int(_said(spark, "spark.executor.cores", "0")) or os.cpu_count() or 1


def _is_local(spark: SparkSession) -> bool:
    return _said(spark, "spark.master", "").startswith("local")


def _heap(spark: SparkSession) -> str:
    return "spark.driver.memory" if _is_local(spark) else "spark.executor.memory"


def _said(spark: SparkSession, name: str, default: str) -> str:
    return spark.conf.get(name, default) or default


def _bytes(said: str) -> int:
    match = re.fullmatch(r"(\d+)([kmgt]?)b?", said.strip().lower())
    if not match:
        raise ValueError(f"Spark 内存设置“{said}”读不懂 / not an amount of memory")
    return int(match[1]) * _UNITS.get(match[2], 1)


def share_of_machine(slots: int, of_executor: int | None, jvm: int) -> int:
    """Return how many MiB an engine may take of the machine this runs on.

    Parameters
    ----------
    slots : int
        Tasks at once, on all machines.
    of_executor : int or None
        Of them in one executor of a cluster, of which a machine may have one for each of its cores; None: all are here.
    jvm : int
        Bytes of an executor's, or of the server's, own process.
    """
    at_once = slots if of_executor is None else min(slots, os.cpu_count() or 1)
    executors = 1 if of_executor is None else max(1, at_once // of_executor)
    return memory.of_engine(memory.of_machine() - jvm * executors, at_once)


def _disk() -> str | None:
    """Return the worker's folder for what does not fit into memory."""
    return (os.environ.get("SPARK_LOCAL_DIRS") or "").split(",")[0] or None
