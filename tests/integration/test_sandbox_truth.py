"""What is published equals the sandbox's own truth, figure by figure; what was planted is found, nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from infra.sandbox.delivery import incidents
from infra.sandbox.delivery.schedule import REFUSED
from infra.sandbox.truth.expected import expected
from tests.support.installation import SANDBOX_FEEDS, STOPS, Installation, delta_rows, ledger_rows
from tests.support.planted_defects import RULES, planted

pytestmark = pytest.mark.spark

KEY = ["period", "region_code", "region_level", "tier", "indicator", "reading"]
RELATIVE = 1e-9

SERVED = f"""
SELECT {", ".join(KEY)}, value, numerator, denominator, n
FROM kpi_region WHERE programme = 'JL' AND domain IS NULL AND size_class IS NULL AND industry IS NULL
"""
NOT_ASKED = {
    "equity_centre_coverage",
    "guarantee_fee_average",
    "library_revenue",
    "listed_new",
    "main_business_share",
}
"""Known to the truth, but only policies of other provinces ask for them."""
ELSEWHERE = {
    "certificate_new": "first grants and documents: counted by hand in the unit tests of flows",
    "tier_flow": "what moved between two dates: balanced against a count day by day in the unit tests of flows",
}
"""Published figures that the truth does not give, and where they are checked."""
NO_SIDES = {"srdi_loan_rate_gap"}
"""A difference: its sides are those of one fraction, only their quotient says anything."""


@pytest.fixture(scope="module")
def truth(loaded_installation: Installation) -> pd.DataFrame:
    frame = expected(loaded_installation.seen["truth"], STOPS[-1])
    return frame[~frame["indicator"].isin(NOT_ASKED)].assign(tier=frame["tier"].fillna("*"))


@pytest.fixture(scope="module")
def served(loaded_installation: Installation) -> pd.DataFrame:
    import duckdb

    with duckdb.connect(str(loaded_installation.served_file), read_only=True) as con:
        # By way of Arrow, exact amounts stay exact.
        frame = con.execute(SERVED).to_arrow_table().to_pandas()
    return frame.assign(tier=frame["tier"].fillna("*"))


def differing(both: pd.DataFrame, name: str) -> pd.Series:
    """Rows in which a column differs; nothing equals nothing."""
    left, right = both[f"{name}_truth"], both[f"{name}_served"]
    nothing = left.isna() & right.isna()
    if name != "value":
        return ~(left.eq(right) | nothing)
    near = (left - right).abs() <= RELATIVE * left.abs().clip(lower=1.0)
    return ~(near | nothing)


def compared(truth: pd.DataFrame, served: pd.DataFrame) -> pd.DataFrame:
    """Return each true figure with the published one, and whether they differ."""
    assert not served.duplicated(KEY).any()
    both = truth.merge(
        served, on=KEY, how="left", suffixes=("_truth", "_served"), indicator=True, validate="1:1"
    )
    sides = ~both["indicator"].isin(NO_SIDES)
    wrong = both["_merge"].ne("both") | differing(both, "value") | differing(both, "n")
    wrong |= sides & (differing(both, "numerator") | differing(both, "denominator"))
    return both.assign(wrong=wrong)


def beyond(truth: pd.DataFrame, served: pd.DataFrame, places: set[str]) -> pd.DataFrame:
    """Return the published figures, with a value or anybody behind them, that the truth does not have."""
    said = served[served["value"].notna() | served["n"].gt(0)]
    both = said.merge(truth[KEY], on=KEY, how="left", indicator=True)
    more = both[both["_merge"].eq("left_only") & ~both["indicator"].isin(ELSEWHERE)]
    # Development zones have codes of their own; no firm of the sandbox lies in one, and that is counted.
    nobody = (
        more["indicator"].eq("certificate_count") & more["value"].eq(0) & ~more["region_code"].isin(places)
    )
    return more[~nobody]


def test_every_true_figure_is_published_with_value_parts_and_number_of_firms(
    truth: pd.DataFrame, served: pd.DataFrame
) -> None:
    both = compared(truth, served)
    table = both[both["wrong"]].sort_values(KEY)
    tally = table.groupby(["indicator", "reading", "region_level"]).size().to_string()
    assert table.empty, f"{len(table)} / {len(both)}\n{tally}\n{table.head(60).to_string()}"
    assert len(both) > 100_000


def test_nothing_is_published_that_the_truth_does_not_know(
    truth: pd.DataFrame, served: pd.DataFrame, loaded_installation: Installation
) -> None:
    regions = pd.read_parquet(loaded_installation.seen["truth"] / "regions.parquet")
    places = {*regions["county_code"], *regions["unit_code"], "220000"}
    more = beyond(truth, served, places)
    tally = more.groupby(["indicator", "reading", "region_level"]).size().to_string()
    assert more.empty, f"{len(more)}\n{tally}\n{more.head(40).to_string()}"


def test_the_truth_answers_every_indicator_of_the_programme_or_says_why_not(
    truth: pd.DataFrame, served: pd.DataFrame
) -> None:
    """Without forms of 2022 nothing is known of some."""
    from jobs.definitions.policy.model import load

    wanted = {use.id for use in load("JL").indicators}
    assert wanted.isdisjoint(NOT_ASKED)
    assert set(ELSEWHERE) <= wanted
    silent = wanted - set(truth["indicator"]) - set(ELSEWHERE)
    said = served[served["value"].notna()]
    assert silent.isdisjoint(said["indicator"])


SHOWN = set(RULES) - {"key_conflict"}
"""Rules whose reason gives the value as it stands in the file."""


def refused_rows(installation: Installation) -> list[dict[str, Any]]:
    """Rows of files in quarantine; those of the services are counted in ``test_source_services.py``."""
    rows = delta_rows(f"{installation.env['ZJTX_LAKE']}/quarantine/rows")
    return [r for r in rows if r["feed"] in SANDBOX_FEEDS]


def found_and_planted(
    installation: Installation,
) -> tuple[set[tuple[str, str, int, str]], set[tuple[str, str, int, str]]]:
    """Rows as (file, sheet, row, rule): in quarantine, and planted."""
    defects = planted(installation.seen["truth"], STOPS[-1])
    wanted = {
        (d["file"], d["sheet"], int(d["row"]), RULES[d["rule"]])
        for d in defects.to_dict("records")
        if d["rule"] in RULES
    }
    rows = refused_rows(installation)
    return {(r["file_name"], r["sheet"], r["row_no"], x["rule"]) for r in rows for x in r["reasons"]}, wanted


def finding_table(installation: Installation) -> pd.DataFrame:
    """Per feed: defects planted, found, missed, false alarms, and clean rows of the files that were read."""
    found, wanted = found_and_planted(installation)
    lines = "select f.path, b.feed, b.landed from batch b join file f using (file_id)"
    batches = ledger_rows(installation, f"{lines} where b.feed in {SANDBOX_FEEDS}")
    feed_of = {path: feed for path, feed, _ in batches}
    counts = {
        "planted": wanted, "found": wanted & found, "missed": wanted - found, "false_alarms": found - wanted,
    }  # fmt: skip
    table = pd.DataFrame({n: pd.Series(Counter(feed_of[r[0]] for r in rows)) for n, rows in counts.items()})
    landed = pd.DataFrame(batches, columns=["path", "feed", "landed"]).groupby("feed")["landed"].sum()
    spoilt = pd.Series(Counter(feed_of[path] for path, _ in {(r[0], r[2]) for r in wanted}))
    table["clean_rows"] = landed.sub(spoilt, fill_value=0)
    return table.fillna(0).astype(int).sort_index()


def test_every_planted_row_is_in_quarantine_with_its_rule_and_nothing_else_is(
    loaded_installation: Installation,
) -> None:
    found, wanted = found_and_planted(loaded_installation)
    table = finding_table(loaded_installation)
    print(f"\n{table.to_string()}")
    misses = "\n".join(f"漏 {r}" for r in sorted(wanted - found))
    alarms = "\n".join(f"误 {r}" for r in sorted(found - wanted))
    assert (misses, alarms) == ("", "")
    assert {rule for *_, rule in found} == set(RULES.values())
    assert set(table.index) == set(SANDBOX_FEEDS)
    assert (table["planted"] > 0).all() and (table["clean_rows"] > table["planted"]).all()


def test_refused_rows_show_the_value_that_was_planted(loaded_installation: Installation) -> None:
    rows = refused_rows(loaded_installation)
    values = {(r["file_name"], r["row_no"]): r["reasons"][0]["value"] or "" for r in rows}
    defects = planted(loaded_installation.seen["truth"], STOPS[-1])
    shown = defects[defects["rule"].isin(SHOWN)].to_dict("records")
    assert shown
    assert [d for d in shown if values.get((d["file"], d["row"])) != d["value"]] == []


def test_identical_rows_are_counted_as_duplicates_where_they_were_planted(
    loaded_installation: Installation,
) -> None:
    defects = planted(loaded_installation.seen["truth"], STOPS[-1])
    twice = Counter(defects.loc[defects["rule"].eq("identical_row"), "file"])
    found = ledger_rows(
        loaded_installation,
        "select f.path, b.duplicates from batch b join file f using (file_id) where b.duplicates > 0 "
        f"and b.feed in {SANDBOX_FEEDS}",
    )
    assert dict(found) == dict(twice) != {}


def test_files_that_cannot_be_read_are_refused_and_no_other(loaded_installation: Installation) -> None:
    defects = planted(loaded_installation.seen["truth"], STOPS[-1])
    bad = set(defects.loc[defects["rule"].isin(REFUSED), "file"])
    refused = dict(
        ledger_rows(loaded_installation, "select path, reason from file where verdict = 'refused'")
    )
    assert set(refused) == bad and len(bad) == len(REFUSED)
    for path, reason in refused.items():
        assert reason.startswith(f"{path}：")


def test_a_file_sent_twice_is_read_once_and_one_that_comes_back_counts_again(
    loaded_installation: Installation,
) -> None:
    files = pd.read_parquet(loaded_installation.seen["truth"] / "files.parquet")
    same = set(files.loc[files["status"].eq("unchanged"), "path"])
    assert {
        p for (p,) in ledger_rows(loaded_installation, "select path from file where verdict = 'unchanged'")
    } == same
    assert len(same) == 1
    stem = incidents.ROUND_TRIP.removesuffix(".xlsx")
    lines = ledger_rows(
        loaded_installation,
        f"select f.sha256, f.verdict from file f join batch b using (file_id) where f.path like '{stem}%' order by b.seq",
    )
    assert [v for _, v in lines] == ["accepted"] * 3
    assert lines[0][0] == lines[2][0] != lines[1][0]


def test_firms_that_a_correction_leaves_out_are_withdrawn(loaded_installation: Installation) -> None:
    withdrawn = dict(
        ledger_rows(
            loaded_installation,
            "select f.path, b.withdrawn from batch b join file f using (file_id) where b.withdrawn > 0",
        )
    )
    path = "stat/220100/103/103_220100_2025"
    rows = pd.read_parquet(loaded_installation.seen["truth"] / "finance.parquet")
    keys = {
        m: set(map(tuple, rows.loc[rows["path"].eq(f"{path}{m}.csv"), ["uscc", "period"]].to_numpy()))
        for m in ("", "_r2")
    }
    gone = keys[""] - keys["_r2"]
    lost = planted(loaded_installation.seen["truth"], STOPS[-1])
    lost = lost[lost["file"].eq(f"{path}.csv") & lost["rule"].isin(RULES)]
    unread = set(map(tuple, lost[["uscc", "period"]].to_numpy()))
    assert len({u for u, _ in gone}) == incidents.LEFT_OUT
    assert withdrawn[f"{path}_r2.csv"] == len(gone - unread)


LATEST = {
    # feed: (file of the truth, key in the truth, column of the truth, column of silver, how much of it is one)
    "stat_staff": ("staff", ["uscc", "period"], "payroll", "payroll", 1000),
    "stat_rd_projects": ("projects", ["uscc", "year", "project_no"], "spending", "spending", 1000),
    "dept_report": ("reports", ["period", "item_code", "region_code", "basis"], "value", "value", 1),
    "dept_patent": ("patents", ["uscc", "period"], "pledge_amount", "pledge_amount", 1000),
    "dept_power": ("power", ["uscc", "period"], "kwh", "kwh", 1),
    "dept_credit_list": ("credit", ["uscc", "kind", "listed_on"], "removed_on", "removed_on", None),
    "srdi_annual": ("annual", ["uscc", "year"], "main_revenue", "main_revenue", 1000),
    "ticket": ("tickets", ["ticket_no"], "closed_on", "closed_on", None),
}
WORDS = {
    "累计": "cumulative",
    "当季": "quarter",
    "经营异常名录": "abnormal",
    "严重违法失信名单": "illegal",
    "失信被执行人": "debtor",
}


def true_rows(truth: Path, feed: str) -> dict[tuple[str, ...], object]:
    """Key -> value of what counts at the last stop: rows that are not spoilt, of the latest file that has the key."""
    name, key, column, _, factor = LATEST[feed]
    files = pd.read_parquet(truth / "files.parquet")
    files["delivered"] = pd.to_datetime(files["delivered"], utc=True)
    files = files[(files["delivered"] <= pd.Timestamp(STOPS[-1])) & files["status"].eq("good")]
    files = files.sort_values("delivered").drop_duplicates(["feed", "reporter", "scope"], keep="last")
    rows = pd.read_parquet(truth / f"{name}.parquet").merge(files[["path", "delivered"]], on="path")
    defects = planted(truth, STOPS[-1])
    lost = pd.MultiIndex.from_frame(defects.loc[defects["rule"].isin(RULES), ["file", "row"]])
    rows = rows[~pd.MultiIndex.from_frame(rows[["path", "row"]].astype({"row": "Int64"})).isin(lost)]
    rows = rows.sort_values(["delivered", "path"]).drop_duplicates(key, keep="last")
    values = (
        rows[column].dt.date.astype(object).where(rows[column].notna(), None)
        if factor is None
        else [Decimal(str(value)) * factor for value in rows[column]]
    )
    return dict(zip(map(plain, rows[key].itertuples(index=False)), values, strict=True))


def plain(key: Iterable[object]) -> tuple[str, ...]:
    return tuple(WORDS.get(str(k), str(k)[:10] if isinstance(k, pd.Timestamp) else str(k)) for k in key)


@pytest.mark.parametrize("feed", LATEST)
def test_the_feeds_without_an_indicator_hold_what_the_truth_says(loaded: Installation, feed: str) -> None:
    _, key, _, column, _ = LATEST[feed]
    held = {plain(r[k] for k in key): r[column] for r in loaded.rows(feed)}
    wanted = true_rows(loaded.seen["truth"], feed)
    assert (sorted(set(wanted) - set(held)), sorted(set(held) - set(wanted))) == ([], [])
    assert {k: (held[k], wanted[k]) for k in wanted if held[k] != wanted[k]} == {}
    assert len(wanted) > 20


def test_no_row_is_lost_in_any_batch(loaded_installation: Installation) -> None:
    lines = "select landed, silver, quarantined, duplicates, f.path from batch b join file f using (file_id)"
    everything = ledger_rows(loaded_installation, lines)
    assert [c for c in everything if c[0] != c[1] + c[2] + c[3]] == []
    counts = ledger_rows(loaded_installation, f"{lines} where b.feed in {SANDBOX_FEEDS}")
    files = pd.read_parquet(loaded_installation.seen["truth"] / "files.parquet").set_index("path")["rows"]
    assert {path: landed for landed, *_, path in counts} == {path: files[path] for *_, path in counts}
    assert len(counts) > 300


def test_the_ledger_counts_without_gaps_and_stops_published_what_the_gate_allowed(
    loaded_installation: Installation,
) -> None:
    sequence = [s for (s,) in ledger_rows(loaded_installation, "select seq from batch order by seq")]
    assert sequence == list(range(1, len(sequence) + 1))
    newest = loaded_installation.query(
        "select period, status, revision, provisional from publication where programme = 'JL' order by period"
    )
    assert [(p, s) for p, s, *_ in newest] == [(f"2025Q{q}", "complete") for q in range(1, 5)] + [
        ("2026Q1", "complete"),
        ("2026Q2", "complete"),
    ]
    # 2026Q1 was out in April without one unit, whose file had no data, and again when it was in.
    states = ledger_rows(
        loaded_installation,
        "select status, revision, state from release where period = '2026Q1' order by seq",
    )
    assert states == [("partial", 1, "approved"), ("complete", 2, "approved")]
