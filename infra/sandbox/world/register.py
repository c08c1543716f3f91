"""The register: enterprises, where they are, and what happens to them from 2024 on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from infra.sandbox.world import codes, geo
from infra.sandbox.world.names import NameMaker
from infra.sandbox.world.profiles import Profile

NEVER = np.datetime64("9999-12-31")
BASELINE_DAY = np.datetime64("2023-12-31")
MERGER_DAY = np.datetime64("2020-06-19")  # 公主岭 passes from 四平 to 长春
CHANGES_FROM = np.datetime64("2024-01-01")
CHANGES_DAYS = (np.datetime64("2026-11-20") - CHANGES_FROM).astype(int)
# trade (words of the name): industry codes, domain, share
TRADES: dict[str, tuple[tuple[str, ...], str, float]] = {
    "A": (("A0141", "A0311", "A05"), "农业", 0.05),
    "B": (("B1092", "B09", "B101"), "工业", 0.02),
    "C13": (("C1391", "C13", "C1353"), "农业", 0.10),
    "C27": (("C2720", "C2740", "C27", "C276"), "工业", 0.13),
    "C35": (("C3572", "C35", "C3515", "C34"), "工业", 0.17),
    "C36": (("C3670", "C36", "C3660"), "工业", 0.14),
    "C39": (("C3976", "C39", "C40", "C3983"), "工业", 0.08),
    "C30": (("C3091", "C30", "C2929", "C26"), "工业", 0.08),
    "C25": (("C2511", "C25", "C2541"), "能源", 0.02),
    "D": (("D4415", "D44", "D4430"), "能源", 0.03),
    "E": (("E4710", "E48", "E50"), "建筑", 0.04),
    "F": (("F5191", "F51", "F52"), "商贸", 0.03),
    "H61": (("H6110", "H61"), "文旅", 0.01),
    "H62": (("H6210", "H62", "H6242"), "商贸", 0.01),
    "I": (("I6513", "I65", "I6540"), "工业", 0.05),
    "M": (("M7452", "M73", "M7515"), "工业", 0.02),
    "N": (("N7861", "N78"), "文旅", 0.01),
    "R": (("R8710", "R86"), "文旅", 0.01),
}


SECTOR_TRADES = ("E", "F", "H61", "H62", "I", "N")
SECTOR_FLOOR = 4


@dataclass
class Register:
    """Column arrays, one element per enterprise; at most one change of each kind."""

    counties: list[geo.County]
    uscc: np.ndarray
    name: np.ndarray
    new_name: np.ndarray
    trade: np.ndarray
    industry: np.ndarray
    domain: np.ndarray
    quality: np.ndarray
    staff: np.ndarray
    opened: np.ndarray
    entered: np.ndarray
    county0: np.ndarray
    move_to: np.ndarray
    move_day: np.ndarray
    rename_day: np.ndarray
    close_day: np.ndarray
    old_code: np.ndarray
    county_unit: np.ndarray = field(init=False)
    county_code: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.county_unit = np.array([c.unit for c in self.counties])
        self.county_code = np.array([c.code for c in self.counties], dtype=object)

    def county_at(self, day: np.datetime64) -> np.ndarray:
        """Index of each enterprise's county on `day`."""
        return np.where(self.move_day <= day, self.move_to, self.county0)

    def unit_at(self, day: np.datetime64) -> np.ndarray:
        """Index of each enterprise's unit on `day`."""
        return self.county_unit[self.county_at(day)]

    def name_at(self, day: np.datetime64) -> np.ndarray:
        """Name of each enterprise on `day`."""
        return np.where(self.rename_day <= day, self.new_name, self.name)


def build_register(rng: np.random.Generator, profile: Profile) -> Register:
    """Draw the enterprises of a profile and their changes."""
    counties = geo.load_counties()
    county0 = _draw_counties(rng, counties, profile)
    n = len(county0)
    trade_names = list(TRADES)
    trade = np.array(trade_names, dtype=object)[
        rng.choice(len(trade_names), n, p=[TRADES[t][2] for t in trade_names])
    ]
    picks = rng.integers(0, 12, n)
    quality = rng.standard_normal(n)
    _fill_sectors(trade, quality)
    industry = np.array([TRADES[t][0][k % len(TRADES[t][0])] for t, k in zip(trade, picks, strict=True)])
    opened, entered = _draw_openings(rng, n, profile.newcomers)
    changes = _draw_changes(rng, counties, county0, quality, entered, profile)
    maker = NameMaker(rng)
    name = np.array(
        [maker.draw(geo.UNITS[counties[c].unit].short, t) for c, t in zip(county0, trade, strict=True)],
        dtype=object,
    )
    renamed = np.flatnonzero(changes["rename_day"] < NEVER)
    new_name = name.copy()
    new_name[renamed] = [maker.draw(geo.UNITS[counties[county0[i]].unit].short, trade[i]) for i in renamed]
    early = opened < MERGER_DAY
    gongzhuling = np.array([c.code == geo.GONGZHULING for c in counties])[county0]
    return Register(
        counties=counties,
        uscc=np.array(
            codes.make_many(
                rng, _offices(rng, counties, county0, early), opened >= np.datetime64("2015-10-01")
            ),
            dtype=object,
        ),
        name=name,
        new_name=new_name,
        trade=trade,
        industry=industry.astype(object),
        domain=np.array([TRADES[t][1] for t in trade], dtype=object),
        quality=quality,
        staff=np.maximum(3, np.round(np.exp(3.6 + 0.45 * quality + 0.7 * rng.standard_normal(n)))).astype(
            np.int64
        ),
        opened=opened,
        entered=entered,
        county0=county0,
        old_code=gongzhuling & early & (rng.random(n) < 0.45),
        **changes,
    )


def _fill_sectors(trade: np.ndarray, quality: np.ndarray) -> None:
    """Give every sector form some of the best firms, who hold certificates, in a small register too."""
    best = np.argsort(-quality)[2::2]
    for k, name in enumerate(SECTOR_TRADES):
        trade[best[k :: len(SECTOR_TRADES)][:SECTOR_FLOOR]] = name


def _draw_counties(rng: np.random.Generator, counties: list[geo.County], profile: Profile) -> np.ndarray:
    wanted = [max(round(u.share * profile.enterprises), profile.unit_floor) for u in geo.UNITS]
    wanted[0] += profile.enterprises - sum(wanted)
    parts = []
    for unit, count in enumerate(wanted):
        inside = [i for i, c in enumerate(counties) if c.unit == unit]
        weights = rng.uniform(0.4, 1.6, len(inside))
        weights[[counties[i].code in (geo.GONGZHULING, geo.MEIHEKOU) for i in inside]] = 2.0
        parts.append(rng.choice(inside, count, p=weights / weights.sum()))
    return rng.permutation(np.concatenate(parts))


def _offices(
    rng: np.random.Generator, counties: list[geo.County], county0: np.ndarray, early: np.ndarray
) -> list[str]:
    """Registering office in the code: 公主岭's old one if early; 长白山 has none, so its neighbours'."""
    neighbours = ("222426", "220621", "220623")
    picks = rng.integers(0, 3, len(county0))
    out = []
    for county, is_early, pick in zip(county0.tolist(), early.tolist(), picks.tolist(), strict=True):
        code = counties[county].code
        if code == geo.GONGZHULING and is_early:
            code = geo.GONGZHULING_OLD
        out.append(neighbours[pick] if code == geo.CHANGBAI else code)
    return out


def _draw_openings(rng: np.random.Generator, n: int, newcomers: int) -> tuple[np.ndarray, np.ndarray]:
    """Opening days, and the days on which newcomers enter the register (others: before it began)."""
    opened = np.datetime64("1993-01-01") + (rng.beta(2.4, 1.3, n) * 10_000).astype(int)
    opened = np.minimum(opened, np.datetime64("2021-12-31"))
    entered = np.full(n, np.datetime64("1900-01-01"))
    who = rng.choice(n, newcomers, replace=False)
    entered[who] = CHANGES_FROM + rng.integers(0, 900, newcomers)
    opened[who] = entered[who] - rng.integers(20, 700, newcomers)
    return opened, entered


def _draw_changes(
    rng: np.random.Generator,
    counties: list[geo.County],
    county0: np.ndarray,
    quality: np.ndarray,
    entered: np.ndarray,
    profile: Profile,
) -> dict[str, np.ndarray]:
    """Moves, renames and closures; the better firms, who hold certificates, move and rename more."""
    n = len(county0)
    units = np.array([c.unit for c in counties])
    changbai = units.max()
    old = np.flatnonzero((entered < CHANGES_FROM) & (quality > 0) & (units[county0] != changbai))
    picks = rng.permutation(old)
    across = profile.movers_across + profile.movers_changbai
    movers = picks[: profile.movers_within + across]
    move_day, rename_day, close_day = (np.full(n, NEVER) for _ in range(3))
    move_to = county0.copy()
    for rank, firm in enumerate(movers.tolist()):
        same = units == units[county0[firm]]
        if rank < profile.movers_changbai:
            choice = np.flatnonzero(units == changbai)
        elif rank < across:
            choice = np.flatnonzero(~same & (units != changbai))
        else:
            choice = np.flatnonzero(same & (np.arange(len(counties)) != county0[firm]))
        move_to[firm] = rng.choice(choice)
    move_day[movers] = CHANGES_FROM + rng.integers(0, CHANGES_DAYS, len(movers))
    renamed = picks[len(movers) // 2 :][: profile.renames]
    rename_day[renamed] = CHANGES_FROM + rng.integers(0, CHANGES_DAYS, len(renamed))
    clash = rename_day == move_day
    rename_day[clash & (rename_day < NEVER)] += 1
    closed = rng.choice(np.flatnonzero(entered < CHANGES_FROM), profile.closures, replace=False)
    close_day[closed] = CHANGES_FROM + rng.integers(0, CHANGES_DAYS, len(closed))
    # A closed firm neither moves nor is renamed afterwards.
    for days in (move_day, rename_day):
        days[days >= close_day] = NEVER
    move_to = np.where(move_day < NEVER, move_to, county0)
    return {"move_to": move_to, "move_day": move_day, "rename_day": rename_day, "close_day": close_day}
