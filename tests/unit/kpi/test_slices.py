"""What slices say they staged is held against what there is; a slice that fails is told in Chinese and leaves nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.kpi import engine, inputs, memory, runner, spark
from jobs.kpi.computation import RunFailed, check, spread_here
from jobs.kpi.engine import Limits, Part, digest
from jobs.kpi.inputs import Pinned
from jobs.lake.staging import Attempt


def part(folder: Path, number: int, rows: int = 2, table: str = "cells") -> Part:
    """Stage rows, and return what a slice says of them."""
    path = folder / f"{table}-{number}.parquet"
    pq.write_table(pa.table({"n": list(range(rows))}), path)
    return Part(number, table, str(path), rows, digest())


def test_each_slice_once_with_its_rows_is_right(tmp_path: Path) -> None:
    check([part(tmp_path, n, table=t) for n in range(3) for t in ("cells", "awarded")], 3)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda parts: parts[:-1], "cells：各段不是恰好一份"),
        (lambda parts: [*parts, parts[0]], "cells：各段不是恰好一份"),
        (lambda _: [], "所有表：各段不是恰好一份"),
        (lambda parts: [replace(parts[0], rows=3), *parts[1:]], "第 1 段应有 3 行，文件里有 2 行"),
        (lambda parts: [*parts[:-1], replace(parts[-1], digest="older")], "第 2 段由另一版模型或程序算出"),
    ],
    ids=["one is missing", "one came twice", "none came", "rows were lost", "by other models"],
)
def test_anything_else_is_refused(tmp_path: Path, spoil: Any, told: str) -> None:
    with pytest.raises(RunFailed, match=told):
        check(spoil([part(tmp_path, n) for n in range(2)]), 2)


def test_slices_of_this_process_share_its_machine_and_end_with_the_first_that_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    under_way, given = Event(), list[Limits]()

    def compute_slice(*slice_of: Any) -> list[Part]:
        _, _, number, _, limits, opened = slice_of
        given.append(limits)
        if number == 0:
            under_way.wait()
            raise MemoryError("磁盘已满")
        with limits.connection() as con:
            opened(con)
            under_way.set()
            con.execute("SELECT sum(hash(a.i * b.i) % 7) FROM range(1000000000) a(i), range(1000000000) b(i)")
        return []

    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr(engine, "compute_slice", compute_slice)
    nothing: Any = None
    with pytest.raises(MemoryError):
        spread_here(nothing, [(None, "91B"), ("91B", None)], nothing, Limits())
    assert given == [Limits(threads=1, memory=memory.of_engine(memory.of_machine(), 2))] * 2


def test_a_failing_slice_is_a_row_of_the_manifest_and_told_with_its_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> list[Part]:
        raise MemoryError("磁盘已满")

    monkeypatch.setattr(engine, "compute_slice", failing)
    attempt: Any = Attempt("R9-1", "R9", str(tmp_path), str(tmp_path))
    bounds = [(None, "91B"), ("91B", None)]
    said = spark._manifest(None, bounds[1], 1, attempt, Limits())  # type: ignore[arg-type]
    (row,) = said.to_pylist()
    assert row["error"] == "MemoryError: 磁盘已满"
    assert spark._told(row, bounds) == (
        "第 2 段（共 2 段，企业代码 91B 起、最大 止）计算失败，没有写入任何结果：MemoryError: 磁盘已满"
    )


def test_a_manifest_has_its_columns_in_the_order_of_the_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = part(tmp_path, 1)
    monkeypatch.setattr(engine, "compute_slice", lambda *_: [own])
    attempt = Attempt("R9-1", "R9", str(tmp_path), str(tmp_path))
    said = spark._manifest(None, (None, None), 1, attempt, Limits())  # type: ignore[arg-type]
    assert said.schema.names == list(spark._MANIFEST)
    assert said.to_pylist() == [
        {"slice": 1, "table": "cells", "path": own.path, "rows": 2, "digest": digest(), "error": None}
    ]


@pytest.mark.parametrize(
    ("said", "amount"), [("2g", 2 * 2**30), ("512m", 512 * 2**20), ("1024", 1024), ("3GB", 3 * 2**30)]
)
def test_amounts_of_memory_are_read_as_spark_writes_them(said: str, amount: int) -> None:
    assert spark._bytes(said) == amount


def test_engines_share_what_the_server_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 8 * 2**30 // 4096}
    monkeypatch.setattr("os.sysconf", lambda name: sizes[name])
    monkeypatch.setattr(Path, "exists", lambda _: False)
    left = memory.of_machine() - 2 * 2**30
    assert memory.of_engine(left, 2) == int(6 * 2**10 * 0.6 / 2)
    assert memory.of_engine(0, 2) == 256
    # The second computation: of 8 GB less than the 6 GB that it takes of a larger machine.
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert memory.here() == int(8 * 2**10 * 0.6 / 2)
    sizes["SC_PHYS_PAGES"] *= 3
    assert memory.here() == 6 * 2**10
    sizes["SC_PHYS_PAGES"] //= 3
    assert spark.share_of_machine(2, None, 2 * 2**30) == memory.of_engine(left, 2)
    # Two executors on one machine, or one on each of two: nobody tells which.
    assert spark.share_of_machine(2, 1, 2**30) == memory.of_engine(left, 2)
    assert spark.share_of_machine(16, 1, 2**30) == memory.of_engine(left, 2)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert spark.share_of_machine(16, 1, 2**30) == memory.of_engine(left + 2**30, 1)


@pytest.mark.parametrize(
    ("bounds", "standing"),
    [((None, None), [("91B",)]), ((None, "91B"), []), (("91B", None), [("91B",)])],
    ids=["one slice", "who had it before", "who has it now"],
)
def test_a_contract_that_another_enterprise_reports_now_is_no_longer_the_former_one_s(
    bounds: engine.Bounds, standing: list[tuple[str]]
) -> None:
    columns: dict[str, list[Any]] = {
        "loan_no": ["L1", "L1"],
        "uscc": ["91A", "91B"],
        "batch_id": ["b1", "b2"],
        "seq": [1, 2],
    }
    lines: dict[str, list[Any]] = {"file_name": ["1.csv", "2.csv"], "sheet": ["", ""], "row_no": [1, 1]}
    loans = Pinned("loans", 0, (), (), ("loan_no",), by_enterprise=False, rows=pa.table(columns | lines))
    with runner.connection(1) as con:
        for name, value in zip(("slice_from", "slice_to"), bounds, strict=True):
            con.execute(f"SET VARIABLE {name} = CAST(? AS VARCHAR)", [value])
        models = {"loans": inputs.with_lines(con, "loans", [loans], ["uscc"], "uscc")}
        runner.run(con, models | {"sheets": inputs.sheets_of(con, [loans], "uscc")})
        assert con.execute("SELECT uscc FROM loans").fetchall() == standing
