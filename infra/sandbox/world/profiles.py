"""Sizes of the two profiles."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_YEAR, LAST_YEAR = 2019, 2026
STATEMENT_YEARS = (2024, 2025, 2026)
FULL_SIZE = 16_000

# Stock of valid certificates at each year's end, 2019 … 2026, in the full profile.
STOCK: dict[str, tuple[int, ...]] = {
    "seed": (250, 600, 1_100, 3_600, 6_000, 8_200, 10_100, 11_200),
    "city_srdi": (250, 600, 1_000, 1_500, 2_100, 2_650, 3_050, 3_300),
    "provincial_srdi": (80, 180, 350, 700, 1_050, 1_300, 1_500, 1_600),
    "national_little_giant": (4, 14, 33, 55, 76, 92, 105, 113),
    "national_champion": (1, 2, 4, 5, 7, 8, 10, 11),
}


@dataclass(frozen=True)
class Profile:
    """What scales with the number of enterprises."""

    enterprises: int
    unit_floor: int
    provincial_floor: int
    statement_firms: int
    movers_within: int
    movers_across: int
    movers_changbai: int
    renames: int
    closures: int
    newcomers: int

    def stock(self, tier: str, year: int) -> int:
        """Certificates of `tier` meant to be valid at the end of `year`."""
        full = STOCK[tier][year - FIRST_YEAR]
        floor = {"national_champion": 3, "national_little_giant": 8}.get(tier, 12)
        return max(round(full * self.enterprises / FULL_SIZE), min(full, floor))


def make_profile(enterprises: int) -> Profile:
    """Scale every quantity from the full size of 16,000 enterprises."""
    scale = enterprises / FULL_SIZE

    def scaled(full: int, least: int) -> int:
        return max(round(full * scale), least)

    return Profile(
        enterprises=enterprises,
        unit_floor=scaled(200, 16),
        provincial_floor=scaled(18, 6),
        statement_firms=scaled(4_000, 100),
        movers_within=scaled(120, 4),
        movers_across=scaled(60, 4),
        movers_changbai=scaled(5, 1),
        renames=scaled(360, 8),
        closures=scaled(300, 6),
        newcomers=scaled(700, 20),
    )
