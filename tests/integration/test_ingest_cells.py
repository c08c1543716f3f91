"""Doubtful cells, lines without entity and names in two widths, through real polls: what stays, what goes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
import xlsxwriter

from jobs.feeds.ingest import poll
from tests.support.builder import Builder
from tests.support.files import FINANCE, code, csv_text, finance_path, line
from tests.support.installation import Installation, delta_rows
from tests.support.messy_files import Rows, book

pytestmark = pytest.mark.spark

TEXT, BOOK, NOTICE = (
    finance_path("220100"),
    finance_path("220200", suffix=".xlsx"),
    "cert/省厅/2023/名单.xlsx",
)
END = "打印时间：2026-03-10 10:22,,,,,,\r\n（本页无正文）\r\n\x1a"


def struck(rows: Rows, which: set[int], errors: dict[tuple[int, int], str]) -> bytes:
    """Return a workbook in which whole rows are struck out and some cells are errors."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        page, style = made.add_worksheet("B203"), made.add_format({"font_strikeout": True})
        for r, row in enumerate(rows):
            page.write_row(r, 0, row, style if r in which else None)
        for (r, c), error in errors.items():
            page.write_formula(r, c, "=A1/0", None, error)
    return out.getvalue()


def notice(*names: str) -> bytes:
    head = [
        ["2023年度省级“专精特新”中小企业认定名单"],
        ["吉工信民营〔2023〕112号"],
        ["2023年6月15日"],
        ["序号", "企业名称"],
    ]
    return book(
        {
            "名单": [
                *head,
                [f"一、长春市（{len(names)}户）"],
                *[[n, name] for n, name in enumerate(names, start=1)],
            ]
        }
    )


@pytest.fixture(scope="module")
def installation(installations: Builder) -> Iterator[Installation]:
    made = installations.new()
    with made.active():
        for day, (text, sheet, listed) in {
            10: (
                [
                    line(n, 100, 单位详细名称=f"企业{n}（长春）有限公司", 行政区划代码="220102000000")
                    for n in (1, 2, 3)
                ],
                book({"B203": [list(FINANCE), *[line(n, 100) for n in (11, 12, 13, 14)]]}),
                notice("甲（长春）公司", "乙公司"),
            ),
            12: (
                [line(1, 110), line(2, 120)],
                struck([list(FINANCE), *[line(n, 200) for n in (11, 12, 13)]], {1}, {(2, 5): "#REF!"}),
                notice("甲(长春) 公司"),
            ),
        }.items():
            mark = f"_{day}"
            made.deliver(
                TEXT.replace(".csv", f"{mark}.csv"),
                (csv_text(text) + END).encode("gb18030"),
                f"2026-03-{day}T09:00:00+08:00",
            )
            made.deliver(BOOK.replace(".xlsx", f"{mark}.xlsx"), sheet, f"2026-03-{day}T10:00:00+08:00")
            made.deliver(NOTICE.replace(".xlsx", f"{mark}.xlsx"), listed, f"2026-03-{day}T11:00:00+08:00")
            made.at(f"2026-03-{day}T20:00:00+08:00")
            made.seen[f"polls{day}"] = [poll("stat_finance"), poll("certificate_notice")]
        made.seen["forms"] = {r["uscc"]: r for r in made.rows("stat_finance")}
        made.seen["holders"] = made.rows("certificate_notice")
        made.seen["bad"] = {r["key"]: r for r in delta_rows(f"{made.env['ZJTX_LAKE']}/quarantine/rows")}
    yield made
    installations.drop(made)


def revenue(installation: Installation) -> dict[str, int]:
    return {c: int(r["revenue"] / 1000) for c, r in installation.seen["forms"].items()}


def test_notes_stamps_and_end_marks_below_the_rows_keep_no_file_from_withdrawing(
    installation: Installation,
) -> None:
    assert [r.refused for day in (10, 12) for r in installation.seen[f"polls{day}"]] == [[], [], [], []]
    (batch,) = [b for b in installation.seen["polls12"][0].accepted if b.reporter == "220100"]
    assert (batch.landed, batch.silver, batch.quarantined, batch.withdrawn) == (2, 2, 0, 1)
    assert code(3) not in revenue(installation)


def test_a_struck_row_and_one_with_an_error_wait_with_their_old_values_and_others_are_withdrawn(
    installation: Installation,
) -> None:
    (batch,) = [b for b in installation.seen["polls12"][0].accepted if b.reporter == "220200"]
    assert (batch.landed, batch.silver, batch.quarantined, batch.withdrawn) == (3, 1, 2, 1)
    assert {c: v for c, v in revenue(installation).items() if c in map(code, (11, 12, 13, 14))} == {
        code(11): 100, code(12): 100, code(13): 200,
    }  # fmt: skip
    found: dict[str, list[Any]] = {
        k: [(x["column"], x["rule"], x["value"]) for x in r["reasons"]]
        for k, r in installation.seen["bad"].items()
    }
    assert found == {
        f"{code(11)}|202602": [("name", "STRUCK_OUT", "测试企业11")],
        f"{code(12)}|202602": [("revenue_prior", "ERROR_CELL", "#REF!")],
    }


def test_a_corrected_sheet_may_take_a_struck_row_as_it_is(installation: Installation) -> None:
    from python_calamine import CalamineWorkbook

    from jobs.feeds import quarantine
    from jobs.feeds.repair import CORRECT, FIXED
    from jobs.operate import export
    from jobs.operate.repair import import_sheet

    with installation.active():
        target = installation.home / "更正.xlsx"
        rows = [r for r in quarantine.open_rows("stat_finance") if "STRUCK_OUT" in r.rules]
        export.write(rows, target)
        sheet = CalamineWorkbook.from_path(target).get_sheet_by_name("stat_finance").to_python()
        assert not any("疑义" in str(text) for text in sheet[0])
        sheet[1][FIXED.index("处理")] = CORRECT
        target.write_bytes(book({"stat_finance": sheet}))
        done = import_sheet(target, by="张三")
        assert done.again == []
        assert {r["uscc"]: int(r["revenue"] / 1000) for r in installation.rows("stat_finance")}[
            code(11)
        ] == 200


def test_names_are_kept_as_written_and_regions_by_six_digits(installation: Installation) -> None:
    (batch,) = [b for b in installation.seen["polls10"][0].accepted if b.reporter == "220100"]
    with installation.active():
        before = {r["uscc"]: r for r in installation.rows("stat_finance", known_by=batch.seq)}
    assert (before[code(1)]["name"], before[code(1)]["county_code"]) == ("企业1（长春）有限公司", "220102")
    assert before[code(1)]["reported"]["county_code"] == "220102000000"


def test_a_holder_in_another_width_is_the_same_holder(installation: Installation) -> None:
    assert [(r["name"], r["document_no"]) for r in installation.seen["holders"]] == [
        ("甲(长春) 公司", "吉工信民营〔2023〕112号")
    ]
    first, second = (installation.seen[f"polls{day}"][1].accepted[0] for day in (10, 12))
    assert (first.silver, second.silver, second.withdrawn) == (2, 1, 1)
    with installation.active():
        assert {r["name"] for r in installation.rows("certificate_notice", known_by=first.seq)} == {
            "甲（长春）公司",
            "乙公司",
        }
