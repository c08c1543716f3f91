"""A form of two editions (制度年度): each period under its own names and codes."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from jobs.definitions.contract import Contract
from jobs.settings import REPO
from jobs.sheets.choice import Refused
from jobs.sheets.parse import Parsed, parse
from tests.support.files import COUNTY, REGISTER, code, csv_file
from tests.support.judging import Desk

EDITIONS = [
    {
        "name": "2025年制度",
        "from": "2024",
        "headers": {"staff_end": ["从业人员期末人数"], "opened_on": ["开业时间"]},
        "codes": {"change_type": {"1": "in_register", "2": "new"}},
    },
    {
        "name": "2026年制度",
        "from": "2026",
        "headers": {"staff_end": ["期末用工人数", "期末用工_合计"], "opened_on": ["其中：成立时间"]},
        "codes": {"change_type": {"110": "in_register", "2": "close"}},
    },
]
OLD = list(REGISTER[:-1])
NEW = [*OLD[:4], "其中：成立时间", "变动类型", "变动日期", "期末用工人数（人）"]


def contract(editions: list[dict[str, Any]] = EDITIONS) -> Contract:
    """The register's contract with editions."""
    raw = yaml.safe_load((REPO / "schemas" / "feeds" / "stat_register.yaml").read_text(encoding="utf-8"))
    raw["customProperties"][0]["value"]["editions"] = copy.deepcopy(editions)
    return Contract(OpenDataContractStandard.model_validate(raw))


def row(kind: str = "1") -> list[object]:
    return [code(1), "甲", COUNTY, "C3011", "2020-01-02", kind, "2025-03-01", 20]


def read(tmp_path: Path, header: list[str], period: str) -> tuple[Parsed, list[dict[str, str]]]:
    source, target = tmp_path / "source", tmp_path / "rows.parquet"
    source.write_bytes(csv_file([row()], header))
    found = parse(contract(), source, {"period": period}, target)
    return found, [dict(r["cells"]) for r in pq.read_table(target).to_pylist()]


@pytest.mark.parametrize(
    ("period", "header", "name"),
    [
        ("2024", OLD, "2025年制度"),
        ("202512", OLD, "2025年制度"),
        ("2025Q4", OLD, "2025年制度"),
        ("202601", NEW, "2026年制度"),
        ("2026Q1", NEW, "2026年制度"),
        ("2026", NEW, "2026年制度"),
        ("2027", NEW, "2026年制度"),
    ],
)
def test_each_period_is_read_under_its_own_edition(
    tmp_path: Path, period: str, header: list[str], name: str
) -> None:
    found, rows = read(tmp_path, header, period)
    assert (rows[0]["staff_end"], rows[0]["opened_on"]) == ("20", "2020-01-02")
    assert found.attributes["edition"] == name
    assert found.details()["attributes"]["edition"] == name
    assert found.extra == []


def test_before_the_first_edition_the_contracts_own_names_hold(tmp_path: Path) -> None:
    found, rows = read(tmp_path, OLD, "202312")
    assert rows[0]["staff_end"] == "20"
    assert "edition" not in found.attributes


@pytest.mark.parametrize(
    ("period", "header", "due", "fits", "differs"),
    [
        (
            "2026Q1",
            OLD,
            "2026年制度",
            "2025年制度",
            "“开业时间”应为“其中：成立时间”，“从业人员期末人数”应为“期末用工人数”",
        ),
        (
            "202512",
            NEW,
            "2025年制度",
            "2026年制度",
            "“其中：成立时间”应为“开业时间”，“期末用工人数（人）”应为“从业人员期末人数”",
        ),
    ],
)
def test_a_header_of_another_edition_is_refused_with_both_editions_named(
    tmp_path: Path, period: str, header: list[str], due: str, fits: str, differs: str
) -> None:
    with pytest.raises(Refused) as refused:
        read(tmp_path, header, period)
    assert str(refused.value) == f"表头与制度版本不符：按期间应为《{due}》，表头符合《{fits}》（{differs}）"


def test_one_column_of_another_edition_is_enough_even_where_it_is_not_required(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"按期间应为《2026年制度》.*“从业人员期末人数”应为“期末用工人数”"):
        read(tmp_path, [*NEW[:-1], OLD[-1]], "2026Q2")


def test_a_file_of_no_period_is_refused_where_the_form_has_editions(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(csv_file([row()], OLD))
    with pytest.raises(Refused, match="多个制度版本（2025年制度、2026年制度），文件名没有期间"):
        parse(contract(), source, {}, tmp_path / "rows.parquet")


def test_rows_of_two_editions_take_their_own_codes_in_one_poll(tmp_path: Path) -> None:
    def line(edition: str | None, kind: str) -> tuple[dict[str, str], dict[str, str]]:
        cells = {
            "uscc": code(1), "name": "甲", "county_code": COUNTY, "industry_code": "C3011", "change_type": kind,
            "effective_date": "2025-03-01",
        }  # fmt: skip
        return cells, {"edition": edition} if edition else {}

    data = [
        line("2025年制度", "2"),
        line("2026年制度", "2"),
        line("2026年制度", "110"),
        line("2026年制度", "1"),
        line(None, "新增"),
    ]
    found = Desk(contract(), tmp_path).rows(*zip(*data, strict=True))
    kinds = [row["change_type"] for _, row in sorted(found.typed.items())]
    assert kinds == ["new", "close", "in_register", None, "new"]
    told = {at: [x["message"] for x in row["reasons"]] for at, row in found.refused.items()}
    assert told == {("4", 1): ["应为 110、2 之一（2026年制度），实为“1”"]}
