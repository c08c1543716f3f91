"""The fingerprint of a programme: whatever file its gold tables or the verdict on them rest on, an edit changes it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.definitions.policy.model import load, load_all
from jobs.release.versions import digest
from jobs.settings import REPO
from tests.support.installation import environment

FOLDERS = ("schemas", "policies", "expectations")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Copies of all files of rules, which the jobs read meanwhile."""
    root = tmp_path_factory.mktemp("rules")
    for name in FOLDERS:
        shutil.copytree(REPO / name, root / name)
    with environment({f"ZJTX_{name.upper()}": str(root / name) for name in FOLDERS}):
        yield root


@pytest.fixture(scope="module")
def before(installation: Path) -> dict[str, str]:
    """Fingerprints as long as nothing is edited."""
    return fingerprints()


def fingerprints() -> dict[str, str]:
    return {p: digest(load(p)) for p in ("JL", "CN4")}


def others(installation: Path, before: dict[str, str], name: str, old: str, new: str) -> list[str]:
    """Programmes whose fingerprint is another one while a file reads otherwise."""
    path = installation / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    try:
        if path.parent.name == "policies":
            load_all.cache_clear()
        after = fingerprints()
    finally:
        path.write_text(text, encoding="utf-8")
        if path.parent.name == "policies":
            load_all.cache_clear()
    return [p for p in before if before[p] != after[p]]


FIRMS, REGIONS, BOTH, NEITHER = ["JL"], ["CN4"], ["JL", "CN4"], []
EDITS = {
    "the cap of an incentive of another programme, listed with its region": ("policies/ZJ.yaml", "cap: 500", "cap: 501", FIRMS),
    "why an incentive of another programme is not quantified": ("policies/SX.yaml", " why: ", " why: 另见", FIRMS),
    "the region of another programme's document": ("policies/SX.yaml", "region_code: '", "region_code: '3", FIRMS),
    "the title of another programme's document, which stands in no table": ("policies/SX.yaml", "\ntitle: ", "\ntitle: 新", NEITHER),
    "a target of its own": ("policies/JL.yaml", "\n  value: ", "\n  value: 1", FIRMS),
    "a target of a document tracked in it": ("policies/CC.yaml", "\n  value: ", "\n  value: 1", FIRMS),
    "the programme of regions": ("policies/four-provinces.yaml", "\ntitle: ", "\ntitle: 新", REGIONS),
    "the national rules": ("policies/national/MIIT-2026-2.yaml", "\ntitle: ", "\ntitle: 新", BOTH),
    "the classes of size": ("policies/national/size-classes-2017.yaml", "lower: ", "lower:  ", BOTH),
    "the rules of warnings": ("policies/monitoring/warnings.yaml", "rules:", "rules: ", BOTH),
    "the ladder": ("policies/monitoring/ladder.yaml", "levels:", "levels: ", BOTH),
    "the dictionary": ("schemas/indicators.yaml", "indicators:", "indicators: ", BOTH),
    "the facts": ("schemas/facts.yaml", "facts:", "facts: ", BOTH),
    "the regions": ("schemas/reference/regions.csv", "长春市", "长春", BOTH),
    "who reports": ("schemas/reference/reporters.yaml", "ranked_units:", "ranked_units: ", BOTH),
    "the items of departments": ("schemas/reference/report_items.yaml", "items:", "items: ", BOTH),
    "the contract of a feed it reads": ("schemas/feeds/stat_finance.yaml", "unit: 千元", "unit: 万元", FIRMS),
    "the contract of a feed of a group it reads": ("schemas/feeds/stat_trade.yaml", "mode: ", "mode:  ", FIRMS),
    "the contract of a feed of events": ("schemas/feeds/ticket.yaml", "mode: ", "mode:  ", FIRMS),
    "the contract of a feed of regions": ("schemas/feeds/yearbook_rd_activity.yaml", "mode: ", "mode:  ", REGIONS),
    "the contract of a gold table": ("schemas/tables/incentive.yaml", "version: ", "version:  ", BOTH),
    "the suite of a gold table": ("expectations/kpi_region.json", "critical", "warning", BOTH),
    "the hand-written suite": ("expectations/cross_table.json", "critical", "warning", BOTH),
    "the suite of a feed it reads": ("expectations/silver_tax_vat.json", "critical", "warning", FIRMS),
    "what officials may see, which changes no figure": ("schemas/served.yaml", ":", ": ", NEITHER),
}  # fmt: skip


SILENT = [
    "schemas/labels/codes.yaml",
    "schemas/labels/industries.csv",
    "schemas/labels/tables.yaml",
    "schemas/served.yaml",
]


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_of_a_file_of_rules_is_another_fingerprint_of_the_programmes_that_rest_on_it(
    installation: Path, before: dict[str, str], name: str
) -> None:
    *edit, expected = EDITS[name]
    assert others(installation, before, *edit) == expected


def test_every_file_of_rules_is_in_a_fingerprint_or_changes_no_figure(
    installation: Path, before: dict[str, str]
) -> None:
    """Policy documents and contracts of feeds apart, in none is what says how served tables are shown: to whom, and by which names."""
    every = [p for folder in FOLDERS for p in (installation / folder).rglob("*") if p.is_file()]
    silent = []
    for path in every:
        name = str(path.relative_to(installation))
        if path.parent.name in ("policies", "feeds") or path.name.startswith("silver_"):
            continue
        text = path.read_text(encoding="utf-8")
        if not others(installation, before, name, text, text + "\n"):
            silent.append(name)
    assert sorted(silent) == SILENT


def test_lines_that_move_to_another_file_are_another_fingerprint(
    installation: Path, before: dict[str, str]
) -> None:
    """The end of one list and the beginning of the next hold the same bytes in the same order."""
    first, second = (
        installation / "policies" / "national" / "a.yaml",
        installation / "policies" / "national" / "b.yaml",
    )
    seen = []
    for one, other in (("x: 1\n", "y: 2\n"), ("x: 1\ny: 2\n", "")):
        first.write_text(one, encoding="utf-8")
        second.write_text(other, encoding="utf-8")
        seen.append(digest(load("JL")))
    first.unlink()
    second.unlink()
    assert len({before["JL"], *seen}) == 3
