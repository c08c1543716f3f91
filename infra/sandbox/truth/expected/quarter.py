"""What the feeds say of single firms for a quarter: series by USCC, in whole hundredths (money in 分)."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from infra.sandbox.delivery.departments import SRDI_OFFICE
from infra.sandbox.truth.panel import Panel, latest

THOUSAND, YUAN, FEN, ONE = 100_000, 100, 1, 100
"""Hundredths in the units of the truth: 千元 of the forms, 元 of the banks, 分 of the tax office; heads and things."""
WHO = {"tax": "taxpayer_id", "fin": "credit_code"}
"""Column of the firm's code by what a table's name begins with (``tax_vat``); elsewhere it is ``uscc``."""


@dataclass(frozen=True)
class Quarter:
    """A quarter as it stands at the clock of a panel."""

    panel: Panel
    key: str

    @property
    def year(self) -> int:
        """Calendar year."""
        return int(self.key[:4])

    @property
    def months(self) -> int:
        """Months since January (累计月数)."""
        return 3 * int(self.key[5])

    @property
    def month(self) -> str:
        """Key of the last month."""
        return f"{self.year}{self.months:02d}"

    @property
    def day(self) -> pd.Timestamp:
        """Last day."""
        return pd.Period(self.month, freq="M").end_time.normalize()

    def back(self, quarters: int) -> Quarter:
        """Return a quarter before."""
        return Quarter(self.panel, str(pd.Period(self.key, freq="Q") - quarters))

    @property
    def stands(self) -> bool:
        """Whether all statements of the last month are in; until then there are no figures."""
        scope = str(self.year) if self.month < "202601" else self.month
        return self.panel.statements_complete(scope)

    def reference_year(self, table: str) -> int:
        """Year that yearly figures show: at the end of a year itself if its forms are complete, else the one before."""
        wanted = self.year if self.months == 12 else self.year - 1
        return wanted if self._complete(table, wanted) else wanted - 1

    def _complete(self, table: str, year: int) -> bool:
        if table == "rd":
            return self.panel.complete("stat_rd", str(year))
        if table == "annual":
            return self.panel.complete("srdi_annual", str(year), {SRDI_OFFICE})
        rows = self.panel.rows(table)
        return not rows.empty and bool(rows["year"].eq(year).any())

    def of_month(self, table: str, item: str, unit: int = ONE, years: int = 0) -> pd.Series:
        """Item of the row of the last month, or of the same month some years before."""
        return self._single(table, "period", str(int(self.month) - 100 * years), item, unit)

    def statement(self, item: str, years: int = 0) -> pd.Series:
        """Amount of the statements since January."""
        return self.of_month("finance", item, THOUSAND, years)

    def of_quarter(self, table: str, item: str, unit: int = ONE) -> pd.Series:
        """Item of the row of the quarter."""
        return self._single(table, "period", self.key, item, unit)

    def of_year(self, table: str, item: str, year: int, unit: int) -> pd.Series:
        """Item of a yearly row."""
        return self._single(table, "year", str(year), item, unit)

    def year_total(self, item: str, year: int, unit: int) -> pd.Series:
        """Item of the statement of a year's last month."""
        return self._single("finance", "period", f"{year}12", item, unit)

    def _single(self, table: str, column: str, key: str, item: str, unit: int) -> pd.Series:
        rows = self._rows(table, column, key)
        if rows.empty:
            return pd.Series(dtype="Int64")
        rows = latest(rows, ["firm"]) if "delivered" in rows else rows
        return rows.set_index("firm")[item].astype("Int64") * unit

    def _rows(self, table: str, column: str, key: str) -> pd.DataFrame:
        """Rows of a table under one key, with the firm's code as ``firm``."""
        rows = self.panel.rows(table)
        if rows.empty:
            return rows
        return rows[rows[column].astype(str) == key].rename(
            columns={WHO.get(table.split("_", maxsplit=1)[0], "uscc"): "firm"}
        )

    def contracts(self, table: str) -> pd.DataFrame:
        """Rows of a table of the finance database for the quarter, with ``firm``; empty where it is not in."""
        return self._rows(table, "quarter", self.key)

    def loans(self) -> pd.Series:
        """Balance of all loans of each firm."""
        rows = self.contracts("fin_loan")
        return pd.Series(dtype="Int64") if rows.empty else rows.groupby("firm")["balance"].sum() * YUAN

    def guaranteed(self) -> pd.Series:
        """Number of guarantees of each firm."""
        rows = self.contracts("fin_guarantee")
        return pd.Series(dtype="Int64") if rows.empty else rows.groupby("firm").size()

    def solved(self) -> pd.Series:
        """Tickets of each firm that were closed in the calendar year up to the quarter's end.

        Of the firms that had raised one by then; 0 if none of theirs was closed.
        """
        rows = self.panel.rows("tickets")
        if rows.empty:
            return pd.Series(dtype="Int64")
        rows = latest(rows, ["ticket_no"])
        rows = rows[rows["raised_on"] <= self.day]
        day = rows["closed_on"]
        solved = rows["state"].eq("已办结") & (day <= self.day) & day.dt.year.eq(self.year)
        return solved.groupby(rows["uscc"]).sum().astype("Int64") * ONE
