"""The sandbox writes the same bytes for one seed, and plants what it lists."""

from __future__ import annotations

import csv
import hashlib
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook
from stdnum.cn import uscc as uscc_oracle

from infra.sandbox.delivery import incidents
from infra.sandbox.delivery.defects import FIELDS, RATES
from infra.sandbox.delivery.schedule import REFUSED
from infra.sandbox.forms.reports import items
from infra.sandbox.forms.sectors import SECTOR_FORMS
from infra.sandbox.truth.clean_panel import FILES
from infra.sandbox.world.codes import org_check


@pytest.fixture
def folders(written: Path) -> tuple[Path, Path]:
    """Where the files lie, and the truth."""
    return written / "sftp", written / "truth"


def digest(root: Path) -> dict[str, tuple[str, float]]:
    return {
        str(p.relative_to(root)): (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime)
        for p in sorted(root.rglob("*"))
        if p.is_file()
    }


def read_cells(path: Path) -> list[list[object]]:
    """All lines of a file, header lines included."""
    if path.suffix == ".csv":
        encoding = "utf-8-sig" if path.read_bytes().startswith(b"\xef\xbb\xbf") else "gb18030"
        with path.open(encoding=encoding, newline="") as handle:
            return [list(row) for row in csv.reader(handle)]
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)


def test_same_seed_same_bytes_and_delivery(written: Path, written_again: Path) -> None:
    assert digest(written_again / "sftp") == digest(written / "sftp")
    defects = "truth/defects.csv"
    assert (written_again / defects).read_bytes() == (written / defects).read_bytes()


def test_codes_pass_both_checks(folders: tuple[Path, Path]) -> None:
    codes = pd.read_parquet(folders[1] / "register.parquet")["uscc"].unique()
    assert len(codes) == 600
    assert all(uscc_oracle.is_valid(code) for code in codes)
    assert all(org_check(code[8:16]) == code[16] for code in codes)


def test_org_check_of_the_standard_and_a_real_code() -> None:
    assert org_check("D2143569") == "X"
    assert org_check("12399891") == "5"


def test_listed_defects_are_in_the_files(folders: tuple[Path, Path]) -> None:
    root, truth = folders
    defects = pd.read_csv(truth / "defects.csv", dtype=str, keep_default_na=False)
    assert set(defects["rule"]) == {*REFUSED}.union(*FIELDS.values())
    for path, rows in defects[defects["row"] != ""].groupby("file"):
        lines = read_cells(root / str(path))
        for defect in rows.to_dict("records"):
            check_defect(defect, lines)


def plain(line: list[object]) -> list[str]:
    return [str(cell).replace(",", "").removesuffix(".0") for cell in line]


def check_defect(defect: dict[str, str], lines: list[list[object]]) -> None:
    line = plain(lines[int(defect["row"]) - 1])
    if defect["rule"] in ("bad_uscc", "lost_uscc"):
        assert defect["value"] in line and not uscc_oracle.is_valid(defect["value"])
    elif defect["rule"] == "identical_row":
        # A merged city cell shows in the first line of its run only.
        city = 3 if defect["file"].startswith("cert/") else None
        cut = [[c for k, c in enumerate(plain(other)) if k != city] for other in lines]
        assert cut.count([c for k, c in enumerate(line) if k != city]) == 2
    else:
        assert defect["uscc"] in line or not defect["uscc"]
        assert defect["value"].removesuffix(".0") in line


def feed_of(defects: pd.DataFrame, truth: Path) -> pd.Series:
    return defects["file"].map(pd.read_parquet(truth / "files.parquet").set_index("path")["feed"])


def test_every_feed_is_spoilt_by_each_of_its_rules_at_its_rate(folders: tuple[Path, Path]) -> None:
    truth = folders[1]
    defects = pd.read_csv(truth / "defects.csv", dtype={"row": "Int64"})
    defects = defects[defects["row"].notna()].assign(feed=lambda d: feed_of(d, truth))
    # Both rows of a conflict are listed.
    defects = defects[
        ~(defects["rule"].eq("key_conflict") & defects.duplicated(["file", "uscc", "period", "rule"]))
    ]
    files = pd.read_parquet(truth / "files.parquet")
    assert set(defects["feed"]) == set(FIELDS) == set(RATES) == set(files["feed"])
    for feed, rows in defects.groupby("feed"):
        assert set(rows["rule"]) == set(FIELDS[feed]), feed
        landed = files.loc[files["feed"].eq(feed), "rows"].sum()
        groups = files.loc[files["feed"].eq(feed), "scope"].str[:4].nunique()
        assert rows.groupby("rule").size().max() <= RATES[feed] * landed + 2 * groups, feed


POINTS = (
    ("finance", "uscc", "revenue"), ("rd", "uscc", "rd_total"), ("register", "uscc", "staff_end"), ("staff", "uscc", "payroll"),
    ("projects", "project_no", "spending"), ("reports", "item_code", "value"), ("patents", "uscc", "valid_patents"),
    ("power", "uscc", "kwh"), ("credit", "uscc", "reason"), ("tickets", "ticket_no", "content"),
    ("annual", "uscc", "main_revenue"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "key", "amount"), POINTS, ids=[p[0] for p in POINTS])
def test_truth_rows_point_to_their_lines(
    folders: tuple[Path, Path], name: str, key: str, amount: str
) -> None:
    root, truth = folders
    spoilt = pd.read_csv(truth / "defects.csv", dtype={"row": "Int64"})
    rows = pd.read_parquet(truth / f"{name}.parquet")
    keys = pd.MultiIndex.from_frame(rows[["path", "row"]])
    rows = rows[~keys.isin(pd.MultiIndex.from_frame(spoilt[["file", "row"]].dropna()))].sample(
        40, random_state=1
    )
    for path, part in rows.groupby("path"):
        lines = read_cells(root / str(path))
        divisor = 10 if any(part in str(path) for part in ("/E103/", "/E203/", "/annual/")) else 1
        for row in part.to_dict("records"):
            line = plain(lines[row["row"] - 1])
            value = row[amount]
            shown = value if isinstance(value, str) else f"{value / divisor:.10g}"
            assert row[key] in line and shown in line, (path, row["row"])


def test_every_feed_has_its_truth(folders: tuple[Path, Path]) -> None:
    files = pd.read_parquet(folders[1] / "files.parquet")
    assert {feed for feeds in FILES.values() for feed in feeds} == set(files["feed"])


def refused_by_rule(truth: Path) -> dict[str, str]:
    defects = pd.read_csv(truth / "defects.csv")
    return dict(defects[defects["row"].isna()].set_index("rule")["file"])


def test_refused_files_are_broken_as_the_list_says_and_good_ones_follow(folders: tuple[Path, Path]) -> None:
    root, truth = folders
    refused = refused_by_rule(truth)
    assert set(refused) == set(REFUSED)
    assert "营业收入_1-本月" not in read_cells(root / refused["no_required_column"])[0]
    assert len(read_cells(root / refused["header_only"])) == 5  # title, unit, two header rows, note
    assert (root / refused["html_page"]).read_bytes().startswith(b"<!DOCTYPE html>")
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(root / refused["truncated_zip"])
    assert "107-2" in str(read_cells(root / refused["wrong_table"])[0][0])
    assert "/1071_" in refused["wrong_table"]
    for path in refused.values():
        stem, _, suffix = path.rpartition(".")
        again = root / f"{stem}_r2.{suffix}"
        assert again.stat().st_mtime > (root / path).stat().st_mtime


def finance_of(truth: Path, path: str) -> pd.DataFrame:
    rows = pd.read_parquet(truth / "finance.parquet")
    return rows[rows["path"] == path]


def resent(path: str, mark: str) -> str:
    stem, _, suffix = path.rpartition(".")
    return f"{stem}_{mark}.{suffix}"


def test_a_corrected_archive_comes_back_byte_for_byte(folders: tuple[Path, Path]) -> None:
    root, truth = folders
    first, second, third = (incidents.ROUND_TRIP, *(resent(incidents.ROUND_TRIP, m) for m in ("r2", "r3")))
    a, b, again = ((root / p).read_bytes() for p in (first, second, third))
    assert a == again != b
    moments = [(root / p).stat().st_mtime for p in (first, second, third)]
    assert moments == sorted(set(moments))
    assert finance_of(truth, first)["revenue"].sum() < finance_of(truth, second)["revenue"].sum()


def test_a_file_is_sent_twice_under_another_name(folders: tuple[Path, Path]) -> None:
    root, truth = folders
    status = pd.read_parquet(truth / "files.parquet").set_index("path")["status"]
    for path in incidents.TWICE:
        again = resent(path, "r2")
        assert (root / path).read_bytes() == (root / again).read_bytes()
        assert (status[path], status[again]) == ("good", "unchanged")


def test_a_correction_leaves_firms_out(folders: tuple[Path, Path]) -> None:
    path = "stat/220100/103/103_220100_2025.csv"
    before, after = (set(finance_of(folders[1], p)["uscc"]) for p in (path, resent(path, "r2")))
    assert after < before and len(before - after) == incidents.LEFT_OUT >= 10


def test_every_sector_form_has_firms_in_every_month_and_no_other_industry(folders: tuple[Path, Path]) -> None:
    files = pd.read_parquet(folders[1] / "files.parquet")
    register = (
        pd.read_parquet(folders[1] / "register.parquet")
        .drop_duplicates("uscc")
        .set_index("uscc")["industry_code"]
    )
    rows = pd.read_parquet(folders[1] / "finance.parquet")
    rows["feed"] = rows["path"].map(files.set_index("path")["feed"])
    sections = rows["uscc"].map(register).str[0].groupby(rows["feed"]).agg(lambda s: "".join(sorted(set(s))))
    assert set(sections["stat_finance"]) <= set("ABCD")
    assert (sections["stat_construction"], sections["stat_trade"], sections["stat_catering"]) == (
        "E",
        "F",
        "H",
    )
    assert not set(sections["stat_services"]) & set("ABCDEFH")
    for form in SECTOR_FORMS:
        months = rows.loc[rows["feed"].eq(form)].groupby("period").size()
        assert (len(months), months.min() >= 2) == (33, True), form


def test_projects_of_a_firm_stay_within_its_total(folders: tuple[Path, Path]) -> None:
    key = ["uscc", "year"]
    projects = pd.read_parquet(folders[1] / "projects.parquet").groupby(key)["spending"].sum()
    totals = pd.read_parquet(folders[1] / "rd.parquet").drop_duplicates(key).set_index(key)["rd_total"]
    both = projects.to_frame().join(totals, how="left")
    assert both["rd_total"].notna().all() and (both["spending"] <= both["rd_total"]).all()


def test_staff_form_changes_its_names_and_codes_in_2026(folders: tuple[Path, Path]) -> None:
    root = folders[0] / "stat" / "220100"
    old, new = (read_cells(root / p)[0] for p in ("102/102_220100_2025.csv", "202/202_220100_2026Q1.csv"))
    assert "从业人员期末人数" in old and "期末用工人数" in new and "从业人员期末人数" not in new
    rows = pd.read_parquet(folders[1] / "staff.parquet")
    codes = rows.groupby([rows["period"].str[:4], "register_type"])["register_code"].agg(set)
    assert (codes["2025", "private_limited"], codes["2026", "private_limited"]) == ({"173"}, {"112"})


def december(truth: Path, year: int) -> pd.DataFrame:
    rows = pd.read_parquet(truth / "finance.parquet")
    return rows[rows["period"].eq(f"{year}12")].drop_duplicates("uscc", keep="last").set_index("uscc")


def test_receivables_stay_within_the_assets_and_outgrow_the_revenue_of_a_few_firms_only(
    folders: tuple[Path, Path],
) -> None:
    before, now = december(folders[1], 2024), december(folders[1], 2025)
    assert not (now["receivables"] > now["total_assets"]).any()
    growth = {c: (now[c] / before[c]).dropna().astype(float) for c in ("receivables", "revenue")}
    points = 100 * (growth["receivables"] - growth["revenue"]).dropna()
    assert 2 <= (points > 20).sum() < len(points) / 10
    assert points.abs().median() < 10


def test_a_blank_in_receivables_is_a_firm_that_never_reports_them(folders: tuple[Path, Path]) -> None:
    rows = pd.read_parquet(folders[1] / "finance.parquet")
    rows = rows[rows["path"].str.contains("/[12]03/")]
    reported = rows["receivables"].notna().groupby(rows["uscc"]).mean()
    assert set(reported) == {0.0, 1.0}
    assert 0 < (reported == 0).sum() < len(reported) / 10


def test_main_revenue_of_a_yearly_update_is_three_quarters_to_all_of_the_revenue(
    folders: tuple[Path, Path],
) -> None:
    updates = pd.read_parquet(folders[1] / "annual.parquet")
    assert set(updates["year"]) == {2023, 2024, 2025}
    for year in (2024, 2025):
        rows = updates[updates["year"].eq(year)].set_index("uscc")
        # Statements that were corrected later no longer show the revenue that the firm wrote down here.
        revenue = december(folders[1], year)["revenue"]
        share = (rows["main_revenue"] / revenue).dropna().astype(float)
        assert len(share) > 80 and share.between(0.72, 1.0).all(), year


def test_the_central_bank_and_the_city_report_their_own_items_of_their_own_region(
    folders: tuple[Path, Path],
) -> None:
    rows = pd.read_parquet(folders[1] / "reports.parquet")
    rows["department"] = rows["path"].str.split("/").str[1]
    found = rows[rows["department"].str.contains("^市|银行")].groupby("department")
    assert found["item_code"].agg(lambda s: "".join(sorted(set(s)))).to_dict() == {
        "人民银行长春中心支行": "TZ07", "市工信局": "FW05FW07FW08PT12", "市科技局": "KY04", "市市场监督管理局": "KY07",
        "市人社局": "PX06",
    }  # fmt: skip
    places = found["region_code"].agg(set)
    assert places.pop("人民银行长春中心支行") == {"220000"}
    assert list(places) == [{"220100"}] * 4
    assert (found["period"].nunique() == 6).all()


def test_every_item_that_a_target_of_jilin_or_changchun_needs_is_reported(folders: tuple[Path, Path]) -> None:
    wanted = {
        code
        for code, item in items().items()
        if any(target.startswith(("JL-", "CC-")) for target in item["targets"])  # type: ignore[attr-defined]
    }
    assert set(pd.read_parquet(folders[1] / "reports.parquet")["item_code"]) == wanted
