"""What a person should know before approving a release, in a few Chinese lines."""

from __future__ import annotations

from jobs import lake
from jobs.contract import load_feed
from jobs.ledger import batches, releases, repairs
from jobs.ledger.models import Release
from jobs.policy.model import load
from jobs.quality.refusal import remarks
from jobs.release.causes import NEW, Cause, causes

_STATUS = {"complete": "必报报表到齐", "partial": "部分报送"}


def headlines(release: Release, before: Release | None) -> list[str]:
    """Return the headline figures of a period, old -> new where an approved release stood before."""

    def figures(r: Release) -> dict[str, tuple[str, float | None, str]]:
        rows = lake.gold_arrow("target_progress", r.release_id, r.programme).to_pylist()
        return {
            t["target_id"]: (t["name_zh"], t["today_value"], t["unit"])
            for t in rows
            if t["headline"] and t["period"] == r.period
        }

    old = figures(before) if before else {}
    lines = []
    for target, (name, value, unit) in sorted(figures(release).items()):
        now = "无数据" if value is None else f"{value:,.2f} {unit}"
        was = old.get(target)
        change = "" if was is None or was[1] is None or was[1] == value else f"（原 {was[1]:,.2f}）"
        lines.append(f"  - {target} {name}：{now}{change}")
    return lines


def closings(release_id: str, programme: str) -> list[str]:
    """Return the targets whose verdict an approval of the release makes final."""
    rows = lake.gold_arrow("target_progress", release_id, programme).to_pylist()
    closed = [t for t in rows if t["headline"] and t["frozen_release"] == release_id]
    return [
        f"  - {t['target_id']} {t['name_zh']}：{t['frozen_value']:,.2f} {t['unit']}，{t['frozen_state']}"
        for t in sorted(closed, key=lambda t: t["target_id"])
        if t["period"] == t["frozen_period"]
    ]


def told_causes(found: list[Cause]) -> str:
    """Return how many batches came in and, one by one, which of them changed what had come before."""
    new = sum(c.kind == NEW for c in found)
    changes = [str(c) for c in found if c.kind != NEW]
    return f"{NEW} {new} 个" + ("；" + "；".join(changes) if changes else "")


def summary(release_id: str) -> str:
    """Return what a candidate covers, how complete it is, and how its headline figures change."""
    rows = [r for r in releases.of(release_id) if r.state == "candidate"]
    standing = releases.approved()
    lines = ["审核已通过。批准后将重建服务文件并切换上线；退回则线上内容不变。", ""]
    for r in rows:
        mark = "，排名暂定" if r.provisional else ""
        lines.append(f"- {r.programme} {r.period}：{_STATUS[r.status]}，第{r.revision}版{mark}")
    for r in rows[-1:]:
        lines += [
            "",
            f"{r.programme} {r.period} 主要数：",
            *headlines(r, standing.get((r.programme, r.period))),
        ]
        found = causes(r, standing.get((r.programme, r.period)))
        lines += ["", f"依据的新批次：{told_causes(found)}"]
    closed = [line for p in dict.fromkeys(r.programme for r in rows) for line in closings(release_id, p)]
    if closed:
        lines += ["", "批准后由本版结账、此后不变的目标：", *closed]
    feeds = {feed for r in rows for feed in load(r.programme).feed_ids}
    bad = {f: sum(repairs.undecided(batches.accepted(f)).values()) for f in sorted(feeds)}
    told = "；".join(f"{load_feed(f).title} {n} 行" for f, n in bad.items() if n)
    lines += ["", f"隔离待核实：{told or '无'}"]
    if said := remarks(releases.failures(release_id)):
        lines += ["", "表内逻辑审核（不阻止发布）：", *(f"- {line}" for line in said)]
    return "\n".join(lines)
