"""A computation from end to end on a small made-up province: places, scope, periods, empty cells."""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from jobs.definitions.contract import load_table
from jobs.pipeline.tables import ROSTER
from jobs.targets.closing import Closing, Stood
from tests.support.certificate_frames import notice
from tests.support.made_up_province import tables_of
from tests.support.model_frames import event, finance, known, research, undivided

UNASSIGNED = "unassigned"
REGISTER = [
    event("A"),
    event("B"),
    event("C", county="121"),
    event("D", county="129"),  # former code of 112: now in the eastern unit
    event("E"),
    event("E", change="close", on="2025-05-01", seq=2),
    event("F"),
    event("F", county="121", change="move", on="2025-08-01", seq=3, domain=None),
]
NOTICES = [
    *[notice(f) for f in "ABCDEF"],
    notice("B", tier="b", on="2024-08-01"),
    notice(None, name="无码企业", where=("东山市", "东二县")),
    notice("G", where=("西河市", "西一县")),  # not in the register: printed place
    notice("H", where=("外省市", "外县")),  # nowhere
    notice("S", tier="seed", where=("西河", None)),
]
FINANCE = [
    *[finance(f, "202512", 120_000, 100_000) for f in "ABCD"],
    *[finance(f, "202412", 90_000, 80_000) for f in "ABCD"],
    finance("F", "202512", 50_000, None),
    *[finance(f, "202503", 30_000, 20_000) for f in "AB"],
]
RD_ROWS = [
    *[research(f, y, 3_000 + y - 2024) for f in "ABC" for y in (2023, 2024, 2025)],
    research("D", 2024, 900),
]


WINTER = date(2026, 1, 20)
FROZEN = Stood("R5", WINTER, WINTER, {
    "value": 2.0, "today_value": 2.0, "target_value": 3.0, "today_state": "未达到", "closable": True,
    "numerator": Decimal(2), "denominator": None, "n": 2,
    "gap": -1.0, "level_ratio": 2 / 3, "expected": None, "pace": None, "reference_period": "2025-12-31",
    "reference_date": date(2025, 12, 31), "source": "notices", "note": None,
})  # fmt: skip
"""How a release approved before the lag was over had the count."""


KNOWN = known(
    {"register": REGISTER, "notices": NOTICES, "finance": FINANCE, "rd": RD_ROWS},
    available={"rd": {2023, 2024}},
)
PERIODS = ["2025Q1", "2025Q4"]


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    closing = Closing(date(2026, 7, 20), "R9", {("T1", "count", "valid", "a"): {"2025Q4": [FROZEN]}})
    return tables_of(tmp_path_factory.mktemp("tables"), KNOWN, PERIODS, closing)


def _cell(tables, indicator, reading, region="10", tier="a", period="2025Q4", level=None):
    table = tables["kpi_region"]
    same_tier = table["tier"].isna() if tier is None else table["tier"] == tier
    rows = table[
        (table["indicator"] == indicator)
        & (table["reading"] == reading)
        & (table["region_code"] == region)
        & (table["period"] == period)
        & same_tier
        & undivided(table)
    ]
    assert len(rows) == 1
    return rows.iloc[0]


def test_every_table_keeps_its_contract(tables):
    # The tiers of this test are made up, so code lists of tiers are left to the contract's own tests.
    for name, frame in tables.items():
        if name == ROSTER:
            continue
        contract = load_table(name)
        # Files that grow with enterprises lie in a folder of their release.
        columns = [c for c in contract.columns if c.name != "release"]
        assert {c.name for c in columns} == set(frame.columns) - {"release"}, name
        assert not frame.duplicated([k for k in contract.key if k != "release"]).any(), name
        for column in columns:
            if column.required:
                assert frame[column.name].notna().all(), (name, column.name)
            if column.prop.enum and "tier" not in column.name:
                codes = {e.value for e in column.prop.enum}
                assert set(frame[column.name].dropna()) <= codes, (name, column.name)


def test_feeds_are_asked_for_firms_with_a_place_a_code_and_a_certificate_that_have_not_closed(tables):
    """E has closed in May, S is a seed only, H lies nowhere, one has no code."""
    found = {p: "".join(sorted(own["uscc"])) for p, own in tables[ROSTER].groupby("period")}
    assert found == {"2025Q1": "ABCDEFG", "2025Q4": "ABCDFG"}
    assert dict(tables[ROSTER].query("period == '2025Q4'")[["uscc", "unit"]].values)["F"] == "12"


def test_closed_firm_keeps_its_certificate_until_withdrawal_or_expiry(tables):
    assert _cell(tables, "count", "valid", period="2025Q1")["value"] == 8
    assert _cell(tables, "count", "valid")["value"] == 8
    assert _cell(tables, "count", "ever")["value"] == 8


def test_moved_firm_counts_in_its_present_unit(tables):
    assert [_cell(tables, "count", "valid", u, period="2025Q1")["value"] for u in ("11", "12")] == [6, 2]
    assert [_cell(tables, "count", "valid", u)["value"] for u in ("11", "12")] == [5, 3]


def test_former_code_counts_under_the_present_county(tables):
    assert _cell(tables, "count", "valid", "112")["value"] == 2


def test_holder_nowhere_on_the_map_is_shown_apart_and_in_no_cell(tables):
    assert _cell(tables, "count", "unlocated")["value"] == 1


def test_units_add_up_to_the_province_in_every_additive_reading(tables):
    table = tables["kpi_region"]
    additive = table[table["reading"].isin(["valid", "ever", "sum", "amount_change", "entries", "exits"])]
    additive = additive[additive["size_class"].isna() & additive["industry"].isna()]
    keys = ["period", "tier", "domain", "indicator", "reading"]
    for level in ("unit", "county"):
        whole = additive[additive["region_level"] == "province"].groupby(keys, dropna=False)["value"].sum()
        parts = additive[additive["region_level"] == level].groupby(keys, dropna=False)["value"].sum()
        if level == "county":  # counties have no domains, and one seed is only known by its unit
            whole = whole[
                (whole.index.get_level_values("domain").isna())
                & (whole.index.get_level_values("tier") == "a")
            ]
            parts = parts.reindex(whole.index)
        pd.testing.assert_series_equal(whole, parts, check_names=False)


@pytest.mark.parametrize("dimension", ["domain", "industry", "size_class"])
def test_the_parts_of_a_dimension_add_up_to_all(tables, dimension):
    table = tables["kpi_region"]
    rows = table[(table["indicator"] == "count") & (table["reading"] == "valid") & table["tier"].isna()]
    rows = rows[(rows["region_level"] == "province") & (rows["period"] == "2025Q4")]
    whole = rows.loc[undivided(rows), "value"].item()
    assert rows.loc[rows[dimension].notna(), "value"].sum() == whole
    assert UNASSIGNED in set(rows[dimension])


def test_reasons_and_n_add_up_to_the_scope_in_every_row(tables):
    table = tables["kpi_region"]
    total = table["n_excluded"].map(lambda m: sum(dict(m).values())) + table["n"]
    assert (total == table["n_scope"]).all()


def test_year_end_without_yearly_forms_shows_the_year_before_as_provisional(tables):
    row = _cell(tables, "rd_growth", "same_firm")
    assert (row["reference_period"], row["provisional"]) == ("2024年度", True)
    assert row["value"] == pytest.approx(100 * (3 * 3000 - 3 * 2999) / (3 * 2999))
    within = _cell(tables, "rd_intensity", "pooled", period="2025Q1")
    assert (within["reference_period"], within["provisional"]) == ("2024年度", False)
    assert within["value"] == pytest.approx(100 * 9900 / 360_000)


def test_growth_is_by_the_forms_own_base_beside_the_published_one(tables):
    row = _cell(tables, "revenue_growth", "same_firm")
    assert row["value"] == pytest.approx(20)
    assert (row["n"], row["status"], row["months"]) == (4, "FEW", 12)
    assert row["n_excluded"] == [("NEW", 1), ("NO_REPORT", 3)] or dict(row["n_excluded"]) == {
        "NEW": 1,
        "NO_REPORT": 3,
    }
    assert _cell(tables, "revenue_growth", "published_base")["value"] == pytest.approx(100 / 3)


def test_unit_without_holders_of_an_awarded_tier_has_the_count_0(tables):
    assert _cell(tables, "count", "valid", "12", tier="b")["value"] == 0


def test_tier_of_which_no_notice_is_known_has_no_count_at_all(tmp_path):
    found = tables_of(tmp_path, known({"register": REGISTER, "notices": [notice("B", tier="b")]}), ["2025Q4"])
    valid = _cell(found, "count", "valid")
    assert (pd.isna(valid["value"]), valid["status"]) == (True, "EMPTY")
    assert _cell(found, "count", "valid_or_higher")["value"] == 1
    (verdict,) = found["target_progress"].query("target_id == 'T1'").to_dict("records")
    assert verdict["state"] == "无数据"
    assert verdict["state_reason"] == "缺2025-12-31的notices；期限2025-12-31已过，尚未结账"


def test_certified_leaves_libraries_out(tables):
    assert _cell(tables, "count", "valid", tier=None)["value"] == 8
    assert _cell(tables, "count", "valid_or_higher", tier="seed")["value"] == 9


def test_coverage_table_counts_expected_and_reported(tables):
    rows = tables["coverage"].set_index(["period", "feed", "region_code", "tier"])
    row = rows.loc[("2025Q4", "finance", "10", "a")]
    assert (row["expected"], row["reported"]) == (8, 5)


def test_enterprise_rows_lead_back_to_the_line_of_the_file(tables):
    rows = tables["kpi_enterprise"]
    row = rows[
        (rows["uscc"] == "B") & (rows["period"] == "2025Q4") & (rows["indicator"] == "revenue_growth")
    ].iloc[0]
    assert (row["batch_id"], row["file_name"], row["row_no"], row["label"]) == ("b1", "finance.csv", 2, "OK")
    assert row["value"] == pytest.approx(20)
    labels = rows[(rows["period"] == "2025Q4") & (rows["indicator"] == "revenue_growth")].set_index("uscc")[
        "label"
    ]
    assert (labels["F"], labels["G"]) == ("NEW", "NO_REPORT")


def test_statement_names_all_tiers_and_the_end_of_the_highest(tables):
    row = tables["enterprise_statement"].set_index(["period", "uscc"]).loc[("2025Q4", "B")]
    assert (row["tiers"], row["highest_tier"]) == ("a,b", "b")
    assert str(row["certificate_valid_to"]) == "2027-07-31"
    assert (row["rd_year"], row["months"], row["county_name"]) == (2024, 12, "东一县")
    assert float(row["rd_intensity"]) == pytest.approx(100 * 3000 / 90_000)


def test_frozen_verdict_stands_with_todays_value_beside(tables):
    row = (
        tables["target_progress"].set_index(["period", "target_id", "reading"]).loc[("2025Q4", "T1", "valid")]
    )
    assert (row["state"], row["value"], row["frozen_value"], row["frozen_release"]) == ("未达成", 2, 2, "R5")
    assert (row["today_value"], row["today_state"], row["revised_value"]) == (8, "达到", 8)
    before = (
        tables["target_progress"].set_index(["period", "target_id", "reading"]).loc[("2025Q1", "T1", "valid")]
    )
    assert (before["state"], before["frozen_state"]) == ("进行中", None)


def test_share_of_firms_without_a_required_share_is_only_shown(tables):
    rows = tables["target_progress"].set_index(["period", "target_id", "reading"])
    row = rows.loc[("2025Q4", "T2", "share")]
    assert row["state"] == "进行中"
    assert pd.isna(row["target_value"])
    assert row["value"] == pytest.approx(75)


def test_ranking_of_two_units_and_what_moved(tables):
    rows = tables["region_ranking"].set_index(["period", "region_code"])
    assert rows.loc[("2025Q4", "11"), "rank"] == 1
    assert rows.loc[("2025Q4", "11"), "status"] == "排名"
    parts = tables["ranking_component"]
    own = parts[(parts["period"] == "2025Q4") & (parts["region_code"] == "11")]
    assert own["contribution"].sum() == pytest.approx(rows.loc[("2025Q4", "11"), "score"])


def test_absent_feed_leaves_no_data_and_names_the_report(tmp_path):
    found = tables_of(tmp_path, known({"register": REGISTER, "notices": NOTICES}), ["2025Q4"])
    row = found["target_progress"].set_index(["target_id", "reading"]).loc[("T2", "pooled")]
    assert row["state"] == "无数据"
    assert pd.isna(row["value"])
    assert row["state_reason"] == "缺2025年度的rd、finance；期限2025-12-31已过，尚未结账"
