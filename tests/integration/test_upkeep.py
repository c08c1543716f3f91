"""Upkeep changes no row that counts: releases, earlier states and the served content stay what they were."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable, write_deltalake

from jobs import lake
from jobs.definitions.contract import table_names
from jobs.lake import upkeep as module
from jobs.lake.content import period_hashes
from jobs.lake.staging import FOLDER, Attempt, in_lake, stage
from jobs.lake.tables import every_table
from jobs.lake.upkeep import upkeep
from jobs.ledger import releases
from jobs.ledger.database import WriterBusy, writer_lock
from jobs.release.replay import SAME, chosen, replay
from jobs.settings import settings
from tests.support.builder import Builder
from tests.support.installation import Installation, delta_rows, ledger_rows

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def installation(installations: Builder, loaded_installation: Installation) -> Iterator[Installation]:
    """A copy of the loaded installation with leftovers; the tests of this module follow each other in it."""
    with installations.copied(loaded_installation) as made:
        leave_behind()
        yield made


def leave_behind() -> None:
    """Leave gold rows that nobody needs: of a candidate that was overtaken, and of a run that died."""
    from jobs.ledger.models import Release

    now = releases.live("JL")[-1]
    rows = lake.gold_arrow("kpi_region", now.release_id, "JL").filter(pc.field("period") == now.period)
    for release in ("R9001", "R9002"):
        with in_lake(release) as attempt:
            file = stage(rows, "kpi_region", attempt.in_table("kpi_region"))
            lake.replace_release("kpi_region", [file], release, "JL", [now.period])
    killed = Path(settings().lake_root) / FOLDER / "R9003-0123456789ab"
    killed.mkdir(parents=True)
    stage(
        rows,
        "kpi_region",
        Attempt(killed.name, "R9003", str(killed), str(killed.parent.parent / "gold")).in_table("kpi_region"),
    )
    from jobs.ledger import session

    with session() as s:
        s.add(
            Release(
                release_id="R9001", programme="JL", period=now.period, revision=1, seq=now.seq, status="complete",
                state="superseded", provisional=False, created_at=now.created_at, data_as_of=now.data_as_of, versions={},
            )
        )  # fmt: skip


def files(installation: Installation) -> dict[str, int]:
    return {
        f"{layer}/{name}": DeltaTable(f"{installation.env['ZJTX_LAKE']}/{layer}/{name}")
        .get_add_actions()
        .num_rows
        for layer, name in every_table()
    }


def on_disk(installation: Installation) -> set[Path]:
    """Every file of the lake, logs included."""
    return {p for p in (installation.home / "lake").rglob("*") if p.is_file()}


def with_rows(installation: Installation) -> set[Path]:
    """Files with rows, without those of Delta's log."""
    return {p for p in on_disk(installation) if p.suffix == ".parquet" and "_delta_log" not in p.parts}


def known(installation: Installation) -> dict[str, Any]:
    """What readers see: every row that was ever received, whatever file it lies in; figures by release are replayed."""
    root = installation.env["ZJTX_LAKE"]
    con = duckdb.connect()
    found = {}
    for layer, name in every_table():
        if layer != "gold":
            con.register("rows", DeltaTable(f"{root}/{layer}/{name}").to_pyarrow_table())
            found[f"{layer}/{name}"] = con.execute("select count(*), sum(hash(rows)) from rows").fetchone()
    return found


def altered() -> list[tuple[str, str, str]]:
    """Approved releases whose rows in the lake are not what the ledger's hashes say any more."""
    found = []
    for (programme, period), release in releases.approved().items():
        rows = {name: lake.gold_arrow(name, release.release_id, programme) for name in table_names()}
        if period_hashes(rows, [period])[period] != release.hashes:
            found.append((release.release_id, programme, period))
    return found


def test_a_dry_run_tells_what_there_is_to_do_and_does_nothing(installation: Installation) -> None:
    before, there = files(installation), on_disk(installation)
    told = upkeep(dry_run=True).lines()
    assert (files(installation), on_disk(installation)) == (before, there)
    (dropped,) = [line for line in told if "无人批准" in line]
    assert dropped.startswith("gold/kpi_region：将删去无人批准的候选") and "R9001 JL、R9002 JL" in dropped
    assert any(line.startswith("silver/stat_finance：将合并") for line in told)
    assert "将清除 1 次中断的计算留下的文件" in told


def test_upkeep_killed_between_tables_is_finished_by_the_next_and_changes_nothing_that_counts(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, many = known(installation), files(installation)
    began: list[str] = []
    real = module._tend

    def dying(writer: Any, plan: Any, told: Any) -> None:
        began.append(plan.name)
        if len(began) > len(many) // 2:
            raise RuntimeError("killed")
        real(writer, plan, told)

    with monkeypatch.context() as patch:
        patch.setattr(module, "_tend", dying)
        with pytest.raises(RuntimeError, match="killed"):
            upkeep()
    upkeep()
    now = files(installation)
    assert sum(now.values()) < sum(many.values()), (many, now)
    assert upkeep(dry_run=True).lines() == ["湖仓无需维护 · nothing to do"]
    ids = {r["release"] for r in delta_rows(f"{installation.env['ZJTX_LAKE']}/gold/kpi_region", ["release"])}
    assert ids == {
        r for (r,) in ledger_rows(installation, "select release_id from release where state = 'approved'")
    }
    assert known(installation) == before
    assert altered() == []


def test_files_of_a_running_reader_stay_and_go_when_the_retention_is_over(
    installation: Installation,
) -> None:
    before, there = known(installation), on_disk(installation)
    upkeep()
    assert on_disk(installation) == there, "a week has not passed"
    many = with_rows(installation)
    for layer, name in every_table():
        over = {"delta.deletedFileRetentionDuration": "interval 0 hours"}
        DeltaTable(lake.path_of(layer, name)).alter.set_table_properties(over)
    upkeep()
    assert with_rows(installation) < many
    assert known(installation) == before
    assert altered() == []


def test_after_upkeep_releases_come_out_again(installation: Installation) -> None:
    assert not any(p.compact or p.dropped for p in upkeep(dry_run=True).plans), "upkeep was done before"
    made = [
        r
        for (r,) in ledger_rows(
            installation, "select distinct release_id from release where hashes is not null"
        )
    ]
    assert len(made) == 4
    for release in (min(made), max(made)):
        (newest,) = ledger_rows(
            installation,
            f"select max(period) from release where release_id = '{release}' and programme = 'JL'",
        )[0]
        found = replay(chosen(release, None, "JL", newest))
        assert {v for c in found for v in c.tables.values()} == {SAME}, [c.words() for c in found]


def test_upkeep_waits_for_its_turn_like_every_writer(installation: Installation) -> None:
    with writer_lock(), pytest.raises(WriterBusy):
        upkeep()


def test_an_append_of_before_is_still_known_after_upkeep(installation: Installation) -> None:
    """A poll that is repeated writes nothing: what compaction keeps includes the names of the appends."""
    assert not any(p.compact or p.dropped for p in upkeep(dry_run=True).plans), "upkeep was done before"
    path = f"{installation.env['ZJTX_LAKE']}/silver/stat_rd"
    (token,) = ledger_rows(
        installation, "select token from poll where feed = 'stat_rd' order by poll_id limit 1"
    )[0]
    before = len(delta_rows(path, ["batch_id"]))
    rows = DeltaTable(path).to_pyarrow_dataset().scanner().to_reader()
    lake.append(rows, "silver", "stat_rd", f"poll-{token}")
    assert len(delta_rows(path, ["batch_id"])) == before


def test_an_older_lake_gets_the_columns_that_a_contract_has_got_since(
    fresh_installation: Installation,
) -> None:
    import shutil

    from jobs.definitions.contract import load_table

    path = f"{fresh_installation.env['ZJTX_LAKE']}/gold/coverage"
    shutil.rmtree(path)
    write_deltalake(path, pa.table({"release": ["R1"], "period": ["2025Q4"]}))
    lake.create_all()
    (row,) = delta_rows(path)
    assert set(row) == {c.name for c in load_table("coverage").columns}
    assert (row["release"], row["period"], row["coverage"]) == ("R1", "2025Q4", None)
