"""Which contracts have faults is remembered until anything changes that says so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.definitions import contract
from jobs.operate import contract_faults
from jobs.operate.contract_faults import faults_by_feed
from jobs.settings import REPO, settings

CACHED = (settings, contract.load_feed)


@pytest.fixture
def checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """An installation with definitions of its own; what was checked, and when."""
    for name in ("schemas", "policies"):
        shutil.copytree(REPO / name, tmp_path / name)
        monkeypatch.setenv(f"ZJTX_{name.upper()}", str(tmp_path / name))
    (home := tmp_path / "home").mkdir()
    monkeypatch.setenv("ZJTX_HOME", str(home))
    for cached in CACHED:
        cached.cache_clear()
    looked: list[Path] = []
    monkeypatch.setattr(contract_faults, "_checked", lambda: looked.append(home) or {"stat_rd": len(looked)})
    yield looked
    for cached in CACHED:
        cached.cache_clear()


@pytest.mark.parametrize(
    "file",
    # The list of regions says which reporters there can be.
    [
        "schemas/feeds/stat_rd.yaml",
        "schemas/facts.yaml",
        "schemas/reference/regions.csv",
        "policies/JL.yaml",
    ],
)
def test_contracts_are_checked_again_when_a_definition_changes(
    checks: list[Path], tmp_path: Path, file: str
) -> None:
    assert [faults_by_feed(), faults_by_feed()] == [{"stat_rd": 1}] * 2
    path = tmp_path / file
    was = path.stat()
    path.write_text(path.read_text(encoding="utf-8").replace("#", "%", 1) + " ", encoding="utf-8")
    # Neither its time nor another file's: its content.
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert [faults_by_feed(), faults_by_feed()] == [{"stat_rd": 2}] * 2


@pytest.mark.parametrize("kept", ["", "[]", '{"state": 1}', '{"faults": {}}'])
def test_a_broken_note_is_no_answer(checks: list[Path], kept: str) -> None:
    faults_by_feed()
    (checks[0] / contract_faults.NAME).write_text(kept, encoding="utf-8")
    assert faults_by_feed() == {"stat_rd": 2}


def test_what_changes_while_it_is_checked_is_not_remembered(
    checks: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def checked() -> dict[str, int]:
        with (tmp_path / "schemas" / "facts.yaml").open("a", encoding="utf-8") as out:
            out.write(" ")
        return {}

    monkeypatch.setattr(contract_faults, "_checked", checked)
    assert faults_by_feed() == {}
    assert not (tmp_path / "home" / contract_faults.NAME).exists()
