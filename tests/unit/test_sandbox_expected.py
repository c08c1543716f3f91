"""The truth reproduces the hand examples of the methods reference."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from infra.sandbox.expected import expected
from infra.sandbox.geo import UNITS
from infra.sandbox.panel import SECTOR_FORMS

MAN = 10  # 万元 in 千元
# firm: county, current, restated base, last year's own figure (万元), as in methods.md §2
FIRMS = {
    "a": ("220102", 120, 100, 100),
    "b": ("220381", 60, 50, 40),
    "c": ("220202", 45, 50, 50),
    "d": ("220202", 30, None, None),
    "e": ("220202", None, None, 80),
    "f": ("222401", 8, 0, 0),
}
SERVICES = ("b", "f")
"""Firms whose statement of 2025 stands in a sector form."""
CLOCK = "2026-01-20T09:00:00+08:00"


def files() -> pd.DataFrame:
    rows = [("r", "stat_register", "220100", "2023"), ("c", "certificate_notice", "220000", "〔2024〕1号")]
    rows += [(f"f{y}{u.code}", "stat_finance", u.code, str(y)) for u in UNITS for y in (2024, 2025)]
    rows += [(f"{form}{y}", form, "220000", str(y)) for form in SECTOR_FORMS for y in (2024, 2025)]
    rows += [(f"d{y}{u.code}", "stat_rd", u.code, str(y)) for u in UNITS for y in (2023, 2024)]
    frame = pd.DataFrame(rows, columns=["path", "feed", "reporter", "scope"])
    return frame.assign(delivered="2026-01-18T09:30:00+08:00", status="good")


def finance() -> pd.DataFrame:
    rows = []
    for firm, (_, now, base, before) in FIRMS.items():
        if now is not None:
            form = "stat_services2025" if firm in SERVICES else "f2025220100"
            rows.append((form, firm, "202512", now * MAN, None if base is None else base * MAN))
        if before is not None:
            rows.append(("f2024220100", firm, "202412", before * MAN, None))
    frame = pd.DataFrame(rows, columns=["path", "uscc", "period", "revenue", "revenue_prior"])
    return frame.astype({"revenue": "Int64", "revenue_prior": "Int64"}).assign(row=range(2, len(rows) + 2))


def certificates() -> pd.DataFrame:
    rows = [(u, "grant", "2024-06-15") for u in FIRMS]
    frame = pd.DataFrame(rows, columns=["uscc", "event", "document_date"])
    frame["document_date"] = pd.to_datetime(frame["document_date"])
    missing = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[ns]")
    return frame.assign(
        path="c",
        row=range(5, len(rows) + 5),
        tier="provincial_srdi",
        name=frame["uscc"],
        document_no="〔2024〕1号",
        unit_name="长春市",
        county_name="南关区",
        valid_from=missing,
        valid_to=missing,
    )


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    files().to_parquet(tmp_path / "files.parquet")
    finance().to_parquet(tmp_path / "finance.parquet")
    certificates().to_parquet(tmp_path / "certificates.parquet")
    pd.DataFrame(
        {
            "path": "r",
            "row": range(2, len(FIRMS) + 2),
            "uscc": list(FIRMS),
            "county_code": [v[0] for v in FIRMS.values()],
            "effective_date": pd.Timestamp("2023-12-31"),
            "change_type": ["在册"] * 5 + ["注销"],
        }
    ).to_parquet(tmp_path / "register.parquet")
    research = {"path": "d2024220100", "row": [2, 3], "uscc": ["a", "c"], "year": 2024, "rd_total": [30, 20]}
    pd.DataFrame(research).to_parquet(tmp_path / "rd.parquet")
    regions = {
        "county_code": ["220102", "220184", "220202", "222401", *(u.code for u in UNITS)],
        "county_name": ["南关区", "公主岭市", "昌邑区", "延吉市", *(u.name for u in UNITS)],
        "unit_code": ["220100", "220100", "220200", "222400", *(u.code for u in UNITS)],
        "unit_name": ["长春市", "长春市", "吉林市", "延边朝鲜族自治州", *(u.name for u in UNITS)],
    }
    pd.DataFrame(regions).to_parquet(tmp_path / "regions.parquet")
    (tmp_path / "defects.csv").write_text("file,sheet,row,column,value,rule,uscc,period\n", encoding="utf-8")
    return tmp_path


def figure(frame: pd.DataFrame, region: str, indicator: str, reading: str) -> pd.Series:
    rows = frame[frame["tier"].isna() & (frame["region_code"] == region) & (frame["period"] == "2025Q4")]
    return rows[(rows["indicator"] == indicator) & (rows["reading"] == reading)].iloc[0]


def test_growth_example(truth: Path) -> None:
    frame = expected(truth, CLOCK)
    rates = {
        r: figure(frame, "220000", "revenue_growth", r) for r in ("same_firm", "published_base", "all_firm")
    }
    assert rates["same_firm"]["value"] == pytest.approx(0.165)
    assert (rates["same_firm"]["numerator"], rates["same_firm"]["denominator"]) == (2_330_000, 2_000_000)
    assert rates["published_base"]["value"] == pytest.approx(233 / 190 - 1)
    assert rates["all_firm"]["value"] == pytest.approx(263 / 270 - 1)
    assert pd.isna(figure(frame, "222400", "revenue_growth", "same_firm")["value"])
    # 公主岭's old code counts under 长春.
    assert figure(frame, "220100", "revenue_growth", "same_firm")["n"] == 2
    assert figure(frame, "220184", "certificate_count", "valid")["value"] == 1


def test_intensity_shows_the_last_complete_year(truth: Path) -> None:
    pooled = figure(expected(truth, CLOCK), "220000", "rd_intensity", "pooled")
    assert (pooled["numerator"], pooled["denominator"], pooled["n"]) == (50_000, 1_500_000, 2)


def test_closure_ends_a_certificate_only_on_request(truth: Path) -> None:
    for drop, count in ((False, 6), (True, 5)):
        row = figure(expected(truth, CLOCK, drop), "220000", "certificate_count", "valid")
        assert row["value"] == count


def test_nothing_before_the_files_arrive(truth: Path) -> None:
    assert expected(truth, "2026-01-18T09:00:00+08:00").empty


def test_a_quarter_waits_for_the_sector_forms_too(truth: Path) -> None:
    rows = files()
    rows[rows["feed"].ne("stat_catering")].to_parquet(truth / "files.parquet")
    assert expected(truth, CLOCK).empty
