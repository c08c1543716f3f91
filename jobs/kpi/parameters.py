"""What a run is asked for, as small tables that the models read: never text put into SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from jobs.definitions.calendar import Available, Track, date_track, track
from jobs.definitions.dictionary import Indicator, of_certificates
from jobs.definitions.period import parse
from jobs.definitions.policy.model import Programme
from jobs.definitions.size_class import CLASSES, UNITS, size_rows
from jobs.kpi.indicators import Used, Wanted, asked
from jobs.kpi.melt import Pending
from jobs.kpi.regions import RegionMap
from jobs.kpi.spec import Spec
from jobs.kpi.touched_cells import Cell
from jobs.kpi.unmatched import Word

EXCLUSIONS = (
    "OUT_OF_SCOPE", "NO_REPORT", "QUARANTINED", "UNIT_SUSPECT", "NO_PRED", "MISSING_NUM", "MISSING_DEN", "ZERO_DEN",
    "NEG_DEN", "NEG_NUM", "NEW", "BASE_MISSING", "GONE",
)  # fmt: skip
"""Why an enterprise is not in a figure, in the order in which the tables name the reasons."""


def table(columns: Mapping[str, pa.DataType], rows: Iterable[Sequence[Any]]) -> pa.Table:
    """Return rows as a table of given columns."""
    made = list(rows)
    arrays = [pa.array([r[n] for r in made], kind) for n, kind in enumerate(columns.values())]
    return pa.table(arrays, names=list(columns))


_TEXT, _WHOLE, _DAY, _YES = pa.string(), pa.int64(), pa.date32(), pa.bool_()


def periods(keys: Iterable[str], wanted: Wanted) -> pa.Table:
    """Return the periods that are looked at, with their days.

    ``asked``: the tables are of it; ``figures``: figures are worked out for it, of others only facts are read.
    """
    rows = [
        (p, parse(p).begin, parse(p).end, p in wanted.asked, p in wanted.periods) for p in sorted(set(keys))
    ]
    columns = {"period": _TEXT, "first_day": _DAY, "last_day": _DAY, "asked": _YES, "figures": _YES}
    return table(columns, rows)


def worked_out(used: Used, wanted: Wanted) -> pa.Table:
    """Return which indicators (keys) are worked out for which periods."""
    rows = [(s.name, p) for i, own in used for s in own for p in wanted.periods_of(i.id)]
    return table({"key": _TEXT, "period": _TEXT}, rows)


def _source(indicator: Indicator) -> str | None:
    return indicator.main.source if indicator.main else None


def _spec_row(indicator: Indicator, spec: Spec) -> tuple[Any, ...]:
    line = spec.exact_line
    return (
        spec.name, spec.id, indicator.fold, spec.reading, spec.track, spec.unit, spec.value_unit, spec.minor,
        spec.per_minor, float(spec.scale), spec.line is not None, line.numerator, line.denominator, spec.line_is_cap,
        spec.few, spec.single, spec.base_kind, spec.signed, spec.annualised, spec.absent_zero, indicator.quarterly,
        _source(indicator), indicator.of_contracts,
    )  # fmt: skip


def indicators(used: Used) -> pa.Table:
    """Return what the models must know of each indicator; of coverage there is one key per feed."""
    columns = {
        "key": _TEXT, "indicator": _TEXT, "family": _TEXT, "reading_name": _TEXT, "track": _TEXT, "unit": _TEXT, "amount_unit": _TEXT,
        "minor": _WHOLE,
        "per_minor": pa.decimal128(5, 4), "scale": pa.float64(), "has_line": _YES, "line_above": _WHOLE, "line_below": _WHOLE,
        "line_is_cap": _YES, "few": _WHOLE, "single": _YES, "base_kind": _TEXT, "signed": _YES, "annualised": _YES, "absent_zero": _YES,
        "quarterly": _YES, "source": _TEXT, "of_contracts": _YES,
    }  # fmt: skip
    return table(columns, [_spec_row(i, s) for i, own in used for s in own])


def dictionary(every: Iterable[Indicator]) -> pa.Table:
    """Return version and family of all indicators of a programme, and whether they are made of certificates alone."""
    known = list(every)
    own = of_certificates(known)
    rows = [(i.id, i.version, i.family, i.id in own) for i in known]
    return table({"indicator": _TEXT, "version": _TEXT, "family": _TEXT, "of_certificates": _YES}, rows)


def times(used: Used, wanted: Wanted, available: Available) -> pa.Table:
    """Return the time lines of figures: what a figure of a period says about its reference period."""
    tracks: dict[tuple[str, str], Track] = {}
    for period in wanted.periods:
        tracks[period, "date"] = date_track(period)
        for indicator, _ in used:
            for read, _ in asked(indicator):
                line = track(indicator, read, period, available)
                tracks[period, line.track] = line
    columns = {
        "period": _TEXT, "track": _TEXT, "reference_period": _TEXT, "months": pa.int32(), "reference_date": _DAY, "provisional": _YES,
        "year": pa.int32(),
    }  # fmt: skip
    rows = [
        (t.period, t.track, t.reference_period, t.months, t.reference_date, t.provisional, t.year)
        for t in tracks.values()
    ]
    return table(columns, rows)


def waited_for(pending: Iterable[Pending], wanted: Wanted, available: Available) -> pa.Table:
    """Return which rows make which part of an indicator wait while a correction of them stands in quarantine."""
    columns = {
        "key": _TEXT, "part": _TEXT, "feed": _TEXT, "row_by": _TEXT, "row_key": _TEXT, "period": _TEXT, "only_keys": pa.map_(_TEXT, _TEXT),
    }  # fmt: skip
    rows = [
        (p.key, p.part, p.rows.feed, p.rows.by, p.rows.key(period, available), period, list(p.rows.where))
        for p in pending
        for period in wanted.periods
    ]
    return table(columns, rows)


def tiers(programme: Programme) -> pa.Table:
    """Return the tiers from the lowest to the highest, with their ranks and their steps of the ladder from 1."""
    steps = sorted(set(programme.ranks.values()))
    order = sorted(programme.tiers, key=lambda t: t.rank)
    rows = [(t.code, t.rank, t.expires, steps.index(t.rank) + 1, place) for place, t in enumerate(order)]
    columns = {"tier": _TEXT, "rank": _WHOLE, "expires": _YES, "step": _WHOLE, "place": _WHOLE}
    return table(columns, rows)


def places(regions: RegionMap, programme: Programme) -> dict[str, pa.Table]:
    """Return the present map: places by code and by printed name, names, and the regions that always have cells."""
    by_code = [(c, p.unit, p.county) for c, p in sorted(regions.by_code().items())]
    by_name = [(u, c, p.unit, p.county) for (u, c), p in sorted(regions.by_name().items())]
    return {
        "places_by_code": table({"code": _TEXT, "unit": _TEXT, "county": _TEXT}, by_code),
        "places_by_name": table(
            {"unit_name": _TEXT, "county_name": _TEXT, "unit": _TEXT, "county": _TEXT}, by_name
        ),
        "region_names": table({"region_code": _TEXT, "region_name": _TEXT}, sorted(regions.names.items())),
        "units": table({"unit": _TEXT}, [(u,) for u in programme.units]),
        "empty_grid": table(
            {"region_level": _TEXT, "region_code": _TEXT, "domain": _TEXT}, _grid(regions, programme)
        ),
    }


def _grid(regions: RegionMap, programme: Programme) -> list[tuple[str, str, str | None]]:
    """Return the cells that every awarded tier has; firms without a domain are shown where there are none, too."""
    if programme.entity == "region":
        return []
    counties = sorted({p.county for p in regions.by_code().values() if p.county})
    units = sorted({*programme.units, *(p.unit for p in regions.by_code().values())})
    divided = [("province", programme.region_code), *(("unit", u) for u in units)]
    whole = [*divided, *(("county", c) for c in counties)]
    return [(*w, None) for w in whole] + [(*d, "unassigned") for d in divided]


def size_bounds() -> pa.Table:
    """Return the bounds of the statistical size classes: large, medium and small of each row of the table."""
    several = pa.list_(pa.decimal128(28, 4))
    rows = []
    for place, row in enumerate(size_rows()):
        bounds = {k: [b * UNITS[k] for b in own] for k, own in row.lower.items()}
        pattern = f"^({'|'.join(row.industries)})"
        rows.append((place, pattern, *(bounds.get(k) for k in ("staff", "revenue", "assets"))))
    if len(CLASSES) != 4:
        raise ValueError("大中小微四类 / four classes")
    columns = {"place": _WHOLE, "pattern": _TEXT, "staff": several, "revenue": several, "assets": several}
    return table(columns, rows)


def words(said: Iterable[Word]) -> pa.Table:
    """Return what people's words make of lines of notices."""
    columns = ("document_no", "tier", "event", "folded_name", "stated", "uscc")
    return table(dict.fromkeys(columns, _TEXT), [(*w.key, w.stated or "", w.uscc) for w in said])


def waiting_lines(found: Mapping[Cell, int]) -> pa.Table:
    """Return how many lines of notices wait for a person and could change the figures of a cell."""
    rows = [(*cell, n) for cell, n in found.items()]
    return table(
        {"period": _TEXT, "region_code": _TEXT, "tier": _TEXT, "nested": _YES, "lines": _WHOLE}, rows
    )


def reasons() -> pa.Table:
    """Return why enterprises are left out, in the order of the tables."""
    return table({"why": _TEXT, "place": _WHOLE}, [(why, n) for n, why in enumerate(EXCLUSIONS)])
