"""What the tax interface and the finance database give is in silver, figure by figure; what was planted is found."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from infra.sandbox.services.changes import COUNT, TEXTUAL, TWICE, YUAN, Source, current
from infra.sandbox.services.finance_db import TABLES
from infra.sandbox.services.tax_rows import DEDUCTION, INCOME, INVOICES, VAT
from jobs.definitions.contract import Column, load_feed
from tests.support.builder import Builder
from tests.support.installation import Installation, delta_rows, ledger_rows, take_in, wanted

pytestmark = pytest.mark.spark

SOURCES = {s.feed: s for s in (VAT, INCOME, DEDUCTION, INVOICES, *TABLES)}
FIRST, LAST = "2026-01-20T09:00:00+08:00", "2027-06-02T09:00:00+08:00"
RULES = {"bad_uscc": "USCC_CHECK", "blank_required": "REQUIRED", "text_in_number": "NOT_A_NUMBER"}


@pytest.fixture(scope="module")
def taken(platform: Any, sandbox: Path, installations: Builder) -> Iterator[Installation]:
    """An installation that polled the ten feeds of the services at two business times."""
    from infra.local.finance import fill

    platform.start(["tax"])
    fill(platform.site)
    clock = platform.site.home / "clock"
    before = clock.read_text(encoding="utf-8")
    installation = installations.new()
    installation.seen["truth"] = sandbox
    real = {
        k: v
        for k, v in wanted(platform.env()).items()
        if k in ("AIRFLOW_CONN_TAX_API", "AIRFLOW_CONN_FINANCE_DB")
    }
    with installation.active(**real):
        for moment in (FIRST, LAST):
            clock.write_text(moment, encoding="utf-8")
            installation.at(moment)
            installation.seen[moment] = take_in(SOURCES)
    clock.write_text(before, encoding="utf-8")
    yield installation
    installations.drop(installation)


def column_of(source: Source, field: str) -> Column:
    """Return the contract's column that takes a field."""
    (column,) = [c for c in load_feed(source.feed).columns if field in c.headers]
    return column


def true_value(column: Column, kind: str, value: Any) -> Any:
    """Return what silver must hold for a true value of the sandbox."""
    if pd.isna(value):
        return None
    if kind == YUAN:
        return Decimal(int(value)) / 100
    if kind == TEXTUAL and column.codes:
        return column.codes[value]
    if column.type.startswith("DECIMAL"):
        return Decimal(str(value))
    return int(value) if kind == COUNT or column.type in ("INT", "BIGINT") else str(value)


def truth_rows(installation: Installation, feed: str, moment: str) -> dict[tuple[str, ...], dict[str, Any]]:
    """Return the sandbox's current records by key, in the contract's columns and units."""
    source = SOURCES[feed]
    columns = {field: column_of(source, field) for field in source.fields}
    records = current(installation.seen["truth"], feed, moment).to_dict("records")
    made = [
        {c.name: true_value(c, source.fields[f], r[f]) for f, c in columns.items()}
        | {"change_no": r["change_no"]}
        for r in records
    ]
    return {tuple(str(r[k]) for k in load_feed(feed).key): r for r in made}


def silver_rows(
    installation: Installation, feed: str, known_by: int
) -> dict[tuple[str, ...], dict[str, Any]]:
    """Return the pipeline's rows by key."""

    def plain(value: Any) -> Any:
        return value.isoformat() if hasattr(value, "isoformat") else value

    contract = load_feed(feed)
    names = [c.name for c in contract.columns if c.name != "updated_at"]
    with installation.active():
        rows = installation.rows(feed, known_by)
    return {tuple(str(r[k]) for k in contract.key): {n: plain(r[n]) for n in names} for r in rows}


def seq_at(installation: Installation, moment: str) -> int:
    return max(b.seq for result in installation.seen[moment].values() for b in result.accepted)


@pytest.mark.parametrize("moment", [FIRST, LAST], ids=["first poll", "second poll"])
@pytest.mark.parametrize("feed", SOURCES)
def test_silver_equals_the_truth_figure_by_figure(taken: Installation, feed: str, moment: str) -> None:
    """Also the first state after the second poll: what was corrected since is still read as it was."""
    wanted_rows, found = truth_rows(taken, feed, moment), silver_rows(taken, feed, seq_at(taken, moment))
    assert len(wanted_rows) > 0
    assert (sorted(set(wanted_rows) - set(found)), sorted(set(found) - set(wanted_rows))) == ([], [])
    wrong = {k: (row, found[k]) for k, row in wanted_rows.items() if row != found[k]}
    assert not wrong, list(wrong.items())[:3]


@pytest.mark.parametrize("feed", ["tax_vat", "fin_loan"])
def test_the_second_poll_brought_corrections_and_only_what_changed(taken: Installation, feed: str) -> None:
    key = list(SOURCES[feed].key)
    truth = pd.read_parquet(taken.seen["truth"] / f"{feed}.parquet")
    now, then = (pd.Timestamp(m).timestamp() for m in (LAST, FIRST))
    corrected = truth[
        truth["superseded"].notna() & (truth["published"] <= then) & (truth["superseded"] > then)
    ]
    assert len(corrected) > 0
    (second,) = taken.seen[LAST][feed].accepted
    mark = truth.loc[truth["published"] <= then, "change_no"].max()
    visible = truth[(truth["published"] > then) & (truth["published"] <= now) & truth["superseded"].isna()]
    assert second.landed == len(visible)
    before, after = (silver_rows(taken, feed, seq_at(taken, m)) for m in (FIRST, LAST))
    names = [column_of(SOURCES[feed], k).name for k in key]
    order = load_feed(feed).key
    for record in corrected.to_dict("records"):
        values = dict(zip(names, (str(record[k]) for k in key), strict=True))
        place = tuple(values[n] for n in order)
        assert after[place]["change_no"] > mark >= before[place]["change_no"]


def planted(installation: Installation) -> pd.DataFrame:
    """Return the planted defects; all are visible in the end."""
    return pd.read_csv(installation.seen["truth"] / "change_defects.csv", keep_default_na=False)


def test_every_planted_defect_is_found_with_its_reason_and_there_is_no_false_alarm(
    taken: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    defects = planted(taken)
    rows = [r for r in delta_rows(f"{taken.env['ZJTX_LAKE']}/quarantine/rows") if r["feed"] in SOURCES]
    found = {
        (r["feed"], int(dict(r["cells"])["change_no"]), x["rule"], x["column"], x["value"] or "")
        for r in rows
        for x in r["reasons"]
    }
    harmful = defects[defects["rule"] != TWICE].to_dict("records")
    wanted_rows = {
        (
            d["feed"],
            d["change_no"],
            RULES[d["rule"]],
            column_of(SOURCES[d["feed"]], d["column"]).name,
            d["value"],
        )
        for d in harmful
    }
    lines = [f"{'数据源':16}{'植入':>6}{'查出':>6}{'漏查':>6}{'误报':>6}{'重复':>6}{'干净行':>8}"]
    for feed in SOURCES:
        batches = [b for m in (FIRST, LAST) for b in taken.seen[m][feed].accepted]
        own = [{w for w in rows_ if w[0] == feed} for rows_ in (wanted_rows, found)]
        lines.append(
            f"{feed:18}{len(own[0]):>7}{len(own[0] & own[1]):>8}{len(own[0] - own[1]):>8}{len(own[1] - own[0]):>8}"
            f"{sum(b.duplicates for b in batches):>8}{sum(b.silver for b in batches):>10}"
        )
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert (sorted(wanted_rows - found), sorted(found - wanted_rows)) == ([], [])
    assert {d["rule"] for d in harmful} == set(RULES)
    assert set(defects["feed"]) == set(SOURCES)


def test_records_that_stand_twice_are_counted_as_duplicates(taken: Installation) -> None:
    defects = planted(taken)
    twice = defects[defects["rule"] == TWICE].groupby("feed").size().to_dict()
    counted = dict(ledger_rows(taken, "select feed, sum(duplicates)::int from batch group by feed"))
    assert counted == twice
    assert set(twice) == set(SOURCES)


def test_rows_add_up_in_every_batch(taken: Installation) -> None:
    lines = ledger_rows(taken, "select landed, silver, quarantined, duplicates, withdrawn, feed from batch")
    assert [line for line in lines if line[0] != sum(line[1:4])] == []
    assert ({line[4] for line in lines}, len(lines)) == ({0}, 2 * len(SOURCES))


def test_each_pull_begins_where_the_one_before_it_ended(taken: Installation) -> None:
    query = "select feed, path, mark, verdict from file order by file_id"
    for feed in SOURCES:
        (first, second) = [row for row in ledger_rows(taken, query) if row[0] == feed]
        assert (first[3], second[3]) == ("accepted", "accepted")
        folder = load_feed(feed).feed.folder
        suffix = "jsonl" if feed.startswith("tax") else "csv"
        assert [first[1], second[1]] == [
            f"{folder}0-{first[2]}.{suffix}", f"{folder}{first[2]}-{second[2]}.{suffix}"
        ]  # fmt: skip


def test_no_credential_of_the_services_stands_in_a_log(taken: Installation, platform: Any) -> None:
    secrets = [
        (platform.site.secrets / name).read_text(encoding="utf-8").strip()
        for name in ("tax_token", "db_finance_reader", "db_finance")
    ]
    logs = [p for p in platform.site.log.rglob("*") if p.is_file()]
    assert any(p.name == "tax.log" and "GET /v1/vat" in p.read_text(encoding="utf-8") for p in logs)
    configuration = platform.site.run / "supervisord.conf"
    assert configuration.stat().st_mode & 0o077 == 0, "the programs' environment is the caller's alone"
    places = [*logs, *(p for p in taken.home.rglob("*") if p.is_file())]
    told = [str(p) for p in places if any(s.encode() in p.read_bytes() for s in secrets)]
    assert told == []
