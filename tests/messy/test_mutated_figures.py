"""Forms spoilt in known ways: no accepted figure differs from the clean form's unless that very figure was changed."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from jobs.definitions.contract import DOUBT, WIDTH, load_feed
from jobs.definitions.measures import MONEY_UNITS
from jobs.sheets.choice import Refused
from tests.support.figure_mutations import Form, amount, mutated
from tests.support.files import COUNTY, FINANCE, code
from tests.support.messy_files import read

FORM = load_feed("stat_finance")
F = {"reporter": "220100", "period": "202602"}
COLUMNS = {4: "revenue", 5: "revenue_prior", 6: "staff_end"}
FILES = 150


def clean(rng: random.Random) -> Form:
    rows: list[list[Any]] = [list(FINANCE)]
    for n in range(1, rng.randrange(3, 9)):
        revenue, prior = rng.randrange(1, 10**9) / 100, rng.randrange(1, 10**6)
        rows.append(
            ["202602", code(n), f"测试企业{n}（长春）", COUNTY, revenue, prior, rng.randrange(1, 9999)]
        )
    return Form(rows, key=1, figures=list(COLUMNS))


def fuzzed(number: int) -> Any:
    return pytest.param(number, marks=() if number == 0 else pytest.mark.fuzz)


@pytest.mark.parametrize("turn", [fuzzed(n) for n in range(20)])
def test_no_accepted_figure_differs_unless_it_was_changed_and_no_row_is_lost(
    tmp_path: Path, turn: int
) -> None:
    fates: Counter[str] = Counter()
    for seed in range(turn * FILES, (turn + 1) * FILES):
        rng = random.Random(seed)
        form = clean(rng)
        expected = {row[1]: list(row) for row in form.rows[1:]}
        kind, content = mutated(rng, form)
        about = f"seed {seed}: {kind}, {form.done}"
        try:
            found, rows = read(tmp_path, FORM, content, **F)
        except Refused as refused:
            assert {"scaled", "waiting"} & set(form.done), f"{about}: {refused}"
            fates["refused"] += 1
            continue
        assert "waiting" not in form.done and found.sheet != "草稿", about
        landed = {c["uscc"].strip(): c for _, c in rows if "uscc" in c}
        assert set(landed) == set(expected) and len(rows) == len(expected), about
        for firm, cells in landed.items():
            if DOUBT in cells or WIDTH in cells:
                fates["doubtful"] += 1
                continue
            for at, name in COLUMNS.items():
                value = amount(cells.get(name, ""))
                if value is None:
                    shown = "%" in cells.get(name, "")
                    assert (firm, at) in form.touched or ("per_cent" in form.done and shown), (
                        f"{about}: {firm} {name}"
                    )
                    fates["quarantined"] += 1
                    continue
                unit = MONEY_UNITS[found.units[name]] if name in found.units else 1
                wanted = amount(str(expected[firm][at]))
                assert value * unit == wanted * (1000 if name in found.units else 1), (
                    f"{about}: {firm} {name}"
                )
                fates["equal"] += 1
    print(fates)
    assert min(fates[f] for f in ("refused", "doubtful", "quarantined", "equal")) > FILES / 20
