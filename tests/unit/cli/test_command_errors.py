"""Every command answers a wrong question, or a wrong installation, with a Chinese sentence: no traceback, no change."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.site import Ports
from jobs.definitions.checks import ROW_RULES
from jobs.settings import REPO
from tests.support.installation import environment
from tests.support.wrong_commands import ALONE, HOMELESS, PLAIN, assert_refused, commands, each, name, run

SERVED = ("ranking", "trace")
"""Commands that read the served file alone."""
LEDGERLESS = (*HOMELESS, *SERVED, "lake init")
"""Commands that do without the ledger."""


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An installation whose folder holds nothing, whose servers do not answer."""
    closed = Ports.free()
    home = tmp_path_factory.mktemp("home")
    (home / "log").mkdir()
    settings = {
        "ZJTX_LEDGER_URL": f"postgresql+psycopg://ledger:geheim@127.0.0.1:{closed.postgres}/ledger",
        "ZJTX_SPARK_REMOTE": f"sc://127.0.0.1:{closed.spark}",
    }
    with environment({"ZJTX_HOME": str(home), **settings}):
        yield home


def test_every_command_has_its_wrong_questions() -> None:
    assert set(commands()) == set(ALONE) == set(PLAIN)


@pytest.mark.parametrize(("command", "arguments"), each(ALONE), ids=name)
def test_a_wrong_question_is_answered_without_any_server(
    nowhere: Path, command: str, arguments: list[str]
) -> None:
    assert_refused(run(command, arguments))


@pytest.mark.parametrize("command", SERVED)
def test_that_nothing_is_published_is_said(nowhere: Path, command: str) -> None:
    done = run(command, PLAIN[command])
    assert_refused(done)
    assert "还没有发布过任何数字" in done.stderr


@pytest.mark.parametrize("command", PLAIN)
def test_a_home_that_does_not_exist_is_named(tmp_path: Path, command: str) -> None:
    with environment({"ZJTX_HOME": str(tmp_path / "没有")}):
        done = run(command, PLAIN[command])
    assert_refused(done)
    assert f"ZJTX_HOME 指向的文件夹不存在：{tmp_path / '没有'}"[:40] in done.stderr
    assert list(tmp_path.iterdir()) == [], "nothing is made in its place"


@pytest.mark.parametrize("command", [c for c in PLAIN if c not in LEDGERLESS])
def test_a_folder_without_an_installation_is_told_from_one(tmp_path: Path, command: str) -> None:
    with environment({"ZJTX_HOME": str(tmp_path)}):
        done = run(command, PLAIN[command])
    assert_refused(done)
    assert "没有 settings.env" in done.stderr


@pytest.mark.parametrize("command", [c for c in PLAIN if c not in LEDGERLESS])
def test_a_ledger_that_does_not_answer_is_named_without_its_password(nowhere: Path, command: str) -> None:
    done = run(command, PLAIN[command])
    assert_refused(done)
    assert "连不上台账（127.0.0.1:" in done.stderr and "make up" in done.stderr
    assert "geheim" not in done.output


def test_a_spark_that_does_not_answer_is_named(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After one more try: half a minute of them ends in the same error."""
    from pyspark.sql.connect.client.retries import DefaultPolicy

    from jobs import lake
    from jobs.cli.troubles import told
    from jobs.lake import session

    once_more = DefaultPolicy(max_retries=1, initial_backoff=10)
    monkeypatch.setattr(session, "DefaultPolicy", lambda **_: once_more)
    with pytest.raises(Exception) as refused, lake.connect() as spark:
        spark.range(1).collect()
    assert "连不上计算服务 Spark（127.0.0.1:" in told(refused.value)


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["statu"], "是不是 status？"),
        (["quarantine", "lst"], "是不是 list？"),
        (["status", "--fed", "x"], "是不是 --feed？"),
        (["ingest", "stat_finanse"], "是不是 stat_finance 财务状况"),
        (["status", "--from", "2026年2季度"], "是不是 2026Q2？"),
        (["status", "--from", "2026-6"], "是不是 202606？"),
        (["trace", "2026Q2", "revenu", "长春市"], "是不是 revenue 营业收入、"),
        (["trace", "2026Q2", "营业收人", "长春市"], "是不是 revenue 营业收入"),
        (["trace", "2026Q2", "revenue", "长春"], "是不是 220100 长春市、"),
        (["trace", "2026Q2", "revenue", "220101"], "是不是 220100 长春市"),
        (["ranking", "--programme", "jl"], "是不是 JL "),
        (["targets", "--policy", "JL1"], "是不是 JL "),
        (["quarantine", "list", "--rule", "REQUIERD"], "是不是 REQUIRED 必填项为空？"),
    ],
    ids=name,
)
def test_the_nearest_right_words_are_said(nowhere: Path, arguments: list[str], meant: str) -> None:
    done = run(arguments[0], arguments[1:])
    assert_refused(done)
    assert meant in done.stderr


@pytest.mark.parametrize("option", [["--policy", "XX"], ["--policy", "JLJL"]], ids=name)
def test_an_unknown_programme_is_no_empty_table(nowhere: Path, option: list[str]) -> None:
    done = run("targets", option)
    assert_refused(done)
    assert done.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [["--feed", "\udcff\udcfe"], ["\udcb9\udce3"], ["--feed", "a\x1b[31m"]],
    ids=["half", "GB 18030", "control"],
)
def test_what_is_no_text_is_refused(nowhere: Path, arguments: list[str]) -> None:
    done = run("status", arguments)
    assert_refused(done)
    assert "不是 UTF-8 文字" in done.stderr or "控制字符" in done.stderr
    assert "\x1b" not in done.output


def zjtx(*arguments: bytes | str, home: Path, **more: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the program in a process of its own."""
    env = {"PATH": os.environ["PATH"], "ZJTX_HOME": str(home), "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "jobs.cli", *arguments]
    return subprocess.run(command, cwd=REPO, env=env, stderr=subprocess.PIPE, check=False, **more)


def test_bytes_of_another_character_set_come_to_no_traceback(tmp_path: Path) -> None:
    done = zjtx("file", "show", "广".encode("gb18030"), home=tmp_path, stdout=subprocess.PIPE)
    told = done.stderr.decode("utf-8")
    assert (done.returncode, done.stdout) == (1, b"")
    assert told == "参数不是 UTF-8 文字：“\\udcb9\\udce3”；请把终端的字符集设为 UTF-8 再写一遍\n"


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = zjtx("--help", home=tmp_path, stdout=writing)
    os.close(writing)
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"ZJTX_LEDGER_URL": "sqlite-gibt-es-nicht"}, "ZJTX_LEDGER_URL 不是数据库地址"),
        ({"ZJTX_LEDGER_URL": "oracel://h/x"}, "ZJTX_LEDGER_URL 的数据库种类不对"),
        ({"ZJTX_AUTO_APPROVE": "vielleicht"}, "设置的值不对：auto_approve"),
    ],
    ids=["no address", "an unknown kind", "neither yes nor no"],
)
def test_a_wrong_setting_is_named(tmp_path: Path, values: dict[str, str], told: str) -> None:
    with environment({"ZJTX_HOME": str(tmp_path), **values}):
        done = run("notices", [])
    assert_refused(done)
    assert told in done.stderr


def test_what_nobody_expected_is_kept_in_a_private_file_and_only_named(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jobs import notify

    def breaks(*_: Any) -> None:
        raise ArithmeticError("innards")

    monkeypatch.setattr(notify, "notices", breaks)
    done = run("notices", [])
    file = nowhere / "log" / "zjtx.log"
    assert done.exit_code == 1 and "innards" not in done.output and "Traceback" not in done.output
    assert f"详情记在 {file}" in done.stderr
    assert "ArithmeticError: innards" in file.read_text(encoding="utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_interrupted_command_says_so(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jobs import notify

    def stopped(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(notify, "notices", stopped)
    done = run("notices", [])
    assert done.exit_code == 130 and done.stderr.startswith("已中断")


def test_every_rule_that_quarantines_a_row_can_be_asked_for() -> None:
    """The rules' names stand in the code that applies them."""
    jobs = REPO / "jobs"
    sources = [
        *(jobs / "feeds" / "judging").glob("*.py"),
        jobs / "feeds" / "classify.py",
        jobs / "sheets" / "rows.py",
    ]
    applied = {
        rule
        for path in sources
        for rule in re.findall(
            r"""[(:\[ ]"'?([A-Z]+(?:_[A-Z]+)*)'?"(?=[,:)\]])""", path.read_text(encoding="utf-8")
        )
    }
    kinds = {"STRING", "DATE", "BIGINT", "INT", "FLOAT", "DOUBLE", "SUMMARY", "ARRAY"}
    assert {a for a in applied if not a.startswith("ZJTX")} - kinds == set(ROW_RULES)
