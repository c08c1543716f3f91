"""The tax interface's store and the finance database's rows, from the same firms and figures as the statements."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from infra.sandbox import FINANCE_FOLDER, TAX_STORE
from infra.sandbox.services import finance_db, finance_db_rows, tax_rows
from infra.sandbox.services.changes import Changes, Source, build, write_truth
from infra.sandbox.services.tax_store import write_store
from infra.sandbox.world.register import Register
from infra.sandbox.world.statements import Ledgers

TAX = (tax_rows.VAT, tax_rows.INCOME, tax_rows.DEDUCTION, tax_rows.INVOICES)
FEEDS = tuple(source.feed for source in (*TAX, *finance_db.TABLES))


def write(
    out: Path, truth_dir: Path, seed: int, register: Register, ledgers: Ledgers, research: pd.DataFrame
) -> None:
    """Write store, rows and truth for one seed; whatever the files of the sandbox draw stays the same."""
    out.mkdir(parents=True, exist_ok=True)
    firms = tax_rows.Firms(register, ledgers)
    tax = _tax(np.random.default_rng([seed, 100]), firms, research)
    finance = _finance(np.random.default_rng([seed, 101]), firms)
    write_store(out / TAX_STORE, tax)
    finance_db.write_rows(out / FINANCE_FOLDER, finance)
    write_truth(truth_dir, [*tax, *finance])


def _tax(rng: np.random.Generator, firms: tax_rows.Firms, research: pd.DataFrame) -> list[Changes]:
    sales = tax_rows.monthly_sales(rng, firms.ledgers)
    rows: list[tuple[Source, pd.DataFrame]] = [
        (tax_rows.VAT, tax_rows.vat_rows(rng, firms, sales)),
        (tax_rows.INCOME, tax_rows.income_rows(rng, firms)),
        (tax_rows.DEDUCTION, tax_rows.deduction_rows(rng, firms.register, research)),
        (tax_rows.INVOICES, tax_rows.invoice_rows(rng, firms, sales)),
    ]
    return [build(rng, source, frame) for source, frame in rows]


def _finance(rng: np.random.Generator, firms: tax_rows.Firms) -> list[Changes]:
    rows: list[tuple[Source, pd.DataFrame]] = [
        (finance_db_rows.LOAN, finance_db_rows.loan_rows(rng, firms)),
        (finance_db_rows.GUARANTEE, finance_db_rows.guarantee_rows(rng, firms)),
        (finance_db_rows.PLEDGE, finance_db_rows.pledge_rows(rng, firms)),
        (finance_db_rows.EQUITY, finance_db_rows.equity_rows(rng, firms)),
        (finance_db_rows.LISTING, finance_db_rows.listing_rows(rng, firms)),
        (finance_db_rows.RELENDING, finance_db_rows.relending_rows(rng)),
    ]
    return [build(rng, source, frame) for source, frame in rows]
