"""Quarantined rows go out as a workbook and come back corrected: a batch of its own that names what it repairs."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.feeds import quarantine
from jobs.feeds.ingest import poll
from jobs.feeds.repair import FIXED, GUIDE
from jobs.operate import export
from jobs.operate.repair import SheetRefused, import_sheet
from jobs.settings import REPO
from tests.support.corrected_sheets import Cells, corrected, texts
from tests.support.files import FINANCE, bad_code, code, csv_file, finance_path, line
from tests.support.installation import Installation, delta_rows, ledger_rows

pytestmark = pytest.mark.spark

FEED = "stat_finance"


def send(
    installation: Installation, rows: list[list[object]], day: int, unit: str = "220100", mark: str = ""
) -> str:
    """Deliver a unit's form of February on a day of March and take it in that evening; return its path."""
    path = finance_path(unit, suffix=f"{mark}.csv")
    installation.deliver(path, csv_file(rows), f"2026-03-{day:02d}T09:30:00+08:00")
    installation.at(f"2026-03-{day:02d}T20:00:00+08:00")
    assert len(poll(FEED).accepted) == 1
    return path


def first(installation: Installation) -> str:
    """One good row and four that are not: a text for a number, a wrong code, two that contradict each other."""
    rows = [
        line(1, 100),
        line(2, "待核实"),
        line(3, 300, 统一社会信用代码=bad_code(3)),
        line(4, 400),
        line(4, 401),
    ]
    return send(installation, rows, 10)


def exported(installation: Installation, name: str = "out.xlsx", **filters: Any) -> Path:
    target = installation.home / name
    rows = [r for r in quarantine.open_rows(FEED) if all(getattr(r, k) == v for k, v in filters.items())]
    export.write(rows, target)
    return target


def revenue(installation: Installation) -> dict[str, int]:
    """Firm -> revenue in 千元 of the live rows."""
    return {r["uscc"]: int(r["revenue"] / 1000) for r in installation.rows(FEED)}


def refused(path: Path) -> str:
    with pytest.raises(SheetRefused) as error:
        import_sheet(path, "张三")
    assert "整张退回，未作任何改动" in str(error.value)
    return str(error.value)


REVENUE, USCC = "营业收入_1-本月", "统一社会信用代码"
ALL_RIGHT: Cells = {
    (2, "处理"): "更正", (2, REVENUE): "200",
    (3, "处理"): "更正", (3, USCC): code(3),
    (4, "处理"): "放弃",
    (5, "处理"): "更正",
}  # fmt: skip


def test_the_export_shows_every_cell_as_sent_and_the_reason_beside_it(
    fresh_installation: Installation,
) -> None:
    path = first(fresh_installation)
    target = exported(fresh_installation)
    header, *rows = texts(target)
    assert header[: len(FIXED)] == list(FIXED)
    assert set(FINANCE[:-1]) | {"期末用工人数"} <= set(header)
    at = {name: i for i, name in enumerate(header)}
    shown = [(r[at["行号"]], r[at["文件"]], r[at["处理"]], r[at[USCC]], r[at[REVENUE]]) for r in rows]
    assert shown == [
        ("3", path, "留待", code(2), "待核实"),
        ("4", path, "留待", bad_code(3), "300"),
        ("5", path, "留待", code(4), "400"),
        ("6", path, "留待", code(4), "401"),
    ]
    assert rows[0][at["原因"]] == f"{REVENUE} “待核实” NOT_A_NUMBER：应为数字，实为“待核实”"
    assert f"USCC_CHECK：校验位不符：按前17位应为{code(3)[17]}" in rows[1][at["原因"]]
    assert {r[at["单位"]] for r in rows} == {"千元"}
    assert texts(target, GUIDE)[0][0].startswith("每张工作表是一个数据源")
    import zipfile

    with zipfile.ZipFile(target) as book:
        comments = book.read("xl/comments1.xml").decode()
        page = book.read("xl/worksheets/sheet2.xml").decode()
    assert "NOT_A_NUMBER：应为数字，实为“待核实”" in comments
    assert "<sheetProtection" in page and 'hidden="1"' in page and "更正,放弃,留待" in page


def test_corrected_rows_count_and_name_what_they_repair(fresh_installation: Installation) -> None:
    path = first(fresh_installation)
    assert revenue(fresh_installation) == {code(1): 100}
    fresh_installation.at("2026-03-11T10:00:00+08:00")
    back = corrected(exported(fresh_installation), ALL_RIGHT)
    outcome = import_sheet(back, "张三")
    (batch,) = outcome.polls[0].accepted
    assert (batch.seq, batch.landed, batch.silver, batch.quarantined, batch.withdrawn) == (2, 3, 3, 0, 0)
    assert (batch.scope, batch.reporter, batch.periods) == (
        "reporter=220100/period=202602",
        "220100",
        ["202602"],
    )
    assert (outcome.dropped, outcome.again) == (1, [])
    assert revenue(fresh_installation) == {code(1): 100, code(2): 200, code(3): 300, code(4): 401}
    assert quarantine.open_rows(FEED) == []
    original = ledger_rows(fresh_installation, "select batch_id from batch where seq = 1")[0][0]
    told = ledger_rows(
        fresh_installation,
        "select of_batch, sheet, row_no, action, batch_id, decided_by from repair order by row_no",
    )
    assert told == [
        (original, "", 3, "corrected", batch.batch_id, "张三"),
        (original, "", 4, "corrected", batch.batch_id, "张三"),
        (original, "", 5, "dropped", batch.batch_id, "张三"),
        (original, "", 6, "corrected", batch.batch_id, "张三"),
    ]
    file = ledger_rows(
        fresh_installation, "select path, verdict, sha256 from file order by file_id desc limit 1"
    )[0]
    assert file[:2] == (f"更正/1/{path}", "accepted")
    assert (fresh_installation.home / "landing" / file[2][:2] / file[2]).read_bytes() == back.read_bytes()
    (row,) = [r for r in fresh_installation.rows(FEED) if r["uscc"] == code(2)]
    assert (row["file_name"], row["sheet"], row["row_no"]) == (f"更正/1/{path}", FEED, 2)
    assert dict(row["reported"])["+批次（A列）"] == original
    assert (dict(row["reported"])["+行号（C列）"], dict(row["units"])["revenue"]) == ("3", "千元")


def test_the_same_sheet_is_refused_the_second_time(fresh_installation: Installation) -> None:
    first(fresh_installation)
    back = corrected(exported(fresh_installation), ALL_RIGHT)
    import_sheet(back, "张三")
    before = ledger_rows(fresh_installation, "select count(*) from batch")
    assert "back.xlsx：这张更正表已于" in refused(back) and "导入过" in refused(back)
    assert ledger_rows(fresh_installation, "select count(*) from batch") == before


def test_a_corrected_row_that_still_breaks_a_rule_waits_again_with_its_reason(
    fresh_installation: Installation,
) -> None:
    first(fresh_installation)
    still = corrected(exported(fresh_installation), {(2, "处理"): "更正", (2, REVENUE): "两百"})
    outcome = import_sheet(still, "张三")
    (again,) = outcome.again
    assert (again.row_no, again.reasons[0]["value"], again.rules) == (2, "两百", {"NOT_A_NUMBER"})
    assert again.reasons[0]["header"] == f"{REVENUE}（M列）"
    assert len(quarantine.open_rows(FEED)) == 4
    # The second correction is one of the sheet's line, and leads on to the line first sent.
    right = corrected(
        exported(fresh_installation, batch_id=again.batch_id),
        {(2, "处理"): "更正", (2, REVENUE): "200"},
        "b2.xlsx",
    )
    assert import_sheet(right, "李四").again == []
    assert revenue(fresh_installation) == {code(1): 100, code(2): 200}
    assert len(quarantine.open_rows(FEED)) == 3
    paths = [p for (p,) in ledger_rows(fresh_installation, "select path from file order by file_id")]
    assert paths == [finance_path(), f"更正/1/{finance_path()}", f"更正/2/{finance_path()}"]


def test_a_correction_withdraws_nothing_and_the_next_file_of_the_unit_replaces_it(
    fresh_installation: Installation,
) -> None:
    send(fresh_installation, [line(7, 700)], 9, "220300")
    first(fresh_installation)
    back = corrected(exported(fresh_installation), {(2, "处理"): "更正", (2, REVENUE): "200"})
    import_sheet(back, "张三")
    assert revenue(fresh_installation) == {code(1): 100, code(2): 200, code(7): 700}
    send(fresh_installation, [line(1, 110), line(3, 330)], 12, mark="_r2")
    assert revenue(fresh_installation) == {code(1): 110, code(3): 330, code(7): 700}
    assert {r.state for r in quarantine.rows(FEED)} == {"corrected", "overtaken"}
    assert quarantine.open_rows(FEED) == []


def test_the_same_bytes_sent_again_after_a_correction_are_nothing_new(
    fresh_installation: Installation,
) -> None:
    path = first(fresh_installation)
    import_sheet(corrected(exported(fresh_installation), ALL_RIGHT), "张三")
    again = path.replace(".csv", "_again.csv")
    fresh_installation.deliver(
        again, (fresh_installation.source / path).read_bytes(), "2026-03-12T09:30:00+08:00"
    )
    fresh_installation.at("2026-03-12T20:00:00+08:00")
    result = poll(FEED)
    assert (result.accepted, [f.path for f in result.unchanged]) == ([], [again])
    assert revenue(fresh_installation)[code(2)] == 200


OTHERWISE: Cells = ALL_RIGHT | {(2, REVENUE): "222"}
STALE: dict[str, tuple[Callable[[Installation], None], str]] = {
    "repaired meanwhile": (
        lambda h: (import_sheet(corrected(exported(h, "other.xlsx"), OTHERWISE, "o.xlsx"), "李四"), None)[1],
        "第2行：过时，该行已更正：李四",
    ),
    "overtaken by a later file": (
        lambda h: (send(h, [line(1, 100), line(2, 222)], 12, mark="_r2"), None)[1],
        "第2行：过时，已被新文件取代",
    ),
}


@pytest.mark.parametrize("why", STALE)
def test_a_stale_sheet_is_refused_whole(fresh_installation: Installation, why: str) -> None:
    make, told = STALE[why]
    first(fresh_installation)
    back = corrected(exported(fresh_installation), ALL_RIGHT)
    make(fresh_installation)
    before = (revenue(fresh_installation), ledger_rows(fresh_installation, "select count(*) from file"))
    assert f"工作表“{FEED}”{told}" in refused(back)
    assert (
        revenue(fresh_installation),
        ledger_rows(fresh_installation, "select count(*) from file"),
    ) == before


WRONG: dict[str, tuple[Cells, str]] = {
    "a cell that nothing is wrong with": (
        {(2, "处理"): "更正", (2, "单位详细名称"): "别的企业"},
        "第2行K列“单位详细名称”：这个单元格没有问题，不可改动，收到的是“测试企业2”，实为“别的企业”",
    ),
    "what names the row": ({(3, "行号"): "77"}, "第3行A—C列：隔离区没有这一行"),
    "the fingerprint": ({(3, "指纹"): "0" * 16}, f"第3行D列：指纹“{'0' * 16}”与隔离区现有的这一行不符"),
    "the unit": ({(3, "单位"): "万元"}, "第3行H列“单位”：不可改动，应为“千元”，实为“万元”"),
    "an action outside the list": (
        {(4, "处理"): "删除"},
        "第4行F列“处理”：应为 更正、放弃、留待 之一，实为“删除”",
    ),
    "a change that would be lost": (
        {(2, REVENUE): "200"},
        f"第2行M列“{REVENUE}”：已改为“200”，但处理为“留待”，应为“更正”",
    ),
    "the header": ({(1, REVENUE): "收入"}, f"第1行M列：表头应为“{REVENUE}”，实为“收入”"),
}


@pytest.mark.parametrize("what", WRONG)
def test_an_edit_in_the_wrong_place_is_refused_whole(fresh_installation: Installation, what: str) -> None:
    cells, told = WRONG[what]
    first(fresh_installation)
    right = {(5, "处理"): "更正"} if what != "the header" else {}
    assert f"工作表“{FEED}”{told}" in refused(corrected(exported(fresh_installation), right | cells))
    assert ledger_rows(
        fresh_installation, "select (select count(*) from repair), (select count(*) from file)"
    ) == [(0, 1)]


def test_rows_nobody_knows_and_rows_that_stand_twice_are_refused(fresh_installation: Installation) -> None:
    first(fresh_installation)
    out = exported(fresh_installation)
    twice = texts(out)[1]
    unknown = [*["" for _ in FIXED], "202602", code(9)]
    text = refused(corrected(out, {(3, "处理"): "放弃"}, more=[twice, unknown]))
    assert "第6行：与第2行是同一条隔离数据" in text
    assert "第7行A—C列：隔离区没有这一行（“||”）" in text


def test_what_is_no_corrected_sheet_is_refused_in_words(fresh_installation: Installation) -> None:
    first(fresh_installation)
    page = fresh_installation.home / "page.xlsx"
    page.write_text("<html>x</html>", encoding="utf-8")
    assert "page.xlsx：" in refused(page)
    assert "没有一行标为“更正”或“放弃”" in refused(exported(fresh_installation))


def test_rows_that_contradict_each_other_may_be_changed_in_every_cell(
    fresh_installation: Installation,
) -> None:
    first(fresh_installation)
    cells = {(4, "处理"): "更正", (5, "处理"): "更正", (5, USCC): code(5), (5, "单位详细名称"): "测试企业5"}
    outcome = import_sheet(corrected(exported(fresh_installation), cells), "张三")
    assert (outcome.again, revenue(fresh_installation)) == ([], {code(1): 100, code(4): 400, code(5): 401})


def test_of_a_key_that_somebody_else_holds_only_the_key_may_be_changed(
    fresh_installation: Installation,
) -> None:
    send(fresh_installation, [line(1, 100)], 9, "220300")
    send(fresh_installation, [line(1, 101), line(2, 200)], 10)
    (row,) = quarantine.open_rows(FEED)
    assert row.rules == {"KEY_OTHER_SCOPE"}
    out = exported(fresh_installation)
    assert "不可改动，收到的是“101”" in refused(corrected(out, {(2, "处理"): "更正", (2, REVENUE): "111"}))
    # What is still somebody else's is not taken from him.
    assert [r.rules for r in import_sheet(corrected(out, {(2, "处理"): "更正"}), "张三").again] == [
        {"KEY_OTHER_SCOPE"}
    ]
    own = corrected(
        exported(fresh_installation, "o2.xlsx"), {(2, "处理"): "更正", (2, USCC): code(8)}, "b2.xlsx"
    )
    assert import_sheet(own, "张三").again == []
    assert revenue(fresh_installation) == {code(1): 100, code(2): 200, code(8): 101}


def test_dropping_alone_makes_a_batch_without_rows(fresh_installation: Installation) -> None:
    first(fresh_installation)
    outcome = import_sheet(corrected(exported(fresh_installation), {(2, "处理"): "放弃"}), "张三")
    (batch,) = outcome.polls[0].accepted
    assert (batch.landed, batch.periods, outcome.dropped) == (0, ["202602"], 1)
    assert len(quarantine.open_rows(FEED)) == 3
    assert len(quarantine.open_rows(FEED, known_by=1)) == 4, "what was open then is open then"


def zjtx(installation: Installation, *arguments: str, dying: str | None = None) -> int:
    """Run the command in a process of its own; with ``dying`` it is killed after (or before) that function."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("ZJTX_", "AIRFLOW_"))} | installation.env
    prelude = ""
    if dying:
        when, module, name = dying.split(" ")
        prelude = (
            f"import os, {module} as m\n"
            f"real = m.{name}\n"
            "def fatal(*a, **k):\n"
            + ("" if when == "before" else "    real(*a, **k)\n")
            + "    os.kill(os.getpid(), 9)\n"
            + f"m.{name} = fatal\n"
        )
    program = f"{prelude}from jobs.cli import app\napp({list(arguments)!r})"
    done = subprocess.run(
        [str(REPO / ".venv/bin/python"), "-c", program],
        env=env,
        cwd=REPO,
        capture_output=True,
        timeout=300,
        check=False,
    )
    if dying:
        forgotten(installation)
    else:
        assert done.returncode == 0, done.stderr.decode()[-2000:] + done.stdout.decode()[-2000:]
    return done.returncode


def forgotten(installation: Installation) -> None:
    """Wait until PostgreSQL has noticed a death: on a busy machine the writer's lock outlives it by a moment."""
    held = "select count(*) from pg_locks join pg_database on oid = database " \
           "where locktype = 'advisory' and datname = current_database()"  # fmt: skip
    deadline = time.monotonic() + 30
    while ledger_rows(installation, held) != [(0,)]:
        assert time.monotonic() < deadline, "the lock of a dead process is still held"
        time.sleep(0.05)


def left(installation: Installation) -> dict[str, Any]:
    """What an import leaves, without ids of polls."""
    lake = installation.env["ZJTX_LAKE"]

    def lines(table: str) -> list[tuple[Any, ...]]:
        return sorted(
            (r["file_name"], r["sheet"], r["row_no"])
            for r in delta_rows(f"{lake}/{table}", ["file_name", "sheet", "row_no"])
        )

    return {
        "tables": [lines(t) for t in (f"bronze/{FEED}", f"silver/{FEED}", "quarantine/rows")],
        "live": revenue(installation),
        "batches": ledger_rows(
            installation,
            "select seq, scope, landed, silver, quarantined, duplicates, withdrawn from batch order by seq",
        ),
        "files": ledger_rows(installation, "select path, verdict from file order by file_id"),
        "repairs": ledger_rows(
            installation, "select sheet, row_no, action, decided_by from repair order by row_no"
        ),
        "open": ledger_rows(installation, "select count(*) from poll where done_at is null"),
    }


@pytest.fixture(scope="module")
def undisturbed(installations: Any) -> Iterator[dict[str, Any]]:
    installation = installations.new()
    with installation.active():
        first(installation)
        import_sheet(corrected(exported(installation), ALL_RIGHT), "张三")
        yield left(installation)
    installations.drop(installation)


DEATHS = {
    "when the sheet lies in landing": "after jobs.operate.repair land",
    "when the poll stands in the ledger": "after jobs.ledger.repairs start",
    "when the rows are parsed": "after jobs.feeds.reading parse_all",
    "when the rows are judged": "after jobs.feeds.load split",
    "when the rows are counted": "after jobs.feeds.load tally",
    "when the first rows are written": "after jobs.feeds.load append",
    "when all is written but nothing accepted": "before jobs.ledger.batches finish_poll",
    "when all is accepted": "after jobs.ledger.batches finish_poll",
}


@pytest.mark.parametrize("step", DEATHS)
def test_an_import_killed_at_a_step_and_repeated_leaves_the_same_rows(
    fresh_installation: Installation, undisturbed: dict[str, Any], step: str
) -> None:
    first(fresh_installation)
    back = corrected(exported(fresh_installation), ALL_RIGHT)
    command = ("quarantine", "import", str(back), "--by", "张三")
    assert zjtx(fresh_installation, *command, dying=DEATHS[step]) == -signal.SIGKILL
    if step == "when all is accepted":
        assert "已于" in refused(back)
    else:
        assert revenue(fresh_installation) == {code(1): 100}
        zjtx(fresh_installation, *command)
    assert left(fresh_installation) == undisturbed


def test_an_import_that_died_is_finished_by_the_next_look_at_the_source(
    fresh_installation: Installation, undisturbed: dict[str, Any]
) -> None:
    first(fresh_installation)
    back = corrected(exported(fresh_installation), ALL_RIGHT)
    zjtx(
        fresh_installation,
        "quarantine",
        "import",
        str(back),
        "--by",
        "张三",
        dying=DEATHS["when the rows are parsed"],
    )
    assert len(poll(FEED).accepted) == 1
    assert left(fresh_installation) == undisturbed
