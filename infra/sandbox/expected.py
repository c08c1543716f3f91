"""The figures the pipeline should publish at a business clock.

`python -m infra.sandbox.expected --truth DIR --clock ISO --out FILE`

An implementation of its own, in pandas on the clean panel; it shares no code with the pipeline.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from infra.sandbox.panel import OWN_UNIT, Panel, ever_holders, load, place, valid_holders

PROVINCE = "220000"
RANK = {"seed": 1, "city_srdi": 2, "provincial_srdi": 3, "national_little_giant": 5, "national_champion": 6}
CERTIFIED_RANK = 2
PERIODS = ("2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2")
YUAN = 1000
RD_LINE_PERCENT = 2
COLUMNS = [
    "period",
    "region_code",
    "region_level",
    "tier",
    "indicator",
    "reading",
    "value",
    "numerator",
    "denominator",
    "n",
]
Row = dict[str, object]


def expected(truth_dir: Path | str, clock: str | dt.datetime, drop_closed: bool = False) -> pd.DataFrame:
    """All expected figures at a business clock.

    Parameters
    ----------
    truth_dir : path
        Directory written by the generator.
    clock : str or datetime
        Business clock, ISO with offset.
    drop_closed : bool
        Whether a firm's closure (注销) ends its certificates; by default only a withdrawal does.
    """
    panel = load(Path(truth_dir), clock)
    rows: list[Row] = []
    for period in PERIODS:
        if panel.statements_complete(_scope(_last_month(period))):
            rows.extend({"period": period, **row} for row in _quarter(panel, period, drop_closed))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype({"value": "float64", "numerator": "Int64", "denominator": "Int64", "n": "Int64"})


def _last_month(period: str) -> str:
    return f"{period[:4]}{int(period[5]) * 3:02d}"


def _scope(month: str) -> str:
    return month[:4] if month < "202601" else month


def _quarter(panel: Panel, period: str, drop_closed: bool) -> Iterator[Row]:
    month = _last_month(period)
    day = pd.Period(month, freq="M").end_time.normalize()
    valid = valid_holders(panel, day, drop_closed)
    yield from _counts(panel, valid, day)
    year = _reference_year(panel, period)
    money = _finance_columns(panel, month).join(_rd_columns(panel, year), how="outer")
    for tier, holders in _scopes(valid):
        firms = place(panel, holders, day).set_index("holder").join(money)
        for code, level, cell in _cells(firms):
            head = {"region_code": code, "region_level": level, "tier": tier}
            for figure in (*_growth(cell), *_intensity(cell), *_rd_growth(cell)):
                yield head | figure


def _scopes(valid: pd.DataFrame) -> Iterator[tuple[str | None, pd.DataFrame]]:
    rank = valid["tier"].map(RANK)
    yield None, valid.loc[rank >= CERTIFIED_RANK, ["holder"]].drop_duplicates()
    for tier, value in RANK.items():
        if value >= CERTIFIED_RANK:
            yield tier, valid.loc[valid["tier"] == tier, ["holder"]]


def _cells(firms: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Split into province, units and counties; 长白山 is a unit only."""
    yield PROVINCE, "province", firms
    for code, cell in firms.groupby("unit", sort=True):
        yield str(code), "unit", cell
    for code, cell in firms[firms["county"] != OWN_UNIT].groupby("county", sort=True):
        yield str(code), "county", cell


def _counts(panel: Panel, valid: pd.DataFrame, day: pd.Timestamp) -> Iterator[Row]:
    ever = ever_holders(panel, day)
    for tier in (None, *RANK):
        readings = {"valid": _of_tier(valid, tier), "ever": _of_tier(ever, tier)}
        if tier:
            higher = valid["tier"].map(RANK) >= RANK[tier]
            readings["valid_or_higher"] = valid.loc[higher, ["holder"]].drop_duplicates()
        for reading, holders in readings.items():
            found = {(c, lv): len(cell) for c, lv, cell in _cells(place(panel, holders, day))}
            zero = {(unit, "unit"): 0 for unit in panel.regions["unit_code"]}
            for (code, level), count in (zero | found).items():
                head = {
                    "region_code": code,
                    "region_level": level,
                    "tier": tier,
                    "indicator": "certificate_count",
                }
                yield head | {"reading": reading, "value": count, "numerator": count, "n": count}


def _of_tier(holders: pd.DataFrame, tier: str | None) -> pd.DataFrame:
    rank = holders["tier"].map(RANK)
    mask = rank >= CERTIFIED_RANK if tier is None else holders["tier"] == tier
    return holders.loc[mask, ["holder"]].drop_duplicates()


def _finance_columns(panel: Panel, month: str) -> pd.DataFrame:
    """Current C, restated base R and last year's own figure P per firm, in 千元."""
    rows = panel.finance.set_index("uscc")
    now = rows.loc[rows["period"] == month, ["revenue", "revenue_prior"]]
    before = rows.loc[rows["period"] == str(int(month) - 100), ["revenue"]]
    now = now.rename(columns={"revenue": "c", "revenue_prior": "r"})
    return now.join(before.rename(columns={"revenue": "p"}), how="outer").astype("Int64")


def _reference_year(panel: Panel, period: str) -> int:
    """Year of the R&D form that a quarter shows."""
    year, quarter = int(period[:4]), int(period[5])
    first = year if quarter == 4 else year - 1
    return first if panel.complete("stat_rd", str(first)) else first - 1


def _rd_columns(panel: Panel, year: int) -> pd.DataFrame:
    """R&D of the year and of the year before, and the year's revenue, per firm, in 千元."""
    rd = panel.rd.set_index("uscc")
    revenue = panel.finance.set_index("uscc")
    parts = {
        "rd": rd.loc[rd["year"] == year, "rd_total"],
        "rd_before": rd.loc[rd["year"] == year - 1, "rd_total"],
        "sales": revenue.loc[revenue["period"] == f"{year}12", "revenue"],
    }
    return pd.DataFrame(parts).astype("Int64")


def _growth(cell: pd.DataFrame) -> Iterator[Row]:
    c, r, p = cell["c"], cell["r"], cell["p"]
    reports = c.notna()
    same, published = reports & r.notna(), reports & p.notna()
    if reports.any():
        yield _figure("revenue", "sum", None, c[reports].sum(), None, reports.sum())
        yield _rate("revenue_growth", "all_firm", c[reports].sum(), p.sum(), reports.sum())
    if same.any():
        yield _rate("revenue_growth", "same_firm", c[same].sum(), r[same].sum(), same.sum())
        change = float(int(c[same].sum() - r[same].sum()) * YUAN)
        yield _figure("revenue_growth", "amount_change", change, c[same].sum(), r[same].sum(), same.sum())
    if published.any():
        yield _rate(
            "revenue_growth", "published_base", c[published].sum(), p[published].sum(), published.sum()
        )


def _intensity(cell: pd.DataFrame) -> Iterator[Row]:
    rd, sales = cell["rd"], cell["sales"]
    eligible = (rd.notna() & sales.notna() & (rd >= 0) & (sales > 0)).fillna(False).astype(bool)
    num, den = rd[eligible].astype("int64"), sales[eligible].astype("int64")
    n = len(num)
    if not n:
        return
    ratio = num / den
    met = int((num * 100 >= RD_LINE_PERCENT * den).sum())
    yield _figure("rd_intensity", "pooled", num.sum() / den.sum(), num.sum(), den.sum(), n)
    yield {"indicator": "rd_intensity", "reading": "median", "value": ratio.median(), "n": n}
    yield {"indicator": "rd_intensity", "reading": "mean", "value": ratio.mean(), "n": n}
    yield {
        "indicator": "rd_intensity",
        "reading": "share",
        "value": met / n,
        "numerator": met,
        "denominator": n,
        "n": n,
    }


def _rd_growth(cell: pd.DataFrame) -> Iterator[Row]:
    both = cell["rd"].notna() & cell["rd_before"].notna()
    if both.any():
        yield _rate(
            "rd_growth", "same_firm", cell["rd"][both].sum(), cell["rd_before"][both].sum(), both.sum()
        )


def _rate(indicator: str, reading: str, now: int, base: int, n: int) -> Row:
    """Growth as a fraction; without a positive base it cannot be compared."""
    value = int(now) / int(base) - 1 if base > 0 else None
    return _figure(indicator, reading, value, now, base, n)


def _figure(indicator: str, reading: str, value: float | None, now: int, base: int | None, n: int) -> Row:
    """A row with its parts in yuan; a plain sum is its own numerator."""
    numerator = int(now) * YUAN
    return {
        "indicator": indicator,
        "reading": reading,
        "value": float(numerator) if reading == "sum" else value,
        "numerator": numerator,
        "denominator": None if base is None else int(base) * YUAN,
        "n": int(n),
    }


def main(
    truth: Annotated[Path, typer.Option(help="真值目录")],
    clock: Annotated[str, typer.Option(help="业务时钟，如 2026-01-20T09:00:00+08:00")],
    out: Annotated[Path, typer.Option(help="写出的 Parquet 文件")],
    drop_closed: Annotated[bool, typer.Option(help="注销企业的证书不再计为有效")] = False,
) -> None:
    """按真值算出某一业务时钟下应发布的指标。"""
    frame = expected(truth, clock, drop_closed)
    frame.to_parquet(out, index=False)
    typer.echo(f"{len(frame)} 行写入 {out}")


if __name__ == "__main__":
    typer.run(main)
