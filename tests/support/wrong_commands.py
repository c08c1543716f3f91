"""Commands asked wrongly: of each command what may be written wrongly, and what its refusal must look like.

``python -m tests.support.wrong_commands`` prints what each of them says in the installation of ``ZJTX_HOME``.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from typing import Any

from typer.main import get_command
from typer.testing import CliRunner

from jobs import clock
from jobs.cli import app
from jobs.ledger.models import Release

SQL = "'; DROP TABLE release; --"
LONG = "长" * 5000
BY = ("--by", "张三")
NOTED = ("--note", "电话核实", *BY)

ALONE: dict[str, list[list[str]]] = {
    "approve": [[], ["R1"], ["R1", "--by", ""], ["R1", "--by", LONG], ["", *BY], ["R1", *BY, "R2"]],
    "compute": [["now"], ["--period", "2026Q2"]],
    "contract check": [
        ["/nirgends.yaml"], ["/tmp"], ["/etc/hostname"], ["/etc/hostname", "x"], [""], [SQL], [LONG], ["--all"],
    ],
    "deadlines": [["2026"]],
    "demo-check": [["--all"]],
    "dictionary check": [["x"]],
    "dictionary write": [["x"]],
    "file list": [["--feed", "stat_finanse"], ["--feed", SQL], ["--feed", ""], ["--limit", "-1"], ["--limit", "many"]],
    "file show": [[], [""], ["1", "2"]],
    "gate": [["JL"]],
    "ingest": [["stat_finanse"], ["stat_finance", "财务"], [SQL], [""], [LONG]],
    "lake init": [["x"]],
    "lake upkeep": [["--dryrun"]],
    "ledger upgrade": [["x"]],
    "notices": [["--limit", "-3"], ["--undeliverd"]],
    "publish": [["R1"]],
    "quarantine export": [[], ["x.xlsx", "--feed", "stat_finanse"], ["x.xlsx", "--rule", "REQUIERD"], [""]],
    "quarantine import": [[], ["/nirgends.xlsx", *BY], ["/tmp", *BY], ["/nirgends.xlsx"], ["/nirgends.xlsx", "--by", " "]],
    "quarantine list": [["--feed", "财务状况"], ["--rule", "KEY_CONFLIKT"], ["--rule", SQL], ["--file", ""]],
    "ranking": [["--programme", "JLX"], ["--programme", ""], ["--programme", SQL]],
    "recheck": [["stat_finanse"], [SQL], [""], ["tax_vat"], ["stat_finance", "fin_loan"]],
    "reject": [[], ["R1"], ["R1", "--by", ""], ["R1", "--by", LONG]],
    "replay": [[], ["R1", "--known-by", "3"], ["--known-by", "gestern"], ["--known-by", "²"], ["--known-by", SQL]],
    "review list": [["--limit", "-1"], ["all"], ["--al"]],
    "review settle": [
        [], ["0a1b2c3d"], ["0a1b2c3d", *NOTED], ["0a1b2c3d", "--not-ours", *BY], ["0a1b2c3d", "--not-ours", "--note", " ", *BY],
        ["0a1b2c3d", "--not-ours", "--note", "x", "--by", LONG], ["0a1b2c3d", "--not-ours", "--stated", *NOTED],
        ["0a1b2c3d", "--not-ours", "--certificate", "x", *NOTED], ["0a1b2c3d", "--uscc", "", *NOTED], ["--not-ours", *NOTED],
    ],
    "rollback": [[], ["P00001"], ["P00001", "--by", ""], ["P00001", "--by", LONG]],
    "rule list": [["--programme", "JLX"], ["--programme", SQL], ["--period", "2026q5"], ["--period", ""]],
    "rule review": [
        [], ["vat_gap"], ["vat_gapp", "--period", "2026Q1", "--note", "x", *BY], ["vat_gap", "--period", "2026-1", "--note", "x", *BY],
        ["vat_gap", "--period", "2026Q1", "--note", " ", *BY], ["vat_gap", "--period", "2026Q1", "--note", "x", "--by", LONG],
        ["vat_gap", "--period", "2026Q1", "--note", "x", *BY, "--programme", "JLX"],
    ],
    "status": [["--feed", "stat_finanse"], ["--from", "2026q5"], ["--from", "2026-1"], ["--from", SQL], ["--feed"]],
    "suites write": [["x"]],
    "targets": [
        ["--policy", "JLX"], ["--policy", ""], ["--at", "2025"], ["--at", "2025-12-30"], ["--at", "9999-12-31"],
        ["--format", "jsn"], ["--known-by", "gestern"], ["--policy", SQL],
    ],
    "trace": [
        [], ["2026Q2"], ["2026Q2", "revenu", "长春市"], ["2026Q2", "revenue", "长春"], ["2026Q2", "revenue", SQL],
        ["2026Q2", "revenue", "长春市", "--limit", "-1"], ["2026Q2", LONG, "长春市"],
    ],
}  # fmt: skip
"""Command -> arguments that are wrong whatever the installation holds."""

ASKED: dict[str, list[list[str]]] = {
    "approve": [["R9999", *BY], [SQL, *BY]],
    "file show": [["999999"], ["stat/nirgends.csv"], ["0123456789abcdef"], [SQL]],
    "quarantine export": [["x.xlsx", "--file", "nirgends"]],
    "quarantine import": [["/etc/hostname", *BY]],
    "quarantine list": [["--file", "nirgends"], ["--file", "999999"]],
    "ranking": [["--period", "1999Q1"], ["--period", SQL], ["--programme", "CN4", "--known-by", "1"], ["--known-by", "1990-01-01"]],
    "reject": [["R9999", *BY], [SQL, *BY]],
    "replay": [["R9999"], ["--known-by", "1990-01-01"], ["--known-by", "9" * 40], [SQL]],
    "review settle": [
        ["0a1b2c3d", "--not-ours", *NOTED], [SQL, "--stated", *NOTED], ["0a1b2c3d", "0a1b2c3d", "--reopen", *NOTED],
        ["0a1b2c3d", "--uscc", "912201011234567890", *NOTED],
    ],
    "rule review": [["vat_gap", "--period", "1999Q1", "--note", "x", *BY]],
    "rollback": [["P99999", *BY], ["../../etc", *BY], [SQL, *BY]],
    "targets": [["--known-by", "1990-01-01", "--at", "2025-12-31"]],
    "trace": [["1999Q1", "revenue", "长春市"], ["2026q2", "revenue", "长春市"], [SQL, "revenue", "长春市"]],
}  # fmt: skip
"""Command -> arguments that name what an installation does not hold."""

PLAIN: dict[str, list[str]] = {
    "approve": ["R1", *BY], "compute": [], "contract check": [], "deadlines": [], "demo-check": [], "dictionary check": [], "dictionary write": [],
    "file list": [],
    "file show": ["1"], "gate": [], "ingest": [], "lake init": [], "lake upkeep": [], "ledger upgrade": [], "notices": [],
    "publish": [], "quarantine export": ["x.xlsx"], "quarantine import": ["/etc/hostname", *BY], "quarantine list": [],
    "ranking": [], "recheck": [], "reject": ["R1", *BY], "replay": ["R1"], "review list": [],
    "review settle": ["0a1b2c3d", "--not-ours", *NOTED], "rollback": ["P00001", *BY],
    "rule list": [], "rule review": ["vat_gap", "--period", "2026Q1", "--note", "x", *BY], "status": [], "suites write": [],
    "targets": ["--known-by", "1"], "trace": ["2026Q2", "revenue", "长春市"],
}  # fmt: skip
"""Command -> arguments that are right: what is wrong is the installation."""

HOMELESS = ("contract check", "dictionary check", "dictionary write", "suites write")
"""Commands that work on the checkout, whatever the installation is."""

_CHINESE = re.compile("[\u4e00-\u9fff]")
FOREIGN = (
    "Traceback", "Error", "Exception", "Invalid value", "No such", "Missing", "Usage", "not a valid", "(psycopg",
    "sqlalchemy", "pydantic", "没有料到",
)  # fmt: skip
"""What only a library, or an error that nobody expected, would say."""


def release_row(release_id: str, period: str) -> Release:
    """A release as it stands in the ledger once it is computed."""
    now = clock.now()
    return Release(
        release_id=release_id, programme="JL", period=period, seq=7, status="complete", state="computed",
        provisional=False, created_at=now, data_as_of=now, versions={}, run_id=None, hashes=None,
    )  # fmt: skip


def commands() -> Iterator[str]:
    """Every command of the program, by the words that call it."""

    def walk(command: Any, words: list[str]) -> Iterator[str]:
        below = getattr(command, "commands", None)
        if below is None:
            yield " ".join(words)
        else:
            for name, one in below.items():
                yield from walk(one, [*words, name])

    yield from walk(get_command(app), [])


def run(command: str, arguments: list[str]) -> Any:
    """Run a command in this process."""
    return CliRunner().invoke(app, [*command.split(), *arguments])


def each(cases: dict[str, list[list[str]]]) -> list[tuple[str, list[str]]]:
    """Every case by itself."""
    return [(command, arguments) for command, wrong in cases.items() for arguments in wrong]


def name(value: object) -> str:
    """A readable id of a case."""
    return shlex.join(value)[:60] or "(nothing)" if isinstance(value, list) else str(value)


def assert_refused(done: Any) -> None:
    """A refusal: a Chinese sentence on standard error, and nothing of what a library says."""
    assert done.exit_code not in (0, None), done.output
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    message = done.stderr.strip()
    assert _CHINESE.search(message.splitlines()[0]), message
    assert [word for word in FOREIGN if word in done.output] == [], done.output
    assert max(map(len, message.splitlines())) < 600, message


if __name__ == "__main__":
    for chosen in (ALONE, ASKED):
        for command, arguments in each(chosen):
            said = run(command, arguments)
            text = said.stderr.strip().splitlines()
            written = shlex.join([a if len(a) < 60 else a[:8] + "…" for a in arguments])
            sys.stdout.write(f"zjtx {command} {written}\t{said.exit_code}\t{text[0] if text else ''}\n")
