"""What is due, arrived, late, refused and waiting; what happened to a file; help in two languages."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer
from rich.cells import cell_len
from typer.testing import CliRunner

from infra.sandbox.delivery.schedule import GOOD
from jobs import clock
from jobs.cli import app
from jobs.feeds import quarantine
from jobs.feeds.ingest import poll
from jobs.ledger import releases
from jobs.operate import files
from jobs.operate.advice import calm, next_steps
from jobs.operate.status import Cell, matrix
from tests.support.corrected_sheets import corrected as corrected_sheet
from tests.support.files import bad_code, code, csv_file, finance_path, line
from tests.support.installation import SANDBOX_FEEDS, STOPS, Installation, ledger_rows
from tests.support.planted_defects import RULES, planted
from tests.support.wrong_commands import release_row

pytestmark = pytest.mark.spark

CHINESE, ENGLISH = re.compile("[\u4e00-\u9fff]"), re.compile("[A-Za-z]{2,}")


def cells(feed: str, since: str | None = None) -> dict[str, Cell]:
    return {c.period: c for c in matrix(feed, since)}


def told(*arguments: str, code: int = 0) -> str:
    result = CliRunner(env={"COLUMNS": "240"}).invoke(app, list(arguments))
    assert result.exit_code == code, result.output + str(result.exception)
    return result.output


def defects(installation: Installation, *rules: str) -> pd.DataFrame:
    found = planted(installation.seen["truth"], STOPS[-1])
    return found[found["rule"].isin(rules)]


def test_the_last_three_months_are_shown_with_deadline_and_reporters(loaded: Installation) -> None:
    del loaded
    found = cells("stat_finance")
    assert list(found) == ["202604", "202605", "202606"]
    april = found["202604"]
    assert april.due == datetime.fromisoformat("2026-05-18T23:59:59+08:00")
    assert (len(april.expected), len(april.arrived), april.missing, april.late) == (10, 10, [], ["220800"])
    assert (found["202605"].late, found["202606"].late) == ([], [])


def test_from_an_earlier_month_on_everything_is_shown_and_what_was_sent_again_is_not_refused(
    loaded: Installation,
) -> None:
    del loaded
    found = cells("stat_finance", "202602")
    assert list(found) == ["202602", "202603", "202604", "202605", "202606"]
    march = found["202603"]
    # 220600 sent a file without rows in time, and a good one three days after the deadline.
    assert (march.late, march.refused, len(march.arrived)) == (["220600"], [], 10)


def test_open_rows_and_rows_in_use_are_those_of_the_truth(loaded: Installation) -> None:
    bad = defects(loaded, *RULES)
    listed = pd.read_parquet(loaded.seen["truth"] / "files.parquet").set_index("path")
    form = listed.loc[listed["status"].eq(GOOD), "rows"]
    twice = defects(loaded, "identical_row")
    for period, cell in cells("stat_finance", "202602").items():
        own = [p for p in form.index if re.fullmatch(rf"stat/\w+/203/203_\w+_{period}(_r2)?\.\w+", p)]
        standing = [p for p in own if (p.replace(".", "_r2.") not in own and "_r2" not in p) or "_r2" in p]
        landed = int(form[standing].sum()) - int(twice["file"].isin(standing).sum())
        waiting = int(bad["file"].isin(standing).sum())
        assert (cell.open, cell.landed, cell.used) == (waiting, landed, landed - waiting), period


def test_feeds_that_nobody_in_particular_must_deliver_are_shown_as_well(loaded: Installation) -> None:
    del loaded
    (events,) = matrix("certificate_notice")
    assert (events.period, events.expected, events.arrived, events.due) == ("*", ["*"], ["*"], None)
    (absent,) = matrix("yearbook_rd_activity")
    assert (absent.expected, absent.arrived) == (["*"], [])
    yearly = cells("stat_rd")
    assert list(yearly) == ["2023", "2024", "2025"] and len(yearly["2025"].arrived) == 10


def test_status_begins_with_what_to_do_and_gives_the_same_as_json(loaded: Installation) -> None:
    del loaded
    text = told("status")
    assert "财务状况" in text and "202606 到 10/10 截止 26-07-18" in text and "迟报 1" in text
    first, *rest = text.splitlines()
    steps = [line for line in rest if re.match(r"\d+\. ", line)]
    assert first == f"要办的事 {len(steps)} 件，最急的在前：" and rest[: len(steps)] == steps
    assert all("：zjtx " in line or "：make " in line for line in steps), "each with the command to use"
    assert re.search(r"隔离待处理 \d+ 行（所列期间），最久的第 \d+ 天：zjtx quarantine export", text)
    data = json.loads(told("status", "--json", "--feed", "stat_finance"))
    assert [c["period"] for c in data["cells"]] == ["202604", "202605", "202606"]
    assert data["cells"][0]["late"] == ["220800"] and any(
        step.startswith("隔离待处理 ") and "zjtx quarantine export" in step for step in data["next"]
    )
    assert "没有数据源“x”；可用：" in told("status", "--feed", "x", code=1)
    assert "期间“2026-1”无法识别" in told("status", "--from", "2026-1", code=1)


def test_who_is_late_and_what_was_refused_come_first(fresh_installation: Installation) -> None:
    fresh_installation.deliver(finance_path("220100"), csv_file([line(1, 100)]), "2026-03-10T09:30:00+08:00")
    fresh_installation.deliver(finance_path("220300"), csv_file([]), "2026-03-10T10:00:00+08:00")
    fresh_installation.at("2026-03-18T20:00:00+08:00")
    poll("stat_finance")
    poll("stat_finance")
    before = cells("stat_finance")["202602"]
    assert (before.missing, before.refused, before.arrived) == ([], [2], ["220100"]), (
        "nobody is late before the deadline"
    )
    fresh_installation.at("2026-03-19T08:00:00+08:00")
    assert cells("stat_finance")["202602"].missing == [], "nobody is late unread"
    poll("stat_finance")
    found = cells("stat_finance")["202602"]
    assert len(found.missing) == 9 and "220300" in found.missing
    steps = [str(step) for step in next_steps([found])]
    assert steps[:2] == [
        "财务状况（103/203表） 1 个文件被拒收、尚无替换：zjtx file show 2",
        "财务状况（103/203表） 202602 逾期 1 天未报：吉林市、四平市、辽源市、通化市等 9 家；催报，到后：zjtx ingest stat_finance",
    ]
    fresh_installation.deliver(
        finance_path("220300", suffix="_r2.csv"), csv_file([line(3, 300)]), "2026-03-19T09:00:00+08:00"
    )
    poll("stat_finance")
    after = cells("stat_finance")["202602"]
    assert (after.refused, after.late, len(after.missing)) == ([], ["220300"], 8)


def test_a_poll_that_died_is_told_first(
    fresh_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jobs.ledger import batches

    fresh_installation.deliver(finance_path("220100"), csv_file([line(1, 100)]), "2026-03-10T09:30:00+08:00")
    fresh_installation.at("2026-03-12T20:00:00+08:00")

    def dies(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(batches, "finish_poll", dies)
        with pytest.raises(KeyboardInterrupt):
            poll("stat_finance")
    first = next_steps(matrix("stat_finance"))[0]
    assert str(first) == "财务状况（103/203表）有未处理完的一轮：zjtx ingest stat_finance"


def test_when_nothing_needs_a_hand_the_next_deadline_is_told(fresh_installation: Installation) -> None:
    fresh_installation.at("2026-03-12T20:00:00+08:00")
    units = list(cells("stat_finance")["202602"].expected)
    due = datetime.fromisoformat("2026-03-18T23:59:59+08:00")
    coming = Cell("stat_finance", "202602", due, units, units[:3])
    assert next_steps([coming]) == []
    assert calm([coming]) == "没有要做的事；等 财务状况（103/203表） 202602（3/10），03-18 截止"
    assert calm([]) == "没有要做的事"


def test_a_source_that_nobody_looked_at_since_the_deadline_is_told(fresh_installation: Installation) -> None:
    fresh_installation.at("2026-03-12T20:00:00+08:00")
    unseen = "1 个数据源过了截止日，还没有看过来源：zjtx ingest stat_finance"
    assert [str(step) for step in next_steps(matrix("stat_finance"))] == [unseen]
    lines = told("status", "--feed", "stat_finance").splitlines()
    assert lines[:2] == ["要办的事 1 件，最急的在前：", f"1. {unseen}"]


def test_what_waits_for_a_word_is_told_with_its_age(fresh_installation: Installation) -> None:
    fresh_installation.at("2026-03-12T20:00:00+08:00")
    releases.record([release_row("R7", "2025Q4")])
    releases.move("R7", "computed", "candidate")
    fresh_installation.at("2026-03-15T21:00:00+08:00")
    assert str(next_steps([])[0]) == "R7 等待审批，第 4 天：zjtx approve R7 --by 姓名"
    releases.move("R7", "candidate", "refused")
    releases.audited("R7", clock.now(), False, {})
    assert str(next_steps([])[0]) == "R7 审核未通过，原发布继续有效，原因见通知：zjtx notices"


@pytest.mark.parametrize(
    "command", [("status",), ("file", "list"), ("file", "list", "--refused"), ("targets",), ("ranking",)]
)
def test_at_80_columns_no_line_is_wider_and_no_figure_is_cut(
    loaded: Installation, command: tuple[str, ...]
) -> None:
    del loaded

    def printed(columns: int) -> str:
        done = CliRunner(env={"COLUMNS": str(columns)}).invoke(app, list(command))
        assert done.exit_code == 0, done.output
        return done.stdout

    narrow, wide = printed(80), printed(400)
    assert max(cell_len(line) for line in narrow.splitlines()) <= 80
    assert "…" not in narrow and "…" not in wide
    assert "┃" in wide, "a wide terminal has a table"
    figures = re.compile(r"\d[\d,]*\.?\d*%?")
    assert sorted(set(figures.findall(narrow))) == sorted(set(figures.findall(wide)))


def test_files_are_listed_and_found_by_id_path_and_hash(loaded: Installation) -> None:
    listed = told("file", "list", "--refused")
    refused = ledger_rows(loaded, "select file_id, path, reason, sha256 from file where verdict = 'refused'")
    assert f"共 {len(refused)} 个" in listed
    for number, path, reason, sha256 in refused:
        assert [f.file_id for f in files.find(str(number))] == [number]
        assert [f.file_id for f in files.find(path)] == [number]
        assert number in [f.file_id for f in files.find(sha256[:10])]
        shown = told("file", "show", path)
        assert "结论：拒收" in shown and f"原因：{reason}" in shown
    assert "台账中没有文件“nix”" in told("file", "show", "nix", code=1)


def test_a_files_story_names_every_row_that_is_not_in_use(loaded: Installation) -> None:
    bad = defects(loaded, *RULES)
    path = bad[bad["rule"].eq("key_conflict") & bad["file"].str.contains("/103/|/203/")]["file"].iloc[0]
    shown = told("file", "show", path, "--all")
    for text in (
        "数据源：stat_finance",
        f"路径：{path}",
        "内容散列：",
        "轮次：第 ",
        "结论：接收",
        "多出的列：",
    ):
        assert text in shown, shown
    assert re.search("表头：营业收入_1-本月 ← 营业收入.*（[A-Z]+列），单位 千元", shown)
    own = bad[bad["file"].eq(path)]
    assert f"隔离行：{len(own)}" in shown
    for row, rule in zip(own["row"], own["rule"], strict=True):
        assert re.search(rf"第{row}行 \[", shown) and RULES[rule] in shown
    assert "使用它的发布：" in shown and any(r in shown for r in loaded.seen["releases"])


def test_a_files_story_names_copies_and_withdrawn_keys(loaded: Installation) -> None:
    twice = defects(loaded, "identical_row")
    path = twice["file"].iloc[0]
    batch = files.batch_of(files.find(path)[0])
    assert batch is not None
    assert [row for _, row in files.duplicates(batch)] == sorted(twice[twice["file"].eq(path)]["row"])
    corrected = files.batch_of(files.find("stat/220200/103/103_220200_2025_r2.xlsx")[0])
    assert corrected is not None
    gone = files.withdrawn(corrected)
    # One firm is left out of the year's eleven months; it may not have reported each of them.
    assert len({k.split("|")[0] for k in gone}) == 1 and 1 <= len(gone) == corrected.withdrawn <= 11


def test_a_file_that_was_replaced_is_used_only_by_releases_before_that(loaded: Installation) -> None:
    old = files.batch_of(files.find("stat/220200/103/103_220200_2025.xlsx")[0])
    new = files.batch_of(files.find("stat/220200/103/103_220200_2025_r2.xlsx")[0])
    assert old is not None and new is not None
    first, second = loaded.seen["releases"][:2]
    assert {r.release_id for r in files.used_by(old)} == {first}
    assert first not in {r.release_id for r in files.used_by(new)}
    assert {(r.release_id, r.period) for r in files.used_by(new)} >= {
        (second, f"2025Q{q}") for q in range(1, 5)
    }


def test_quarantined_rows_are_listed_by_feed_file_rule_and_state(loaded: Installation) -> None:
    bad = defects(loaded, *RULES)
    of_files = [r for r in quarantine.rows() if r.feed in SANDBOX_FEEDS]
    assert len(of_files) == len(bad[["file", "sheet", "row"]].drop_duplicates())
    conflicts = bad[bad["rule"].eq("key_conflict")]
    shown = told("quarantine", "list", "--rule", "KEY_CONFLICT", "--limit", "0")
    assert f"共 {len(conflicts)} 行" in shown and "同一文件内主键重复而内容不同，均未采用" in shown
    waiting = quarantine.open_rows("stat_finance")
    path = waiting[0].file_name
    own = told("quarantine", "list", "--file", path, "--open", "--limit", "1")
    assert f"列出 1 行，共 {sum(r.file_name == path for r in waiting)} 行" in own and "[未处理]" in own
    assert {r.state for r in quarantine.rows()} <= {"open", "overtaken"}


def test_export_without_anything_open_says_so(fresh_installation: Installation, tmp_path: Path) -> None:
    del fresh_installation
    text = told("quarantine", "export", str(tmp_path / "x.xlsx"), code=1)
    assert "没有符合条件的未处理隔离行" in text and not (tmp_path / "x.xlsx").exists()


def test_export_and_import_by_command(fresh_installation: Installation, tmp_path: Path) -> None:
    rows = [line(1, 100), line(2, 200, 统一社会信用代码=bad_code(2))]
    fresh_installation.deliver(finance_path(), csv_file(rows), "2026-03-10T09:30:00+08:00")
    fresh_installation.at("2026-03-12T20:00:00+08:00")
    poll("stat_finance")
    target = tmp_path / "更正.xlsx"
    assert "stat_finance 1 行" in told("quarantine", "export", str(target), "--feed", "stat_finance")
    refused = told("quarantine", "import", str(target), "--by", "张三", code=1)
    assert "更正表整张退回，未作任何改动" in refused
    assert "没有文件" in told("quarantine", "import", str(tmp_path / "nix.xlsx"), "--by", "张三", code=1)
    back = corrected_sheet(target, {(2, "处理"): "更正", (2, "统一社会信用代码"): code(2)})
    text = told("quarantine", "import", str(back), "--by", "张三")
    assert "更正 1 行，采用 1 行，再次隔离 0 行" in text and "放弃 0 行；仍有问题 0 行" in text


def walk(command: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    found = [(path, command)]
    for name, child in getattr(command, "commands", {}).items():
        found += walk(child, (*path, name))
    return found


COMMANDS = walk(typer.main.get_command(app))


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(p) or "zjtx" for p, _ in COMMANDS])
def test_help_of_every_command_is_chinese_and_english(path: tuple[str, ...], command: Any) -> None:
    assert len(COMMANDS) > 20
    assert CHINESE.search(command.help or "") and ENGLISH.search(command.help or ""), path
    for parameter in command.params:
        text = getattr(parameter, "help", None)
        if "--help" not in parameter.opts:
            assert text and CHINESE.search(text) and ENGLISH.search(text), (path, parameter.name)
    assert CHINESE.search(CliRunner().invoke(app, [*path, "--help"]).output)
