"""The plan of a run: what a programme's indicators, facts and rules read, as models and parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jobs.definitions.catalogue import Catalogue
from jobs.definitions.dictionary import Indicator
from jobs.definitions.facts import all_facts, fact_names
from jobs.definitions.policy.model import Programme
from jobs.kpi import fact_models, parameters
from jobs.kpi.engine import Run
from jobs.kpi.indicators import Used, Wanted, specs, used
from jobs.kpi.regions import RegionMap
from jobs.kpi.unmatched import touched
from jobs.pipeline.draft import Draft, Known, requests
from jobs.rules.criteria import NationalRules
from jobs.rules.incentives import incentive_models, incentive_tables
from jobs.rules.warning_parameters import check_quarters, warning_parameters
from jobs.rules.warnings import warning_models

__all__ = ["Known", "of_figure", "plan"]


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
    draft, facts = Draft(programme, own, wanted, known, regions, release), all_facts()
    past = Catalogue(frozenset(known.sources), asking=fact_models.PAST_REQUESTS)
    names = fact_names(facts)
    draft.models |= fact_models.models(draft.catalogue, past, facts, draft.entity)
    draft.models |= incentive_models(programme, [f.name for f in facts]) | warning_models(names)
    rules = NationalRules()
    draft.models |= rules.models
    looked_at = sorted({*wanted.periods, *(fact_models.fact_periods(wanted.asked) if draft.of_firms else ())})
    earlier = [p for p in looked_at if p not in wanted.periods]
    of_warnings, bounds = warning_parameters(names, known.rule_words)
    draft.tables |= {
        "periods": parameters.periods(looked_at, wanted),
        "arrived": fact_models.arrived(known.sources, facts, looked_at),
        "dictionary": parameters.dictionary([dictionary[u.id] for u in programme.indicators]),
        past.asking: requests(past, earlier, known.available),
        "size_bounds": parameters.size_bounds(),
        "reasons": parameters.reasons(),
        "waiting_lines": parameters.waiting_lines(_touched(known, programme, regions, wanted)),
        **rules.tables,
        **incentive_tables(programme),
        **of_warnings,
    }
    draft.scalars |= {"breakthrough_tier": programme.breakthrough_tier or "", **bounds}
    if draft.of_firms:
        check_quarters(wanted.asked)
    return draft.run()


def of_figure(
    programme: Programme, indicator: Indicator, period: str, known: Known, regions: RegionMap
) -> tuple[Run, Catalogue]:
    """Return the run of one indicator and period, and what it reads: for who looks into a figure.

    Parameters
    ----------
    programme : Programme
    indicator : Indicator
    period : str
    known : Known
        What stood when the figure was computed.
    regions : RegionMap
    """
    own: Used = [(indicator, specs(indicator, next(u for u in programme.indicators if u.id == indicator.id)))]
    draft = Draft(programme, own, Wanted((period,)), known, regions, "")
    return draft.run(), draft.catalogue


def _touched(known: Known, programme: Programme, regions: RegionMap, wanted: Wanted) -> Mapping[Any, int]:
    if programme.entity != "enterprise":
        return {}
    return touched(known.unmatched, list(known.notices), programme, regions, wanted.periods)
