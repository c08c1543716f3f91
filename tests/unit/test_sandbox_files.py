"""The sandbox writes the same bytes for one seed, and plants what it lists."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook
from stdnum.cn import uscc as uscc_oracle

from infra.sandbox.codes import org_check
from infra.sandbox.defects import RULES
from infra.sandbox.generate import generate

SEED, SIZE = 7, 600


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    base = tmp_path_factory.mktemp("sandbox")
    generate(base / "sftp", base / "truth", SEED, SIZE, quiet=True)
    return base / "sftp", base / "truth"


def digest(root: Path) -> dict[str, tuple[str, float]]:
    return {
        str(p.relative_to(root)): (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime)
        for p in sorted(root.rglob("*"))
        if p.is_file()
    }


def read_cells(path: Path) -> list[list[object]]:
    """All lines of a file, header lines included."""
    if path.suffix == ".csv":
        with path.open(encoding="gb18030", newline="") as handle:
            return [list(row) for row in csv.reader(handle)]
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)


def test_same_seed_same_bytes_and_delivery(sandbox: tuple[Path, Path], tmp_path: Path) -> None:
    generate(tmp_path / "sftp", tmp_path / "truth", SEED, SIZE, quiet=True)
    assert digest(tmp_path / "sftp") == digest(sandbox[0])
    assert (tmp_path / "truth/defects.csv").read_bytes() == (sandbox[1] / "defects.csv").read_bytes()


def test_codes_pass_both_checks(sandbox: tuple[Path, Path]) -> None:
    codes = pd.read_parquet(sandbox[1] / "register.parquet")["uscc"].unique()
    assert len(codes) == SIZE
    assert all(uscc_oracle.is_valid(code) for code in codes)
    assert all(org_check(code[8:16]) == code[16] for code in codes)


def test_org_check_of_the_standard_and_a_real_code() -> None:
    assert org_check("D2143569") == "X"
    assert org_check("12399891") == "5"


def test_listed_defects_are_in_the_files(sandbox: tuple[Path, Path]) -> None:
    root, truth = sandbox
    defects = pd.read_csv(truth / "defects.csv", dtype=str, keep_default_na=False)
    assert set(defects["rule"]) == {*RULES, "no_required_column", "header_only"}
    for path, rows in defects[defects["row"] != ""].groupby("file"):
        lines = read_cells(root / str(path))
        for defect in rows.to_dict("records"):
            check_defect(defect, lines)


def plain(line: list[object]) -> list[str]:
    return [str(cell).replace(",", "").removesuffix(".0") for cell in line]


def check_defect(defect: dict[str, str], lines: list[list[object]]) -> None:
    line = plain(lines[int(defect["row"]) - 1])
    if defect["rule"] == "bad_uscc":
        assert defect["value"] in line and not uscc_oracle.is_valid(defect["value"])
    elif defect["rule"] == "identical_row":
        # A merged city cell shows in the first line of its run only.
        city = 3 if defect["file"].startswith("cert/") else None
        cut = [[c for k, c in enumerate(plain(other)) if k != city] for other in lines]
        assert cut.count([c for k, c in enumerate(line) if k != city]) == 2
    else:
        assert defect["uscc"] in line and defect["value"] in line


def test_truth_rows_point_to_their_lines(sandbox: tuple[Path, Path]) -> None:
    root, truth = sandbox
    spoilt = pd.read_csv(truth / "defects.csv")["uscc"]
    for name, amount in (("finance", "revenue"), ("rd", "rd_total"), ("register", "staff_end")):
        rows = pd.read_parquet(truth / f"{name}.parquet")
        rows = rows[~rows["uscc"].isin(spoilt)].sample(60, random_state=1)
        for path, part in rows.groupby("path"):
            lines = read_cells(root / str(path))
            for row in part.to_dict("records"):
                line = plain(lines[row["row"] - 1])
                assert row["uscc"] in line and str(row[amount]) in line


def test_refused_files_lack_what_the_list_says(sandbox: tuple[Path, Path]) -> None:
    root, truth = sandbox
    defects = pd.read_csv(truth / "defects.csv")
    refused = defects[defects["row"].isna()].set_index("rule")["file"]
    assert "营业收入_1-本月" not in read_cells(root / refused["no_required_column"])[0]
    assert len(read_cells(root / refused["header_only"])) == 5  # title, unit, two header rows, note
    for path in refused:
        stem, _, suffix = path.rpartition(".")
        again = root / f"{stem}_r2.{suffix}"
        assert again.stat().st_mtime > (root / path).stat().st_mtime
