"""Files of one feed, as its contract wants them: a reporting unit's cumulative form per month, one line per firm."""

from __future__ import annotations

import csv
import os
import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from stdnum.cn import uscc

from jobs.definitions.contract import load_feed
from jobs.definitions.reference import reporters

FEED = "stat_finance"
COUNTY = "220102"
DELIVERED = "2026-01-10T09:00:00+08:00"


def _code(number: int) -> str:
    body = f"91220101{number:08d}X"
    return body + uscc.calc_check_digit(body)


def _lines(year: int, month: int, codes: list[str], rng: random.Random) -> Iterator[list[str]]:
    """Yield lines whose money is in 千元 with two decimals; every other column of the contract is filled."""
    columns = load_feed(FEED).cells
    for number, code in enumerate(codes):
        base = rng.randrange(1_000, 900_000)
        given = {
            "period": f"{year}{month:02d}",
            "uscc": code,
            "name": f"测试企业{number}",
            "county_code": COUNTY,
        }
        yield [given.get(c.name) or (f"{base}.{number % 100:02d}" if c.money else "20") for c in columns]


def write(root: Path, year: int, files: int, rows: int) -> list[Path]:
    """Write ``files`` CSV files of ``rows`` lines together, below a source's root.

    Parameters
    ----------
    root : Path
        What the connection shows.
    year : int
        The forms' year: another year is another set of scopes.
    files, rows : int

    Returns
    -------
    list of Path
        In the order in which they count.
    """
    units = reporters("ranked_units")
    header = [c.label for c in load_feed(FEED).cells]
    stamp = datetime.fromisoformat(DELIVERED).timestamp()
    each, rng, made = rows // files, random.Random(year), []
    codes = {u: [_code(k * 100_000 + n) for n in range(each)] for k, u in enumerate(units)}
    for number in range(files):
        # From March on: February is the first month that is reported.
        month, unit = 3 + number // len(units), units[number % len(units)]
        if month > 12:
            raise ValueError(f"at most {10 * len(units)} files a year / 一年最多 {10 * len(units)} 个文件")
        path = root / f"stat/{unit}/203/203_{unit}_{year}{month:02d}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8-sig", newline="") as out:
            csv.writer(out).writerows([header, *_lines(year, month, codes[unit], rng)])
        os.utime(path, (stamp, stamp))
        made.append(path)
    return made
