"""Growth and ratios once more, by SQL written independently of the models, on ten thousand made-up firms."""

import random

import duckdb
import pandas as pd
import pytest

from tests.support.family_frames import Folded, folded, growing, two_sided

GROWTH_SQL = """
select sum(c) filter (r is not null) / sum(r) filter (c is not null) * 100 - 100 as same_firm,
       sum(c) filter (p is not null) / sum(p) filter (c is not null) * 100 - 100 as published_base,
       sum(c) / sum(p) * 100 - 100 as all_firm,
       count(*) filter (c is not null and r is not null) as n, unit
from firms group by unit
"""
RATIO_SQL = """
with e as (select *, c / r as q from firms where c >= 0 and r > 0)
select sum(c) / sum(r) * 100 as pooled, median(q) * 100 as median, avg(q) * 100 as mean,
       quantile_cont(q, 0.25) * 100 as p25, quantile_cont(q, 0.75) * 100 as p75,
       avg(case when c * 50 >= r then 100.0 else 0 end) as share, count(*) as n, unit
from e group by unit
"""


@pytest.fixture(scope="module")
def firms():
    rng = random.Random(20251231)

    def value(least):
        return None if rng.random() < 0.1 else rng.randint(least, 10**9)

    rows = [(f"u{i % 7}", f"f{i:05d}", value(-(10**6)), value(0), value(0)) for i in range(10_000)]
    return pd.DataFrame(rows, columns=["unit", "entity", "c", "r", "p"]).astype(dict.fromkeys("crp", "Int64"))


def _plain(firms, columns):
    return [
        tuple(None if pd.isna(v) else v if isinstance(v, str) else int(v) for v in row)
        for row in firms[columns].itertuples(index=False)
    ]


def _compare(found: Folded, sql, firms, names):
    truth = duckdb.query(sql).df().set_index("unit")
    assert len(truth) == 7
    for unit, row in truth.iterrows():
        own = found.of(unit)
        for name in names:
            assert own[name]["value"] == pytest.approx(row[name], rel=1e-12), (unit, name)
        assert own[names[0]]["n"] == row["n"]


def test_growth_agrees_with_duckdb(firms):
    rows = _plain(firms, ["unit", "entity", "c", "r", "p"])
    found = folded("growth", [growing(*own, unit=unit) for unit, *own in rows])
    _compare(found, GROWTH_SQL, firms, ["same_firm", "published_base", "all_firm"])


def test_ratios_and_quantiles_agree_with_duckdb(firms):
    rows = _plain(firms, ["unit", "entity", "c", "r"])
    found = folded("ratio", [two_sided(*own, unit=unit) for unit, *own in rows], line="2.0")
    _compare(found, RATIO_SQL, firms, ["pooled", "median", "mean", "p25", "p75", "share"])
