"""What is published equals the sandbox's own truth, figure by figure; what was planted is found, nothing else."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from infra.sandbox.expected import expected
from tests.house import STOPS, House, delta_rows, ledger_rows

pytestmark = pytest.mark.spark

KEY = ["period", "region_code", "region_level", "tier", "indicator", "reading"]
PERCENT = {"revenue_growth", "rd_intensity", "rd_growth"}
"""Indicators that the truth gives as fractions and the served file in percent."""
ABSOLUTE = {"amount_change"}
RELATIVE = 1e-9

SERVED = f"""
SELECT {", ".join(KEY)}, value, CAST(numerator AS DOUBLE) AS numerator, CAST(denominator AS DOUBLE) AS denominator, n, status
FROM kpi_region WHERE programme = 'JL' AND domain IS NULL AND size_class IS NULL AND industry IS NULL
"""


@pytest.fixture(scope="module")
def truth(loaded_house: House) -> pd.DataFrame:
    frame = expected(loaded_house.seen["truth"], STOPS[-1])
    scale = [
        100.0 if i in PERCENT and r not in ABSOLUTE else 1.0
        for i, r in zip(frame["indicator"], frame["reading"], strict=True)
    ]
    return frame.assign(value=frame["value"] * scale, tier=frame["tier"].fillna("*"))


@pytest.fixture(scope="module")
def served(loaded_house: House) -> pd.DataFrame:
    import duckdb

    with duckdb.connect(str(loaded_house.served_file), read_only=True) as con:
        return con.execute(SERVED).df().assign(tier=lambda f: f["tier"].fillna("*"))


def differing(both: pd.DataFrame, name: str) -> pd.Series:
    """Rows in which a column differs; nothing equals nothing."""
    left, right = both[f"{name}_truth"].astype("float64"), both[f"{name}_served"].astype("float64")
    near = (left - right).abs() <= RELATIVE * left.abs().clip(lower=1.0)
    return ~(near | (left.isna() & right.isna()))


def compared(truth: pd.DataFrame, served: pd.DataFrame) -> pd.DataFrame:
    assert not served.duplicated(KEY).any()
    return truth.merge(
        served, on=KEY, how="left", suffixes=("_truth", "_served"), indicator=True, validate="1:1"
    )


def test_every_true_figure_is_published_with_value_parts_and_number_of_firms(
    truth: pd.DataFrame, served: pd.DataFrame
) -> None:
    both = compared(truth, served)
    # The truth gives no parts of medians and means, and a count's parts are the count.
    wrong = both["_merge"].ne("both") | differing(both, "value") | differing(both, "n")
    parts = ~both["reading"].isin(["median", "mean"]) & both["indicator"].ne("certificate_count")
    wrong |= parts & (differing(both, "numerator") | differing(both, "denominator"))
    table = both.loc[wrong].sort_values(KEY)
    tally = table.groupby(["indicator", "reading", "region_level"]).size()
    assert not wrong.any(), f"{int(wrong.sum())} / {len(both)}\n{tally}\n{table.head(60).to_string()}"
    assert len(both) > 5000


def test_nothing_is_published_that_the_truth_does_not_know(truth: pd.DataFrame, served: pd.DataFrame) -> None:
    """Cells of readings that the truth has at all, but not there, hold no firm."""
    readings = set(zip(truth["indicator"], truth["reading"], strict=True))
    known = served[[p in readings for p in zip(served["indicator"], served["reading"], strict=True)]]
    both = known.merge(truth[KEY], on=KEY, how="left", indicator=True)
    more = both[both["_merge"].eq("left_only") & both["n"].gt(0)]
    # A seed is no certificate: the truth gives its counts only; of all tiers, "or higher" is the same as valid.
    more = more[more["tier"].ne("seed") | more["indicator"].eq("certificate_count")]
    more = more[more["tier"].ne("*") | more["reading"].ne("valid_or_higher")]
    assert more.empty, more.head(40).to_string()


RULES = {
    "bad_uscc": "USCC_CHECK",
    "blank_required": "REQUIRED",
    "text_in_number": "NOT_A_NUMBER",
    "key_conflict": "KEY_CONFLICT",
}


def planted(truth_dir: Path, moment: str) -> pd.DataFrame:
    """Defects of the files that are delivered by a moment."""
    files = pd.read_parquet(truth_dir / "files.parquet")
    seen = set(files.loc[pd.to_datetime(files["delivered"], utc=True) <= pd.Timestamp(moment), "path"])
    defects = pd.read_csv(
        truth_dir / "defects.csv", dtype={"row": "Int64"}, keep_default_na=False, na_values={"row": [""]}
    )
    return defects[defects["file"].isin(seen)]


def test_every_planted_row_is_in_quarantine_with_its_rule_and_nothing_else_is(loaded_house: House) -> None:
    defects = planted(loaded_house.seen["truth"], STOPS[-1])
    wanted_rows = {
        (d["file"], d["sheet"], int(d["row"]), RULES[d["rule"]])
        for d in defects.to_dict("records")
        if d["rule"] in RULES
    }
    rows = delta_rows(f"{loaded_house.env['ZJTX_LAKE']}/quarantine/rows")
    found = {(r["file_name"], r["sheet"], r["row_no"], x["rule"]) for r in rows for x in r["reasons"]}
    assert (sorted(wanted_rows - found), sorted(found - wanted_rows)) == ([], [])
    assert {rule for *_, rule in found} == set(RULES.values())


def test_refused_rows_show_the_value_that_was_planted(loaded_house: House) -> None:
    rows = delta_rows(f"{loaded_house.env['ZJTX_LAKE']}/quarantine/rows")
    values = {(r["file_name"], r["row_no"]): r["reasons"][0]["value"] or "" for r in rows}
    defects = planted(loaded_house.seen["truth"], STOPS[-1])
    shown = defects[defects["rule"].isin(["bad_uscc", "blank_required", "text_in_number"])].to_dict("records")
    assert shown
    assert [d for d in shown if values.get((d["file"], d["row"])) != d["value"]] == []


def test_identical_rows_are_counted_as_duplicates_where_they_were_planted(loaded_house: House) -> None:
    defects = planted(loaded_house.seen["truth"], STOPS[-1])
    twice = Counter(defects.loc[defects["rule"].eq("identical_row"), "file"])
    found = ledger_rows(
        loaded_house,
        "select f.path, b.duplicates from batch b join file f using (file_id) where b.duplicates > 0",
    )
    assert dict(found) == dict(twice) != {}


def test_files_that_cannot_be_read_are_refused_and_no_other(loaded_house: House) -> None:
    defects = planted(loaded_house.seen["truth"], STOPS[-1])
    bad = set(defects.loc[defects["rule"].isin(["no_required_column", "header_only"]), "file"])
    refused = dict(ledger_rows(loaded_house, "select path, reason from file where verdict = 'refused'"))
    assert set(refused) == bad and len(bad) == 2
    for path, reason in refused.items():
        assert reason.startswith(f"{path}：")


def test_no_row_is_lost_in_any_batch(loaded_house: House) -> None:
    lines = "select landed, silver, quarantined, duplicates, f.path from batch b join file f using (file_id)"
    counts = ledger_rows(loaded_house, lines)
    assert [c for c in counts if c[0] != c[1] + c[2] + c[3]] == []
    files = pd.read_parquet(loaded_house.seen["truth"] / "files.parquet").set_index("path")["rows"]
    assert {path: landed for landed, *_, path in counts} == {path: files[path] for *_, path in counts}
    assert len(counts) > 300


def test_the_ledger_counts_without_gaps_and_stops_published_what_the_gate_allowed(
    loaded_house: House,
) -> None:
    sequence = [s for (s,) in ledger_rows(loaded_house, "select seq from batch order by seq")]
    assert sequence == list(range(1, len(sequence) + 1))
    newest = loaded_house.query(
        "select period, status, revision, provisional from publication where programme = 'JL' order by period"
    )
    assert [(p, s) for p, s, *_ in newest] == [(f"2025Q{q}", "complete") for q in range(1, 5)] + [
        ("2026Q1", "complete"),
        ("2026Q2", "complete"),
    ]
    # 2026Q1 was out in April without one unit, whose file had no data, and again when it was in.
    states = ledger_rows(
        loaded_house, "select status, revision, state from release where period = '2026Q1' order by seq"
    )
    assert states == [("partial", 1, "approved"), ("complete", 2, "approved")]
