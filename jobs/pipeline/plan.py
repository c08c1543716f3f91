"""The plan of a run: what a programme's indicators, facts and rules read, as models and parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jobs.definitions.catalogue import Catalogue
from jobs.definitions.dictionary import Indicator
from jobs.definitions.facts import Fact, all_facts, fact_names
from jobs.definitions.policy.model import Programme
from jobs.definitions.size_class import FACTS as SIZE_FACTS
from jobs.kpi import fact_models, parameters
from jobs.kpi.engine import Run
from jobs.kpi.indicators import Used, Wanted, specs, used
from jobs.kpi.regions import RegionMap
from jobs.kpi.touched_cells import touched
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
    firms: bool = True,
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
    firms : bool
        Whether the tables of single enterprises and of rules are wanted beside the figures of regions.
    """
    wanted, own = Wanted.of(programme, asked, dictionary), used(programme, dictionary)
    draft = Draft(programme, own, wanted, known, regions, release)
    draft.tables |= {
        "dictionary": parameters.dictionary([dictionary[u.id] for u in programme.indicators]),
        "reasons": parameters.reasons(),
        "size_bounds": parameters.size_bounds(),
        "waiting_lines": parameters.waiting_lines(_touched(known, programme, regions, wanted)),
    }
    if programme.entity == "enterprise":
        draft.of_firms = firms
        facts = [f for f in all_facts() if firms or f.name in SIZE_FACTS]
        _add_facts(draft, facts)
        if firms:
            _add_rules(draft, facts)
    return draft.run()


def _add_facts(draft: Draft, facts: list[Fact]) -> None:
    """Add facts, of the quarters before as well where rules read them."""
    known, wanted = draft.known, draft.wanted
    past = Catalogue(frozenset(known.sources), asking=fact_models.PAST_REQUESTS)
    draft.models |= fact_models.models(draft.catalogue, past, facts, draft.entity)
    further = fact_models.fact_periods(wanted.asked) if draft.of_firms else ()
    looked_at = sorted({*wanted.periods, *further})
    earlier = [p for p in looked_at if p not in wanted.periods]
    draft.tables |= {
        "periods": parameters.periods(looked_at, wanted),
        "arrived": fact_models.arrived(known.sources, facts, looked_at),
        past.asking: requests(past, earlier, known.available),
    }


def _add_rules(draft: Draft, facts: list[Fact]) -> None:
    """Add the rules on single enterprises: criteria, incentives, warnings."""
    programme, names, rules = draft.programme, fact_names(facts), NationalRules()
    check_quarters(draft.wanted.asked)
    draft.models |= (
        rules.models | incentive_models(programme, [f.name for f in facts]) | warning_models(names)
    )
    of_warnings, bounds = warning_parameters(names, draft.known.rule_words)
    draft.tables |= rules.tables | incentive_tables(programme) | of_warnings
    draft.scalars |= {"breakthrough_tier": programme.breakthrough_tier or "", **bounds}


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
