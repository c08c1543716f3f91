"""The models of incentives over facts and notices made by hand, in this process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from jobs.definitions.period import parse
from jobs.definitions.policy.model import Programme
from jobs.kpi import parameters, runner
from jobs.kpi.indicators import Wanted
from jobs.lake.shape import columns_of, shaped
from jobs.rules.incentives import incentive_models, incentive_tables
from tests.support import certificate_frames
from tests.support.facts_frames import fact_names

FACTS = fact_names()
FILES = ("2024.csv", "2025.csv")
RANKS = {"seed": 1, "city_srdi": 2, "provincial_srdi": 3, "national_little_giant": 5, "national_champion": 6}
TEXT, TEXTS = pa.string(), pa.list_(pa.string())
AROUND = {
    "period": TEXT, "at": pa.date32(), "uscc": TEXT, "name": TEXT, "unit": TEXT, "county": TEXT, "industry_code": TEXT,
    "closed": pa.bool_(), "valid_tiers": TEXTS, "feeds_here": TEXTS,
}  # fmt: skip
COLUMNS = AROUND | dict.fromkeys(FACTS, pa.decimal128(28, 4)) | {f"{n}_line": pa.int64() for n in FACTS}
LINES = ("notice_lines", "certificate_lines", "certificates", "stocks", "first_awards", "incentive")
"""The models between notices and the table."""


def firm(
    uscc: str,
    period: str = "2025Q4",
    *,
    tiers: Sequence[str] = ("provincial_srdi",),
    file: str = "2025.csv",
    **values: Any,
) -> dict[str, Any]:
    """Return a row of facts; numbers are texts, so that they are exact. Facts of one row stand on row 7 of a file."""
    numbers = {n: Decimal(v) for n, v in values.items() if n in FACTS and v is not None}
    lines = {f"{n}_line": FILES.index(file) * 2**31 + 7 for n in numbers}
    given = {
        "period": period, "at": parse(period).end, "uscc": uscc, "name": f"企业{uscc}", "unit": "11", "county": "111",
        "closed": False, "industry_code": "C3511", "valid_tiers": list(tiers), "feeds_here": ["statement"],
    }  # fmt: skip
    return given | values | numbers | lines


def programme(region: str) -> Programme:
    """Return a programme of a region with the tiers of the ladder."""
    tiers = [{"code": t, "name_zh": t, "rank": r, "expires": r > 1} for t, r in RANKS.items()]
    return Programme.model_validate(
        {
            "id": "X", "title": "测试", "region_code": region, "entity": "enterprise", "first_period": "2022Q1",
            "units": ["11"], "unit_level": "unit", "roles": {}, "tiers": tiers, "indicators": [],
        }
    )  # fmt: skip


def _tables(
    rows: Iterable[Mapping[str, Any]],
    notices: Iterable[Mapping[str, Any]],
    of: Programme,
    asked: Sequence[str],
) -> dict[str, pa.Table]:
    made = list(rows)
    periods = sorted({*asked, *(r["period"] for r in made)})
    return {
        "fact_rows": parameters.table(COLUMNS, [[r.get(c) for c in COLUMNS] for r in made]),
        "sheets": pa.table({"sheet_no": range(len(FILES)), "file_name": FILES, "sheet": [""] * len(FILES)}),
        "notices": certificate_frames.notices(notices),
        "words": parameters.words(()),
        "tiers": parameters.tiers(of),
        "periods": parameters.periods(periods, Wanted(tuple(asked))),
        "worked_out": pa.table({"key": ["count"] * len(periods), "period": periods}),
        **incentive_tables(of),
    }


def listed(
    rows: Iterable[Mapping[str, Any]],
    notices: Iterable[Mapping[str, Any]] = (),
    region: str = "220000",
    asked: Sequence[str] = ("2025Q4",),
) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Return the rows of ``incentive`` by period, firm and incentive."""
    of = programme(region)
    models = {n: sql for n, sql in runner.files("slice").items() if n in LINES} | incentive_models(of, FACTS)
    with runner.connection(1) as con:
        for name, table in _tables(rows, notices, of, asked).items():
            con.register(name, table)
        con.execute("SET VARIABLE certified_rank = 2")
        con.execute("SET VARIABLE window_start = DATE '2022-01-01'")
        runner.run(con, models)
        incentives = (
            con.execute(shaped(con, "incentive", columns_of("incentive")))
            .to_arrow_table()
            .to_pylist(maps_as_pydicts="strict")
        )
    keyed = {(r["period"], r["uscc"], r["incentive_id"]): r for r in incentives}
    assert len(keyed) == len(incentives)
    return keyed


def rules(asked: Sequence[str], region: str = "220000") -> list[dict[str, Any]]:
    """Return the rows of ``incentive_rule``."""
    given = incentive_tables(programme(region)) | {"periods": parameters.periods(asked, Wanted(tuple(asked)))}
    with runner.connection(1) as con:
        for name, table in given.items():
            con.register(name, table)
        for name, value in (("release", "R1"), ("programme", "X")):
            con.execute(f"SET VARIABLE {name} = ?", [value])
        runner.run(con, {"incentive_rule": runner.files("merge")["incentive_rule"]})
        rows = shaped(con, "incentive_rule", columns_of("incentive_rule"))
        return con.execute(rows).to_arrow_table().to_pylist()
