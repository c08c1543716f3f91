"""What enterprises report on one indicator, as small tables: the models of its family, from single enterprises to readings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import duckdb
import pyarrow as pa

from jobs.kpi import parameters, runner
from jobs.kpi.dictionary import Indicator
from jobs.kpi.used import Wanted, specs
from jobs.policy.lines import Use
from tests.model_runs import Row, rows_of, table

PERIOD, KEY, PROVINCE = "2025Q4", "x", "P"
TEXT, WHOLE, YES = pa.string(), pa.int64(), pa.bool_()
KEYED = {"period": TEXT, "holder": TEXT, "key": TEXT}
RATIO = KEYED | dict.fromkeys(("num", "den", "line", "den_line"), WHOLE) | {"flag": TEXT}
AMOUNTS = ("value", "base", "prior", "back_value", "back_base", "back_prior", "line", "before_line")
VALUES = {
    "growth_values": KEYED | dict.fromkeys(AMOUNTS, WHOLE) | {"flag": TEXT, "back_flag": TEXT},
    "ratio_values": RATIO,
    "contract_values": RATIO,
    "level_values": KEYED | {"value": WHOLE, "line": WHOLE, "flag": TEXT},
    "coverage_values": KEYED | {"line": WHOLE},
}
"""What the models read of the wide row."""
WAITS = ("now", "before", "den", "back_now", "back_before")
WHERE = ("period", "holder", "province", "unit", "county", "domain", "size_class", "industry")
PLACED = dict.fromkeys(WHERE, TEXT) | {"counts": YES, "tiers": pa.list_(TEXT)}
NOBODY = {
    "members": {"period": TEXT, "holder": TEXT, "tier": TEXT, "valid": YES, "ever": YES, "valid_or_higher": YES},
    "awarded": {"period": TEXT, "tier": TEXT, "located": YES},
    "empty_grid": {"region_level": TEXT, "region_code": TEXT, "domain": TEXT},
}  # fmt: skip
"""What is about certificates, of which nothing is told here."""
FAMILIES = ("growth", "ratio", "level", "coverage", "count", "contract")
SLICE = (
    "growths", "ratios", "levels", "coverages", *(f"{f}_cells" for f in FAMILIES), "cells", "ratio_singles",
)  # fmt: skip
MERGE = ("region_cells", "ratio_quantiles", "growth_readings", "ratio_readings", "level_readings")
STAGED = ("cells", "ratio_singles")
AT = {"feed": "f", "at": "cumulative"}
READS: dict[str, Any] = {
    "growth": {"current": AT | {"column": "c"}},
    "ratio": {"numerator": AT | {"column": "a"}, "denominator": AT | {"column": "b"}},
    "level": {"current": AT | {"column": "c"}},
}


@dataclass(frozen=True)
class Folded:
    """What the models say of an indicator.

    Attributes
    ----------
    firms : dict
        By holder, how the family judges it.
    readings : list of dict
        Of all cells of places.
    """

    firms: dict[str, Row]
    readings: list[Row]

    def of(
        self, region: str = PROVINCE, domain: str | None = None, period: str = PERIOD
    ) -> dict[str, Row]:
        """Return the readings of one cell by name."""
        cell = (region, domain, period)
        return {
            r["reading"]: r for r in self.readings if (r["region_code"], r["domain"], r["period"]) == cell
        }


def growing(holder: str, c: int | None = None, r: int | None = None, p: int | None = None, **more: Any) -> Row:
    """Return what a firm reports of growth: now, the year before as the form prints it, and as it was reported then."""
    return {"holder": holder, "value": c, "base": r, "prior": p} | more


def two_sided(holder: str, num: int | None = None, den: int | None = None, **more: Any) -> Row:
    """Return what a firm reports of a ratio."""
    return {"holder": holder, "num": num, "den": den} | more


@lru_cache(maxsize=1)
def _engine() -> tuple[duckdb.DuckDBPyConnection, dict[str, str]]:
    """Open an engine for all tests of a process, with the models in their order."""
    con = runner.connection(1)
    files = {**runner.files("slice"), **runner.files("merge")}
    models = {n: files[n] for n in (*SLICE, *MERGE)}
    return con, {n: models[n] for n in runner.order(con, models)}


def _run(con: duckdb.DuckDBPyConnection, models: Mapping[str, str], names: Iterable[str]) -> None:
    for name in (n for n in models if n in names):
        con.execute(f"CREATE OR REPLACE TABLE {name} AS {models[name]}")


def _indicator(family: str, few: int, base: bool, more: Mapping[str, Any]) -> list[Any]:
    reads = {n: r | ({"base_column": "b"} if base else {}) for n, r in READS[family].items()}
    words = dict.fromkeys(("name_zh", "definition", "formula", "source", "owner", "version"), KEY)
    line = Indicator.model_validate({"id": KEY, "family": family, "reads": reads, "unit": "%"} | words | more)
    return [(line, [replace(specs(line, Use(id=KEY))[0], few=few)])]


def _waits(rows: Iterable[Row]) -> list[Row]:
    return [{n: r.get(n) for n in KEYED} | {w: w in r["waits"] for w in WAITS} for r in rows if r.get("waits")]


def folded(
    family: str,
    rows: Iterable[Mapping[str, Any]],
    *,
    few: int = 1,
    base: bool = True,
    slices: int = 1,
    **more: Any,
) -> Folded:
    """Run the models of a family over what enterprises report on one indicator.

    Parameters
    ----------
    family : str
    rows : iterable of dict
        Holder and values; where it lies, which of its rows wait in quarantine, another period.
    few : int
        Panels under this size are marked.
    base : bool
        Whether the form prints last year's amount.
    slices : int
        How many parts the enterprises are cut into.
    **more : object
        Of the line of the dictionary.
    """
    plain = {"key": KEY, "period": PERIOD, "province": PROVINCE, "counts": True, "tiers": [None]}
    plain |= dict.fromkeys(("domain", "size_class", "industry"), "unassigned")
    given = [plain | {"line": n} | dict(r) for n, r in enumerate(rows)]
    used, asked = _indicator(family, few, base, more), Wanted(tuple(sorted({r["period"] for r in given})))
    con, models = _engine()
    shared = {
        "periods": parameters.periods(asked.periods, asked),
        "worked_out": parameters.worked_out(used, asked),
        "indicators": parameters.indicators(used),
        "times": parameters.times(used, asked, {}),
        "reasons": parameters.reasons(),
        **{name: table(columns) for name, columns in NOBODY.items()},
    }
    for name, made in shared.items():
        con.register(name, made)
    firms, staged = _sliced(con, models, f"{family}_values", [given[n::slices] for n in range(slices)])
    for name, parts in staged.items():
        con.register("staged", pa.concat_tables(parts))
        con.execute(f"CREATE OR REPLACE TABLE {name} AS FROM staged")
    _run(con, models, MERGE)
    places = [r for r in rows_of(con, f"{family}_readings") if (r["size_class"], r["industry"]) == (None, None)]
    return Folded(firms, places)


def _sliced(
    con: duckdb.DuckDBPyConnection, models: Mapping[str, str], values: str, parts: Sequence[list[Row]]
) -> tuple[dict[str, Row], dict[str, list[pa.Table]]]:
    """Run the slices one after the other; return how each firm is judged, and what the slices stage."""
    firms: dict[str, Row] = {}
    staged: dict[str, list[pa.Table]] = {name: [] for name in STAGED}
    for part in parts:
        for name, columns in VALUES.items():
            con.register(name, table(columns, part if name == values else ()))
        con.register("population", table(PLACED, part))
        con.register("pending", table(KEYED | dict.fromkeys(WAITS, YES), _waits(part)))
        _run(con, models, SLICE)
        firms |= {r["holder"]: r for r in rows_of(con, values.replace("_values", "s"))}
        for name, own in staged.items():
            own.append(con.execute(f"FROM {name}").to_arrow_table())
    return firms, staged
