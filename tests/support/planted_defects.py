"""The defects that the sandbox planted, and by which rule the pipeline must find each."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

RULES = {
    "bad_uscc": "USCC_CHECK",
    "lost_uscc": "USCC_EXCEL_LOST",
    "blank_required": "REQUIRED",
    "text_in_number": "NOT_A_NUMBER",
    "key_conflict": "KEY_CONFLICT",
    "unknown_code": "CODE_LIST",
    "bad_region": "REGION_CODE",
    "bad_date": "NOT_A_DATE",
    "negative": "RANGE",
    "period_outside": "PERIOD_OUTSIDE",
    "unknown_item": "ITEM_CODE",
    "foreign_item": "ITEM_DEPARTMENT",
    "wrong_unit": "ITEM_UNIT",
}
"""Kind of defect -> rule of the reason."""


def planted(truth_dir: Path, moment: str) -> pd.DataFrame:
    """Defects of the files that are delivered by a moment."""
    files = pd.read_parquet(truth_dir / "files.parquet")
    seen = set(files.loc[pd.to_datetime(files["delivered"], utc=True) <= pd.Timestamp(moment), "path"])
    defects = pd.read_csv(
        truth_dir / "defects.csv", dtype={"row": "Int64"}, keep_default_na=False, na_values={"row": [""]}
    )
    return defects[defects["file"].isin(seen)]
