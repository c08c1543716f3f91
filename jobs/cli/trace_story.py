"""A trace as lines of text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jobs.clock import ZONE
from jobs.definitions.contract import load_feed, load_table
from jobs.definitions.dictionary import indicators, of_certificates
from jobs.definitions.policy.model import load_all
from jobs.operate.lines import ReceivedLine
from jobs.operate.parts import Part, Question
from jobs.operate.trace import LineageStep, Trace

_RELEASED = {"complete": "完整", "partial": "部分"}
_CODE = "[A-Za-z_]+"
_CODED = (("kpi_enterprise", "label"), ("kpi_region", "status"), ("kpi_region", "tier"))
"""Tables and columns whose codes a figure and its parts carry."""


@lru_cache(maxsize=4)
def _words(programme: str) -> dict[str, str]:
    """Return code -> what people call it, of reasons, states, tiers and events of certificates."""
    columns = [load_table(table).column(column) for table, column in _CODED]
    if certificates := load_all()[programme].roles.get("certificates"):
        columns.append(load_feed(certificates).column("event"))
    return {code: label for column in columns for label, code in column.codes.items() if label != code}


def _number(value: Any) -> str:
    return "—" if value is None else f"{value:,.4f}".rstrip("0").rstrip(".")


def tell(made: Trace, limit: int) -> Iterator[str]:
    """Yield a trace: the figure, whether its parts add up, then entity by entity the cells behind it."""
    f, words = made.figure, _words(made.figure["programme"])
    tier = words.get(f["tier"], f["tier"]) if f["tier"] else "任一证书"
    yield f"{f['programme']} {f['period']} {f['indicator']} {f['region_name']} 梯度 {tier} 口径 {f['reading']}"
    at = f["reference_period"] or f["reference_date"]
    yield f"数值：{_number(f['value'])} {f['unit']}（状态 {words[f['status']]}，参考期 {at}）"
    yield f"分子：{_number(f['numerator'])}　分母：{_number(f['denominator'])}"
    excluded = "、".join(f"{words[k]} {v}" for k, v in f["n_excluded"].items()) or "无"
    yield f"户数：{f['n']}（范围内 {f['n_scope']}，未计入：{excluded}）"
    if f["note"]:
        yield f"附注：{f['note']}"
    if f["source_text"]:
        yield f"来源：{f['source_text']}"
    if f["n_pending"] and f["indicator"] in of_certificates(indicators().values()):
        yield f"更正待处理：{f['n_pending']} 条撤销、复核公告对不上持有者，可能改变此数（zjtx review list）"
    elif f["n_pending"]:
        yield f"更正待处理：{f['n_pending']} 户仍用旧值，更正的行在隔离区"
    at = f"{f['published_at'].astimezone(ZONE):%Y-%m-%d %H:%M}"
    yield f"发布：{f['release']}（第{f['revision']}版，{_RELEASED[f['release_status']]}，知识序号 {f['seq']}），上线 {f['publication_id']} {at}"
    if not made.checks:
        yield f"核对：口径 {f['reading']} 不按户存储分子分母，以下为范围内的企业"
    for check in made.checks:
        word = "相符" if check.equal else "不符！"
        yield f"核对：{check.name} 发布 {_number(check.published)}，由构成得出 {_number(check.added)}：{word}"
    for i, part in enumerate(made.parts[:limit]):
        yield from _part(i + 1, part, words)
        for step in made.lineage.get(i, []):
            yield from _step(step)
    if len(made.parts) > limit:
        yield f"……另有 {len(made.parts) - limit} 项，用 --limit 0 或 --csv 列出"


def _part(number: int, part: Part, words: Mapping[str, str]) -> Iterator[str]:
    label = _said(part, words)
    told = "" if part.label in ("", "OK") else f"（{label}）"
    mark = told if part.counted else f"（未计入：{label}）"
    value = "" if part.value is None else f"　值 {_number(part.value)}"
    yield f"{number}. {part.code or '（无代码）'} {part.name} {part.place}{mark}"
    yield f"   分子 {_number(part.numerator)}　分母 {_number(part.denominator)}{value}"
    if part.question:
        yield f"   再追：{_command(part.question)}"


def _said(part: Part, words: Mapping[str, str]) -> str:
    """Return what is said of a part, codes as people call them; what a source wrote stays as it is."""
    written = sorted(filter(None, part.written), key=len, reverse=True)
    piece = re.compile("|".join([*map(re.escape, written), f"(?P<code>{_CODE})"]))
    return piece.sub(lambda m: words.get(m[0], m[0]) if m["code"] else m[0], part.label)


def _command(question: Question) -> str:
    period, indicator, region, tier, reading = question
    at_tier = f" --tier {tier}" if tier else ""
    return f"zjtx trace {period} {indicator} {region}{at_tier} --reading {reading}"


def _step(step: LineageStep) -> Iterator[str]:
    yield f"   {step.role}：{step.text()}"
    yield f"      {_where(step.line)}"
    for line in step.corrects:
        cell = LineageStep("", step.columns, line)
        yield f"      更正自：{cell.text()}"
        yield f"      {_where(line)}"


def _where(line: ReceivedLine) -> str:
    batch, sheet, row = line.place
    sheet = f" 工作表 {sheet}" if sheet else ""
    return f"文件 {line.file.file_id} {line.file.path}{sheet} 第{row}行，批次 {batch}"
