"""Made-up enterprises and their certificates and places, as the register and the notices tell of them.

No value is a real firm's. The same number of enterprises gives the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.columns import Flags, Floats, Ints, codes, pick, same, table
from jobs.definitions.contract import load_feed
from jobs.definitions.reference import regions

Months = npt.NDArray[np.datetime64]

PROVINCE = "220000"
TIERS = ("seed", "city_srdi", "provincial_srdi", "national_little_giant", "national_champion")
"""From the lowest; a firm was granted all up to its own, each eight months after the one below."""
SHARES = (0.65, 0.22, 0.12, 0.009, 0.001)
"""Shares of the firms by their highest tier."""
STEP, TERM = 8, 36
"""Months from tier to tier, and of validity."""


@dataclass(frozen=True)
class Roster:
    """The firms: one entry of each array per firm.

    Attributes
    ----------
    uscc, name, county : Array
        ``county`` is the code of a county, present or former, or of a unit that has none.
    size : ndarray
        Revenue of a usual year, 元.
    height : ndarray
        Index in :data:`TIERS` of the highest tier ever granted.
    registered : ndarray
        Whether the register knows the firm; else its place is what notices print.
    """

    uscc: pa.Array
    name: pa.Array
    county: pa.Array
    size: Floats
    height: Ints
    registered: Flags

    def __len__(self) -> int:
        return len(self.size)


def generator(name: str) -> np.random.Generator:
    """Return the random numbers of a feed: the same whatever else is made."""
    return np.random.default_rng(crc32(name.encode()))


def _places() -> list[str]:
    known = regions().values()
    units = {r.code for r in known if r.parent_code == PROVINCE}
    counties = [r for r in known if r.parent_code in units]
    childless = sorted(units - {r.parent_code for r in counties})
    return [*(r.code for r in counties), *childless, *(r.former_code for r in counties if r.former_code)]


def roster(count: int) -> Roster:
    """Return ``count`` firms."""
    rng = generator("roster")
    return Roster(
        # Long as a code is; the check digit is none.
        pa.array([f"91220101{n:010d}" for n in range(count)], pa.string()),
        pa.array([f"测试企业{n}" for n in range(count)], pa.string()),
        pick(rng, _places(), count),
        np.exp(rng.normal(16.5, 1.3, count)),
        rng.choice(len(TIERS), count, p=SHARES),
        rng.random(count) >= 0.01,
    )


def register(firms: Roster) -> Iterator[pa.Table]:
    """Yield the register: who is in it, some moves that leave facts blank, some closures."""
    contract, rng = load_feed("stat_register"), generator("stat_register")
    known = np.flatnonzero(firms.registered)
    industry = pick(rng, [f"C{n}11" for n in range(13, 44)], len(firms))

    def events(of: Ints, change: str, on: str, county: pa.Array, **facts: pa.Array) -> pa.Table:
        own, count = pa.array(of), len(of)
        given = {
            "uscc": firms.uscc.take(own),
            "name": firms.name.take(own),
            "county_code": county,
            "industry_code": industry.take(own),
        }
        day = pa.repeat(pa.scalar(date.fromisoformat(on), pa.date32()), count)
        return table(contract, {**given, "change_type": same(change, count), "effective_date": day, **facts})

    count = len(known)
    opened = np.datetime64("2000-01-01", "D") + rng.integers(0, 7000, count)
    yield events(
        known,
        "in_register",
        "2018-01-01",
        firms.county.take(pa.array(known)),
        domain=pick(rng, codes(contract.column("domain")), count),
        opened_on=pa.array(opened, pa.date32()),
        staff_end=pa.array(rng.integers(5, 400, count)),
    )
    moved, closed = (known[rng.random(count) < share] for share in (0.03, 0.01))
    yield events(moved, "move", "2025-08-15", pick(rng, _places(), len(moved)))
    yield events(closed, "close", "2025-11-01", firms.county.take(pa.array(closed)))


def _printed(firms: Roster, rng: np.random.Generator) -> tuple[pa.Array, pa.Array]:
    """Return the names of unit and county that notices print; some firms of no register lie elsewhere."""
    known = regions()
    present = {r.former_code: r.code for r in known.values() if r.former_code} | {c: c for c in known}
    names: dict[str, tuple[str, str | None]] = {}
    for code in _places():
        region = known[present[code]]
        above = known[region.parent_code].name
        names[code] = (region.name, None) if region.parent_code == PROVINCE else (above, region.name)
    elsewhere = ~firms.registered & (rng.random(len(firms)) < 0.1)
    pairs = [
        ("外省某市", None) if away else names[code]
        for code, away in zip(firms.county.to_pylist(), elsewhere, strict=True)
    ]
    return pa.array([u for u, _ in pairs], pa.string()), pa.array([c for _, c in pairs], pa.string())


def _validity(on: Months, plus: int, blank: Flags) -> dict[str, pa.Array]:
    """Return the validity that notices print, beginning some months after their own; blank where none is."""
    first = (on + plus).astype("datetime64[D]")
    last = (on + plus + TERM).astype("datetime64[D]") - 1
    return {
        "valid_from": pa.array(first, pa.date32(), mask=blank),
        "valid_to": pa.array(last, pa.date32(), mask=blank),
    }


def notices(firms: Roster) -> Iterator[pa.Table]:
    """Yield notices tier by tier: grants, renewals that print their validity, some withdrawals."""
    contract, rng = load_feed("certificate_notice"), generator("certificate_notice")
    unit, county = _printed(firms, rng)
    # Some of those in no register print no code either.
    nameless = ~firms.registered & (rng.random(len(firms)) < 0.3)
    uscc = pc.if_else(pa.array(nameless), pa.scalar(None, pa.string()), firms.uscc)
    highest = np.datetime64("2020-01", "M") + rng.integers(0, 66, len(firms))

    def lines(of: Ints, tier: str, event: str, on: Months, **validity: pa.Array) -> pa.Table:
        own, count = pa.array(of), len(of)
        given = {
            "document_no": pa.array([f"{tier}-{event}-{m}" for m in on.astype(str)], pa.string()),
            "document_date": pa.array(on.astype("datetime64[D]"), pa.date32()),
            "tier": same(tier, count),
            "event": same(event, count),
            "issuer": same(PROVINCE, count),
            "name": firms.name.take(own),
            "uscc": uscc.take(own),
            "unit_name": unit.take(own),
            "county_name": county.take(own),
        }
        return table(contract, {**given, **validity})

    for rank, tier in enumerate(TIERS):
        of = np.flatnonzero(firms.height >= rank)
        on = highest[of] - STEP * (firms.height[of] - rank)
        if rank == 0:
            # A place in the library has no end.
            yield lines(of, tier, "grant", on)
            continue
        yield lines(of, tier, "grant", on, **_validity(on, 0, rng.random(len(of)) < 0.5))
        again = (rng.random(len(of)) < 0.7) & (on + TERM - 1 <= np.datetime64("2025-12", "M"))
        printed = _validity(on[again], TERM, np.zeros(again.sum(), np.bool_))
        yield lines(of[again], tier, "renew", on[again] + TERM - 1, **printed)
        gone = rng.random(len(of)) < 0.01
        yield lines(of[gone], tier, "withdraw", on[gone] + 12)
