"""The sandbox's tax and finance figures: the same for one seed, near the statements, and faulty where it says so."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from infra.sandbox.services.changes import RULES, TWICE
from infra.sandbox.services.finance_db import TABLES
from infra.sandbox.services.tax_api import KINDS, Faults
from infra.sandbox.services.tax_rows import DEDUCTION, INCOME, INVOICES, VAT

FEN_PER_THOUSAND = 100_000


@pytest.fixture
def base(written: Path) -> Path:
    return written


def truth(base: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(base / "truth" / f"{name}.parquet")


def first_versions(base: Path, feed: str, key: list[str]) -> pd.DataFrame:
    return truth(base, feed).sort_values("change_no").drop_duplicates(key, keep="first")


def test_same_seed_same_bytes(base: Path, written_again: Path) -> None:
    def digest(root: Path) -> dict[str, str]:
        files = [p for p in sorted((root / "services").rglob("*")) if p.is_file()]
        return {str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    assert digest(written_again) == digest(base)
    assert len(digest(base)) == 1 + len(TABLES)
    for name in ("change_defects.csv",):
        assert (written_again / "truth" / name).read_bytes() == (base / "truth" / name).read_bytes()


def test_vat_sales_of_a_month_are_near_its_revenue(base: Path) -> None:
    vat = first_versions(base, "tax_vat", ["taxpayer_id", "period"])
    parts = [f"{p}_sales_month" for p in ("general", "simple", "exempt", "export")]
    finance = truth(base, "finance").drop_duplicates(["uscc", "period"])
    finance = finance[finance["period"] >= "202501"].sort_values(["uscc", "period"])
    # January has no statement: only months whose month before was reported as well give a month's own revenue.
    before = finance.groupby(["uscc", finance["period"].str[:4]])[["period", "revenue"]].shift(1)
    follows = finance["period"].astype(int) - before["period"].astype("float") == 1
    own = finance[follows].assign(own=(finance["revenue"] - before["revenue"])[follows])
    both = vat.merge(own, left_on=["taxpayer_id", "period"], right_on=["uscc", "period"])
    ratio = both[parts].sum(axis=1)[both["own"] > 0] / (both["own"][both["own"] > 0] * FEN_PER_THOUSAND)
    # A resent archive revises a few firms by 3 %; all others stay within a tenth.
    assert ratio.between(0.9, 1.1).mean() > 0.97 and ratio.between(0.5, 1.6).all()
    assert len(ratio) > 1000


def test_the_year_of_a_vat_return_is_the_sum_of_its_months(base: Path) -> None:
    vat = first_versions(base, "tax_vat", ["taxpayer_id", "period"]).sort_values(["taxpayer_id", "period"])
    for firm, rows in list(vat[vat["period"].str[:4] == "2025"].groupby("taxpayer_id"))[:50]:
        if len(rows) == 12:
            assert (rows["general_sales_month"].cumsum() == rows["general_sales_year"]).all(), firm


def test_the_deduction_is_less_than_the_research_of_the_form(base: Path) -> None:
    rows = truth(base, "tax_deduction").drop_duplicates(["taxpayer_id", "year"])
    both = rows.merge(truth(base, "rd").drop_duplicates(["uscc", "year"]), left_on=["taxpayer_id", "year"],
                      right_on=["uscc", "year"])  # fmt: skip
    assert len(both) > 150
    assert (both["base"] < both["rd_total"] * FEN_PER_THOUSAND).all()
    assert (both["own_rd"] + both["entrusted_rd"] + both["joint_rd"] == both["base"]).all()
    assert (both["deduction"] == both["base"] * both["rate"] // 100).all()
    assert set(both["rate"]) <= {100, 120}


def test_change_numbers_grow_with_publication_and_corrections_follow_their_originals(base: Path) -> None:
    for source in (VAT, INCOME, DEDUCTION, INVOICES, *TABLES):
        rows = truth(base, source.feed)
        assert rows["change_no"].tolist() == list(range(1, len(rows) + 1)), source.feed
        assert rows["published"].is_monotonic_increasing, source.feed
        corrected = rows["superseded"].notna().sum()
        assert corrected == (max(4, round(0.004 * (len(rows) - corrected))) if source.corrected else 0)


def test_what_is_listed_is_planted_and_nothing_else_is_odd(base: Path) -> None:
    defects = pd.read_csv(base / "truth" / "change_defects.csv", keep_default_na=False)
    assert set(defects["rule"]) == set(RULES)
    with sqlite3.connect(base / "services" / "tax.sqlite") as store:
        bodies = {(name, number): json.loads(text) for name, number, text in
                  store.execute("select resource, change_no, body from record")}  # fmt: skip
    for source in (VAT, INCOME, DEDUCTION, INVOICES):
        own = defects[(defects["feed"] == source.feed) & (defects["rule"] != TWICE)]
        for defect in own.to_dict("records"):
            assert (bodies[source.name, defect["change_no"]][defect["column"]] or "") == defect["value"]
        blank = [n for (name, n), body in bodies.items() if name == source.name and None in body.values()]
        assert sorted(blank) == sorted(own.loc[own["rule"] == "blank_required", "change_no"])


def test_faults_are_the_same_for_the_same_seed_and_end_at_the_second_asking() -> None:
    def played(seed: int) -> list[str | None]:
        faults = Faults(KINDS, 0.3, seed, 0.0)
        first = [faults.of("vat", n * 1000) for n in range(200)]
        assert {faults.of("vat", n * 1000) for n in range(200)} == {None}
        return first

    assert played(1) == played(1) != played(2)
    assert 30 < sum(f is not None for f in played(1)) < 90
    assert {f for f in played(1) if f} == set(KINDS)
    assert {Faults((), 1.0, 1, 0.0).of("vat", n) for n in range(50)} == {None}
