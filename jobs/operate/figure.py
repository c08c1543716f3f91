"""A published figure and the enterprises behind it, from the served file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

from jobs.kpi.dictionary import Indicator, indicators
from jobs.policy.model import Programme, load_all
from jobs.reference import regions
from jobs.serve.publish import current

HEADLINE = {"growth": "same_firm", "ratio": "pooled", "level": "sum", "count": "valid"}
"""Reading that is meant when none is named."""
SUMMED = ("same_firm", "amount_change", "pooled", "sum")
"""Readings whose numerator and denominator are sums over the panel."""
PANEL = (*SUMMED, "median", "mean", "p25", "p75", "share")
"""Readings whose firms are those of the panel."""


class NotPublished(LookupError):
    """No such figure is published; the message says what is."""


@dataclass(frozen=True)
class Part:
    """What one entity adds to a figure.

    Attributes
    ----------
    line, den_line : tuple or None
        Batch, sheet and row of the numerator and of the denominator.
    """

    code: str
    name: str
    place: str
    value: float | None
    numerator: Decimal | None
    denominator: Decimal | None
    line: tuple[str, str, int] | None
    den_line: tuple[str, str, int] | None
    counted: bool = True
    label: str = ""


@dataclass(frozen=True)
class Check:
    """A sum over the parts beside the published one."""

    name: str
    published: Decimal | int | None
    added: Decimal | int | None

    @property
    def equal(self) -> bool:
        """Whether they are equal; nothing equals the sum of nothing."""
        return (self.published or 0) == (self.added or 0)


def _query(sql: str, *values: Any) -> list[dict[str, Any]]:
    if not current().exists():
        raise NotPublished("还没有发布过任何数字：先运行 zjtx compute、approve、publish")
    with duckdb.connect(str(current()), read_only=True) as con:
        con.execute("SET TimeZone='Asia/Shanghai'")
        found = con.execute(sql, list(values))
        names = [d[0] for d in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _region(text: str) -> str:
    """Return the code of a region given by code or name."""
    named = [r.code for r in regions().values() if text in (r.code, r.name)]
    if len(named) != 1:
        found = "、".join(f"{c} {regions()[c].name}" for c in named) or "无"
        raise NotPublished(f"地区“{text}”无法确定（符合的：{found}），请用代码")
    return named[0]


def indicator_of(name: str) -> Indicator:
    """Return an indicator by id or Chinese name."""
    for indicator in indicators().values():
        if name in (indicator.id, indicator.name_zh):
            return indicator
    raise NotPublished(f"没有指标“{name}”；可用：{'、'.join(indicators())}")


def published(
    period: str, name: str, region: str, tier: str | None = None, reading: str | None = None
) -> dict[str, Any]:
    """Return a published figure with its release and publication.

    Raises
    ------
    NotPublished
        If there is none, or more than one.
    """
    indicator, code = indicator_of(name), _region(region)
    wanted = reading or HEADLINE.get(indicator.family, "")
    found = _query(
        """SELECT k.*, p.published_at, p.status AS release_status, p.revision, p.seq, p.data_as_of
           FROM kpi_region k JOIN publication p USING (publication_id, programme, period)
           WHERE period = ? AND indicator = ? AND region_code = ? AND tier IS NOT DISTINCT FROM ?
             AND domain IS NULL AND size_class IS NULL AND industry IS NULL
           ORDER BY programme, reading""",
        period,
        indicator.id,
        code,
        tier,
    )
    own = [f for f in found if f["reading"] == wanted]
    if len(own) != 1:
        there = "、".join(f["reading"] for f in found) or "无"
        raise NotPublished(
            f"没有发布 {period} {indicator.id} {code} 梯度 {tier or '（任一）'} 口径 {wanted or '（未指定）'}；"
            f"该处已发布的口径：{there}；期间：{_periods(indicator.id)}"
        )
    return own[0] | {"n_excluded": json.loads(own[0]["n_excluded"] or "{}")}


def _periods(indicator: str) -> str:
    rows = _query("SELECT DISTINCT period FROM kpi_region WHERE indicator = ? ORDER BY 1", indicator)
    return "、".join(r["period"] for r in rows) or "无"


def programme_of(figure: dict[str, Any]) -> Programme:
    """Return the programme of a figure."""
    return load_all()[figure["programme"]]


def tiers_counted(programme: Programme, tier: str | None) -> list[str]:
    """Return the tiers whose holders a cell counts: the tier, or every certificate proper."""
    return [tier] if tier else [t.code for t in programme.tiers if t.rank >= programme.certified_rank]


def enterprises(figure: dict[str, Any]) -> list[Part]:
    """Return the enterprises in scope of a figure, those with the largest numerator first.

    ``counted`` says whether they are in the panel; the others carry the label that says why not.
    """
    tiers = tiers_counted(programme_of(figure), figure["tier"])
    column = {"unit": "region_code", "county": "county_code"}.get(figure["region_level"])
    rows = _query(
        f"""SELECT e.*, s.region_name, s.county_name
            FROM kpi_enterprise e JOIN enterprise_statement s USING (publication_id, programme, period, uscc)
            WHERE e.programme = ? AND e.period = ? AND e.indicator = ?
              AND list_has_any(string_split(s.tiers, ','), ?) {f"AND e.{column} = ?" if column else ""}
            ORDER BY in_panel DESC, abs(numerator) DESC NULLS LAST, uscc""",
        figure["programme"],
        figure["period"],
        figure["indicator"],
        tiers,
        *([figure["region_code"]] if column else []),
    )
    return [
        Part(
            r["uscc"], r["name"], r["county_name"] or r["region_name"] or "", r["value"], r["numerator"],
            r["denominator"], _line(r, ""), _line(r, "den_"), r["in_panel"], r["label"],
        )
        for r in rows
    ]  # fmt: skip


def _line(row: dict[str, Any], prefix: str) -> tuple[str, str, int] | None:
    batch, sheet, row_no = (row[f"{prefix}{n}"] for n in ("batch_id", "sheet", "row_no"))
    return (batch, sheet or "", row_no) if batch else None


def checks(figure: dict[str, Any], parts: list[Part]) -> list[Check]:
    """Add up the parts of a figure beside what is published."""
    counted = [p for p in parts if p.counted]
    found = [Check("户数", figure["n"], len(counted))]
    if figure["reading"] in SUMMED:
        for name, column in (("分子", "numerator"), ("分母", "denominator")):
            if figure[column] is not None:
                own = [getattr(p, column) for p in counted]
                found.append(Check(name, figure[column], sum((v for v in own if v is not None), Decimal(0))))
    return found
