"""Every page in a real browser, as every kind of person that may open it: whole, Chinese, explained, nothing cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import page_checks
from tests.support.people import NOBODY, PEOPLE, cases
from tests.support.shown_words import verbatim
from tests.support.superset_page import People, Visit
from tests.support.superset_users import STORED

pytestmark = [pytest.mark.e2e, pytest.mark.pages]
SAME = ("other city", NOBODY)
"""Whose screens differ from another kind's in figures only; the figures are compared through the interface."""
OPENED = [(kind, page) for kind, page in cases() if kind not in SAME]
OFFICIAL = [page for page, spec in STORED.pages.items() if "officials" in spec["for"]]
WIDE, PHONE = 1366, 390


def data_words(served_file: Path, kind: str, name: str) -> set[str]:
    """Latin words of the data that a page may show."""
    return verbatim(lambda dataset: PEOPLE[kind].file(served_file, dataset), name)


def findings(seen: Visit, kind: str, name: str, served_file: Path) -> dict[str, list[str]]:
    """What is wrong with a page at any width; analysts' frame of SQL Lab and charts has English names."""
    reads_chinese = PEOPLE[kind].audience not in (None, "analysts")
    return {
        "complaints": page_checks.refusals(seen),
        "header": page_checks.header(seen, kind, name),
        "explanation": page_checks.explanation(seen, name),
        "clipped": page_checks.clipped(seen),
        "words": page_checks.words(seen, data_words(served_file, kind, name)) if reads_chinese else [],
    }


@pytest.mark.parametrize(("kind", "name"), OPENED, ids=["-".join(one) for one in OPENED])
def test_a_page_is_whole_explained_and_chinese(
    people: People, served_file: Path, kind: str, name: str
) -> None:
    seen = people(kind, WIDE).open(name)
    found = findings(seen, kind, name, served_file)
    seen.page.close()
    assert page_checks.report(**found) == ""


@pytest.mark.parametrize("name", OFFICIAL)
def test_a_page_of_officials_has_no_grave_finding_of_accessibility(people: People, name: str) -> None:
    seen = people("city", WIDE).open(name)
    found = page_checks.accessibility(seen)
    seen.page.close()
    assert page_checks.report(accessibility=found) == ""


@pytest.mark.parametrize("name", OFFICIAL)
def test_a_page_is_one_column_on_a_telephone(people: People, served_file: Path, name: str) -> None:
    seen = people("city", PHONE).open(name)
    found = findings(seen, "city", name, served_file) | {"column": page_checks.one_column(seen, PHONE)}
    seen.page.close()
    assert page_checks.report(**found) == ""


SPOILT = {
    "header": "document.querySelector('.zj-strip').remove()",
    "explanation": "document.querySelector('.slice_description').remove()",
    "words": "document.querySelector('.zj-question').append('Loading')",
    "clipped": "Object.assign(document.querySelector('.slice_description').style, {height: '6px', overflow: 'hidden'})",
    "column": "document.querySelectorAll('.dashboard-component-chart-holder')[1].style.width = '900px'",
    "complaints": "console.error('broken')",
    "accessibility": "document.querySelector('.zj-question').insertAdjacentHTML('beforeend', '<img src=\"/zjtx/icon.svg\">')",
}
"""A check, and what is done to a page so that it has to find something."""


def test_every_check_finds_what_is_spoilt(people: People, served_file: Path) -> None:
    seen = people("city", WIDE).open("targets")
    before = findings(seen, "city", "targets", served_file)
    for spoil in SPOILT.values():
        seen.page.evaluate(spoil)
    after = findings(seen, "city", "targets", served_file) | {
        "column": page_checks.one_column(seen, WIDE // 2),
        "accessibility": page_checks.accessibility(seen),
    }
    seen.page.close()
    assert {check for check, found in before.items() if found} == set()
    assert {check for check, found in after.items() if found} == set(SPOILT)
