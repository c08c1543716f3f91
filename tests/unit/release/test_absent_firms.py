"""Firms that a report should hold and does not: by hand, feed by feed."""

import pytest

from jobs.release.absent import asked_and_missing, together

Q3, Q4, LAST_YEAR = "202509", "202512", "202412"
FIRMS = ["A", "B", "C", "D", "E"]

# What the feed holds -> firms expected at the end of 2025, and missing.
LISTS = {
    "all that stood there before are there": ({Q3: "AB", Q4: "AB"}, (2, 0)),
    "one is left out": ({Q3: "AB", Q4: "A"}, (2, 1)),
    "left out since a year ago": ({LAST_YEAR: "AB", Q4: "A"}, (2, 1)),
    "new on the list": ({Q3: "A", Q4: "AB"}, (2, 0)),
    "nobody reported": ({Q3: "ABC"}, (3, 3)),
    "never asked": ({}, (0, 0)),
    "left out, and holds no certificate any more": ({Q3: "AX", Q4: "A"}, (1, 0)),
}


@pytest.mark.parametrize("name", LISTS)
def test_firms_of_a_list(name):
    held, expected = LISTS[name]
    own = {key: frozenset(firms) for key, firms in held.items()}
    assert asked_and_missing(FIRMS, own, own, Q4, [LAST_YEAR, Q3]) == expected


def test_firm_that_changed_its_form_is_missing_nowhere():
    by_feed = {
        "stat_finance": {Q3: frozenset("AB"), Q4: frozenset("A")},
        "stat_trade": {Q3: frozenset("C"), Q4: frozenset("BC")},
    }
    group = together("stat_finance", by_feed)
    assert group == {Q3: frozenset("ABC"), Q4: frozenset("ABC")}
    assert asked_and_missing(FIRMS, by_feed["stat_finance"], group, Q4, [Q3]) == (1, 0)
    assert asked_and_missing(FIRMS, by_feed["stat_trade"], group, Q4, [Q3]) == (2, 0)
    assert together("tax_vat", by_feed | {"tax_vat": {Q4: frozenset("D")}}) == {Q4: frozenset("D")}
