"""Renewals worked out by hand (methods.md §11), for the pipeline and for the sandbox's truth alike."""

import random

import pandas as pd
import pytest

from infra.sandbox.truth.panel import with_terms
from tests.support.certificate_frames import notice, of_notices
from tests.support.model_frames import day

GRANT = notice("F", "2022-06-01")
TO_2025_05_31 = ("2022-06-01", "2025-05-31")


def renewal(on, **more):
    return notice("F", on, what="renew", **more)


def withdrawal(on, **more):
    return notice("F", on, what="withdraw", **more)


# Lines of one holder -> start and end of each grant and renewal, in the order of the documents.
STORIES = {
    "before the end: the day after it": (
        [GRANT, renewal("2025-03-15")],
        [TO_2025_05_31, ("2025-06-01", "2028-05-31")],
    ),
    "on the last day: the day after it": (
        [GRANT, renewal("2025-05-31")],
        [TO_2025_05_31, ("2025-06-01", "2028-05-31")],
    ),
    "after a gap: the document's date": (
        [GRANT, renewal("2025-08-20")],
        [TO_2025_05_31, ("2025-08-20", "2028-08-19")],
    ),
    "printed": (
        [GRANT, renewal("2025-03-15", valid=("2025-04-01", "2028-03-31"))],
        [TO_2025_05_31, ("2025-04-01", "2028-03-31")],
    ),
    "only its start printed": (
        [GRANT, renewal("2025-03-15", valid=("2025-04-01", None))],
        [TO_2025_05_31, ("2025-04-01", "2028-03-31")],
    ),
    "only its end printed": (
        [GRANT, renewal("2025-03-15", valid=(None, "2028-03-31"))],
        [TO_2025_05_31, ("2025-06-01", "2028-03-31")],
    ),
    "of a certificate with printed dates": (
        [notice("F", "2022-06-20", valid=("2022-07-01", "2025-06-30")), renewal("2025-05-15")],
        [("2022-07-01", "2025-06-30"), ("2025-07-01", "2028-06-30")],
    ),
    "two in a chain": (
        [GRANT, renewal("2025-03-15"), renewal("2028-02-10")],
        [TO_2025_05_31, ("2025-06-01", "2028-05-31"), ("2028-06-01", "2031-05-31")],
    ),
    "two in a chain with a gap between them": (
        [GRANT, renewal("2025-03-15"), renewal("2028-07-01")],
        [TO_2025_05_31, ("2025-06-01", "2028-05-31"), ("2028-07-01", "2031-06-30")],
    ),
    "after the longest of the ends, not the last": (
        [
            notice("F", "2022-06-01", valid=("2022-06-01", "2026-12-31")),
            notice("F", "2023-03-01", doc="again"),
            renewal("2025-11-01"),
        ],
        [("2022-06-01", "2026-12-31"), ("2023-03-01", "2026-02-28"), ("2027-01-01", "2029-12-31")],
    ),
    "after a withdrawal: the document's date": (
        [GRANT, withdrawal("2024-01-10"), renewal("2025-03-15")],
        [TO_2025_05_31, ("2025-03-15", "2028-03-14")],
    ),
    "withdrawn later: its start stays": (
        [GRANT, renewal("2025-03-15"), withdrawal("2025-04-10")],
        [TO_2025_05_31, ("2025-06-01", "2028-05-31")],
    ),
    "after a withdrawal and a new grant: the day after the new one": (
        [GRANT, withdrawal("2023-01-10"), notice("F", "2023-07-01"), renewal("2026-05-01")],
        [TO_2025_05_31, ("2023-07-01", "2026-06-30"), ("2026-07-01", "2029-06-30")],
    ),
    "after the withdrawal of another tier": (
        [GRANT, withdrawal("2024-01-10", tier="b"), renewal("2025-03-15")],
        [TO_2025_05_31, ("2025-06-01", "2028-05-31")],
    ),
    "after a certificate of another tier only": (
        [notice("F", "2022-06-01", tier="b"), renewal("2025-03-15")],
        [TO_2025_05_31, ("2025-03-15", "2028-03-14")],
    ),
    "with nothing before it": ([renewal("2025-03-15")], [("2025-03-15", "2028-03-14")]),
    "in two documents of one day: once": (
        [GRANT, renewal("2025-03-15", doc="d1"), renewal("2025-03-15", doc="d2")],
        [TO_2025_05_31, ("2025-06-01", "2028-05-31"), ("2025-06-01", "2028-05-31")],
    ),
    "to the end of February of a leap year": (
        [notice("F", "2021-03-01"), renewal("2024-02-10")],
        [("2021-03-01", "2024-02-29"), ("2024-03-01", "2027-02-28")],
    ),
    "of a library: the document's date, no end": (
        [notice("F", "2022-06-01", tier="seed"), renewal("2025-03-15", tier="seed")],
        [("2022-06-01", None), ("2025-03-15", None)],
    ),
}


def by_pipeline(rows):
    """Return document -> start, end."""
    found = of_notices(rows, "certificates")["certificates"]
    assert len(found) == len({r["document_no"] for r in found})
    return {r["document_no"]: (r["valid_from"], r["valid_to"]) for r in found}


def by_truth(rows):
    frame = pd.DataFrame(rows)
    for name in ("document_date", "valid_from", "valid_to"):
        frame[name] = pd.to_datetime(frame[name])
    dated = with_terms(frame)
    return {
        r["document_no"]: (r["start"].date(), None if r["tier"] == "seed" else r["end"].date())
        for r in dated[dated["event"].isin(["grant", "renew"])].to_dict("records")
    }


def by_hand(story):
    lines, terms = story
    opened = [r for r in lines if r["event"] in ("grant", "renew")]
    days = [tuple(d and day(d) for d in term) for term in terms]
    return {r["document_no"]: term for r, term in zip(opened, days, strict=True)}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_term_of_a_renewal_in_the_pipeline(story):
    assert by_pipeline(story[0][::-1]) == by_hand(story)


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_term_of_a_renewal_in_the_truth(story):
    assert by_truth(story[0][::-1]) == by_hand(story)


def test_pipeline_and_truth_agree_on_made_up_stories():
    rng = random.Random(11)
    rows = []
    for i in range(1500):
        uscc = None if i % 300 == 0 else f"F{i % 250}"
        what = rng.choice(["grant", "grant", "renew", "renew", "renew", "withdraw", "rename"])
        # Few different days, so that several documents fall on one.
        on = f"{rng.randint(2019, 2031)}-{rng.choice(['02', '06'])}-{rng.choice(['01', '28'])}"
        first = f"{on[:4]}-07-01" if rng.random() < 0.3 else None
        last = f"{int(on[:4]) + 3}-06-30" if rng.random() < 0.3 else None
        tier = rng.choice(["a", "b", "seed"])
        rows.append(notice(uscc, on, tier, what, doc=f"d{i}", valid=(first, last)))
    found = by_pipeline(rows)
    assert found == by_truth(rows)
    assert len(found) > 1000
