"""Withdrawals and reviews that match no holder: which wait, what a word makes of them, and which figures they could touch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from jobs.kpi.regions import RegionMap
from jobs.kpi.touched_cells import touched
from jobs.kpi.unmatched import Namesakes, NoticeLine, Word, as_settled, unmatched
from jobs.lake import tables
from jobs.ledger.models import Batch
from jobs.release import certificate_notices
from tests.support.made_up_province import programme
from tests.support.model_frames import PLACES

X, Y = "913300000000000001", "913300000000000002"


def line(
    event: str,
    on: str,
    uscc: str | None = X,
    name: str = "甲",
    tier: str = "a",
    doc: str | None = None,
    **more: Any,
) -> NoticeLine:
    place = {"unit_name": "东山市", "county_name": "东一县"}
    return NoticeLine(
        (doc or f"{tier}-{event}-{on}", tier, event, name), date.fromisoformat(on), uscc, **(place | more)
    )


GRANT = line("grant", "2022-06-01")
UNCODED = line("grant", "2022-06-01", None)


def word(about: NoticeLine, uscc: str | None) -> Word:
    return Word(about.key, about.uscc, uscc)


@dataclass(frozen=True)
class Case:
    """Lines that stand, and which of them wait (by their place in the list)."""

    lines: list[NoticeLine]
    waits: list[int]
    registered: tuple[str, ...] = ()
    words: list[Word] = field(default_factory=list)


WITHDRAWAL, REVIEW = line("withdraw", "2024-11-10"), line("renew", "2025-05-20")
BARE = line("withdraw", "2024-11-10", None)
AGAIN = line("renew", "2025-05-20", None)

CASES = {
    "withdrawal of a firm that was granted": Case([GRANT, WITHDRAWAL], []),
    "withdrawal on the day of the grant": Case([GRANT, line("withdraw", "2022-06-01")], []),
    "withdrawal of a firm that was only ever reviewed": Case([line("renew", "2023-05-01"), WITHDRAWAL], [0]),
    "the same of a registered firm": Case([line("renew", "2023-05-01"), WITHDRAWAL], [], (X,)),
    "withdrawal without a code": Case([GRANT, BARE], [1]),
    "withdrawal without a code under the granted name and document": Case(
        [UNCODED, line("withdraw", "2024-11-10", None, doc=UNCODED.key[0])], [1]
    ),
    "withdrawal whose firm was granted without a code": Case([UNCODED, WITHDRAWAL], [1]),
    "the same, though the firm is registered": Case([UNCODED, WITHDRAWAL], [1], (X,)),
    "withdrawal of a firm that was granted later": Case([line("grant", "2025-01-01"), WITHDRAWAL], [1]),
    "withdrawal of another tier than was granted": Case([GRANT, line("withdraw", "2024-11-10", tier="b")], [1]),
    "withdrawal of a code that nobody has": Case([GRANT, line("withdraw", "2024-11-10", Y)], [1]),
    "review of a firm that was granted": Case([GRANT, REVIEW], []),
    "review without a code": Case([GRANT, AGAIN], [1]),
    "review of a firm that no list and no register knows": Case([REVIEW], [0]),
    "review of a registered firm whose grant was never sent": Case([REVIEW], [], (X,)),
    "review of a registered firm whose name was granted without a code": Case([UNCODED, REVIEW], [1], (X,)),
    "the second review after one that waits": Case([REVIEW, line("renew", "2028-05-10")], [0]),
    "two reviews of one day, no grant": Case([REVIEW, line("renew", "2025-05-20", doc="再")], [0, 1]),
    "grants and renames need no holder": Case([UNCODED, line("rename", "2024-01-01", None)], []),
    "a word: it is about a granted firm": Case([GRANT, BARE], [], words=[word(BARE, X)]),
    "a word: it is about a firm that holds nothing": Case([GRANT, BARE], [1], words=[word(BARE, Y)]),
    "a word: it is not ours": Case([GRANT, BARE], [], words=[word(BARE, None)]),
    "a word with the certificate that has no code": Case(
        [UNCODED, BARE], [], words=[word(BARE, X), word(UNCODED, X)]
    ),
    "a word on a review of a firm unknown so far": Case([REVIEW], [], words=[word(REVIEW, X)]),
    "a word on a review without a code": Case([GRANT, AGAIN], [], words=[word(AGAIN, X)]),
    "a word on the line when it said something else": Case([GRANT, BARE], [1], words=[Word(BARE.key, Y, X)]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_what_waits_for_a_person(case: Case) -> None:
    found = unmatched(case.lines, case.words, case.registered)
    assert [case.lines.index(f) for f in found] == case.waits
    assert unmatched(case.lines[::-1], case.words, case.registered) == found, (
        "whatever the order of the lines"
    )


def test_a_settled_line_has_the_code_and_one_that_is_not_ours_is_gone() -> None:
    other = line("withdraw", "2024-11-10", None, "乙")
    found = as_settled([UNCODED, BARE, other], [word(BARE, X), word(UNCODED, X), word(other, None)])
    assert [(f.key, f.uscc) for f in found] == [(UNCODED.key, X), (BARE.key, X)]


def test_a_namesake_is_offered_and_never_taken() -> None:
    later, elsewhere = line("grant", "2025-01-01"), line("grant", "2020-01-01", tier="b")
    assert Namesakes([UNCODED, later, elsewhere, BARE], of=[BARE]).of(BARE) == [UNCODED]
    assert unmatched([UNCODED, BARE]) == [BARE]


Row = dict[str, Any]
Sent = Callable[[list[Row]], tuple[NoticeLine, ...]]


@pytest.fixture
def sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sent:
    """Lay rows down as a feed's silver, a batch each, and read the lines that stand."""

    def lines(rows: list[Row]) -> tuple[NoticeLine, ...]:
        batches = [Batch(batch_id=r["batch_id"], seq=n) for n, r in enumerate(rows, start=1)]
        monkeypatch.setattr(certificate_notices.batches, "accepted", lambda *_: batches)
        kinds = {
            "document_date": pa.date32(),
            "valid_to": pa.date32(),
            "row_no": pa.int32(),
            "deleted": pa.bool_(),
        }
        shape = pa.schema([(name, kinds.get(name, pa.string())) for name in rows[0]])
        write_deltalake(tmp_path, pa.Table.from_pylist(rows, shape))
        monkeypatch.setattr(tables, "path_of", lambda *_: str(tmp_path))
        return certificate_notices.lines_of("certificate_notice")

    return lines


def test_a_name_printed_in_another_width_is_the_same_name(sent: Sent) -> None:
    printed = ["甲（长春）公司", "甲(长春)公司", "甲（长春） 公司"]
    days = ["2022-06-01", "2022-06-01", "2024-11-10"]
    rows = [
        {
            "document_no": f"第{on}号", "tier": "a", "event": "grant" if on < "2024" else "withdraw", "name": name,
            "document_date": date.fromisoformat(on), "uscc": None, "unit_name": None, "county_name": None,
            "valid_to": None, "file_name": f"{n}.xlsx", "sheet": None, "row_no": n, "batch_id": f"b{n}", "deleted": False,
        }
        for n, (name, on) in enumerate(zip(printed, days, strict=True))
    ]  # fmt: skip
    grant, withdrawal = sent(rows)
    assert (grant.name, withdrawal.name) == (printed[1], printed[2]), (
        "the grant was sent anew and is one line"
    )
    assert grant.key[3] == withdrawal.key[3] == "甲(长春)公司"
    assert Namesakes([grant, withdrawal], of=[withdrawal]).of(withdrawal) == [grant]


def test_lines_of_one_place_on_several_sheets_come_in_the_same_order_each_time(sent: Sent) -> None:
    rows = [
        {
            "document_no": "第1号", "tier": "a", "event": "grant", "name": f"{sheet}公司",
            "document_date": date(2024, 1, 1), "uscc": None, "unit_name": None, "county_name": None,
            "valid_to": None, "file_name": "1.xlsx", "sheet": sheet, "row_no": 3, "batch_id": f"b{sheet}", "deleted": False,
        }
        for sheet in "丙乙甲丁"
    ]  # fmt: skip
    assert [line.sheet for line in sent(rows)] == sorted("甲乙丙丁")


MAP = RegionMap(PLACES, ["11", "12"])
PERIODS = ["2024Q3", "2024Q4", "2025Q1"]


def cells(
    waiting: NoticeLine, *others: NoticeLine, periods: list[str] = PERIODS
) -> set[tuple[str, str, str | None, bool]]:
    found = touched([waiting], [waiting, *others], programme(), MAP, periods)
    assert set(found.values()) <= {1}
    return set(found)


def regions(waiting: NoticeLine, *others: NoticeLine) -> set[str]:
    return {region for _, region, _, _ in cells(waiting, *others)}


def test_figures_from_the_notice_on_are_touched_and_none_before() -> None:
    assert {period for period, *_ in cells(BARE)} == {"2024Q4", "2025Q1"}


@pytest.mark.parametrize(
    ("about", "last"),
    [
        (line("withdraw", "2019-01-15", None), "2025Q1"),
        (line("renew", "2019-01-15", None), "2025Q1"),
        (line("renew", "2019-01-15", None, valid_to=date(2022, 3, 31)), "2022Q1"),
        (line("withdraw", "2019-01-15", None, tier="seed"), "2030Q4"),
    ],
    ids=["two terms", "a review carries one term over", "as printed", "a certificate without an end"],
)
def test_a_notice_touches_nothing_once_no_certificate_it_is_about_can_stand(
    about: NoticeLine, last: str
) -> None:
    quarters = [f"{y}Q{q}" for y in range(2018, 2031) for q in (1, 2, 3, 4)]
    found = {period for period, *_ in cells(about, periods=quarters)}
    assert (min(found), max(found)) == ("2019Q1", last)


@pytest.mark.parametrize(
    ("told", "touches"),
    [
        ({}, {"10", "11", "111"}),
        ({"county_name": None}, {"10", "11", "111", "112"}),
        ({"unit_name": None, "county_name": "西一县"}, {"10", "12", "121"}),
        ({"unit_name": None, "county_name": None}, {"10", "11", "12", "111", "112", "121"}),
        ({"unit_name": "他省某市", "county_name": None}, {"10", "11", "12", "111", "112", "121"}),
    ],
    ids=["unit and county", "the unit alone", "the county alone", "no place", "a place nobody knows"],
)
def test_the_regions_it_could_touch_are_those_it_prints_else_all(
    told: dict[str, Any], touches: set[str]
) -> None:
    assert regions(line("withdraw", "2024-11-10", None, **told)) == touches


def test_a_namesake_s_certificate_in_another_region_is_touched_as_well() -> None:
    moved = line("grant", "2022-06-01", None, unit_name="西河市", county_name="西一县")
    assert regions(BARE, moved) == {"10", "11", "111", "12", "121"}


def test_the_tiers_it_could_touch_are_its_own_the_certified_and_or_higher_below_it() -> None:
    tiers = {(tier, nested) for _, _, tier, nested in cells(line("withdraw", "2024-11-10", None, tier="a"))}
    assert tiers == {("a", False), ("a", True), ("seed", True), (None, False), (None, True)}
    library = {
        (tier, nested) for _, _, tier, nested in cells(line("withdraw", "2024-11-10", None, tier="seed"))
    }
    assert library == {("seed", False), ("seed", True)}, "a library is no certificate proper"
    assert cells(line("withdraw", "2024-11-10", None, tier="elsewhere")) == set(), (
        "a tier that nobody counts here"
    )


def test_several_notices_are_counted_cell_by_cell() -> None:
    other = line("withdraw", "2025-02-01", None, "乙")
    found = touched([BARE, other], [BARE, other], programme(), MAP, PERIODS)
    assert [found[p, "111", "a", False] for p in PERIODS] == [0, 1, 2]
