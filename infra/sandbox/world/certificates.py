"""Certificates since 2019: yearly rounds of grants, reviews, withdrawals and renames per tier."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from infra.sandbox.world import geo
from infra.sandbox.world.documents import expiry
from infra.sandbox.world.profiles import FIRST_YEAR, LAST_YEAR, Profile
from infra.sandbox.world.register import CHANGES_FROM, NEVER, Register

TIERS = ("seed", "city_srdi", "provincial_srdi", "national_little_giant", "national_champion")
BY_UNIT = ("seed", "city_srdi")
NATIONAL = ("national_little_giant", "national_champion")
MONTH = {"seed": 4, "city_srdi": 5, "provincial_srdi": 6, "national_little_giant": 8, "national_champion": 10}
RENEW_RATE = {
    "city_srdi": 0.74,
    "provincial_srdi": 0.82,
    "national_little_giant": 0.88,
    "national_champion": 0.95,
}
# How strongly quality, and a valid certificate of the tier below, decide who is granted.
PULL = {
    "seed": (0.5, 0.0),
    "city_srdi": (1.0, 1.3),
    "provincial_srdi": (1.2, 2.2),
    "national_little_giant": (2.0, 4.0),
    "national_champion": (2.5, 4.5),
}
MIN_AGE_DAYS = {
    "seed": 30,
    "city_srdi": 400,
    "provincial_srdi": 730,
    "national_little_giant": 1095,
    "national_champion": 1095,
}
# City rounds after 2021 that still came without codes: (tier, year, unit).
LATE_WITHOUT_CODE = {
    ("city_srdi", 2023, "220800"),
    ("city_srdi", 2024, "220600"),
    ("seed", 2023, "220400"),
    ("seed", 2024, "220700"),
    ("seed", 2025, "22CBS"),
}
LAST_DOCUMENT = np.datetime64("2026-11-30")


@dataclass
class TierState:
    """Latest certificate of each firm in one tier."""

    start: np.ndarray
    end: np.ndarray
    coded: np.ndarray
    barred: np.ndarray

    def valid(self, day: np.datetime64) -> np.ndarray:
        """Firms whose certificate is valid on `day`."""
        return (self.start <= day) & (day <= self.end) & ~self.barred


@dataclass
class Simulation:
    """State of all tiers while the years go by, and the rows written so far."""

    register: Register
    profile: Profile
    rng: np.random.Generator
    state: dict[str, TierState] = field(default_factory=dict)
    rows: list[pd.DataFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        n = len(self.register.uscc)
        for tier in TIERS:
            never = np.full(n, np.datetime64("1900-01-01"))
            self.state[tier] = TierState(never.copy(), never.copy(), np.zeros(n, bool), np.zeros(n, bool))

    def run(self) -> pd.DataFrame:
        """Play all years and return one row per line of a notice."""
        for year in range(FIRST_YEAR, LAST_YEAR + 1):
            for tier in TIERS:
                if tier != "seed":
                    self._renew(tier, year)
                self._withdraw(tier, year)
                self._grant(tier, year)
            if year >= int(str(CHANGES_FROM)[:4]):
                self._rename(year)
        return pd.concat(self.rows, ignore_index=True)

    def _issuer(self, tier: str, units: np.ndarray) -> np.ndarray:
        if tier in BY_UNIT:
            return units
        return np.full(len(units), -1 if tier in NATIONAL else -2)

    def _days(self, year: int, month: int, first: int, last: int) -> np.ndarray:
        """One document day per issuer: the units, then province and ministry as -2 and -1."""
        month_start = np.datetime64(f"{year}-{month:02d}-01")
        days = month_start + self.rng.integers(first, last, len(geo.UNITS) + 2)
        return np.minimum(days, LAST_DOCUMENT)

    def _renew(self, tier: str, year: int) -> None:
        state, reg = self.state[tier], self.register
        days = self._days(year, MONTH[tier], -5, 24)
        day = days[self._issuer(tier, reg.unit_at(np.datetime64(f"{year}-05-01")))]
        due = (state.end.astype("M8[Y]") == np.datetime64(str(year))) & state.coded & ~state.barred
        who = np.flatnonzero(due & (reg.close_day > day) & (self.rng.random(len(due)) < RENEW_RATE[tier]))
        issuer = self._issuer(tier, reg.unit_at(np.datetime64(f"{year}-05-01")))[who]
        printed = (self.rng.random(len(days)) < 0.72)[issuer]
        start = np.maximum(state.end[who] + 1, day[who])
        self._record(tier, "renew", who, issuer, day[who], start, printed, coded=np.ones(len(who), bool))
        # Until the renewed certificate starts, the one before it is still valid.
        state.start[who] = np.where(start > day[who], state.start[who], start)
        state.end[who] = expiry(start)

    def _withdraw(self, tier: str, year: int) -> None:
        if year < FIRST_YEAR + 2:
            return
        state, reg = self.state[tier], self.register
        days = self._days(year, 11, 2, 29)
        issuers = self._issuer(tier, reg.unit_at(np.datetime64(f"{year}-11-01")))
        day = days[issuers]
        valid = (state.start <= day) & (day <= state.end) & ~state.barred & state.coded
        chance = np.where(reg.close_day < day, 0.7, 0.002 if tier == "seed" else 0.006)
        who = np.flatnonzero(valid & (self.rng.random(len(valid)) < chance))
        none = np.zeros(len(who), bool)
        self._record(tier, "withdraw", who, issuers[who], day[who], day[who], none, coded=~none)
        state.barred[who] = True

    def _grant(self, tier: str, year: int) -> None:
        batches = (1, 2) if tier in BY_UNIT and year <= 2021 else (1,)
        year_end = np.datetime64(f"{year}-12-31")
        for batch in batches:
            share = 1.0 if batch == batches[-1] else 0.5
            days = self._days(year, MONTH[tier] + (5 if batch == 2 else 0), 4, 26)
            need = self._needed(tier, year, year_end, share)
            who = self._choose(tier, year, days, need)
            issuer = self._issuer(tier, self.register.unit_at(year_end))[who]
            printed = (self.rng.random(len(days)) < 0.72)[issuer] & (tier != "seed")
            next_month = (self.rng.random(len(days)) < 0.4)[issuer] & printed
            day = days[issuer]
            start = np.where(next_month, (day.astype("M8[M]") + 1).astype("M8[D]"), day)
            coded = self._coded(tier, year)[issuer]
            self._record(tier, "grant", who, issuer, day, start, printed, coded)
            state = self.state[tier]
            state.start[who] = start
            state.end[who] = NEVER if tier == "seed" else expiry(start)
            state.coded[who] = coded

    def _coded(self, tier: str, year: int) -> np.ndarray:
        """Per issuer: does this year's list print the credit code?"""
        count = len(geo.UNITS) + 2
        if tier not in BY_UNIT:
            return np.full(count, year >= 2021)
        if year <= 2020:
            return np.zeros(count, bool)
        coded = np.array([(tier, year, u.code) not in LATE_WITHOUT_CODE for u in geo.UNITS] + [True, True])
        return coded & (np.arange(count) % 3 == 0) if year == 2021 else coded

    def _needed(self, tier: str, year: int, year_end: np.datetime64, share: float) -> np.ndarray:
        """How many to grant per unit (one common number for the national tiers)."""
        target = self.profile.stock(tier, year)
        stock = self.state[tier].valid(year_end)
        if tier in NATIONAL:
            return np.array([max(0, target - int(stock.sum()))])
        have = np.bincount(self.register.unit_at(year_end)[stock], minlength=len(geo.UNITS))
        wanted = np.array([round(u.share * target) for u in geo.UNITS])
        if tier == "provincial_srdi" and year >= 2023:
            wanted = np.maximum(wanted, self.profile.provincial_floor)
        wanted[0] += target - wanted.sum()
        return np.round(np.maximum(0, wanted - have) * share).astype(int)

    def _choose(self, tier: str, year: int, days: np.ndarray, need: np.ndarray) -> np.ndarray:
        reg, state = self.register, self.state[tier]
        day = days.min()
        taken = state.end >= day
        old_enough = reg.opened + MIN_AGE_DAYS[tier] <= day
        free = (
            ~taken
            & ~state.barred
            & old_enough
            & (reg.entered < day)
            & (reg.close_day > np.datetime64(f"{year}-12-31"))
        )
        pull, ladder = PULL[tier]
        below = TIERS[max(TIERS.index(tier) - 1, 0)]
        score = pull * reg.quality + ladder * self.state[below].valid(day) + self.rng.gumbel(size=len(free))
        score[~free] = -np.inf
        units = reg.unit_at(np.datetime64(f"{year}-12-31")) if len(need) > 1 else np.zeros(len(free), int)
        chosen = []
        for unit, count in enumerate(need.tolist()):
            inside = np.flatnonzero((units == unit) & free)
            chosen.append(inside[np.argsort(-score[inside], kind="stable")[:count]])
        return np.sort(np.concatenate(chosen))

    def _rename(self, year: int) -> None:
        reg = self.register
        for tier in TIERS[1:]:
            days = self._days(year, 11, 20, 29)
            issuers = self._issuer(tier, reg.unit_at(np.datetime64(f"{year}-11-01")))
            day = days[issuers]
            since = np.maximum(CHANGES_FROM, np.datetime64(f"{year - 1}-11-01"))
            fresh = (reg.rename_day >= since) & (reg.rename_day < np.datetime64(f"{year}-11-01"))
            state = self.state[tier]
            who = np.flatnonzero(
                fresh & state.coded & ~state.barred & (state.start <= day) & (day <= state.end)
            )
            none = np.zeros(len(who), bool)
            self._record(tier, "rename", who, issuers[who], day[who], day[who], none, coded=~none)

    def _record(
        self,
        tier: str,
        event: str,
        who: np.ndarray,
        issuer: np.ndarray,
        day: np.ndarray,
        start: np.ndarray,
        printed: np.ndarray,
        coded: np.ndarray,
    ) -> None:
        if not len(who):
            return
        reg = self.register
        county = np.where(reg.move_day[who] <= day, reg.move_to[who], reg.county0[who])
        old_name = event == "rename"
        frame = pd.DataFrame(
            {
                "firm": who,
                "tier": tier,
                "event": event,
                "issuer": issuer,
                "document_date": day,
                "county": county,
            }
        )
        frame["name"] = np.where(
            (reg.rename_day[who] <= day) & (not old_name), reg.new_name[who], reg.name[who]
        )
        frame["new_name"] = reg.new_name[who] if old_name else None
        frame["uscc"] = np.where(coded, reg.uscc[who], None)
        frame["coded"] = coded
        frame["valid_from"] = np.where(printed, start, np.datetime64("NaT"))
        frame["valid_to"] = np.where(printed, expiry(start), np.datetime64("NaT"))
        self.rows.append(frame)
