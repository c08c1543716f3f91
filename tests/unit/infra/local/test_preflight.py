import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from infra.local import machine, packages, postgres, preflight
from infra.local.machine import GIB, Problem
from infra.local.site import Ports, Site


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_402"', 8),
        ('openjdk version "25" 2025-09-16', 25),
        ("command not understood", None),
    ],
)
def test_java_version_is_read_from_every_spelling(text: str, version: int | None) -> None:
    assert machine.java_version(text) == version


def fake_java(directory: Path, version: str) -> None:
    program = directory / "java"
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    program.chmod(0o755)


@pytest.mark.parametrize(("version", "problems"), [("11.0.2", 1), ("17.0.1", 0), ("21", 0)])
def test_old_java_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, problems: int
) -> None:
    fake_java(tmp_path, version)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert len(machine.check_java()) == problems


def test_absent_java_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    (problem,) = machine.check_java()
    assert problem.stops
    assert "apt-get install openjdk-17-jre-headless" in str(problem)


def test_wrong_java_home_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    (problem,) = machine.check_java()
    assert str(tmp_path) in problem.cure


def test_only_python_3_11_will_do() -> None:
    assert machine.check_python((3, 11)) == []
    assert machine.check_python((3, 12))[0].stops


@pytest.mark.parametrize(("free", "count", "stops"), [(20, 0, False), (10, 1, False), (2, 1, True)])
def test_disk(tmp_path: Path, free: int, count: int, stops: bool) -> None:
    problems = machine.check_disk(tmp_path / "not" / "yet", free * GIB)
    assert len(problems) == count
    assert any(p.stops for p in problems) is stops


@pytest.mark.parametrize(
    ("free", "count", "stops"), [(None, 0, False), (9, 0, False), (6, 1, False), (1, 1, True)]
)
def test_memory(free: int | None, count: int, stops: bool) -> None:
    problems = machine.check_memory(free and free * GIB)
    assert len(problems) == count
    assert any(p.stops for p in problems) is stops


def test_taken_port_names_the_process_and_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        site = Site(tmp_path, Ports(*[port, *[p for _, p in Ports.free().items()][1:]]))
        (problem,) = preflight.check_ports(site, own=set())
        assert f"pid {os.getpid()}" in problem.zh
        assert f"ZJTX_PORT_POSTGRES={port + 1000}" in problem.cure
        assert preflight.check_ports(site, own={os.getpid()}) == []


def test_root_is_told_which_directory_is_shut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "account", lambda: "pgserver")
    shut = tmp_path / "private"
    shut.mkdir(mode=0o700)
    assert shut in postgres.untraversable(shut / "var")


def test_report_stops_only_for_what_stops(capsys: pytest.CaptureFixture[str]) -> None:
    hint = Problem("内存少", "little memory", "close programs", stops=False)
    assert machine.report([hint]) == 0
    assert machine.report([hint, Problem("没有 Java", "no Java", "install it")]) == 1
    assert "→ install it" in capsys.readouterr().err


@pytest.fixture
def no_browser(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A machine without a browser; returns the commands that were run."""
    ran: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    need = packages.Need(
        "Chromium 浏览器", "Chromium", lambda: any("chromium" in c for c in ran[2:]), ("chromium",)
    )
    monkeypatch.setattr(packages, "NEEDS", (need,))
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    return ran


def test_root_installs_what_tests_need(no_browser: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert packages.ensure_test_packages() == []
    assert no_browser[0][:2] == ["apt-get", "update"]
    assert no_browser[-1][-1] == "chromium"


def test_others_get_the_exact_command(no_browser: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (problem,) = packages.ensure_test_packages()
    assert problem.stops
    assert problem.cure == "sudo apt-get update && sudo apt-get install -y fontconfig chromium"
    assert no_browser == []
