"""Who owns what of an installation, and as whom a command works."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local import accounts, preflight
from infra.local.credentials import write_private
from infra.local.environment import base_environment
from infra.local.services import Platform
from infra.local.site import REPO, SERVICE_ACCOUNT, SPARK_TOKEN_VARIABLE, Site
from infra.local.superset import environment as of_superset

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="只有 root 能变成另一账户")
WHO = "from jobs.account import become_owner; become_owner(); import os; print(os.getuid(), os.getgroups(), oct(os.umask(0)))"


@pytest.fixture
def passable() -> Iterator[Path]:
    """A folder that other accounts can enter; pytest's own are closed to them."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize(
    ("mode", "wanted", "open_"),
    [
        (0o755, accounts.READ | accounts.PASS, True),
        (0o711, accounts.PASS, True),
        (0o711, accounts.READ | accounts.PASS, False),
        (0o750, accounts.PASS, False),
        (0o755, accounts.WRITE, False),
    ],
)
def test_a_folder_lets_another_account_do_what_its_mode_says(
    passable: Path, mode: int, wanted: int, open_: bool
) -> None:
    folder = passable / "folder"
    folder.mkdir()
    folder.chmod(mode)
    assert accounts.shut(folder, SERVICE_ACCOUNT, wanted) == ([] if open_ else [folder])


def test_a_shut_folder_on_the_way_is_named(passable: Path) -> None:
    inner = passable / "shut" / "inner"
    inner.mkdir(parents=True)
    inner.parent.chmod(0o700)
    assert accounts.shut(inner, SERVICE_ACCOUNT, accounts.PASS) == [passable / "shut"]


def test_a_link_into_a_shut_folder_is_seen_through(passable: Path) -> None:
    shut = passable / "shut"
    shut.mkdir(mode=0o700)
    (shut / "python").touch(mode=0o755)
    (passable / "python").symlink_to(shut / "python")
    assert accounts.shut(passable / "python", SERVICE_ACCOUNT, accounts.READ) == [shut]


def test_a_key_that_only_the_caller_reads_keeps_the_services_with_the_caller(passable: Path) -> None:
    key = passable / "key"
    write_private(key, "secret")
    given = {"AIRFLOW_CONN_STAT_SFTP": f"sftp://stat@files.example/?key_file={key}"}
    assert str(key) in accounts.barred(Site(passable / "var", given=given))
    assert str(key) not in accounts.barred(Site(passable / "var"))


def test_the_start_says_what_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(accounts, "barred", lambda site: ["/closed/python"])
    (problem,) = preflight.check_accounts(Site(tmp_path))
    assert not problem.stops
    assert "/closed/python" in problem.zh
    assert "仍以 root 运行" in problem.zh
    assert "run as root" in problem.en


def test_an_ordinary_caller_is_told_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert preflight.check_accounts(Site(tmp_path)) == []
    assert not accounts.can_separate(Site(tmp_path))


def test_every_service_has_an_account_where_there_are_accounts(tmp_path: Path) -> None:
    services = Platform(tmp_path, separate=True).services.values()
    users = {p.name: p.user for s in services for p in s.programs if p.name != "postgres"}
    assert users.pop("superset") == "zjtx-bi"
    assert set(users.values()) == {"zjtx"}
    services = Platform(tmp_path).services.values()
    assert {p.user for s in services for p in s.programs if p.name != "postgres"} == {None}


def test_superset_learns_no_other_services_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SPARK_TOKEN_VARIABLE, "of-another-server")
    monkeypatch.setenv("AIRFLOW_CONN_STAT_SFTP", "sftp://stat:word@files.example/")
    site = Site(tmp_path)
    given = base_environment(site) | of_superset(site)
    kept = {p.name for p in site.secrets.iterdir() if p.read_text().strip() in str(given)}
    assert kept <= {"db_superset"}
    assert "db_superset" in kept
    assert not {SPARK_TOKEN_VARIABLE, "AIRFLOW_CONN_STAT_SFTP", "ZJTX_LEDGER_URL"} & set(given)


def test_the_token_stands_on_no_command_line(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    token = (tmp_path / "secrets" / "spark_token").read_text().strip()
    programs = [p for s in platform.services.values() for p in s.programs]
    assert token not in str([p.command for p in programs])
    assert [p.name for p in programs if p.env.get(SPARK_TOKEN_VARIABLE) == token] == ["spark"]


def test_a_private_file_replaces_a_planted_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (tmp_path / "stamp").symlink_to(victim)
    write_private(tmp_path / "stamp", "new")
    assert (victim.read_text(), (tmp_path / "stamp").read_text()) == ("untouched", "new")
    assert stat.S_IMODE((tmp_path / "stamp").stat().st_mode) == 0o600


@AS_ROOT
def test_root_becomes_the_owner_of_the_installation(tmp_path: Path) -> None:
    owner = pwd.getpwnam("nobody")
    (tmp_path / "settings.env").touch()
    os.chown(tmp_path / "settings.env", owner.pw_uid, owner.pw_gid)
    assert _who(tmp_path) == f"{owner.pw_uid} [{owner.pw_gid}] 0o77"


@AS_ROOT
@pytest.mark.parametrize("installed", [True, False])
def test_root_stays_root_in_an_installation_of_its_own(tmp_path: Path, installed: bool) -> None:
    if installed:
        (tmp_path / "settings.env").touch()
    assert _who(tmp_path).split()[0] == "0"


def _who(home: Path) -> str:
    return subprocess.run(
        [sys.executable, "-c", WHO], env=dict(os.environ) | {"ZJTX_HOME": str(home)},
        cwd=REPO, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip


@AS_ROOT
def test_what_is_published_is_shared_with_a_group_and_links_are_not_followed(tmp_path: Path) -> None:
    owner = pwd.getpwnam("nobody")
    served, outside = tmp_path / "served", tmp_path / "outside"
    served.mkdir(mode=0o700)
    write_private(outside, "of root")
    write_private(served / "file", "figures")
    (served / "link").symlink_to(outside)
    elsewhere = tmp_path / "elsewhere"
    write_private(elsewhere, "of root too")
    (served / "second-name").hardlink_to(elsewhere)
    (served / "folder").symlink_to(tmp_path)
    accounts.give("nobody", served, "nobody")
    assert (outside.stat().st_uid, stat.S_IMODE(outside.stat().st_mode)) == (0, 0o600)
    assert (elsewhere.stat().st_uid, tmp_path.stat().st_uid) == (0, 0)
    assert (served / "file").stat().st_uid == owner.pw_uid
    assert stat.S_IMODE((served / "file").stat().st_mode) == 0o640
    assert stat.S_IMODE(served.stat().st_mode) == 0o2750
