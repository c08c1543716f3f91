"""A published figure, from the served file."""

from __future__ import annotations

import json
from typing import Any

import duckdb

from jobs.definitions.dictionary import Indicator, indicators
from jobs.definitions.period import parse
from jobs.definitions.policy.model import Programme, load_all
from jobs.definitions.reference import regions
from jobs.refusals import Refusal, choose
from jobs.serve.publish import current

HEADLINE: dict[str, tuple[str, ...]] = {
    "growth": ("same_firm",),
    "ratio": ("pooled",),
    "mean": ("pooled",),
    "level": ("sum",),
    "count": ("valid",),
    "total": ("total",),
    "item": ("total", "year"),
    "derived": ("pooled", "difference"),
}
"""Readings meant when none is named: the first that is published."""


class NotPublished(Refusal, LookupError):
    """No such figure is published; the message says what is."""


def query(sql: str, *values: Any) -> list[dict[str, Any]]:
    """Return what the served file answers, each row as a dictionary."""
    if not current().exists():
        raise NotPublished("还没有发布过任何数字：先运行 zjtx compute、approve、publish")
    with duckdb.connect(str(current()), read_only=True) as con:
        con.execute("SET TimeZone='Asia/Shanghai'")
        answer = con.execute(sql, list(values))
        names = [d[0] for d in answer.description or []]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _region(text: str) -> str:
    """Return the code of a region given by code or name."""
    return choose(
        "地区", text, {r.code: r.name for r in regions().values()}, "全部见 schemas/reference/regions.csv"
    )


def indicator_of(name: str) -> Indicator:
    """Return an indicator by id or Chinese name."""
    known = indicators()
    return known[choose("指标", name, {i.id: i.name_zh for i in known.values()}, "全部见 docs/indicators.md")]


def published(
    period: str, name: str, region: str, tier: str | None = None, reading: str | None = None
) -> dict[str, Any]:
    """Return a published figure with its release and publication.

    Raises
    ------
    NotPublished
        If there is none, or more than one.
    NotThere
        If there is no such period, indicator, region or tier; with the nearest ones.
    """
    indicator, code = indicator_of(name), _region(region)
    periods = _known("period", indicator.id)
    if period not in periods:
        choose("已发布的期间", parse(period).key, periods)
    if tier is not None:
        choose("梯度", tier, [t for t in _known("tier", indicator.id) if t])
    wanted = (reading,) if reading else HEADLINE.get(indicator.family, ())
    figures = query(
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
    own = next((same for w in wanted if (same := [f for f in figures if f["reading"] == w])), [])
    if len(own) != 1:
        there = "、".join(f["reading"] for f in figures) or "无"
        raise NotPublished(
            f"没有发布 {period} {indicator.id} {code} 梯度 {tier or '（任一）'} "
            f"口径 {'、'.join(wanted) or '（未指定）'}；该处已发布的口径：{there}；"
            f"梯度：{'、'.join(t or '（任一）' for t in _known('tier', indicator.id)) or '无'}"
        )
    return own[0] | {"n_excluded": json.loads(own[0]["n_excluded"] or "{}")}


def _known(column: str, indicator: str) -> list[str]:
    rows = query(
        f"SELECT DISTINCT {column} AS known FROM kpi_region WHERE indicator = ? ORDER BY 1 NULLS FIRST",
        indicator,
    )
    return [r["known"] or "" for r in rows]


def programme_of(figure: dict[str, Any]) -> Programme:
    """Return the programme of a figure."""
    return load_all()[figure["programme"]]


def tiers_counted(programme: Programme, tier: str | None) -> list[str]:
    """Return the tiers whose holders a cell counts: the tier, or every certificate proper."""
    return [tier] if tier else [t.code for t in programme.tiers if t.rank >= programme.certified_rank]
