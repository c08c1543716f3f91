"""What a run is put together from: what its indicators read, as models and parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from jobs.definitions.calendar import Available
from jobs.definitions.catalogue import Catalogue
from jobs.definitions.policy.model import Programme
from jobs.feeds.pending import Waiting
from jobs.kpi import engine, fact_models, parameters, runner
from jobs.kpi.engine import Run
from jobs.kpi.figures import MARK
from jobs.kpi.indicators import Used, Wanted
from jobs.kpi.inputs import LINE_COLUMNS, Pinned, columns_of
from jobs.kpi.melt import Melt
from jobs.kpi.regions import RegionMap
from jobs.kpi.unmatched import NoticeLine, Word
from jobs.lake import shape
from jobs.rules.warning_parameters import NO_TICKETS, TICKETS
from jobs.rules.warning_review import Words

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
    notices, unmatched : tuple of NoticeLine
        Lines of notices as they count, and those of them that wait for a person.
    available : mapping
        Feed -> years for which its yearly forms are complete.
    rule_words : mapping
        Period and warning rule -> an analyst's word on it.
    """

    sources: Mapping[str, tuple[Pinned, ...]]
    quarantined: tuple[Waiting, ...] = ()
    words: tuple[Word, ...] = ()
    notices: tuple[NoticeLine, ...] = ()
    unmatched: tuple[NoticeLine, ...] = ()
    available: Available = field(default_factory=dict)
    rule_words: Words = field(default_factory=dict)


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


class Draft:
    """Models and parameters of figures; what rests on them is added before they become a run.

    Parameters
    ----------
    programme : Programme
    own : Used
        Indicators with their specs.
    wanted : Wanted
        Periods that they are worked out for.
    known : Known
    regions : RegionMap
    release : str
        Id written into every row.
    """

    def __init__(
        self, programme: Programme, own: Used, wanted: Wanted, known: Known, regions: RegionMap, release: str
    ) -> None:
        self.programme, self.wanted, self.known = programme, wanted, known
        self.about_firms = programme.entity == "enterprise"
        self.entity = "uscc" if self.about_firms else "region_code"
        self.of_firms = False
        self.catalogue = Catalogue(frozenset(known.sources))
        melt = Melt(self.catalogue, [(i, s) for i, specs in own for s in specs])
        self.models = melt.models()
        self.tables = {
            "periods": parameters.periods(wanted.periods, wanted),
            "worked_out": parameters.worked_out(own, wanted),
            "indicators": parameters.indicators(own),
            "times": parameters.times(own, wanted, known.available),
            "waited_for": parameters.waited_for(melt.pending, wanted, known.available),
            "quarantined": _quarantined(known.quarantined, self.entity),
            "tiers": parameters.tiers(programme),
            "words": parameters.words(known.words),
            "tickets": NO_TICKETS,
            **parameters.places(regions, programme),
        }
        self.scalars = {
            "release": release, "programme": programme.id, "region_code": programme.region_code,
            "certified_rank": programme.certified_rank, "window_start": programme.window_start,
            "entity": programme.entity, "unit_level": programme.unit_level, "pending_mark": MARK,
        }  # fmt: skip

    def run(self) -> Run:
        """Return the run: with the wide row of all that was read by now, and where it stands."""
        catalogue, known = self.catalogue, self.known
        models = self.models | {f"read_{f}": catalogue.model(f, self.entity) for f in catalogue.wide_feeds()}
        models["wide"] = fact_models.wide_model(catalogue.wide_feeds(), "read", _WITH_FIGURES)
        tables = self.tables | {"requests": requests(catalogue, self.wanted.periods, known.available)}
        sources, columns = _columns(self.programme, known, catalogue, self.entity)
        if not self.about_firms:
            models |= _REGIONS
            tables |= {"notices": _NO_NOTICES, "register": _NO_FIRMS}
        tables = {n: t for n, t in tables.items() if n not in sources}
        shapes = {n: shape.columns_of(n) for n in engine.tables_of(self.of_firms)}
        by = self.entity if self.about_firms else None
        return Run(sources, columns, tables, self.scalars, models, shapes, by, self.of_firms)


def _quarantined(rows: Iterable[Waiting], entity: str) -> pa.Table:
    made = [(feed, keys.get(entity), list(keys.items())) for feed, keys in rows]
    columns = {"feed": pa.string(), "holder": pa.string(), "keys": pa.map_(pa.string(), pa.string())}
    return parameters.table(columns, made)


def requests(catalogue: Catalogue, periods: Iterable[str], available: Available) -> pa.Table:
    """Return which rows which period asks for."""
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
    roles = {
        "register": ("register", REGISTER), "certificates": ("notices", NOTICES), "tickets": ("tickets", TICKETS),
    }  # fmt: skip
    for role, (name, names) in roles.items():
        if programme.roles.get(role) in known.sources:
            sources[name], columns[name] = known.sources[programme.roles[role]], names
    return sources, columns
