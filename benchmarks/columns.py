"""Columns of made-up silver rows, filled as the contracts describe them: codes, money, counts, dates, gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.definitions.contract import Column, Contract
from jobs.lake.tables import LINEAGE

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MONEY = {
    "revenue": (0.7, 1.3), "revenue_prior": (0.65, 1.25), "main_revenue": (0.5, 1.1), "general_sales_ytd": (0.5, 1.3),
    "total_profit": (-0.1, 0.3), "total_profit_prior": (-0.1, 0.3), "rd_total": (0.005, 0.09),
    "total_assets": (0.5, 3.0), "total_liabilities": (0.3, 2.0), "receivables": (0.05, 0.6),
}  # fmt: skip
"""Range of amounts, in a firm's revenue of a usual year; all others :data:`AMOUNT`."""
AMOUNT = (0.01, 0.15)
NUMBERS = {
    "kwh": (5e3, 5e5), "kwh_prior": (5e3, 5e5), "staff_end": (5, 1400), "staff_avg": (5, 400), "interest_rate": (2, 8),
    "fee_rate": (0.5, 2), "market_share": (0, 40), "market_rank": (1, 20), "digital_level": (1, 5),
    "quality_items": (0, 4), "rd_institution": (0, 5), "ip_kind": (0, 5), "science_award": (0, 3),
    "maker_china": (0, 3), "class_one": (0, 6),
}  # fmt: skip
"""Range of counts (without its end) and rates; all others :data:`NUMBER`."""
NUMBER = (0, 60)
DAYS = (np.datetime64("2023-01-01", "D"), np.datetime64("2027-01-01", "D"))
MISSING, ZERO = 0.02, 0.005
"""Shares of values: not reported where the contract allows it, and reported as 0."""


def arrow_type(sql: str) -> pa.DataType:
    """Return the Arrow type of a contract's column type."""
    if sql.startswith("DECIMAL("):
        precision, scale = sql.removeprefix("DECIMAL(").rstrip(")").split(",")
        return pa.decimal128(int(precision), int(scale))
    return {"STRING": pa.string(), "BIGINT": pa.int64(), "INT": pa.int32(), "DATE": pa.date32()}[sql]


def same(text: str, count: int) -> pa.Array:
    """Return one text, ``count`` times."""
    return pa.repeat(pa.scalar(text, pa.string()), count)


def pick(rng: np.random.Generator, texts: Sequence[str], count: int) -> pa.Array:
    """Return ``count`` of some texts, each as likely as the others."""
    return pa.array(texts, pa.string()).take(pa.array(rng.integers(0, len(texts), count)))


def codes(column: Column) -> list[str]:
    """Return the codes of a column's code list, sorted; empty where it has none."""
    return sorted(set(column.codes.values()))


def _decimals(minor: Ints, missing: Flags, kind: pa.DataType) -> pa.Array:
    """Return whole minor units as exact decimals of the type's scale: two words of 64 bits each."""
    words = np.stack([minor, minor >> 63], axis=1)
    valid = np.packbits(~missing, bitorder="little")
    return pa.Array.from_buffers(kind, len(minor), [pa.py_buffer(valid), pa.py_buffer(words)])


def _texts(rng: np.random.Generator, column: Column, count: int) -> pa.Array:
    if listed := codes(column):
        return pick(rng, listed, count)
    if column.key:
        return pa.array([f"{n:08d}" for n in range(count)], pa.string())
    return same(column.label, count)


def drawn(rng: np.random.Generator, column: Column, size: Floats) -> pa.Array:
    """Return values of a column, one per firm.

    Parameters
    ----------
    rng : Generator
    column : Column
    size : ndarray
        Revenue of a usual year of the firms, 元.
    """
    count, kind = len(size), arrow_type(column.type)
    missing = (rng.random(count) < MISSING) & (not column.required)
    if pa.types.is_string(kind):
        return pc.if_else(pa.array(missing), pa.scalar(None, kind), _texts(rng, column, count))
    if pa.types.is_date(kind):
        days = DAYS[0] + rng.integers(0, (DAYS[1] - DAYS[0]).astype(int), count)
        return pa.array(days, kind, mask=missing)
    low, high = MONEY.get(column.name, AMOUNT) if column.money else NUMBERS.get(column.name, NUMBER)
    values = rng.uniform(low, high, count) * (size if column.money else 1.0)
    values[rng.random(count) < ZERO] = 0.0
    if pa.types.is_decimal(kind):
        return _decimals(np.rint(values * 10**kind.scale).astype(np.int64), missing, kind)
    return pa.array(values.astype(np.int64), kind, mask=missing)


def table(contract: Contract, given: Mapping[str, pa.Array]) -> pa.Table:
    """Return silver rows of a feed: every column of its contract, null where not given, and where they stand.

    Raises
    ------
    ValueError
        If the contract has no such column, or one that it requires is not given.
    """
    count = len(next(iter(given.values())))
    own = {c.name: arrow_type(c.type) for c in contract.columns}
    if wrong := (set(given) - set(own)) | ({c.name for c in contract.columns if c.required} - set(given)):
        raise ValueError(f"与合同 {contract.id} 不符的列 / columns not as the contract asks: {sorted(wrong)}")
    stands = {
        "feed": same(contract.id, count),
        "batch_id": same(f"{contract.id}-1", count),
        "file_name": same(f"{contract.id}.csv", count),
        "sheet": same("", count),
        "row_no": pa.array(np.arange(2, count + 2), pa.int32()),
    }
    kinds = own | {n: arrow_type(t) for n, t in LINEAGE.items()}
    cells = {**stands, **given}
    return pa.table({n: cells[n] if n in cells else pa.nulls(count, kind) for n, kind in kinds.items()})
