"""Properties of flows that hold for any register (methods.md §11), against a day-by-day count in plain Python."""

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.definitions.period import parse
from tests.support.certificate_frames import notice
from tests.support.flow_frames import CITY, PROVINCE, RANKS, SEED, flowing, flows

FEW_RUNS = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
PERIODS = ["2023", "2024", "2025Q1", "2025Q2", "2026"]
BALANCING = ("entry", "reentry", "expiry", "withdrawal")
FIRST = date(2019, 1, 1)
LINES = st.lists(
    st.tuples(
        st.sampled_from("ABCD"),
        st.sampled_from([SEED, CITY, PROVINCE]),
        st.sampled_from(["grant", "grant", "renew", "withdraw"]),
        # Few days, the ends of periods among them.
        st.sampled_from(["2020-01-01", "2022-12-31", "2023-01-01", "2024-06-15", "2024-12-31", "2025-03-31", "2025-04-01"]),
        st.sampled_from([None, "2023-01-01", "2025-04-01"]),
        st.sampled_from([None, "2024-12-31", "2025-03-31", "2027-12-31"]),
    ),
    min_size=1,
    max_size=40,
)  # fmt: skip


def valid_on(rows, day):
    """Return holder and tier of what is valid on a day."""
    return {
        (r["holder"], r["tier"])
        for r in rows
        if r["valid_from"] <= day
        and (r["valid_to"] is None or day <= r["valid_to"])
        and (r["withdrawn_on"] is None or day < r["withdrawn_on"])
    }


def holders(valid, tier, nested):
    least = 2 if tier is None else RANKS[tier]
    return {h for h, t in valid if (t == tier if tier and not nested else RANKS[t] >= least)}


def days_before(begin):
    return (FIRST + timedelta(n) for n in range((begin - FIRST).days))


@FEW_RUNS
@given(LINES)
def test_stock_moves_by_the_flows_and_only_first_timers_enter(lines):
    rows = [
        notice(firm, on, tier, what, doc=f"d{i}", valid=(first, last))
        for i, (firm, tier, what, on, first, last) in enumerate(lines)
    ]
    found = flowing(rows, PERIODS, "certificates", "moves")
    known = found["certificates"]
    moved = {}
    for r, name in flows(found["moves"]):
        moved.setdefault((r["period"], r["tier"], r["nested"], name), set()).add(r["holder"])
    stocks = [(t, n) for t in RANKS for n in (False, True)] + [(None, False)]
    for period in PERIODS:
        begin, end = parse(period).begin, parse(period).end
        before, after = valid_on(known, begin - timedelta(1)), valid_on(known, end)
        past = set().union(*(valid_on(known, d) for d in days_before(begin)))
        for tier, nested in stocks:
            of = {name: moved.get((period, tier, nested, name), set()) for name in BALANCING}
            then, now, ever = (holders(v, tier, nested) for v in (before, after, past))
            assert len(now) == len(then) + len(of["entry"]) + len(of["reentry"]) - len(of["expiry"]) - len(
                of["withdrawal"]
            )
            assert of["entry"] == now - then - ever
            assert of["reentry"] == (now - then) & ever
            assert of["expiry"] | of["withdrawal"] == then - now
            assert not of["expiry"] & of["withdrawal"]
        assert moved.get((period, None, False, "exit"), set()) == holders(before, None, False) - holders(
            after, None, False
        )
