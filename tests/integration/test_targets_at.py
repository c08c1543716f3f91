"""Targets at a date: as published, on trial where nothing is, and for a document that is one more file."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from jobs.refusals import Refusal
from jobs.release.standing import Unknown
from jobs.settings import REPO
from tests.support.installation import STOPS, Installation, ledger_rows

pytestmark = pytest.mark.spark

CITY: dict[str, Any] = {
    "id": "CITY", "title": "某市培育方案", "region_code": "220200", "region": "吉林市", "within": "JL",
    "targets": [
        {
            "id": "CITY-T01", "policy": "CITY", "clause": "一", "quote": "省级“专精特新”中小企业1户以上",
            "indicator": "prov_srdi_count", "name_zh": "省级“专精特新”中小企业数", "operator": ">=", "value": 1, "unit": "户",
            "level": "aggregate_count", "applies_to": "provincial_srdi", "deadline": "2025-12-31",
            "period": "cumulative_stock", "strength": "must", "owners": ["市工信局"], "feeds": ["cert_register"],
            "baseline": None, "formula": "count", "monitor": "computable",
            "reads": {"indicator": "certificate_count", "tier": "provincial_srdi", "headline": "valid", "beside": ["ever"]},
        }
    ],
}  # fmt: skip


@pytest.fixture
def with_city(loaded_installation: Installation, tmp_path: Path) -> Iterator[Installation]:
    """The loaded installation under the policies and one more file."""
    folder = Path(shutil.copytree(REPO / "policies", tmp_path / "policies"))
    (folder / "CITY.yaml").write_text(yaml.safe_dump(CITY, allow_unicode=True), encoding="utf-8")
    with loaded_installation.active(ZJTX_POLICIES=str(folder)):
        yield loaded_installation


def by_id(rows: list[dict[str, object]]) -> dict[object, dict[str, object]]:
    return {r["target_id"]: r for r in rows}


def test_a_published_period_is_shown_as_published(loaded: Installation) -> None:
    from jobs.operate.targets import targets_at
    from jobs.serve import show

    found = targets_at("JL", date(2025, 12, 31))
    assert (found.trial, found.period) == (False, "2025Q4")
    assert found.rows == show.targets("JL", "2025Q4")
    stored = loaded.query(
        "select target_id, value from target_progress where policy = 'JL' and period = '2025Q4' and headline"
    )
    assert {r["target_id"]: r["value"] for r in found.rows} == dict(stored)
    every = targets_at("JL", date(2025, 12, 31), all_readings=True)
    assert len(every.rows) > len(found.rows)


def test_without_a_date_the_newest_published_period_is_shown(loaded: Installation) -> None:
    from jobs.operate.targets import targets_at

    assert targets_at("JL").period == "2026Q2"
    assert targets_at("JL", known_by=STOPS[0]).period == "2025Q4"


def test_a_period_before_the_first_release_is_computed_on_the_spot_and_nothing_is_written(
    loaded: Installation,
) -> None:
    from jobs.operate.targets import TRIAL, targets_at

    before = ledger_rows(loaded, "select count(*) from release")
    found = targets_at("JL", date(2022, 12, 31))
    assert (found.trial, found.period) == (True, "2022Q4")
    rows = by_id(found.rows)
    assert {r["release"] for r in found.rows} == {TRIAL}
    assert rows["JL-T03"]["value"] is not None and rows["JL-T03"]["value"] > 0  # type: ignore[operator]
    assert (rows["JL-T08"]["state"], rows["JL-T08"]["value"]) == ("无数据", None)
    assert str(rows["JL-T08"]["state_reason"]).startswith("缺")
    assert ledger_rows(loaded, "select count(*) from release") == before


def test_a_trial_knows_what_was_known(loaded: Installation) -> None:
    from jobs.operate.targets import targets_at

    with pytest.raises(Unknown, match="没有接收任何数据"):
        targets_at("JL", date(2025, 12, 31), known_by="2024-01-01")
    with pytest.raises(Unknown, match="既不是状态号也不是时间"):
        targets_at("JL", date(2025, 12, 31), known_by="去年七月")


def test_a_date_that_ends_no_quarter_is_refused_with_the_nearest_one(loaded: Installation) -> None:
    from jobs.operate.targets import targets_at

    with pytest.raises(Refusal, match="最近的季度末是 2025-12-31"):
        targets_at("JL", date(2025, 11, 30))
    with pytest.raises(Refusal, match="最近的季度末是 2025-09-30"):
        targets_at("JL", date(2025, 10, 1))
    with pytest.raises(Refusal, match="2026-09-30 还没有到：最近的季度末是 2026-06-30"):
        targets_at("JL", date(2026, 9, 30))


def test_one_more_document_is_judged_on_its_own_region_s_figures(with_city: Installation) -> None:
    from jobs.operate.targets import targets_at

    found = targets_at("CITY", date(2025, 12, 31), all_readings=True)
    assert found.trial, "the releases that stand were computed without it"
    (counted,) = with_city.query(
        "select value from kpi_region where period = '2025Q4' and region_code = '220200' and tier = 'provincial_srdi' "
        "and indicator = 'certificate_count' and reading = 'valid' and domain is null and size_class is null "
        "and industry is null"
    )
    headline, ever = found.rows
    # What nobody has approved closes no target: the deadline's figure is provisional, whatever it meets.
    assert (headline["region_code"], headline["value"], headline["state"]) == ("220200", counted[0], "待结账")
    assert str(headline["state_reason"]).endswith("暂定数达到目标值")
    assert (ever["reading"], ever["headline"]) == ("ever", False)


def test_the_city_s_targets_are_published_with_the_province_s(loaded: Installation) -> None:
    from jobs.operate.targets import targets_at

    found = targets_at("CC", date(2025, 12, 31))
    assert (found.trial, len(found.rows)) == (False, 15)
    assert {r["region_code"] for r in found.rows} == {"220100"}
    (counted,) = loaded.query(
        "select value from kpi_region where period = '2025Q4' and region_code = '220100' and tier = 'provincial_srdi' "
        "and indicator = 'certificate_count' and reading = 'valid' and domain is null and size_class is null "
        "and industry is null"
    )
    assert by_id(found.rows)["CC-T03"]["value"] == counted[0]


def test_a_document_whose_data_do_not_come_here_has_no_data_and_says_what_is_missing(
    loaded: Installation,
) -> None:
    from jobs.operate.targets import targets_at

    found = targets_at("SD", date(2025, 12, 31))
    assert (found.trial, len(found.rows)) == (True, 50)
    assert {(r["state"], r["value"]) for r in found.rows} == {("无数据", None)}
    assert by_id(found.rows)["SD-T03"]["state_reason"] == (
        "缺2025-12-31的认定、复核、撤销、更名公告；期限2025-12-31已过，尚未结账"
    )


def test_the_command_prints_a_table_json_and_csv(loaded: Installation) -> None:
    from jobs.cli import app

    def run(*more: str) -> str:
        done = CliRunner().invoke(app, ["targets", "--at", "2025-12-31", *more], env={"COLUMNS": "400"})
        assert done.exit_code == 0, done.output
        return done.stdout

    rows = json.loads(run("--format", "json"))
    assert [r["target_id"] for r in rows] == [f"JL-T{n:02d}" for n in range(1, 34)]
    listed = list(csv.DictReader(io.StringIO(run("--format", "csv"))))
    assert [(r["target_id"], float(r["value"]) if r["value"] else None) for r in listed] == [
        (r["target_id"], r["value"]) for r in rows
    ]
    assert "JL 目标进度 2025Q4" in run()
    refused = CliRunner().invoke(app, ["targets", "--policy", "XX", "--at", "2025-12-31"])
    assert refused.exit_code == 1 and "没有政策“XX”" in refused.output


def test_the_served_file_holds_every_document_and_target(loaded: Installation) -> None:
    assert loaded.query("select id, programme from policy where id <> programme") == [("CC", "JL")]
    assert loaded.query("select policy, count(*) from target group by 1 order by 1") == [
        ("CC", 15), ("JL", 33), ("SD", 50), ("SX", 9), ("ZJ", 11),
    ]  # fmt: skip
    kinds = dict(loaded.query("select kind, count(*) from policy_text group by 1"))
    assert kinds == {"激励": 26, "评比": 6, "调度": 9, "专班": 12, "问题分级": 5, "培育库": 8}
