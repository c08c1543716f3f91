"""The plan of a run: what a programme's indicators and facts read, as models and parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from jobs.incentive.models import incentive_models, incentive_tables
from jobs.kpi import fact_models, parameters, runner
from jobs.kpi.calendar import Available
from jobs.kpi.catalogue import Catalogue
from jobs.kpi.dictionary import Indicator
from jobs.kpi.engine import Run
from jobs.kpi.facts import all_facts
from jobs.kpi.figures import MARK
from jobs.kpi.inputs import LINE_COLUMNS, Pinned, columns_of
from jobs.kpi.melt import Melt
from jobs.kpi.regions import RegionMap
from jobs.kpi.unmatched import Line, Word, touched
from jobs.kpi.used import Wanted, used
from jobs.policy.model import Programme
from jobs.quality.pending import Waiting

REGISTER = (
    "uscc",
    "name",
    "county_code",
    "industry_code",
    "domain",
    "staff_end",
    "opened_on",
    "change_type",
    "effective_date",
    "seq",
)
NOTICES = (
    "document_no", "document_date", "tier", "event", "name", "uscc", "unit_name", "county_name", "valid_from", "valid_to",
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What stands at a state of knowledge.

    Attributes
    ----------
    sources : mapping
        Name a feed is read as -> its pinned tables.
    quarantined : tuple
        Rows that wait in quarantine.
    words : tuple of Word
        What people's words make of lines of notices.
    notices, unmatched : tuple of Line
        Lines of notices as they count, and those of them that wait for a person.
    available : mapping
        Feed -> years for which its yearly forms are complete.
    """

    sources: Mapping[str, tuple[Pinned, ...]]
    quarantined: tuple[Waiting, ...] = ()
    words: tuple[Word, ...] = ()
    notices: tuple[Line, ...] = ()
    unmatched: tuple[Line, ...] = ()
    available: Available = field(default_factory=dict)


_WITH_FIGURES = (
    "SELECT period, holder FROM holders SEMI JOIN periods p ON p.period = holders.period AND p.figures"
)
_REGIONS = {
    "holders": """-- grain: period, region. Regions as entities of their own.
SELECT p.period, u.unit AS holder, CAST(NULL AS VARCHAR) AS uscc, CAST(NULL AS VARCHAR) AS name,
  CAST(NULL AS VARCHAR) AS province, u.unit, CAST(NULL AS VARCHAR) AS county, CAST(NULL AS VARCHAR) AS domain,
  CAST(NULL AS VARCHAR) AS industry, CAST([] AS VARCHAR[]) AS valid_tiers, CAST([] AS VARCHAR[]) AS ever_tiers,
  CAST([] AS STRUCT(tier VARCHAR, valid_to DATE)[]) AS ends, CAST(NULL AS VARCHAR) AS industry_code, CAST(NULL AS BIGINT) AS staff_end,
  CAST(NULL AS DATE) AS opened_on, false AS closed
FROM periods p CROSS JOIN units u""",
    "population": """-- grain: period, region.
SELECT *, [CAST(NULL AS VARCHAR)] AS tiers, true AS counts, CAST(NULL AS VARCHAR) AS size_class FROM holders""",
}


def plan(
    programme: Programme,
    asked: Iterable[str],
    known: Known,
    dictionary: Mapping[str, Indicator],
    regions: RegionMap,
    release: str = "",
) -> Run:
    """Return the run of a programme for the asked periods.

    Parameters
    ----------
    programme : Programme
    asked : iterable of str
        Periods of the tables.
    known : Known
    dictionary : mapping
        Indicators by id.
    regions : RegionMap
        Regions of the programme.
    release : str
        Id written into every row.
    """
    wanted, own = Wanted.of(programme, asked, dictionary), used(programme, dictionary)
    of_firms = programme.entity == "enterprise"
    catalogue = Catalogue(frozenset(known.sources))
    melt = Melt(catalogue, [(i, s) for i, specs in own for s in specs])
    models = melt.models()
    entity, facts = ("uscc" if of_firms else "region_code"), all_facts()
    past = Catalogue(frozenset(known.sources), asking=fact_models.PAST_REQUESTS)
    models |= fact_models.models(catalogue, past, facts, entity)
    models |= {f"read_{f}": catalogue.model(f, entity) for f in catalogue.wide_feeds()}
    models["wide"] = fact_models.wide_model(catalogue.wide_feeds(), "read", _WITH_FIGURES)
    models |= incentive_models(programme, [f.name for f in facts])
    looked_at = sorted({*wanted.periods, *(fact_models.fact_periods(wanted.asked) if of_firms else ())})
    earlier = [p for p in looked_at if p not in wanted.periods]
    tables = {
        "periods": parameters.periods(looked_at, wanted),
        "arrived": fact_models.arrived(known.sources, facts, looked_at),
        "worked_out": parameters.worked_out(own, wanted),
        "indicators": parameters.indicators(own),
        "dictionary": parameters.dictionary([dictionary[u.id] for u in programme.indicators]),
        "times": parameters.times(own, wanted, known.available),
        "waited_for": parameters.waited_for(melt.pending, wanted, known.available),
        "quarantined": _quarantined(known.quarantined, entity),
        "requests": _requests(catalogue, wanted.periods, known.available),
        past.asking: _requests(past, earlier, known.available),
        "tiers": parameters.tiers(programme),
        "size_bounds": parameters.size_bounds(),
        "words": parameters.words(known.words),
        "reasons": parameters.reasons(),
        "waiting_lines": parameters.waiting_lines(_touched(known, programme, regions, wanted)),
        **parameters.places(regions, programme),
        **incentive_tables(programme),
    }
    scalars = {
        "release": release, "programme": programme.id,
        "region_code": programme.region_code, "certified_rank": programme.certified_rank, "window_start": programme.window_start,
        "entity": programme.entity, "unit_level": programme.unit_level, "pending_mark": MARK,
        "breakthrough_tier": programme.breakthrough_tier or "",
    }  # fmt: skip
    sources, columns = _columns(programme, known, catalogue, entity)
    if not of_firms:
        models |= _REGIONS
        tables |= {"notices": _NO_NOTICES, "register": _NO_FIRMS}
    return Run(sources, columns, tables, scalars, models, "uscc" if of_firms else None)


def _touched(known: Known, programme: Programme, regions: RegionMap, wanted: Wanted) -> Mapping[Any, int]:
    if programme.entity != "enterprise":
        return {}
    return touched(known.unmatched, list(known.notices), programme, regions, wanted.periods)


def _quarantined(rows: Iterable[Waiting], entity: str) -> pa.Table:
    made = [(feed, keys.get(entity), list(keys.items())) for feed, keys in rows]
    columns = {"feed": pa.string(), "holder": pa.string(), "keys": pa.map_(pa.string(), pa.string())}
    return parameters.table(columns, made)


def _requests(catalogue: Catalogue, periods: Iterable[str], available: Available) -> pa.Table:
    columns = {
        "feed": pa.string(),
        "rows_no": pa.int64(),
        "row_by": pa.string(),
        "row_key": pa.string(),
        "period": pa.string(),
    }
    return parameters.table(columns, catalogue.requests(periods, available))


_NO_NOTICES = pa.table(
    {
        n: pa.array([], pa.date32() if n.endswith(("_date", "_from", "_to")) else pa.string())
        for n in (*NOTICES, "folded_name")
    }
)
_NO_FIRMS = pa.table(
    {
        n: pa.array(
            [],
            {"staff_end": pa.int64(), "seq": pa.int64()}.get(
                n, pa.date32() if n.endswith(("_on", "_date")) else pa.string()
            ),
        )
        for n in REGISTER
    }
)


def _columns(
    programme: Programme, known: Known, catalogue: Catalogue, entity: str
) -> tuple[dict[str, tuple[Pinned, ...]], dict[str, tuple[str, ...]]]:
    """Return the sources that models read, each with the columns they name."""
    sources, columns = {}, {}
    with runner.connection() as con:
        for feed in catalogue.feeds_read():
            sources[feed] = known.sources[feed]
            columns[feed] = (
                *LINE_COLUMNS,
                entity,
                *sorted(columns_of(con, catalogue.expressions(feed)) - {"at"}),
            )
    roles = {"register": ("register", REGISTER), "certificates": ("notices", NOTICES)}
    for role, (name, names) in roles.items():
        if role in programme.roles:
            sources[name], columns[name] = known.sources[programme.roles[role]], names
    return sources, columns
