"""Sector forms of finance: which form a firm files by its industry, and what only that form asks for."""

from __future__ import annotations

import numpy as np
import pandas as pd

INDUSTRY = "stat_finance"
PRODUCTION = "ABCD"  # agriculture has no form of its own and stays with industry
FORM_OF_SECTION = {"E": "stat_construction", "F": "stat_trade", "H": "stat_catering"}
SERVICES = "stat_services"
SECTOR_FORMS = (*FORM_OF_SECTION.values(), SERVICES)
STATEMENTS = (INDUSTRY, *SECTOR_FORMS)
LETTER = {"stat_construction": "C", "stat_trade": "E", "stat_catering": "S", "stat_services": "F"}
LODGING = "H61"


def form_of(industry: str) -> str:
    """Form that a firm of this industry code files."""
    return INDUSTRY if industry[0] in PRODUCTION else FORM_OF_SECTION.get(industry[0], SERVICES)


def split(rng: np.random.Generator, rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Rows by form, each with the columns of its own; whole 千元."""
    form = rows["industry"].map({code: form_of(code) for code in rows["industry"].unique()})
    parts = {name: rows[form == name].reset_index(drop=True) for name in STATEMENTS}
    for name in SECTOR_FORMS:
        _OWN[name](rng, parts[name])
    return parts


def _share(rng: np.random.Generator, base: pd.Series, low: float, high: float) -> pd.Series:
    return _times(base, rng.uniform(low, high, len(base)))


def _times(base: pd.Series, factor: np.ndarray) -> pd.Series:
    """Whole part of base x factor; blank stays blank."""
    return np.floor(base.astype("Float64") * factor).astype("Int64")


def _construction(rng: np.random.Generator, rows: pd.DataFrame) -> None:
    factor = rng.uniform(0.9, 1.2, len(rows))
    rows["construction_output"] = _times(rows["revenue"], factor)
    rows["construction_output_prior"] = _times(rows["revenue_prior"], factor)
    rows["new_contracts"] = _share(rng, rows["revenue"], 0.3, 1.4)


def _trade(rng: np.random.Generator, rows: pd.DataFrame) -> None:
    factor = rng.uniform(1.05, 1.14, len(rows))
    rows["sales"] = _times(rows["revenue"], factor)
    rows["sales_prior"] = _times(rows["revenue_prior"], factor)
    rows["retail_sales"] = _share(rng, rows["sales"], 0.0, 0.8)
    rows["stock"] = _share(rng, rows["total_assets"], 0.02, 0.2)


def _catering(rng: np.random.Generator, rows: pd.DataFrame) -> None:
    lodging = rows["industry"].str.startswith(LODGING).to_numpy()
    rooms = np.where(lodging, rng.uniform(0.45, 0.75, len(rows)), 0.0)
    rows["room_revenue"] = _times(rows["revenue"], rooms)
    rows["meal_revenue"] = _share(rng, rows["revenue"] - rows["room_revenue"], 0.8, 0.99)


def _services(rng: np.random.Generator, rows: pd.DataFrame) -> None:
    factor = rng.uniform(0.003, 0.009, len(rows))
    rows["business_tax"] = _times(rows["revenue"], factor)
    rows["business_tax_prior"] = _times(rows["revenue_prior"], factor)
    rows["vat_payable"] = _share(rng, rows["revenue"], 0.01, 0.04)


_OWN = {
    "stat_construction": _construction,
    "stat_trade": _trade,
    "stat_catering": _catering,
    "stat_services": _services,
}
