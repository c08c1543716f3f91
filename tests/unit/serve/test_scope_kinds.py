"""Files of counties and of domains: whose rows, and which figures are left when the own part is taken away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from jobs.serve import kinds, scopes
from jobs.serve.classes import table_classes
from tests.support.installation import environment
from tests.support.served_frames import GROWTH, PERIOD, PROVINCE, ServedFile, matters, name, uscc
from tests.support.served_words import named, words

A, B, C = "220100", "220200", "220300"
P, Q, R, S = "220182", "220183", "220281", "220302"
"""Counties: P and Q of unit A, R of B, S of C."""
UNIT = {P: A, Q: A, R: B, S: C}
FIRMS = {
    P: {"A1": (900, "industry"), "A2": (30, "industry"), "A3": (30, "agriculture"), "A4": (30, "agriculture")},
    Q: {"B1": (40, "industry"), "B2": (30, "agriculture"), "B3": (30, "industry"), "B4": (30, "industry")},
    R: {
        "C1": (550, "agriculture"), "C2": (30, "agriculture"), "C3": (30, "industry"), "C4": (30, "industry"),
        "D4": (30, "industry"),
    },
    S: {"D1": (100, "commerce"), "D2": (100, "commerce"), "D3": (100, "commerce")},
}  # fmt: skip
"""Revenue and domain of each firm."""
ALL, CHAMPION = "provincial_srdi", "national_champion"
NOT_CHAMPIONS = ("A1", "D1", "D2", "D3")
DOMAINS = {"agriculture", "industry", "commerce"}


def _tiers(firm: str) -> list[str]:
    return [ALL] if firm in NOT_CHAMPIONS else [ALL, CHAMPION]


def _firm(file: ServedFile, county: str, firm: str, amount: int, domain: str) -> None:
    who = {"region_code": UNIT[county], "uscc": uscc(firm), "name": name(firm)}
    held = {"county_code": county, "domain": domain, "tiers": ",".join(_tiers(firm)), "is_latest": True}
    file.add("enterprise_statement", **who, **held)
    figure = {"numerator": amount, "denominator": amount * 0.8, "value": 25, "in_panel": True}
    figure |= {"label": "OK", "is_latest": True}
    file.add("kpi_enterprise", **who, county_code=county, indicator=GROWTH, reading="same_firm", **figure)
    matters(file, who | {"county_code": county}, domain=domain)
    file.add("breakthrough", **who, region_level="unit")
    file.add("criteria_result", **who, county_code=county)


def _cells(file: ServedFile) -> None:
    """Cells of the province, its units and counties by tier, and of the first two by domain; and a target on each unit."""
    firms = [(c, f, d) for c, own in FIRMS.items() for f, (_, d) in own.items()]
    for code in (PROVINCE, A, B, C, *FIRMS):
        own = [(f, d) for c, f, d in firms if code in (PROVINCE, c, UNIT[c])]
        level = "county" if code in FIRMS else "unit"
        for tier in (None, ALL, CHAMPION):
            n = sum(tier in (None, *_tiers(f)) for f, _ in own)
            where = {"region_code": code, "indicator": GROWTH, "reading": "same_firm", "tier": tier}
            file.add("kpi_region", **where, region_level=level, n=n, value=float(n))
            if code not in FIRMS and tier:
                dated = {"policy": "JL", "reference_date": date(2026, 3, 31), "state": "绿"}
                file.add("target_progress", **where, **dated, target_id=f"{code} {tier}", n=n, value=float(n))
        for domain in DOMAINS if code not in FIRMS else ():
            n = sum(d == domain for _, d in own)
            cell = {"region_code": code, "indicator": GROWTH, "reading": "same_firm", "domain": domain}
            file.add("kpi_region", **cell, region_level=level, n=n, value=float(n))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A served file of sixteen firms in four counties and three domains, with the files of all of these."""
    folder = tmp_path_factory.mktemp("kinds")
    file = ServedFile(folder / "zjtx.duckdb")
    for county, firms in FIRMS.items():
        for firm, (amount, domain) in firms.items():
            _firm(file, county, firm, amount, domain)
    # The first champion of county P has moved to county S since.
    moved = {"region_code": P, "region_level": "county", "uscc": uscc("D1"), "name": name("D1")}
    file.add("breakthrough", **moved)
    _cells(file)
    for reporter in (A, B, PROVINCE, "省科技厅"):
        file.add("data_status", feed="f", reporter=reporter)
    for region in (A, P, Q):
        file.add("coverage", feed="f", region_code=region, expected=4)
    file.add("publication", period=PERIOD)
    path = file.close()
    with environment({"ZJTX_ACCESS": str(access(folder))}):
        scopes.write(path)
        yield path


def access(folder: Path, **more: Any) -> Path:
    """Write an access file with an official of each county and domain, and an enterprise of a unit without counties."""
    officials = [{"username": c, "county": c} for c in FIRMS] + [
        {"username": d, "domain": d} for d in DOMAINS
    ]
    people = {
        "officials": officials,
        "enterprises": [{"username": "e", "uscc": uscc("A1"), "county": P}],
    } | more
    path = folder / "access.yaml"
    path.write_text(yaml.safe_dump(people), encoding="utf-8")
    return path


def ask(whole: Path, scope: str, sql: str) -> list[tuple[Any, ...]]:
    """Ask the file of a scope."""
    with duckdb.connect(str(scopes.file_of(whole, scope)), read_only=True) as con:
        return con.execute(sql).fetchall()


MEMBERS = {county: set(firms) for county, firms in FIRMS.items()} | {
    f"domain-{domain}": {f for firms in FIRMS.values() for f, (_, d) in firms.items() if d == domain}
    for domain in sorted(DOMAINS)
}
"""Scope -> its firms."""


@pytest.mark.parametrize("scope", MEMBERS)
def test_no_table_names_a_firm_of_another_county_or_domain(whole: Path, scope: str) -> None:
    everybody = {f for firms in FIRMS.values() for f in firms}
    foreign = {w for f in everybody - MEMBERS[scope] for w in (uscc(f), name(f))}
    found = words(scopes.file_of(whole, scope))
    assert [place for place, stands in found.items() if named(stands, foreign)] == []


NOT_ASKED = ("coverage", "criteria_condition", "attention_count")
"""Tables without a row of these firms."""


@pytest.mark.parametrize("scope", MEMBERS)
def test_every_table_of_firms_holds_the_scopes_own_ones(whole: Path, scope: str) -> None:
    """Also where only the statement of the same release says the county (breakthrough) or the domain (kpi_enterprise)."""
    codes = {uscc(f) for f in MEMBERS[scope]}
    for table, entry in table_classes().items():
        if entry.holds == "firms" and table not in NOT_ASKED:
            firms = ask(whole, scope, f"SELECT uscc FROM {table} WHERE uscc IS NOT NULL")
            assert {c for (c,) in firms} == codes, table


@pytest.mark.parametrize("scope", MEMBERS)
def test_firms_that_need_attention_are_counted_among_the_scopes_own_ones_alone(
    whole: Path, scope: str
) -> None:
    own = len(MEMBERS[scope])
    assert ask(whole, scope, "SELECT sum(n_firms), sum(n_needs) FROM attention_count") == [(own, own)]


def shown(whole: Path, scope: str, region: str, tier: str) -> tuple[bool, bool]:
    """Whether a scope is shown a region's cell, and the target on it."""
    at = f"region_code = '{region}' AND tier = '{tier}'"
    cell = ask(whole, scope, f"SELECT 1 FROM kpi_region WHERE {at} AND domain IS NULL")
    ((value,),) = ask(whole, scope, f"SELECT value FROM target_progress WHERE {at}")
    return bool(cell), value is not None


@pytest.mark.parametrize(
    ("county", "region", "tier", "both"),
    [
        pytest.param(P, PROVINCE, ALL, True, id="less P: twelve firms, 550 of 1100; less its unit: 550 of 970"),
        pytest.param(P, PROVINCE, CHAMPION, False, id="less P: 550 of 800; but less its unit 550 of 670"),
        pytest.param(P, A, ALL, True, id="own unit less P: four firms, 40 of 130"),
        pytest.param(Q, A, ALL, False, id="own unit less Q: 900 of 990"),
        pytest.param(Q, A, CHAMPION, True, id="own unit less Q: three firms, 30 of 90"),
        pytest.param(Q, PROVINCE, ALL, True, id="less Q: 900 of 1960; less its unit: 550 of 970"),
        pytest.param(S, PROVINCE, ALL, True, id="less S: 900 of 1790"),
        pytest.param(R, PROVINCE, ALL, True, id="less R: 900 of 1420"),
    ],
)  # fmt: skip
def test_a_county_reads_totals_that_tell_nobodys_figure_without_the_own_part(
    whole: Path, county: str, region: str, tier: str, both: bool
) -> None:
    assert shown(whole, county, region, tier) == (both, both)


@pytest.mark.parametrize(
    ("region", "tier", "there"),
    [
        pytest.param(A, ALL, False, id="another unit's: 900 of 1120"),
        pytest.param(A, CHAMPION, True, id="another unit's: seven firms, 40 of 220"),
    ],
)
def test_a_county_reads_of_other_units_what_is_declared_and_not_small(
    whole: Path, region: str, tier: str, there: bool
) -> None:
    assert shown(whole, S, region, tier) == (False, there)


@pytest.mark.parametrize(
    ("domain", "region", "there"),
    [
        pytest.param("agriculture", PROVINCE, True, id="less agriculture: 900 of 1420"),
        pytest.param("agriculture", A, False, id="unit less agriculture: 900 of 1030"),
        pytest.param("agriculture", B, True, id="unit less agriculture: three firms, 30 of 90"),
        pytest.param("industry", B, False, id="unit less industry: two firms"),
        pytest.param("commerce", C, True, id="nothing is left of the unit"),
        pytest.param("industry", C, True, id="none of the unit's three firms is own"),
    ],
)
def test_a_domain_reads_totals_that_tell_nobodys_figure_without_the_own_part(
    whole: Path, domain: str, region: str, there: bool
) -> None:
    cell = there and region == PROVINCE
    assert shown(whole, f"domain-{domain}", region, ALL) == (cell, there)


def test_a_domain_has_its_own_cells_of_all_units_and_no_other_domains(whole: Path) -> None:
    own = "SELECT DISTINCT domain, region_code FROM kpi_region WHERE domain IS NOT NULL ORDER BY 2"
    assert ask(whole, "domain-industry", own) == [("industry", code) for code in (PROVINCE, A, B, C)]


def test_a_county_has_its_own_cells_and_no_other_countys(whole: Path) -> None:
    regions = {c for (c,) in ask(whole, P, "SELECT region_code FROM kpi_region")}
    assert regions == {PROVINCE, A, P}


def test_a_county_sees_the_reports_of_its_unit_and_a_domain_those_of_no_unit(whole: Path) -> None:
    reporters = "SELECT reporter FROM data_status ORDER BY 1"
    assert ask(whole, P, reporters) == [(PROVINCE,), (A,), ("省科技厅",)]
    assert ask(whole, "domain-industry", reporters) == [
        (PROVINCE,),
        ("省科技厅",),
    ]
    assert ask(whole, P, "SELECT region_code FROM coverage") == [(P,)]


def test_an_enterprise_adds_the_file_of_its_county_and_no_other(tmp_path: Path) -> None:
    with environment({"ZJTX_ACCESS": str(access(tmp_path, officials=[]))}):
        assert [s.name for s in kinds.scopes()] == [P, scopes.NONE]


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        ({"domain": "../../etc"}, "格式不对"),
        ({"county": "220182'"}, "格式不对"),
        ({"county": A}, "应写 region"),
        ({"region": P}, "应写 county"),
    ],
)
def test_a_code_that_is_none_or_of_another_kind_is_refused(
    whole: Path, tmp_path: Path, person: dict[str, str], reason: str
) -> None:
    file = Path(tmp_path / whole.name)
    file.write_bytes(whole.read_bytes())
    with (
        environment({"ZJTX_ACCESS": str(access(tmp_path, officials=[{"username": "x", **person}]))}),
        pytest.raises(ValueError, match=reason),
    ):
        scopes.write(file)
