"""The hash of a table's content: the same for rows at hand and for rows that lay in a file."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.kpi.runner import connection
from jobs.lake.content import period_hashes
from jobs.lake.shape import arrow_rows

PERIOD = "2025Q4"


def _figure(value: float) -> pa.Table:
    return arrow_rows(
        "kpi_region", [{"period": PERIOD, "region_code": "10", "indicator": "i", "value": value}]
    )


@pytest.mark.parametrize("value", [0.0, -0.0])
def test_there_is_one_zero(value: float, tmp_path: Path) -> None:
    rows, plain = _figure(value), _figure(0.0)
    assert period_hashes({"kpi_region": rows}, [PERIOD]) == period_hashes({"kpi_region": plain}, [PERIOD])
    pq.write_table(rows, tmp_path / "rows.parquet")
    read = pq.read_table(tmp_path / "rows.parquet")
    assert period_hashes({"kpi_region": read}, [PERIOD]) == period_hashes({"kpi_region": plain}, [PERIOD])


def test_no_share_of_a_negative_is_shown_as_minus_nothing() -> None:
    with connection() as con:
        (share,) = con.execute("SELECT quotient(n, -18) * 100 FROM (VALUES (0)) AS given (n)").fetchall()[0]
    assert str(share) == "0.0"


def test_other_figures_are_other_content() -> None:
    one, other = ({"kpi_region": _figure(v)} for v in (1.0, -1.0))
    assert period_hashes(one, [PERIOD]) != period_hashes(other, [PERIOD])
