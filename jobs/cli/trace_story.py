"""A trace as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jobs.clock import ZONE
from jobs.definitions.dictionary import indicators, of_certificates
from jobs.operate.lines import ReceivedLine
from jobs.operate.parts import Part, Question
from jobs.operate.trace import LineageStep, Trace


def _number(value: Any) -> str:
    return "—" if value is None else f"{value:,.4f}".rstrip("0").rstrip(".")


def tell(made: Trace, limit: int) -> Iterator[str]:
    """Yield a trace: the figure, whether its parts add up, then entity by entity the cells behind it."""
    f = made.figure
    yield f"{f['programme']} {f['period']} {f['indicator']} {f['region_name']} 梯度 {f['tier'] or '任一证书'} 口径 {f['reading']}"
    yield f"数值：{_number(f['value'])} {f['unit']}（状态 {f['status']}，参考期 {f['reference_period'] or f['reference_date']}）"
    yield f"分子：{_number(f['numerator'])}　分母：{_number(f['denominator'])}"
    excluded = "、".join(f"{k} {v}" for k, v in f["n_excluded"].items()) or "无"
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
    yield f"发布：{f['release']}（第{f['revision']}版，{f['release_status']}，知识序号 {f['seq']}），上线 {f['publication_id']} {at}"
    if not made.checks:
        yield f"核对：口径 {f['reading']} 不按户存储分子分母，以下为范围内的企业"
    for check in made.checks:
        word = "相符" if check.equal else "不符！"
        yield f"核对：{check.name} 发布 {_number(check.published)}，由构成得出 {_number(check.added)}：{word}"
    for i, part in enumerate(made.parts[:limit]):
        yield from _part(i + 1, part)
        for step in made.lineage.get(i, []):
            yield from _step(step)
    if len(made.parts) > limit:
        yield f"……另有 {len(made.parts) - limit} 项，用 --limit 0 或 --csv 列出"


def _part(number: int, part: Part) -> Iterator[str]:
    told = "" if part.label in ("", "OK") else f"（{part.label}）"
    mark = told if part.counted else f"（未计入：{part.label}）"
    value = "" if part.value is None else f"　值 {_number(part.value)}"
    yield f"{number}. {part.code or '（无代码）'} {part.name} {part.place}{mark}"
    yield f"   分子 {_number(part.numerator)}　分母 {_number(part.denominator)}{value}"
    if part.question:
        yield f"   再追：{_command(part.question)}"


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
