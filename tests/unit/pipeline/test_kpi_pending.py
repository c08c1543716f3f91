"""Firms whose row stands in quarantine: the reason they are left out, and the mark on figures that use an old value.

All figures by hand. Revenue of 2025 (prior year in the form), revenue of 2024, R&D of 2024, R&D of 2023:

    A  120,000 (100,000)  90,000   3,000  2,999     in quarantine: revenue of 2025, R&D of 2023
    B  -                  90,000   -      -         revenue of 2025
    C   60,000  (50,000)  40,000   3,001  -         revenue of 2024, R&D of 2023
    D  -                  -          900    800     revenue of 2024
    E  -                  -        -      -         revenue of 2025
"""

import pytest

from jobs.kpi.figures import MARK
from tests.support.made_up_province import tables_of
from tests.support.model_frames import event, finance, known, notice, research, undivided

FINANCE = [
    finance("A", "202512", 120_000, 100_000),
    finance("C", "202512", 60_000, 50_000),
    finance("A", "202412", 90_000),
    finance("B", "202412", 90_000),
    finance("C", "202412", 40_000),
]
RESEARCH = [
    research("A", 2024, 3_000),
    research("A", 2023, 2_999),
    research("C", 2024, 3_001),
    research("D", 2024, 900),
    research("D", 2023, 800),
]
WAITING = [
    *[("finance", {"uscc": u, "period": p}) for u, p in (("A", "202512"), ("B", "202512"), ("E", "202512"))],
    *[("finance", {"uscc": u, "period": "202412"}) for u in ("C", "D")],
    *[("rd", {"uscc": u, "year": "2023"}) for u in ("A", "C")],
    ("finance", {"uscc": "A", "period": "202511"}),
    ("notices", {"document_no": "x", "tier": "a", "event": "grant", "name": "企业A"}),
]


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    feeds = {
        "register": map(event, "ABCDE"),
        "notices": map(notice, "ABCDE"),
        "finance": FINANCE,
        "rd": RESEARCH,
    }
    what = known(feeds, quarantined=tuple(WAITING), available={"rd": {2023, 2024}})
    return tables_of(tmp_path_factory.mktemp("pending"), what, ["2025Q4"])


def cell(tables, indicator, reading):
    rows = tables["kpi_region"]
    rows = rows[
        (rows["indicator"] == indicator) & (rows["reading"] == reading) & (rows["region_code"] == "10")
    ]
    (row,) = rows[(rows["tier"] == "a") & undivided(rows)].to_dict("records")
    return row


@pytest.mark.parametrize(
    ("indicator", "reading", "n", "above", "below", "excluded", "pending"),
    [
        ("revenue", "sum", 2, 180_000, None, {"NO_REPORT": 1, "QUARANTINED": 2}, 1),
        ("revenue_growth", "same_firm", 2, 180_000, 150_000, {"NO_REPORT": 1, "QUARANTINED": 2}, 1),
        ("revenue_growth", "published_base", 2, 180_000, 130_000, {"NOT_IN_READING": 3}, 2),
        ("revenue_growth", "all_firm", 2, 180_000, 220_000, {"NOT_IN_READING": 3}, 2),
        ("revenue_growth", "restatement", 2, 20_000, None, {"NOT_IN_READING": 3}, 2),
        ("revenue_growth", "exits", 1, 90_000, None, {"NOT_IN_READING": 4}, 0),
        ("revenue_growth", "entries", 0, 0, None, {"NOT_IN_READING": 5}, 0),
        ("rd_growth", "same_firm", 2, 3_900, 3_799, {"NO_REPORT": 2, "QUARANTINED": 1}, 1),
        (
            "rd_intensity", "pooled", 2, 6_001, 130_000,
            {"MISSING_NUM": 1, "NO_REPORT": 1, "QUARANTINED": 1}, 1,
        ),
        ("covered", "finance", 2, 2, 5, {"NO_REPORT": 1, "QUARANTINED": 2}, 0),
        ("covered", "rd", 3, 3, 5, {"NO_REPORT": 2}, 0),
        ("count", "valid", 5, 5, None, {}, 0),
    ],
)  # fmt: skip
def test_a_figure_counts_its_firms_in_quarantine_and_those_with_an_old_value(
    tables, indicator, reading, n, above, below, excluded, pending
):
    row = cell(tables, indicator, reading)
    assert (row["n"], float(row["numerator"])) == (n, above)
    assert (None if row["denominator"] is None else float(row["denominator"])) == below
    assert dict(row["n_excluded"]) == excluded
    assert (row["n_pending"], row["mark"]) == (pending, MARK if pending else None)


def test_a_firm_s_own_figures_say_what_stands_in_quarantine(tables):
    rows = tables["kpi_enterprise"].set_index(["indicator", "uscc"])
    growth = {u: tuple(rows.loc[("revenue_growth", u), ["label", "mark"]]) for u in "ABCDE"}
    assert growth == {
        "A": ("OK", MARK),
        "B": ("QUARANTINED", None),
        "C": ("OK", None),
        "D": ("NO_REPORT", None),
        "E": ("QUARANTINED", None),
    }
    assert {u: rows.loc[("rd_intensity", u), "mark"] for u in "AC"} == {"A": None, "C": MARK}
    assert {u: rows.loc[("rd_growth", u), "label"] for u in "AC"} == {"A": "OK", "C": "QUARANTINED"}


def test_a_target_says_that_its_figure_waits_for_a_correction(tables):
    rows = tables["target_progress"].set_index(["target_id", "reading"])
    assert rows.loc[("T2", "pooled"), "note"] == "暂定：年报未到，沿用上一年；更正待处理"
    assert rows.loc[("T1", "valid"), "note"] is None
