"""Nothing is Jilin by constant: another province, with its own lists and policy, runs on the same jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pytest
from typer.testing import CliRunner

from tests.support.builder import Builder
from tests.support.installation import Installation, release, take_in
from tests.support.second_province import CITIES, JINAN, LATE, QINGDAO, YANTAI, install
from tests.support.second_province_files import deliver

pytestmark = pytest.mark.spark

FEEDS = (
    "stat_register", "certificate_notice", "stat_finance", "stat_construction", "stat_trade", "stat_catering",
    "stat_services", "stat_rd", "stat_staff", "dept_report",
)  # fmt: skip
IN_APRIL = "2026-04-02T09:00:00+08:00"


@pytest.fixture(scope="module")
def shandong(installations: Builder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation of Shandong that took its files in, computed, audited, approved and published."""
    from jobs.quality.suites import write_all

    installation = installations.new()
    installation.env |= install(tmp_path_factory.mktemp("shandong"))
    with installation.active():
        write_all()
        deliver(installation, tmp_path_factory.mktemp("forms"))
        installation.at(IN_APRIL)
        results = take_in(FEEDS)
        installation.seen = {
            "refused": [f.path for r in results.values() for f in r.refused],
            "quarantined": sum(b.quarantined for r in results.values() for b in r.accepted),
            "release": release(),
        }
        yield installation
    installations.drop(installation)


def target(installation: Installation, number: int) -> dict[str, object]:
    """Return the headline of a target at the end of 2025."""
    columns = "reading, value, numerator, denominator, n, state, state_reason, today_state, waits, note"
    (row,) = installation.query(
        f"select {columns} from target_progress where target_id = ? and headline", f"SD-T{number:02d}"
    )
    return dict(zip(columns.split(", "), row, strict=True))


def figure(
    installation: Installation, indicator: str, reading: str, tier: str | None, region: str = "370000"
) -> float | None:
    """Return an undivided figure of the end of 2025."""
    (row,) = installation.query(
        "select value from kpi_region where region_code = ? and indicator = ? and reading = ? "
        "and tier is not distinct from ? and domain is null and size_class is null and industry is null",
        region, indicator, reading, tier,
    )  # fmt: skip
    return row[0]


def test_every_file_is_taken_in_whole(shandong: Installation) -> None:
    assert (shandong.seen["refused"], shandong.seen["quarantined"]) == ([], 0)


def test_only_the_province_s_own_programme_is_fed_and_published(shandong: Installation) -> None:
    from jobs.definitions.policy.model import load_all

    fed = {p.id: p.units for p in load_all().values() if p.fed and p.entity == "enterprise"}
    assert fed == {"SD": list(CITIES)}
    assert shandong.query("select programme, period, status from publication") == [
        ("SD", "2025Q4", "partial")
    ]


def test_the_two_cities_that_are_late_are_named(shandong: Installation) -> None:
    late = shandong.query(
        "select feed, reporter_name from data_status where feed in ('stat_finance', 'stat_rd') and state = '缺报' order by all"
    )
    assert late == [(feed, CITIES[c]) for feed in ("stat_finance", "stat_rd") for c in LATE]


def test_innovative_enterprises_are_those_valid_at_the_end_of_the_year(shandong: Installation) -> None:
    # 18-21 of 2022 end on 2025-12-14, 18-20 are renewed; 2, 22, 23, 24 of 2024 are valid.
    assert target(shandong, 1)["value"] == 7
    assert figure(shandong, "certificate_count", "ever", "innovative_sme") == 8
    # With the ten provincial ones above them, whose giants are provincial as well.
    assert figure(shandong, "certificate_count", "valid_or_higher", "innovative_sme") == 17


def test_new_grants_count_from_2022_on(shandong: Installation) -> None:
    # Provincial: 8-13, also the one withdrawn since, and 14, 15. Renewals are no new grants.
    assert target(shandong, 2)["value"] == 8
    assert figure(shandong, "certificate_new", "new_in_year", "provincial_srdi") == 2
    # Giants: 5, 6, 17 in 2022 and 9, 10 in 2024.
    assert target(shandong, 4)["value"] == 5
    assert figure(shandong, "certificate_new", "new_in_year", "national_little_giant") == 0


def test_ever_recognised_decides_and_the_valid_stand_beside(shandong: Installation) -> None:
    # Provincial: 15 grants; 2, 3, 4, 7 are over and 13 is withdrawn.
    assert target(shandong, 3)["value"] == 15
    assert figure(shandong, "certificate_count", "valid", "provincial_srdi") == 10
    # Giants: 1, 16, 5, 6, 17, 9, 10; 16 and 17 are over.
    assert target(shandong, 5)["value"] == 7
    assert figure(shandong, "certificate_count", "valid", "national_little_giant") == 5
    assert {target(shandong, n)["state"] for n in range(1, 6)} == {"未达成"}


def test_every_city_is_counted_and_laiwu_counts_in_jinan(shandong: Installation) -> None:
    valid = {JINAN: 4, QINGDAO: 5, YANTAI: 1}
    counted = {c: figure(shandong, "certificate_count", "valid", "provincial_srdi", c) for c in CITIES}
    assert counted == {c: valid.get(c, 0) for c in CITIES}
    assert figure(shandong, "certificate_count", "valid", "provincial_srdi", "370116") == 1


def test_the_share_of_provincial_firms_at_three_per_cent(shandong: Installation) -> None:
    # Nine sent both forms: 12 sent no 107-2. 8 has 1800/60000, exactly 3 %; 11 has 2099/70000; 15, in 万元, 1 %.
    found = target(shandong, 6)
    assert (found["reading"], found["numerator"], found["denominator"], found["n"]) == ("share", 7, 9, 9)
    assert found["value"] == pytest.approx(100 * 7 / 9)
    assert (found["state"], found["state_reason"]) == ("进行中", "文件未规定要求的达标企业比例，仅列示")


def test_a_mean_of_exactly_seven_per_cent_is_not_above_it(shandong: Installation) -> None:
    # 1, 5, 6, 9, 10: 10, 6, 8, 5 and 6 % make 35 / 5; pooled 54800 of 830000.
    found = target(shandong, 9)
    assert (found["reading"], found["n"], found["today_state"]) == ("mean", 5, "未达到")
    assert found["value"] == pytest.approx(7)
    assert figure(shandong, "rd_intensity", "pooled", "national_little_giant") == pytest.approx(5480 / 830)


def test_a_ratio_waits_for_the_two_late_cities_by_name_and_a_count_does_not(shandong: Installation) -> None:
    found, late = target(shandong, 9), "、".join(CITIES[c] for c in LATE)
    assert found["state"] == "待结账"
    assert f"2025年度的研发活动及相关情况（107-2表）：{late}未报" in str(found["waits"])
    assert f"2025年12月的财务状况（103/203表）：{late}未报" in str(found["waits"])
    assert found["state_reason"] == f"期限2025-12-31已过，结账待{found['waits']}；暂定数未达到目标值"
    assert target(shandong, 5)["state_reason"] == "期限2025-12-31未达到目标值，2026-04-02结账"


def test_items_of_the_departments_add_up_over_sixteen_cities(shandong: Installation) -> None:
    # Platforms: 60 + 60 + 40 and 13 cities of 20. Transformed firms: 4 + 3 + 1 of ten valid ones.
    assert [target(shandong, 20)[k] for k in ("value", "state")] == [420, "达成"]
    assert [target(shandong, 11)[k] for k in ("value", "numerator", "denominator", "state")] == [
        80,
        8,
        10,
        "达成",
    ]


def test_an_item_of_three_cities_is_shown_and_not_judged(shandong: Installation) -> None:
    found = target(shandong, 12)
    assert (found["value"], found["state"]) == (100, "覆盖不足")


def test_a_target_without_data_names_the_report_it_lacks(shandong: Installation) -> None:
    lacking = {
        7: "缺2025Q4的部门季度报表：省工业和信息化厅“有研发机构的省级“专精特新”中小企业数”",
        8: "缺2025年4季度末的企业专利与质押名单",
    }
    for number, words in lacking.items():
        found = target(shandong, number)
        said = [None, "无数据", f"{words}；期限2025-12-31已过，尚未结账"]
        assert [found[k] for k in ("value", "state", "state_reason")] == said


def test_coverage_is_of_the_ten_valid_provincial_firms(shandong: Installation) -> None:
    # Sector forms and 103 are one statement; 12 sent no 107-2; of form 102 only 济南 came: 1, 8, 9, 14.
    covered = shandong.query(
        "select feed, reported from coverage where expected = 10 and region_code = '370000' "
        "and tier = 'provincial_srdi' and feed in ('statement', 'stat_rd', 'stat_staff', 'tax_vat')"
    )
    assert dict(covered) == {"statement": 10, "stat_rd": 9, "stat_staff": 4, "tax_vat": 0}


def test_all_fifty_targets_have_one_headline_row(shandong: Installation) -> None:
    rows = shandong.query("select target_id from target_progress where headline order by 1")
    assert [r for (r,) in rows] == [f"SD-T{n:02d}" for n in range(1, 51)]


def test_no_row_is_of_another_province(shandong: Installation) -> None:
    from jobs.definitions.contract import load_table, table_names

    for name in table_names():
        columns = {c.name for c in load_table(name).columns}
        assert shandong.query(f"select count(*) from {name} where programme <> 'SD'") == [(0,)], name
        for column in columns & {"region_code", "county_code"}:
            elsewhere = f"select count(*) from {name} where not starts_with({column}, '37')"
            assert shandong.query(elsewhere) == [(0,)], name
    assert shandong.query("select distinct level, left(code, 2) from region where level <> 'province'  order by 1") == [
        ("county", "37"), ("prefecture", "37"),
    ]  # fmt: skip
    assert shandong.query("select count(*) from region_polygon") == [(0,)]


def test_without_a_ranking_in_the_policy_nobody_is_ranked(shandong: Installation) -> None:
    for table in ("region_ranking", "ranking_component", "overview_map"):
        assert shandong.query(f"select count(*) from {table}") == [(0,)], table


def test_the_command_shows_the_published_figures_of_the_province_s_policy(shandong: Installation) -> None:
    from jobs.cli import app
    from jobs.operate.targets import targets_at

    found = targets_at("SD", date(2025, 12, 31))
    stored = dict(shandong.query("select target_id, value from target_progress where headline"))
    assert not found.trial
    assert {r["target_id"]: r["value"] for r in found.rows} == stored
    for policy in (["--policy", "SD"], []):
        printed = CliRunner().invoke(app, ["targets", *policy, "--at", "2025-12-31", "--format", "json"])
        assert printed.exit_code == 0, printed.output
        assert {r["target_id"]: r["value"] for r in json.loads(printed.stdout)} == stored
