"""Which file Superset's own code connects each person to, asked inside its environment."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.local.environment import process_environment
from infra.local.superset import environment
from tests.support.superset_users import (
    ADMIN,
    ANALYST,
    CITIES,
    COUNTY_OF,
    DOMAIN_OF,
    ENTERPRISE,
    OPERATOR,
    PROVINCE,
    REGION_OF,
)

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def probe(platform: Any, superset_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Answers of ``tests/support/scope_probe.py``, run once."""
    site = platform.site
    done = subprocess.run(
        [str(site.bi / "python"), "-m", "tests.support.scope_probe", str(tmp_path_factory.mktemp("swaps"))],
        env=process_environment(site) | environment(site),
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("PROBE ")]
    assert lines, done.stderr[-3000:]
    return json.loads(lines[0].removeprefix("PROBE "))


@pytest.mark.parametrize("who", [pytest.param(w, marks=pytest.mark.person(w)) for w in CITIES])
def test_an_official_is_connected_to_the_own_regions_file_whatever_name_is_claimed(
    probe: dict[str, Any], who: str
) -> None:
    file, as_self, as_admin, _ = probe["people"][who]
    assert file.endswith(f"/scopes/{REGION_OF[who]}/zjtx.duckdb")
    assert as_self == as_admin == [REGION_OF[who]]


@pytest.mark.parametrize(
    "who", [pytest.param(w, marks=pytest.mark.control(w)) for w in (PROVINCE, ANALYST, ADMIN, OPERATOR)]
)
def test_who_may_read_everything_is_connected_to_the_whole_file(
    probe: dict[str, Any], served_file: Path, who: str
) -> None:
    file, regions, *_ = probe["people"][who]
    assert Path(file) == served_file.resolve()
    assert {REGION_OF[city] for city in CITIES} < set(regions)


FOLDERS = {
    **dict(list(COUNTY_OF.items())[:2]),
    **{who: f"domain-{code}" for who, code in list(DOMAIN_OF.items())[:2]},
    ENTERPRISE["username"]: ENTERPRISE["county"],
}
"""Whose file is that of a county or a domain: its folder."""


@pytest.mark.parametrize("who", [pytest.param(w, marks=pytest.mark.person(w)) for w in FOLDERS])
def test_counties_domains_and_enterprises_have_their_files_and_answers_of_their_own(
    probe: dict[str, Any], who: str
) -> None:
    """An enterprise's answers are not its county's, though both read one file."""
    keys = {name: found[3] for name, found in probe["people"].items() if name != "nobody"}
    assert probe["people"][who][0].endswith(f"/scopes/{FOLDERS[who]}/zjtx.duckdb")
    assert [name for name, key in keys.items() if key == keys[who]] == [who]


@pytest.mark.person("nobody")
def test_a_task_that_runs_as_nobody_reads_no_firm_even_in_the_administrators_name(
    probe: dict[str, Any],
) -> None:
    file, regions = probe["people"]["nobody"]
    assert file.endswith("/scopes/none/zjtx.duckdb")
    assert regions == []


@pytest.mark.parametrize("who", [pytest.param(w, marks=pytest.mark.person(w)) for w in CITIES])
def test_nobody_of_another_scope_is_shown_an_answer_kept_for_an_official(
    probe: dict[str, Any], who: str
) -> None:
    """A table without a row rule: its key names the very file, and so the scope and the publication."""
    keys = {name: found[3] for name, found in probe["people"].items() if name != "nobody"}
    assert keys[who] == [probe["people"][who][0]]
    assert [name for name, key in keys.items() if key == keys[who]] == [who]
    assert keys[PROVINCE] == keys[ANALYST] == keys[ADMIN]


def test_a_request_stays_with_the_publication_it_began_with(probe: dict[str, Any]) -> None:
    assert probe["swaps"] == [["P1", "P1"], ["P2", "P2"]]


def test_few_files_of_one_publication_are_open_each_by_itself(probe: dict[str, Any]) -> None:
    for build in ("P1", "P2"):
        assert probe["opened"][build] == [build, *(f"{build}/scopes/{code}" for code in "cde")]
    limits = [limit for limit, _ in probe["opened"]["limits"]]
    assert limits == ["976.5 MiB", *["325.2 MiB"] * 5]
    assert {databases for _, databases in probe["opened"]["limits"]} == {1}, "no instance holds two files"
