"""Terms of certificates and numbers of the documents that announce them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infra.sandbox.world import geo


def add_months(day: np.ndarray, months: int) -> np.ndarray:
    """Add calendar months, ending on the month's last day where the day does not exist."""
    month = day.astype("M8[M]") + months
    offset = (day - day.astype("M8[M]")).astype(int)
    last = ((month + 1).astype("M8[D]") - month.astype("M8[D]")).astype(int) - 1
    return month.astype("M8[D]") + np.minimum(offset, last)


def expiry(start: np.ndarray) -> np.ndarray:
    """Last day of a certificate that starts on `start`: three years, less a day."""
    return add_months(start, 36) - 1


def number_documents(rows: pd.DataFrame) -> pd.DataFrame:
    """Group rows into documents (one tier and event each) and give each its number and line order."""
    offices = [u.office for u in geo.UNITS] + ["吉工信民营", "工信部企业函"]
    rows = rows.sort_values(
        ["issuer", "document_date", "tier", "event", "county", "name"], kind="stable", ignore_index=True
    )
    group = rows.groupby(["issuer", "document_date", "tier", "event"], sort=True)
    rows["doc"] = group.ngroup()
    documents = rows.drop_duplicates("doc")[["doc", "issuer", "document_date"]]
    year = documents["document_date"].dt.year
    running = documents.groupby([documents["issuer"], year]).cumcount()
    number = 17 + 14 * running + documents["doc"] % 9
    text = [f"{offices[i]}〔{y}〕{n}号" for i, y, n in zip(documents["issuer"], year, number, strict=True)]
    rows["document_no"] = rows["doc"].map(dict(zip(documents["doc"], text, strict=True)))
    return rows
