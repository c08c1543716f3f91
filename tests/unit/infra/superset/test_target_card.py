"""What a target's card shows beside its state: value and share lie on their side of the target, also very close to it."""

import re

import duckdb
import pytest
import yaml

from jobs.settings import REPO

CARD = yaml.safe_load(
    (REPO / "superset_dashboards" / "datasets" / "target_progress.yaml").read_text(encoding="utf-8")
)["calculated"]["card"]["sql"]
COLUMNS = sorted(set(re.findall(r"\b[a-z]+(?:_[a-z]+)*\b", re.sub(r"'[^']*'", "", CARD))))

# Value, target, unit -> value and share as shown
SHOWN = {
    (7.996, 8.0, "%"): ("7.996", "99.95"),
    (7.5, 8.0, "%"): ("7.50", "93.8"),
    (8.0, 8.0, "%"): ("8.00", "100.0"),
    (8.0000001, 8.0, "%"): ("8.0000001", "100.000001"),
    (1499.7, 1500.0, "户"): ("1,499.7", "99.98"),
    (1414.0, 1500.0, "户"): ("1,414", "94.3"),
    (1500.0, 1500.0, "户"): ("1,500", "100.0"),
}


def card_of(given):
    kinds = {"value": "DOUBLE", "target_value": "DOUBLE", "level_ratio": "DOUBLE", "frozen_value": "DOUBLE", "today_value": "DOUBLE",
             "deadline": "DATE", "frozen_on": "DATE"}  # fmt: skip
    known = {n: given.get(n) for n in {*COLUMNS, *given} if re.fullmatch(r"[a-z_]+", n)}
    names = ", ".join(f'CAST(? AS {kinds.get(n, "VARCHAR")}) AS "{n}"' for n in known)
    ((card,),) = duckdb.execute(f"SELECT {CARD} FROM (SELECT {names})", list(known.values())).fetchall()
    return card


@pytest.mark.parametrize("case", SHOWN)
def test_the_frozen_figure_and_todays_lie_on_their_side_of_the_target_as_shown(case):
    value, target, unit = case
    texts = dict.fromkeys(("state", "clause", "name_zh", "operator", "state_reason", "quote"), "x")
    given = texts | {"value": value, "frozen_value": value, "today_value": value, "target_value": target, "unit": unit,
                     "reference_period": "2025Q4", "today_period": "2026Q2", "frozen_period": "2025Q4", "period": "2026Q2",
                     "deadline": "2025-12-31", "frozen_on": "2026-03-31", "frozen_state": "未达成", "today_state": "未达到"}  # fmt: skip
    frozen = re.search(r"结账 2026-03-31</span><span>([^ ]*) ", card_of(given))[1]
    today = re.search(r"现值 2026Q2</span><span>([^ ]*) ", card_of(given))[1]
    assert (frozen, today) == (SHOWN[case][0],) * 2


@pytest.mark.parametrize("case", SHOWN)
def test_value_and_share_are_shown_with_the_digits_that_decide(case):
    value, target, unit = case
    texts = dict.fromkeys(
        ("state", "clause", "name_zh", "operator", "state_reason", "quote", "reference_period"), "x"
    )
    given = texts | {
        "value": value,
        "target_value": target,
        "unit": unit,
        "level_ratio": value / target,
    }
    card = card_of(given)
    figure = re.search(r'zj-value">([^<]*)<', card)[1]
    share = re.search(r"完成率 ([^%]*)%", card)[1]
    assert (figure, share) == SHOWN[case]
