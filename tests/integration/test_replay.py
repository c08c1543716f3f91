"""Every earlier release comes out again with the hash kept of it, and earlier figures can be shown again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from jobs.cli import app
from jobs.definitions.policy.model import load
from jobs.ledger import releases
from jobs.release import replay as module
from jobs.release.gate import decide
from jobs.release.replay import NO_HASH, OTHER, OTHER_RULES, SAME, chosen, replay
from jobs.release.standing import Unknown, standing
from jobs.serve import show
from tests.support.builder import Builder
from tests.support.installation import STOPS, Installation, ledger_rows
from tests.support.installation import release as compute_and_publish

pytestmark = pytest.mark.spark
TABLES = {
    "kpi_region", "kpi_enterprise", "enterprise_statement", "region_ranking", "target_progress", "criteria_condition",
    "criteria_result", "warning", "warning_rule", "incentive_rule", "coverage", "data_status",
}  # fmt: skip
"""Tables that are never empty."""


@pytest.fixture(scope="module")
def installation(installations: Builder, loaded_installation: Installation) -> Iterator[Installation]:
    """A copy of the loaded installation, to look back from."""
    with installations.copied(loaded_installation) as made:
        yield made


def state(installation: Installation) -> list[list[tuple[object, ...]]]:
    """Everything that a replay must leave as it is."""
    tables = (
        "batch",
        "file",
        "release",
        "publication",
        "approval",
        "audit",
        "notice",
        "poll",
        "writer_session",
    )
    versions = sorted(str(p) for p in (installation.home / "lake").rglob("_delta_log/*.json"))
    return [
        [(v,) for v in versions],
        *(ledger_rows(installation, f"select count(*) from {t}") for t in tables),
    ]


def newest(installation: Installation, release: str) -> str:
    """Return 吉林's last period of a release."""
    query = f"select max(period) from release where release_id = '{release}' and programme = 'JL'"
    return str(ledger_rows(installation, query)[0][0])


def test_every_release_ever_made_comes_out_again_whatever_became_of_it(installation: Installation) -> None:
    """But the first two of 吉林: they do so below, by the command and in two slices."""
    before = state(installation)
    made: list[str] = installation.seen["releases"]
    assert {r for (r,) in ledger_rows(installation, "select release_id from release")} == set(made)
    assert len(made) == 4
    for release in made:
        # The last one whole; of the others the newest period, which takes all the same steps.
        asked = chosen(release, None, None, None if release == made[-1] else newest(installation, release))
        rows = [r for r in asked if release not in made[:2] or r.programme != "JL"]
        found = replay(rows)
        assert len(found) == len(rows), release
        assert {v for c in found for v in c.tables.values()} <= {SAME}, [c.words() for c in found]
        jilin = [c for c in found if c.programme == "JL"]
        assert bool(jilin) == (release in made[2:])
        assert all(c.tables.keys() >= TABLES for c in jilin)
    assert state(installation) == before, "a replay writes nothing"
    overtaken = "select 1 from release a join release b using (programme, period) where a.seq < b.seq"
    assert ledger_rows(installation, overtaken), "some of them were overtaken by a later one"


def test_what_stood_at_a_time_is_what_was_published_then(installation: Installation) -> None:
    for number, stop in enumerate(STOPS, start=1):
        held = ledger_rows(
            installation, f"select releases from publication where publication_id = 'P0000{number}'"
        )
        now = {(r.programme, r.period): r.release_id for r in standing(stop).values()}
        assert now == {(p, k): r for p, ks in held[0][0].items() for k, r in ks.items()}, stop
        (seq,) = {r.seq for r in standing(stop).values() if r.release_id == sorted(now.values())[-1]}
        assert standing(str(seq)).keys() <= standing(stop).keys()
    with pytest.raises(Unknown, match="没有已批准的发布"):
        standing("2025-12-31")
    with pytest.raises(Unknown, match="既不是状态号也不是时间"):
        standing("去年七月")


def test_targets_and_rankings_of_a_state_are_those_of_the_file_served_then(
    installation: Installation,
) -> None:
    for number, stop in enumerate(STOPS, start=1):
        served = installation.home / "served" / "builds" / f"P0000{number}" / "zjtx.duckdb"
        with duckdb.connect(str(served), read_only=True) as con:
            targets = con.execute(
                "select target_id, value, state from target_progress where policy = 'JL' and headline and is_latest order by 1"
            ).fetchall()
            ranks = con.execute(
                "select rank, region_name from region_ranking where programme = 'JL' and is_latest order by rank nulls last, region_code"
            ).fetchall()
        then = show.targets("JL", None, stop)
        assert [(r["target_id"], r["value"], r["state"]) for r in then] == targets
        assert [(r["rank"], r["region_name"]) for r in show.ranking("JL", None, stop)] == ranks
    assert show.targets("JL", None, STOPS[-1]) == show.targets("JL", None)


def test_another_hash_is_an_error_under_the_same_rules_and_told_as_such_under_others(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = installation.seen["releases"][1]
    rows = chosen(second, None, "JL", newest(installation, second))
    with module._again(rows, 2) as made:
        (whole,) = module._compare(rows, made)
        assert set(whole.tables.values()) == {SAME} and whole.tables.keys() >= TABLES
        rows[0].hashes = dict(rows[0].hashes or {}, kpi_region="0" * 64)
        (broken,) = module._compare(rows, made)
        assert broken.broken == ["kpi_region"] and broken.tables["kpi_region"] == OTHER
        assert "不同 1 张表（kpi_region）" in broken.words()
        monkeypatch.setattr(module, "digest", lambda _: "other rules")
        (changed,) = module._compare(rows, made)
        assert (changed.broken, changed.tables["kpi_region"]) == ([], OTHER_RULES)
        rows[0].hashes = None
        (unknown,) = module._compare(rows, made)
        assert set(unknown.tables.values()) == {NO_HASH}


def test_the_command_prints_what_came_out_and_writes_the_tables(
    installation: Installation, tmp_path: Path
) -> None:
    from jobs.cli import app

    done = CliRunner().invoke(
        app,
        ["replay", "--known-by", STOPS[0], "--programme", "JL", "--period", "2025Q4", "--out", str(tmp_path)],
    )
    assert done.exit_code == 0, done.output
    (first,) = [r for r in standing(STOPS[0]).values() if (r.programme, r.period) == ("JL", "2025Q4")]
    assert first.release_id == installation.seen["releases"][0]
    tables = dict(first.hashes or {})
    assert tables.keys() >= TABLES
    assert f"相同 {len(tables)} 张表" in done.output
    written = pq.read_table(tmp_path / f"{first.release_id}_JL_target_progress.parquet")
    assert set(written["period"].to_pylist()) == {"2025Q4"}
    names = {f"{first.release_id}_JL_{table}.parquet" for table in tables}
    assert {p.name for p in tmp_path.iterdir()} >= names
    refused = CliRunner().invoke(app, ["replay", "R999999"])
    assert refused.exit_code == 1 and "没有发布“R999999”" in refused.stderr


def test_a_rollback_is_part_of_what_was_known(installation: Installation) -> None:
    """Who stood when follows from people's words, so a rollback and the way back leave earlier states alone."""
    from jobs.serve import publish

    before = {k: r.release_id for k, r in standing(STOPS[1]).items()}
    last = {k: r.release_id for k, r in standing(STOPS[3]).items()}
    installation.at("2026-07-21T10:00:00+08:00")
    publish.rollback("P00002", "测试员")
    assert {k: r.release_id for k, r in standing("2026-07-21T10:00").items()} == before
    assert {k: r.release_id for k, r in standing("2026-07-20").items()} == last
    installation.at("2026-07-22T10:00:00+08:00")
    publish.rollback("P00004", "测试员")
    assert {k: r.release_id for k, r in standing("2026-07-21T10:00").items()} == before
    assert {k: r.release_id for k, r in standing("2026-07-22T10:00").items()} == last
    assert {r.release_id for r in releases.approved().values()} == set(last.values())


def test_a_released_rule_climbs_in_the_next_release_and_the_one_before_comes_out_as_it_was(
    installation: Installation,
) -> None:
    """Both at one business time: what a release knew hangs on the ledger, not on the clock."""
    (asked,) = installation.query(
        "select period, rule, release from warning_rule where programme = 'JL' and review = '规则待复核' order by all desc limit 1"
    )
    period, rule, before = asked
    assert installation.query(
        "select count(*) > 0, count(ladder_level), count(evidence) = count(*) from warning "
        "where period = ? and rule = ? and state = 'open'", period, rule,
    ) == [(True, 0, True)]  # fmt: skip
    said = ["rule", "review", rule, "--period", period, "--programme", "JL", "--by", "分析员"]

    def told(*arguments: str, code: int = 0) -> str:
        result = CliRunner(env={"COLUMNS": "200"}).invoke(app, list(arguments))
        assert result.exit_code == code, result.output
        return result.output

    assert rule in told("rule", "list", "--programme", "JL")
    assert "参数是空的" in told(*said, "--note", " ", code=1)
    assert "没有预警规则“x”；可用：" in told("rule", "review", "x", *said[3:], "--note", "下行", code=1)
    assert decide(load("JL")).periods == {}
    assert "已放行" in told(*said, "--note", "行业下行，逐户看过")
    assert "不用再说" in told(*said, "--note", "再说一次", code=1)
    assert set(decide(load("JL")).periods) == {period}
    made = compute_and_publish()
    assert installation.query(
        "select review, review_note, reviewed_by from warning_rule where programme = 'JL' and period = ? and rule = ?",
        period,
        rule,
    ) == [("已放行", "行业下行，逐户看过", "分析员")]
    assert installation.query(
        "select count(*) > 0, count(ladder_level) = count(*) from warning where period = ? and rule = ? and state = 'open'",
        period, rule,
    ) == [(True, True)]  # fmt: skip
    # The new one came out twice already: what its audit computed a second time was the same.
    assert ledger_rows(installation, f"select passed from audit where release_id = '{made}'") == [(True,)]
    found = replay(chosen(before, None, "JL", period))
    assert {v for c in found for v in c.tables.values()} == {SAME}, [c.words() for c in found]
