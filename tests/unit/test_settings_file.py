"""``settings.env`` says the same to a shell, to the services and to the jobs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from jobs import settingsfile
from jobs.feeds.source import connection_uri
from jobs.settings import settings
from tests.support.installation import environment

AWKWARD = {
    "ZJTX_NOTIFY": "mailtos://a:b%20c@h/?to=x&from=y; wecombot://K file:///tmp/通知",
    "ZJTX_LAKE": "/mnt/数据 盘/a;b&c|d",
    "ZJTX_LEDGER_URL": "postgresql+psycopg://ledger:p'a\"s$s`w#o\\rd@127.0.0.1:1/ledger",
    "AIRFLOW_CONN_STAT_SFTP": "sftp://s@h:22/?key_file=%2Fk&host_key=ssh-ed25519%20AAAA&no_host_key_check=false",
    "AIRFLOW_CONN_EMPTY": "",
    "AIRFLOW_CONN_LINES": "first\nsecond='x'\n",
}
SHELLS = [name for name in ("sh", "bash", "dash") if shutil.which(name)]
TOLD = "import json, os; print(json.dumps({k: v for k, v in os.environ.items() if k.startswith(('ZJTX', 'AIR'))}))"


def read_by(shell: str, file: Path) -> dict[str, str]:
    """What a shell has after reading the file."""
    script = f'set -a; . "$1" && exec {sys.executable} -c "{TOLD}"'
    done = subprocess.run(
        [shell, "-c", script, shell, str(file)],
        env={},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_reads_the_file_as_it_was_meant(tmp_path: Path, shell: str) -> None:
    file = tmp_path / "settings.env"
    file.write_text(settingsfile.dumps(AWKWARD), encoding="utf-8")
    assert read_by(shell, file) == AWKWARD


def test_the_jobs_read_the_same(tmp_path: Path) -> None:
    (tmp_path / "settings.env").write_text(settingsfile.dumps(AWKWARD), encoding="utf-8")
    with environment({"ZJTX_HOME": str(tmp_path)}):
        assert settings().notify == AWKWARD["ZJTX_NOTIFY"]
        assert settings().lake == AWKWARD["ZJTX_LAKE"]
        assert settings().ledger_url == AWKWARD["ZJTX_LEDGER_URL"]
        assert connection_uri("stat_sftp") == AWKWARD["AIRFLOW_CONN_STAT_SFTP"]


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "settings.env").write_text("ZJTX_NOTIFY='a b'\nZJTX_LAKE=/file\n", encoding="utf-8")
    with environment({"ZJTX_HOME": str(tmp_path), "ZJTX_NOTIFY": ""}):
        assert (settings().notify, settings().lake) == ("", "/file")


values = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@bounded(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@example({"A": "' $HOME \" # `date` & ; \\ 专精特新"})
@example({"A": "'", "B": "\n'\n", "C": "=#"})
@given(st.dictionaries(st.from_regex(r"[A-Z_][A-Z0-9_]{0,20}", fullmatch=True), values, max_size=5))
def test_whatever_is_written_is_read_again(written: dict[str, str]) -> None:
    assert settingsfile.loads(settingsfile.dumps(written)) == written


def test_a_file_of_before_without_quotes_is_still_read() -> None:
    old = (
        "AIRFLOW_CONN_STAT_SFTP=sftp://s@h:1/?a=1&b=2\n"
        "ZJTX_NOTIFY=file:///a b://c\n"
        "ZJTX_LAKE=/it's here\n"
        "# a remark\n\n"
        "ZJTX_HOME=\n"
    )
    assert settingsfile.loads(old) == {
        "AIRFLOW_CONN_STAT_SFTP": "sftp://s@h:1/?a=1&b=2",
        "ZJTX_NOTIFY": "file:///a b://c",
        "ZJTX_LAKE": "/it's here",
        "ZJTX_HOME": "",
    }


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('A="a b"', "a b"),
        ("export A='a b'", "a b"),
        ("A='a' b", "'a' b"),
        ("A='open", "'open"),
        ("A=x\r", "x"),
    ],
)
def test_lines_that_a_person_wrote(line: str, value: str) -> None:
    assert settingsfile.loads(f"{line}\nB=2\n") == {"A": value, "B": "2"}


def test_a_name_that_no_shell_can_assign_to_is_not_written() -> None:
    assert settingsfile.dumps({"ZJTX_A-B": "x; rm", "ZJTX_C": "y"}) == "ZJTX_C=y\n"
