"""Notices that match no holder: the marks on the figures they could touch, and the figures once they are settled.

Three firms of the eastern unit hold tier a: A and B by their codes, N by a list without codes. A withdrawal of 2025-05-10
names B and N without codes, in the eastern county.
"""

import pytest

from jobs.kpi.compute import Inputs, compute
from jobs.kpi.figures import MARK
from jobs.kpi.unmatched import Line, Word, as_settled, unmatched
from jobs.kpi.unmatched_frames import settled
from tests.kpi_frames import day, event, finance, inputs, notice
from tests.unit.test_kpi_compute import DICTIONARY, _programme, _undivided

ON, END = "2024-06-15", "2025-05-10"
UNCODED = notice(None, doc="名单", name="N")
GONE = [notice(None, on=END, what="withdraw", doc="撤销", name=f"企业{f}") for f in "B"]
GONE.append(notice(None, on=END, what="withdraw", doc="撤销", name="N"))
NOTICES = [notice("A"), notice("B"), notice("C", where=("西河市", "西一县")), UNCODED, *GONE]


def line_of(row):
    document, on, tier, what, _, name, _, uscc, unit, county, _, last = row
    return Line((document, tier, what, name), on, uscc, unit, county, last)


LINES = [line_of(n) for n in NOTICES]
WORDS = [
    Word(LINES[4].key, None, "B"),
    Word(LINES[5].key, None, "N1"),
    Word(LINES[3].key, None, "N1"),
]


@pytest.fixture(scope="module", params=[[], WORDS], ids=["before a word", "after it"])
def known(spark, request):
    given = inputs(
        spark,
        [event("A"), event("B"), event("C", county="121")],
        NOTICES,
        [finance(f, "202512", 120, 100) for f in "ABC"],
    )
    feeds = dict(given.feeds) | {"notices": settled(given.feeds["notices"], request.param)}
    waiting = unmatched(LINES, request.param)
    found = compute(
        Inputs(feeds, given.regions, notices=as_settled(LINES, request.param), unmatched=waiting),
        _programme(), ["2025Q1", "2025Q4"], dictionary=DICTIONARY,
    )  # fmt: skip
    names = ("kpi_region", "target_progress")
    return bool(request.param), {name: found[name].toPandas() for name in names}


def cell(table, region, indicator="count", reading="valid", tier="a", period="2025Q4"):
    same = table["tier"].isna() if tier is None else table["tier"] == tier
    rows = table[
        (table["region_code"] == region) & (table["indicator"] == indicator) & (table["reading"] == reading) & same
        & (table["period"] == period) & _undivided(table)
    ]  # fmt: skip
    (row,) = rows.to_dict("records")
    return row["value"], row["n_pending"], row["mark"]


def test_counts_of_its_tier_and_regions_are_marked_until_a_word_changes_them(known):
    said, tables = known
    table = tables["kpi_region"]
    for region, before in (("10", 4), ("11", 3), ("111", 3)):
        expected = (before - 2, 0, None) if said else (before, 2, MARK)
        assert cell(table, region) == expected
        assert cell(table, region, tier=None) == expected
        assert cell(table, region, tier="seed", reading="valid_or_higher") == expected
        assert cell(table, region, period="2025Q1") == (before, 0, None), "before the notice"
    assert cell(table, "12") == (1, 0, None), "another unit"


def test_figures_of_the_firms_themselves_are_not_marked(known):
    _, tables = known
    assert cell(tables["kpi_region"], "11", "revenue", "sum")[1:] == (0, None)


def test_a_target_that_counts_them_says_so_and_does_not_close(known):
    said, tables = known
    rows = tables["target_progress"].set_index(["target_id", "reading", "period"])
    target = rows.loc[("T1", "valid", "2025Q4")]
    assert (target["note"] or "") == ("" if said else MARK)
    assert ("2条待处理的更正" in (target["waits"] or "")) == (not said)


def test_a_settled_line_keeps_its_place_and_one_that_is_not_ours_is_left_out(spark):
    given = inputs(spark, [], NOTICES).feeds["notices"]
    words = [Word(LINES[4].key, None, "B"), Word(LINES[5].key, None, None), Word(LINES[0].key, "other", None)]
    found = settled(given, words)
    assert found.schema == given.schema
    rows = {(r["document_no"], r["name"]): (r["uscc"], r["document_date"]) for r in found.collect()}
    assert rows["撤销", "企业B"] == ("B", day(END))
    assert ("撤销", "N") not in rows
    assert rows[NOTICES[0][0], "企业A"] == ("A", day(ON)), "a word on what it does not state is no word on it"
    assert settled(given, []) is given
