"""What an operator should do next, the most urgent first, from ledger and contracts."""

from __future__ import annotations

from jobs.clock import ZONE
from jobs.contract import load_feed
from jobs.ledger import batches, releases, session
from jobs.ledger.models import Audit
from jobs.notify import notices
from jobs.operate.status import Cell, names
from jobs.policy.model import load_all
from jobs.release.gate import decide
from jobs.settings import settings

SAID = 3
"""How much is said at once."""


def _broken(cells: list[Cell]) -> list[str]:
    """Return what stops the flow: unfinished polls, refused files, missing reports."""
    feeds = list(dict.fromkeys(c.feed for c in cells))
    found = [f"{f} 有未处理完的一轮：zjtx ingest {f}" for f in feeds if batches.open_poll(f)]
    refused = sorted({i for c in cells for i in c.refused})
    if refused:
        found.append(f"{len(refused)} 个文件被拒收、尚无替换：zjtx file show {refused[-1]}")
    for cell in cells:
        if cell.missing:
            title = load_feed(cell.feed).title
            found.append(f"{title} {cell.period} 逾期，催报：{names(cell.missing)}")
    return found


def _releases() -> list[str]:
    """Return what is to be decided on or computed."""
    found = []
    with session() as s:
        last = s.query(Audit).order_by(Audit.audit_id.desc()).first()
    if last and not last.passed and any(r.state == "refused" for r in releases.of(last.release_id)):
        found.append(f"{last.release_id} 审核未通过，原发布继续有效：见审核报告")
    found += [f"{r} 等待审批：zjtx approve {r} --by 姓名" for r in releases.waiting()]
    if any(decide(p).periods for p in load_all().values()):
        found.append("有期间可以计算：zjtx compute")
    holds = next((p.releases for p in releases.publications()[-1:]), {})
    if any(holds.get(p, {}).get(k) != r.release_id for (p, k), r in releases.approved().items()):
        found.append("有已批准未上线的发布：zjtx publish")
    return found


def _rest(cells: list[Cell]) -> list[str]:
    found = []
    rows = {c.feed: 0 for c in cells}
    for cell in cells:
        rows[cell.feed] += cell.open
    worst = max(rows, key=lambda f: rows[f], default="")
    if worst and rows[worst]:
        found.append(f"隔离待处理 {sum(rows.values())} 行：zjtx quarantine export 更正.xlsx --feed {worst}")
    undelivered = len(notices(undelivered=True)) if settings().notify else 0
    if undelivered:
        found.append(f"{undelivered} 条通知未送达：zjtx notices --send")
    return found


def _coming(cells: list[Cell]) -> str:
    """Return the deadline that comes next of what has not arrived."""
    waiting = [c for c in cells if c.due and len(c.arrived) < len(c.expected) and not c.missing]
    if not waiting:
        return "没有要做的事"
    first = min(waiting, key=lambda c: c.due)  # type: ignore[arg-type, return-value]
    assert first.due is not None
    here = f"{len(first.arrived)}/{len(first.expected)}"
    return f"没有要做的事；等 {load_feed(first.feed).title} {first.period}（{here}），{first.due.astimezone(ZONE):%m-%d} 截止"


def next_steps(cells: list[Cell]) -> list[str]:
    """Return what to do, most urgent first; never empty.

    Parameters
    ----------
    cells : list of Cell
        What the operator sees.
    """
    return [*_broken(cells), *_releases(), *_rest(cells)] or [_coming(cells)]


def one_line(cells: list[Cell]) -> str:
    """Return the most urgent steps in one line."""
    steps = next_steps(cells)
    more = f"；另有 {len(steps) - SAID} 项" if len(steps) > SAID else ""
    return f"接下来：{'；'.join(steps[:SAID])}{more}"
