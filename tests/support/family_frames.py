"""What enterprises report on one indicator, as small tables: the models of its family, from single enterprises to readings."""

from __future__ import annotations

import atexit
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import duckdb
import pyarrow as pa

from jobs.definitions.dictionary import Indicator
from jobs.definitions.policy.thresholds import Use
from jobs.kpi import parameters, runner
from jobs.kpi.indicators import Used, Wanted, specs
from tests.support.model_runs import Row, rows_of, table

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
NO_CERTIFICATES = {
    "members": {"period": TEXT, "holder": TEXT, "tier": TEXT, "valid": YES, "ever": YES, "valid_or_higher": YES},
    "awarded": {"period": TEXT, "tier": TEXT, "located": YES},
    "empty_grid": {"region_level": TEXT, "region_code": TEXT, "domain": TEXT},
}  # fmt: skip
"""What is about certificates, of which nothing is told here."""
FAMILIES = {"growth": "growths", "ratio": "ratios", "level": "levels"}
"""Family -> the model that judges single enterprises."""
OTHERS = ("coverages", "coverage_cells", "count_cells", "contract_cells")
SHARED = ("cells", "region_cells")
STAGED = ("cells", "ratio_singles")
OPEN = ExitStack()
atexit.register(OPEN.close)
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

    def of(self, region: str = PROVINCE, domain: str | None = None, period: str = PERIOD) -> dict[str, Row]:
        """Return the readings of one cell by name."""
        cell = (region, domain, period)
        return {
            r["reading"]: r for r in self.readings if (r["region_code"], r["domain"], r["period"]) == cell
        }


def growing(
    holder: str, c: int | None = None, r: int | None = None, p: int | None = None, **more: Any
) -> Row:
    """Return what a firm reports of growth: now, the year before as the form prints it, and as it was reported then."""
    return {"holder": holder, "value": c, "base": r, "prior": p} | more


def two_sided(holder: str, num: int | None = None, den: int | None = None, **more: Any) -> Row:
    """Return what a firm reports of a ratio."""
    return {"holder": holder, "num": num, "den": den} | more


def _models(family: str) -> tuple[str, ...]:
    """Return the models that a family has of its own."""
    more = ("ratio_singles", "ratio_quantiles") if family == "ratio" else ()
    return (FAMILIES[family], f"{family}_cells", f"{family}_readings", *more)


@lru_cache(maxsize=1)
def _engine() -> tuple[duckdb.DuckDBPyConnection, dict[str, str]]:
    """Open an engine for all tests of a process, with the models in their order; each has run over nothing."""
    con = OPEN.enter_context(runner.connection(1))
    files = {**runner.files("slice"), **runner.files("merge")}
    names = (*(n for f in FAMILIES for n in _models(f)), *OTHERS, *SHARED)
    models = {n: files[n] for n in runner.order(con, {n: files[n] for n in names})}
    for name, made in {**_parameters([], Wanted(())), **_part("", [])}.items():
        con.register(name, made)
    _run(con, models, models)
    return con, models


def _run(con: duckdb.DuckDBPyConnection, models: Mapping[str, str], names: Iterable[str]) -> None:
    for name in (n for n in models if n in names):
        con.execute(f"CREATE OR REPLACE TABLE {name} AS {models[name]}")


def _indicator(family: str, few: int, base: bool, more: Mapping[str, Any]) -> Used:
    reads = {n: r | ({"base_column": "b"} if base else {}) for n, r in READS[family].items()}
    words = dict.fromkeys(("name_zh", "definition", "formula", "source", "owner", "version"), KEY)
    line = Indicator.model_validate({"id": KEY, "family": family, "reads": reads, "unit": "%"} | words | more)
    return [(line, [replace(specs(line, Use(id=KEY))[0], few=few)])]


def _parameters(used: Used, asked: Wanted) -> dict[str, pa.Table]:
    """Return what is the same for all slices."""
    return {
        "periods": parameters.periods(asked.periods, asked),
        "worked_out": parameters.worked_out(used, asked),
        "indicators": parameters.indicators(used),
        "times": parameters.times(used, asked, {}),
        "reasons": parameters.reasons(),
        **{name: table(columns) for name, columns in NO_CERTIFICATES.items()},
    }


def _part(values: str, rows: list[Row]) -> dict[str, pa.Table]:
    """Return what a slice reads: values of one family, where the enterprises lie, which of their rows wait."""
    waits = [
        {n: r.get(n) for n in KEYED} | {w: w in r["waits"] for w in WAITS} for r in rows if r.get("waits")
    ]
    read = {name: table(columns, rows if name == values else ()) for name, columns in VALUES.items()}
    pending = table(KEYED | dict.fromkeys(WAITS, YES), waits)
    return read | {"population": table(PLACED, rows), "pending": pending}


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
    for name, made in _parameters(used, asked).items():
        con.register(name, made)
    for other in FAMILIES:
        con.execute(f"DELETE FROM {other}_cells")
    firms = _sliced(con, models, family, [given[n::slices] for n in range(slices)])
    _run(con, models, [n for n in (*_models(family), "region_cells") if n in runner.files("merge")])
    places = [
        r for r in rows_of(con, f"{family}_readings") if (r["size_class"], r["industry"]) == (None, None)
    ]
    return Folded(firms, places)


def _sliced(
    con: duckdb.DuckDBPyConnection, models: Mapping[str, str], family: str, parts: Sequence[list[Row]]
) -> dict[str, Row]:
    """Run the slices one after the other, and put together what they stage; return how each firm is judged."""
    firms: dict[str, Row] = {}
    staged: dict[str, list[pa.Table]] = {name: [] for name in STAGED}
    for part in parts:
        for name, made in _part(f"{family}_values", part).items():
            con.register(name, made)
        _run(con, models, [n for n in (*_models(family), "cells") if n in runner.files("slice")])
        firms |= {r["holder"]: r for r in rows_of(con, FAMILIES[family])}
        for name, own in staged.items():
            own.append(con.execute(f"FROM {name}").to_arrow_table())
    for name, own in staged.items():
        con.register("staged", pa.concat_tables(own))
        con.execute(f"CREATE OR REPLACE TABLE {name} AS FROM staged")
    return firms
