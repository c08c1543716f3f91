"""What stands between a figure and its readers: the audit, a person's word, one swap, and the way back."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest
from deltalake import DeltaTable

from jobs.definitions.contract import load_feed
from jobs.feeds.ingest import poll
from jobs.ledger import releases
from jobs.operate.summary import summary
from jobs.quality.audit import Verdict, audit
from jobs.refusals import Refusal
from jobs.release.candidate import compute_candidate
from jobs.release.gate import Decision, decide_all
from jobs.serve import publish, scopes
from jobs.settings import REPO
from tests.support.builder import Builder
from tests.support.installation import Installation, environment, ledger_rows, take_in

pytestmark = pytest.mark.spark

FORM = "stat/220100/203/203_220100_202606"


def correct(installation: Installation, mark: str, factor: int, **first: str) -> dict[str, int]:
    """Send 长春's form of June again, every firm's revenue multiplied; return what each firm has more, in 元.

    ``first`` are cells of its first line as well.
    """
    lines = (installation.source / f"{FORM}.csv").read_bytes().decode("gb18030").splitlines()
    head = lines[0].split(",")
    at = head.index("营业收入_1-本月")
    firms = [line.split(",") for line in lines[1:]]
    more = {}
    for column, cell in first.items():
        firms[0][head.index(column)] = cell
    for firm in firms:
        if firm[at].isdigit():
            more[firm[head.index("统一社会信用代码")]] = 1000 * int(firm[at]) * (factor - 1)
            firm[at] = str(int(firm[at]) * factor)
    text = "\r\n".join([lines[0], *(",".join(f) for f in firms)]) + "\r\n"
    installation.deliver(f"{FORM}_{mark}.csv", text.encode("gb18030"), f"2026-07-2{factor}T10:00:00+08:00")
    installation.at(f"2026-07-2{factor}T12:00:00+08:00")
    return more


def newest() -> list[Decision]:
    """Return what the gate decided, of each programme the last period alone: other suites concern them all."""
    return [
        replace(d, periods={max(d.periods): d.periods[max(d.periods)]}) for d in decide_all() if d.periods
    ]


def digest(installation: Installation) -> str:
    return hashlib.sha256(installation.served_file.read_bytes()).hexdigest()


def revenue(installation: Installation) -> float:
    found = installation.query(
        "select value from kpi_region where period = '2026Q2' and region_code = '220100' and tier is null and domain is null "
        "and size_class is null and industry is null and indicator = 'revenue' and reading = 'sum'"
    )
    return float(found[0][0])


def regions_publication(installation: Installation) -> list[tuple[str]]:
    """Return the publication that stands in the file of a region."""
    file = scopes.file_of(installation.served_file, "220100")
    with duckdb.connect(str(file), read_only=True) as con:
        return con.execute("select distinct publication_id from enterprise_statement").fetchall()


def counted_from_the_form(installation: Installation) -> set[str]:
    """Certified firms whose revenue stands in the form that is corrected; others sent a sector form, seeds do not count."""
    found = installation.query(
        "select uscc from kpi_enterprise join enterprise_statement s using (programme, period, uscc) "
        "where period = '2026Q2' and kpi_enterprise.region_code = '220100' and indicator = 'revenue' and in_panel "
        f"and kpi_enterprise.file_name = '{FORM}.csv' and s.highest_tier <> 'seed'"
    )
    return {uscc for (uscc,) in found}


@pytest.fixture(scope="module")
def installation(installations: Builder, loaded_installation: Installation) -> Iterator[Installation]:
    """Begins as the loaded installation; the tests of this module follow each other in it."""
    with installations.copied(loaded_installation) as made:
        yield made


@pytest.fixture
def impossible(installation: Installation, tmp_path: Path) -> Iterator[None]:
    """Suites of which one asks for a share of firms between 200 and 300."""
    suites = Path(shutil.copytree(REPO / "expectations", tmp_path / "expectations"))
    path = suites / "coverage.json"
    suite = json.loads(path.read_text(encoding="utf-8"))
    bound = {"column": "coverage", "min_value": 200, "max_value": 300}
    suite["expectations"].append(
        {"type": "expect_column_values_to_be_between", "kwargs": bound, "severity": "critical"}
    )
    path.write_text(json.dumps(suite), encoding="utf-8")
    with environment(installation.env | {"ZJTX_EXPECTATIONS": str(suites)}):
        yield


def test_publishing_again_without_anything_new_gives_the_same_publication(installation: Installation) -> None:
    before = digest(installation)
    first, second = publish.publish(), publish.publish()
    assert first is not None and second is not None
    assert first.publication_id == second.publication_id == "P00004"
    assert digest(installation) == before
    assert ledger_rows(installation, "select count(*) from publication") == [(4,)]


def test_nothing_is_computed_when_nothing_has_changed(installation: Installation) -> None:
    assert [feed for feed, r in take_in().items() if r.accepted] == []
    assert decide_all() == []
    assert compute_candidate(decide_all()) is None


@pytest.mark.usefixtures("impossible")
def test_a_release_that_breaks_a_critical_rule_is_refused_and_the_old_one_stays_byte_for_byte(
    installation: Installation,
) -> None:
    before, file = digest(installation), installation.served_file.resolve()
    correct(installation, "r2", 2)
    assert poll("stat_finance").accepted
    release = compute_candidate(newest())
    assert release is not None
    verdict = audit(release)
    assert (verdict.passed, verdict.critical) == (False, ["JL/coverage"])
    (broken,) = [f for f in verdict.failures["JL/coverage"] if f["kwargs"].get("min_value") == 200]
    assert (broken["expectation"], broken["severity"]) == ("expect_column_values_to_be_between", "critical")
    assert broken["unexpected"] > 0 and broken["examples"]

    assert {r.state for r in releases.of(release)} == {"refused"}
    with pytest.raises(publish.Superseded, match="不在待审批状态（refused 已退回），未作任何改动"):
        publish.approve(release, "测试员")
    made = publish.publish()
    assert made is not None and made.publication_id == "P00004"
    assert (digest(installation), installation.served_file.resolve()) == (before, file)
    notices = ledger_rows(
        installation, "select kind, title, body, delivered from notice where kind = 'audit_failed'"
    )
    assert [(k, t, d) for k, t, _, d in notices] == [("audit_failed", f"审核未通过：{release}", False)]
    assert notices[0][2].startswith("原发布内容继续有效；本次候选未进入审批。\nJL/coverage：")
    assert ledger_rows(installation, f"select passed from audit where release_id = '{release}'") == [(False,)]
    installation.seen["refused"] = release


def test_a_refused_release_is_computed_again_under_other_rules_and_then_passes(
    installation: Installation,
) -> None:
    release = compute_candidate(newest())
    assert release == f"{installation.seen['refused']}-2", "what was refused is kept as it was"
    assert audit(release).passed
    assert releases.waiting() == [release]
    installation.seen["first"] = release


def test_a_candidate_that_a_later_one_overtook_cannot_be_approved(installation: Installation) -> None:
    installation.seen["more"] = correct(installation, "r3", 3, 资产总计="1")
    assert poll("stat_finance").accepted
    later = compute_candidate(newest())
    assert later is not None and later != installation.seen["first"]
    with pytest.raises(publish.Superseded, match="superseded"):
        publish.approve(installation.seen["first"], "测试员")
    with pytest.raises(publish.Superseded, match="computed"):
        publish.approve(later, "测试员")
    assert audit(later).passed
    assert releases.waiting() == [later]
    title = load_feed("stat_finance").title
    told = f"需核实：{title} 1 行，负债合计大于资产总计（如 {FORM}_r3.csv 第 2 行）"
    assert told in summary(later), "the approver reads which row breaks a rule that stops nothing"
    installation.seen["later"] = later


def test_an_approved_candidate_is_swapped_in_and_shows_the_correction(installation: Installation) -> None:
    old, counted = revenue(installation), counted_from_the_form(installation)
    more = sum(installation.seen["more"][uscc] for uscc in counted)
    assert len(counted) > 10 and more > old
    assert publish.approve(installation.seen["later"], "测试员")
    assert not publish.approve(installation.seen["later"], "另一人"), "the same word again changes nothing"
    with pytest.raises(publish.Superseded, match="approved 已批准"):
        publish.reject(installation.seen["later"], "另一人")
    made = publish.publish()
    assert made is not None and made.publication_id == "P00005"
    assert revenue(installation) == pytest.approx(old + more, rel=1e-12)
    assert installation.query("select distinct publication_id from kpi_region") == [("P00005",)]
    approvals = ledger_rows(
        installation,
        f"select decision, decided_by from approval where release_id = '{installation.seen['later']}'",
    )
    assert approvals == [("approved", "测试员")]


def test_a_publication_is_rolled_back_by_swapping_and_forward_again(installation: Installation) -> None:
    new, new_value = digest(installation), revenue(installation)
    assert publish.rollback("P00004", "测试员") == [installation.seen["later"]]
    assert installation.query("select distinct publication_id from publication") == [("P00004",)]
    assert regions_publication(installation) == [("P00004",)], "the regions' files lie under the same link"
    assert revenue(installation) < new_value
    again = publish.publish()
    assert again is not None and again.publication_id == "P00004", (
        "what was rolled back does not return by itself"
    )
    assert publish.rollback("P00005", "测试员") == []
    assert digest(installation) == new
    assert regions_publication(installation) == [("P00005",)]
    said = ledger_rows(installation, "select count(*) from approval")
    for wrong, why in {"P00099": "没有这个上线号", "P00005": "现在上线的就是 P00005"}.items():
        with pytest.raises(Refusal, match=why):
            publish.rollback(wrong, "测试员")
    assert (digest(installation), ledger_rows(installation, "select count(*) from approval")) == (new, said)


def test_growth_equals_the_published_parts_in_every_publication(loaded_installation: Installation) -> None:
    builds = sorted((loaded_installation.home / "served" / "builds").iterdir())
    assert [b.name for b in builds] == ["P00001", "P00002", "P00003", "P00004"]
    for build in builds:
        with duckdb.connect(str(build / "zjtx.duckdb"), read_only=True) as con:
            wrong = con.execute(
                "select count(*) filter (abs(value - 100 * (numerator::double / denominator::double - 1)) > 1e-9), count(*) "
                "from kpi_region where indicator = 'revenue_growth' and reading in ('same_firm', 'all_firm') and value is not null"
            ).fetchone()
        assert wrong is not None and wrong[0] == 0 and wrong[1] > 100, build.name


def test_the_same_figures_have_the_same_content_hash_whatever_release_they_came_by(
    loaded_installation: Installation,
) -> None:
    hashes = [
        h
        for (h,) in ledger_rows(
            loaded_installation, "select content_hash from publication order by publication_id"
        )
    ]
    assert len(set(hashes)) == 4


def plant(line_offset: int, **changes: str) -> tuple[str, int]:
    """Write one more good-looking row into silver and past the rules: a copy of the last batch's first row, changed."""
    from jobs import lake
    from jobs.ledger import batches

    last = batches.accepted("stat_finance")[-1].batch_id
    changes["row_no"] = f"row_no + {line_offset}"
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        con.register("rows", DeltaTable(lake.path_of("silver", "stat_finance")).to_pyarrow_dataset())
        con.execute("CREATE TABLE picked AS FROM rows WHERE batch_id = ? ORDER BY row_no LIMIT 1", [last])
        replaced = ", ".join(f"{value} AS {column}" for column, value in changes.items())
        planted = con.execute(f"SELECT * REPLACE ({replaced}) FROM picked").to_arrow_table()
    lake.append(planted.to_reader(), "silver", "stat_finance", f"planted-{line_offset}-{last}")
    return planted["file_name"][0].as_py(), planted["row_no"][0].as_py()


def falsify(release: str) -> None:
    """Change one published sum past the computation."""
    from jobs import lake

    DeltaTable(lake.path_of("gold", "kpi_region")).update(
        predicate=f"release = '{release}' AND indicator = 'revenue' AND region_code = '220000' AND tier IS NULL "
        "AND domain IS NULL AND size_class IS NULL AND industry IS NULL AND period = '2026Q2'",
        updates={"n": "-1", "status": "'很好'"},
    )


@dataclass
class Broken:
    """An audit of a release with two rows in silver, and a figure in gold, that no rule let in."""

    installation: Installation
    before: str
    verdict: Verdict
    file: str
    wrong: int
    twice: int


@pytest.fixture(scope="module")
def broken(installations: Builder, loaded_installation: Installation) -> Iterator[Broken]:
    with installations.copied(loaded_installation) as made:
        before = digest(made)
        correct(made, "r2", 2)
        assert poll("stat_finance").accepted
        changes = {"uscc": "'91220101OOOOOOOOIX'", "county_code": "'999999'", "staff_end": "-1::BIGINT"}
        _, twice = plant(6000)
        file, wrong = plant(5000, **changes, units="MAP {'revenue': '美元'}")
        release = compute_candidate(newest())
        assert release is not None
        falsify(release)
        yield Broken(made, before, audit(release), file, wrong, twice)


def told(installation: Installation) -> str:
    """Return what the operator was told of the refused release."""
    (text,) = ledger_rows(installation, "select body from notice where kind = 'audit_failed'")
    return str(text[0])


def test_rows_and_figures_written_past_the_rules_stop_the_release(broken: Broken) -> None:
    critical = set(broken.verdict.critical)
    assert not broken.verdict.passed and critical >= {"JL/kpi_region", "JL/cross_table"}
    assert {t for t in critical if t.startswith("silver/")} == {"silver/conservation", "silver/stat_finance"}
    assert publish.publish() is not None and digest(broken.installation) == broken.before


def test_a_row_written_past_the_rules_is_found_in_silver_by_its_line(broken: Broken) -> None:
    found = {
        (f["expectation"], f["kwargs"]["column"]): f
        for f in broken.verdict.failures["silver/stat_finance"]
        if "column" in f["kwargs"]
    }
    assert set(found) == {
        ("expect_column_values_to_match_regex", "uscc"),
        ("expect_column_values_to_be_in_set", "county_code"),
        ("expect_column_values_to_be_between", "staff_end"),
        ("expect_column_values_to_match_regex", "money_units"),
    }
    for failure in found.values():
        assert failure["unexpected"] == 1
        assert failure["rows"] == [{"file_name": broken.file, "sheet": "", "row_no": str(broken.wrong)}]
    (counted,) = broken.verdict.failures["silver/conservation"]
    assert {r["check"] for r in counted["rows"]} == {"入库行数", "行数守恒"}
    text = told(broken.installation)
    assert "silver/stat_finance：财务状况（103/203表） county_code 不在代码表内 1 行" in text
    assert f"位置 {broken.file} 第 {broken.wrong} 行" in text
    pages = [
        p.read_text(encoding="utf-8")
        for p in (broken.installation.home / "quality").rglob("validations/**/*.html")
    ]
    assert any("silver_stat_finance" in p for p in pages) and any("kpi_region" in p for p in pages)


def test_the_same_key_twice_among_the_latest_rows_is_found_with_both_lines(broken: Broken) -> None:
    (twice,) = [f for f in broken.verdict.failures["silver/stat_finance"] if "column" not in f["kwargs"]]
    assert twice["expectation"] == "expect_compound_columns_to_be_unique"
    assert twice["unexpected"] == 2
    assert {r["row_no"] for r in twice["rows"]} == {str(broken.twice), str(broken.twice - 6000)}


def test_a_figure_written_past_the_computation_is_found_in_gold(broken: Broken) -> None:
    rows = [f["rows"] for f in broken.verdict.failures["JL/kpi_region"]]
    assert len(rows) == 2 and all(len(r) == 1 for r in rows)
    assert {k: rows[0][0][k] for k in ("period", "region_code", "indicator", "reading")} == {
        "period": "2026Q2", "region_code": "220000", "indicator": "revenue", "reading": "sum",
    }  # fmt: skip
    text = told(broken.installation)
    assert "JL/kpi_region：地区指标 n 超出范围 1 行" in text and "region_code=220000" in text


def test_what_the_sender_replaces_is_no_longer_the_latest_and_stops_nothing(broken: Broken) -> None:
    correct(broken.installation, "r3", 3)
    assert poll("stat_finance").accepted
    again = compute_candidate(newest())
    assert again is not None and "silver/stat_finance" not in audit(again).failures
