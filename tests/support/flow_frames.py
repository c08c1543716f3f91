"""A hand-made register of twenty certificates, for tests of counts, flows and what is paid for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jobs.definitions.dictionary import Indicator
from jobs.definitions.policy.model import Programme
from jobs.kpi import parameters
from jobs.kpi.indicators import Wanted
from tests.support.certificate_frames import notice, notices
from tests.support.model_frames import TEXT, feed, regions
from tests.support.model_runs import Row, single, table

SEED, CITY, PROVINCE, GIANT, CHAMPION = (
    "seed", "city_srdi", "provincial_srdi", "national_little_giant", "national_champion",
)  # fmt: skip
RANKS = {SEED: 1, CITY: 2, PROVINCE: 3, GIANT: 5, CHAMPION: 6}

UNIT = {**dict.fromkeys("ABCDIJ", "11"), **dict.fromkeys("EFGH", "12")}
PRINTED = {
    **dict.fromkeys("ABCD", ("东山市", "东一县")),
    **dict.fromkeys("IJ", ("东山市", "东二县")),
    **dict.fromkeys("EFGH", ("西河市", "西一县")),
}


def line(firm, on, tier, what="grant", **more):
    return notice(firm, on, tier, what, where=PRINTED[firm], **more)


CERTIFICATES = [
    line("A", "2021-11-20", PROVINCE),  # to 2024-11-19
    line("B", "2022-03-01", PROVINCE),  # to 2025-02-28
    line("B", "2025-02-10", PROVINCE, "renew"),  # 2025-03-01 to 2028-02-29
    line("C", "2022-03-01", PROVINCE),  # to 2025-02-28, not renewed
    line("C", "2026-04-01", PROVINCE),  # recognised anew, to 2029-03-31
    line("D", "2023-07-10", PROVINCE),  # to 2026-07-09
    line("E", "2023-07-10", PROVINCE),  # withdrawn 2025-05-20
    line("F", "2025-12-25", PROVINCE, valid=("2026-01-01", "2028-12-31")),  # published before it is valid
    line("G", "2022-09-15", PROVINCE),  # to 2025-09-14
    line("H", "2025-10-01", PROVINCE),  # to 2028-09-30
    line("B", "2020-06-01", CITY),  # to 2023-05-31
    line("H", "2022-06-01", CITY),  # to 2025-05-31
    line("I", "2023-04-01", CITY),  # to 2026-03-31
    line("J", "2025-08-01", CITY),  # to 2028-07-31
    line("B", "2023-07-14", GIANT),  # to 2026-07-13
    line("G", "2024-08-01", GIANT),  # to 2027-07-31
    line("B", "2025-11-30", CHAMPION),  # to 2028-11-29
    line("H", "2021-05-01", SEED),
    line("F", "2022-02-01", SEED),
    line("J", "2024-03-01", SEED),  # withdrawn 2026-08-15
]
WITHDRAWALS = [
    line("E", "2025-05-20", PROVINCE, "withdraw"),
    line("J", "2026-08-15", SEED, "withdraw"),
]

PROGRAMME = Programme.model_validate(
    {
        "id": "X", "title": "测试", "region_code": "10", "entity": "enterprise", "first_period": "2022Q1",
        "units": ["11", "12"], "unit_level": "unit", "roles": {"register": "register", "certificates": "notices"},
        "tiers": [{"code": t, "name_zh": t, "rank": r, "expires": t != SEED} for t, r in RANKS.items()],
        "indicators": [{"id": i} for i in ("count", "tier_flow", "certificate_new")],
    }
)  # fmt: skip


WORDS = dict.fromkeys(("name_zh", "definition", "formula", "source", "owner", "version"), "x")
DICTIONARY = {
    u.id: Indicator(id=u.id, family="count" if u.id == "count" else "flow", unit="户", **WORDS)
    for u in PROGRAMME.indicators
}
FLOWS = ("entry", "reentry", "expiry", "withdrawal", "upgrade", "skip", "exit")


def flowing(
    lines: Iterable[Mapping[str, Any]], periods: Iterable[str], *names: str, programme: Programme = PROGRAMME
) -> dict[str, list[Row]]:
    """Return the rows of models over lines of notices; every firm is told of in every period, by its notices alone."""
    asked = sorted(periods)
    each = [{"period": p, "uscc": firm, "key": "count"} for p in asked for firm in UNIT]
    given = {
        "notices": notices(lines),
        "register": feed("register", ()).rows,
        "fact_rows": table({"period": TEXT, "uscc": TEXT}, each),
        "worked_out": table({"period": TEXT, "key": TEXT}, each[:: len(UNIT)]),
        "words": parameters.words(()),
        "tiers": parameters.tiers(programme),
        "periods": parameters.periods(asked, Wanted(tuple(asked))),
        "dictionary": parameters.dictionary(DICTIONARY.values()),
        **parameters.places(regions(programme), programme),
    }
    scalars = {
        n: getattr(programme, n)
        for n in ("region_code", "certified_rank", "window_start", "breakthrough_tier")
    }
    return single(given, *names, scalars=scalars)


def flows(moves: Iterable[Row]) -> Iterator[tuple[Row, str]]:
    """Return each row of ``moves`` with every flow that it shows."""
    return ((row, name) for row in moves for name in FLOWS if row[name])
