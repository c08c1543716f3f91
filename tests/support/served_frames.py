"""A served file of a few firms, written by hand: all tables there are, and what stands in the scopes' files of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import yaml

from jobs.definitions.contract import load_table, table_names
from jobs.serve import dimensions
from jobs.serve.build import create_table, date_rows, publication_table
from jobs.serve.classes import class_of

PUBLICATION, PROGRAMME, PERIOD, LATER, RELEASE = "P00001", "JL", "2026Q1", "2026Q2", "R1"
EARLIER, ENDS = "2025Q4", {"2026Q1": date(2026, 3, 31), "2025Q4": date(2025, 12, 31)}
"""The quarter before, in which targets were due."""
A, B, C, D = "220100", "220200", "220300", "220400"
"""Units: A of four firms, B of four of which one has nine tenths, C of two, D of three."""
FIRMS = {
    A: {"A1": 30, "A2": 25, "A3": 25, "A4": 20},
    B: {"B1": 900, "B2": 40, "B3": 30, "B4": 30},
    C: {"C1": 50, "C2": 50},
    D: {"D1": 40, "D2": 30, "D3": 30},
}
"""Revenue of each firm; a year before it was 80 in a hundred of it."""
CHAMPIONS = ("A1", "B1", "B2", "D1")
"""Hold the highest tier as well: the others of A's readers are three, those of B's two."""
BEFORE = FIRMS | {D: {"D1": 900, "D2": 30, "D3": 30}}
"""In the quarter before D1 had three quarters of what all but B's firms had."""
PROVINCE = "220000"
GROWTH, COUNT = "revenue_growth", "certificate_count"


_CHINESE = str.maketrans("ABCD1234", "甲乙丙丁一二三四")


def uscc(firm: str) -> str:
    """Return the code of a firm; it is found nowhere but in the firm's own rows."""
    return f"9122{firm}0000ABCDEF00"[:18]


def name(firm: str) -> str:
    """Return the name of a firm."""
    return f"试验{firm.translate(_CHINESE)}股份公司"


class ServedFile:
    """A DuckDB file with all tables of the served one, to be filled by hand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.con = duckdb.connect(str(path))
        self.con.execute("BEGIN")
        for table in table_names():
            create_table(self.con, load_table(table))
        publication_table(self.con, PUBLICATION, None, {})

    def add(self, table: str, **values: Any) -> None:
        """Insert a row; columns that are not named are null."""
        row = {"release": RELEASE, "programme": PROGRAMME, "period": PERIOD} | values
        names = ", ".join(f'"{n}"' for n in row)
        self.con.execute(
            f'INSERT INTO "{table}" ({names}) VALUES ({", ".join("?" * len(row))})', list(row.values())
        )

    def close(self) -> Path:
        """Add the tables that are derived, and close."""
        self.con.execute("COMMIT")
        dimensions.add(self.con)
        date_rows(self.con, PUBLICATION, carried=True)
        self.con.close()
        return self.path


def matters(file: ServedFile, who: dict[str, Any], **domain: str) -> None:
    """What lists of firms show: a warning, a ticket, a certificate that ends, an incentive."""
    seen = {"state": "open", "level": 2, "severity": 2, "periods_open": 1, "first_seen": PERIOD}
    told = {"text": f"{who['name']}营业收入下降", "evidence": f'{{"uscc":"{who["uscc"]}"}}'}
    file.add("warning", **who, **domain, **seen, **told, rule="W1", rule_name="营业收入下降")
    file.add("ticket_progress", **who, **domain, ticket_no=f"T-{who['uscc']}", state="open", level="county")
    file.add("certificate_expiry", **who, tier="provincial_srdi", valid_to=ENDS[PERIOD])
    file.add("incentive", **who, incentive_id="I1", name_zh="首次认定奖励")


def _firms(file: ServedFile) -> None:
    for region, firms in FIRMS.items():
        for firm, amount in firms.items():
            who = {"region_code": region, "uscc": uscc(firm), "name": name(firm)}
            tiers = "provincial_srdi" + (",national_champion" if firm in CHAMPIONS else "")
            held = {"tiers": tiers, "highest_tier": tiers.rsplit(",", maxsplit=1)[-1], "is_latest": True}
            file.add("enterprise_statement", **who, **held)
            figure = {"numerator": amount, "denominator": amount * 0.8, "value": 25, "in_panel": True}
            figure |= {"label": "OK", "is_latest": True}
            file.add("kpi_enterprise", **who, indicator=GROWTH, reading="same_firm", **figure)
            matters(file, who)
            file.add(
                "criteria_condition",
                **who,
                conditions=[{"condition_text": f"{name(firm)}研发费用", "tier": tiers}],
            )
            file.add("criteria_result", **who)
            file.add("breakthrough", **who, region_level="unit")


def _cell(file: ServedFile, region: str, indicator: str, reading: str, n: int, tier: str | None) -> None:
    unit = "province" if region == PROVINCE else "unit"
    named = {"region_code": region, "indicator": indicator, "reading": reading}
    figures = {"value": float(n), "numerator": n, "denominator": n, "n": n}
    file.add("kpi_region", **named, region_level=unit, tier=tier, **figures)
    if reading == "same_firm" and region == PROVINCE:
        for domain in ("D1", "D2"):
            file.add("kpi_region", **named, region_level=unit, tier=tier, domain=domain, **figures)


def _regions(file: ServedFile) -> None:
    for indicator, reading in ((GROWTH, "same_firm"), (COUNT, "valid")):
        for tier in (None, "provincial_srdi", "national_champion"):
            counted = {
                region: sum(tier != "national_champion" or firm in CHAMPIONS for firm in firms)
                for region, firms in FIRMS.items()
            }
            for region, n in {**counted, PROVINCE: sum(counted.values())}.items():
                _cell(file, region, indicator, reading, n, tier)


def _earlier(file: ServedFile) -> None:
    """What stands behind the figures of the quarter before: of growth, and of the counts."""
    for region, firms in BEFORE.items():
        for firm, amount in firms.items():
            who = {"region_code": region, "uscc": uscc(firm), "name": name(firm), "period": EARLIER}
            figure = {"numerator": amount, "denominator": amount * 0.8, "value": 25, "in_panel": True}
            file.add("enterprise_statement", **who, tiers="provincial_srdi", highest_tier="provincial_srdi")
            file.add("kpi_enterprise", **who, indicator=GROWTH, reading="same_firm", **figure)
    whole = sum(map(len, BEFORE.values()))
    for indicator, reading, region, tier, n, value in (
        *((GROWTH, "same_firm", region, "provincial_srdi", len(firms), 12.0) for region, firms in BEFORE.items()),
        (GROWTH, "same_firm", PROVINCE, "provincial_srdi", whole, 12.0),
        (COUNT, "valid", PROVINCE, "provincial_srdi", whole, float(whole)),
        (COUNT, "valid", B, "national_champion", 4, 4.0),
    ):  # fmt: skip
        named = {"region_code": region, "indicator": indicator, "reading": reading, "period": EARLIER}
        unit = "province" if region == PROVINCE else "unit"
        file.add("kpi_region", **named, region_level=unit, tier=tier, value=value, numerator=n, n=n)


def _ranking(file: ServedFile) -> None:
    """Rankings of two quarters; in the later one every figure rests on ten firms."""
    for period, fewest in ((PERIOD, 0), (LATER, 10)):
        for place, (region, firms) in enumerate(FIRMS.items(), start=1):
            ranked = {
                "scheme_id": "JL-R01",
                "region_code": region,
                "region_name": f"地区{region}",
                "period": period,
            }
            said = {"status": "参评", "note": "变动分解：…", "score_change": 1.0, "rank_previous": place}
            file.add("region_ranking", **ranked, **said, rank=place, score=100.0 - place)
            for indicator, reading, label in (
                (GROWTH, "same_firm", "营业收入增长率"),
                (COUNT, "valid", "数量"),
            ):
                n = max(len(firms), fewest)
                figures = {"value": float(place), "normalised": 1.0, "contribution": 2.0, "n": n}
                kind = {"indicator": indicator, "reading": reading, "name_zh": label, "unit": "%"}
                file.add("ranking_component", **ranked, **kind, **figures)


def _targets(file: ServedFile) -> None:
    for target, region, indicator, reading, tier, n in (
        ("growth", PROVINCE, GROWTH, "same_firm", "provincial_srdi", 13),
        ("champions' growth", PROVINCE, GROWTH, "same_firm", "national_champion", 4),
        ("champions", PROVINCE, COUNT, "valid", "national_champion", 4),
        ("city's growth", B, GROWTH, "same_firm", "provincial_srdi", 4),
        ("city's count", C, COUNT, "valid", "provincial_srdi", 2),
    ):  # fmt: skip
        named = {"indicator": indicator, "reading": reading, "tier": tier, "policy": "JL", "name_zh": target}
        figures = {"value": float(n), "numerator": n, "n": n, "frozen_value": float(n), "note": f"{n}户"}
        dated = {"reference_date": ENDS[PERIOD], "frozen_period": PERIOD}
        file.add(
            "target_progress", target_id=target, region_code=region, state="绿", **named, **figures, **dated
        )


def _past_targets(file: ServedFile) -> None:
    """Targets whose rows show figures of two periods."""
    province, city = (PROVINCE, "provincial_srdi"), (B, "national_champion")
    growth, count = (GROWTH, "same_firm"), (COUNT, "valid")
    for target, (region, tier), (indicator, reading), decided, value, n, more in (
        ("growth, due", province, growth, EARLIER, 12, 13, {"today_value": 13.0}),
        ("growth of each year", province, growth, PERIOD, 13, 13,
         {"today_value": 13.0, "frozen_value": 12.0, "frozen_period": EARLIER}),
        ("count, due", province, count, EARLIER, 13, 13, {"today_value": 13.0}),
        ("city's champions, due", city, count, EARLIER, 4, 4, {"today_value": 2.0}),
    ):  # fmt: skip
        named = {"indicator": indicator, "reading": reading, "tier": tier, "policy": "JL"}
        figures = {"value": float(value), "numerator": n, "n": n, "reference_date": ENDS[decided]} | more
        file.add(
            "target_progress",
            target_id=target,
            name_zh=target,
            region_code=region,
            state="绿",
            **named,
            **figures,
        )


def served(path: Path) -> Path:
    """Write the file and return its path."""
    file = ServedFile(path)
    for part in (_firms, _regions, _earlier, _ranking, _targets, _past_targets):
        part(file)
    file.add("publication", period=PERIOD)
    file.add("warning_rule", rule="W1", rule_name="营业收入下降", n_met=1, n_not_met=12)
    for reporter in (A, B, PROVINCE, "省科技厅"):
        file.add("data_status", feed="f", reporter=reporter, file_name=f"{reporter}.csv")
        if reporter != "省科技厅":
            file.add("coverage", feed="f", region_code=reporter, expected=4)
    file.add(
        "kpi_region",
        programme="CN4",
        region_code="370000",
        region_level="province",
        indicator="region_rd",
        n=1,
    )
    return file.close()


def access(path: Path, *regions: str) -> Path:
    """Write an access file with one official of each region, and one of none."""
    officials = [{"username": f"u{r}", "region": r} for r in regions] + [{"username": "nobody"}]
    path.write_text(yaml.safe_dump({"officials": officials}), encoding="utf-8")
    return path


def flat(table: str) -> str:
    """The rows of a served table as they lie in the lake."""
    columns = load_table(table).columns
    names = [f'"{c.name}"' for c in columns]
    if not (fold := class_of(table).folded):
        maps = {c.name for c in columns if c.type.startswith("MAP")}
        shown = [f"{n}::JSON::MAP(VARCHAR, VARCHAR) AS {n}" if n.strip('"') in maps else n for n in names]
        return f'SELECT {", ".join(shown)} FROM "{table}"'
    inner = [n if n.strip('"') in fold.per else f"c.{n}" for n in names]
    return f'SELECT {", ".join(inner)} FROM (SELECT *, unnest({fold.column}) AS c FROM "{table}")'
