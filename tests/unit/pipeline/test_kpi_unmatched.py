"""Notices that match no holder: the marks on the figures they could touch, and the figures once they are settled.

Three firms of the eastern unit hold tier a: A and B by their codes, N by a list without codes. A withdrawal of 2025-05-10
names B and N without codes, in the eastern county.
"""

import pytest

from jobs.kpi.figures import MARK
from jobs.kpi.unmatched import NoticeLine, Word, as_settled, unmatched
from tests.support.certificate_frames import notice, of_notices
from tests.support.made_up_province import tables_of
from tests.support.model_frames import day, event, finance, known, undivided

ON, END = "2024-06-15", "2025-05-10"
UNCODED = notice(None, doc="名单", name="N")
GONE = [notice(None, on=END, what="withdraw", doc="撤销", name=f"企业{f}") for f in "B"]
GONE.append(notice(None, on=END, what="withdraw", doc="撤销", name="N"))
NOTICES = [notice("A"), notice("B"), notice("C", where=("西河市", "西一县")), UNCODED, *GONE]


def line_of(row):
    key = tuple(row[k] for k in ("document_no", "tier", "event", "name"))
    place = (row["unit_name"], row["county_name"])
    return NoticeLine(key, row["document_date"], row["uscc"], *place, row["valid_to"])


LINES = [line_of(n) for n in NOTICES]
WORDS = [
    Word(LINES[4].key, None, "B"),
    Word(LINES[5].key, None, "N1"),
    Word(LINES[3].key, None, "N1"),
]


FEEDS = {
    "register": [event("A"), event("B"), event("C", county="121")],
    "notices": NOTICES,
    "finance": [finance(f, "202512", 120, 100) for f in "ABC"],
}


@pytest.fixture(scope="module", params=[[], WORDS], ids=["before a word", "after it"])
def told(tmp_path_factory, request):
    said = tuple(request.param)
    settled, waiting = as_settled(LINES, said), unmatched(LINES, said)
    what = known(FEEDS, words=said, notices=tuple(settled), unmatched=tuple(waiting))
    return bool(said), tables_of(tmp_path_factory.mktemp("told"), what, ["2025Q1", "2025Q4"])


def cell(table, region, indicator="count", reading="valid", tier="a", period="2025Q4"):
    same = table["tier"].isna() if tier is None else table["tier"] == tier
    rows = table[
        (table["region_code"] == region) & (table["indicator"] == indicator) & (table["reading"] == reading) & same
        & (table["period"] == period) & undivided(table)
    ]  # fmt: skip
    (row,) = rows.to_dict("records")
    return row["value"], row["n_pending"], row["mark"]


def test_counts_of_its_tier_and_regions_are_marked_until_a_word_changes_them(told):
    said, tables = told
    table = tables["kpi_region"]
    for region, before in (("10", 4), ("11", 3), ("111", 3)):
        expected = (before - 2, 0, None) if said else (before, 2, MARK)
        assert cell(table, region) == expected
        assert cell(table, region, tier=None) == expected
        assert cell(table, region, tier="seed", reading="valid_or_higher") == expected
        assert cell(table, region, period="2025Q1") == (before, 0, None), "before the notice"
    assert cell(table, "12") == (1, 0, None), "another unit"


def test_figures_of_the_firms_themselves_are_not_marked(told):
    _, tables = told
    assert cell(tables["kpi_region"], "11", "revenue", "sum")[1:] == (0, None)


def test_a_target_that_counts_them_says_so_and_does_not_close(told):
    said, tables = told
    rows = tables["target_progress"].set_index(["target_id", "reading", "period"])
    target = rows.loc[("T1", "valid", "2025Q4")]
    assert (target["note"] or "") == ("" if said else MARK)
    assert ("2条待处理的更正" in (target["waits"] or "")) == (not said)


def test_a_settled_line_keeps_its_place_and_one_that_is_not_ours_is_left_out():
    words = [Word(LINES[4].key, None, "B"), Word(LINES[5].key, None, None), Word(LINES[0].key, "other", None)]
    found = of_notices(NOTICES, "certificates", words=words)["certificates"]
    rows = {r["holder"]: (r["uscc"], r["document_date"], r["withdrawn_on"]) for r in found}
    assert rows["B"] == ("B", day(ON), day(END))
    assert rows["名单||N"] == (None, day(ON), None)
    assert rows["A"] == ("A", day(ON), None), "a word on what it does not state is no word on it"
