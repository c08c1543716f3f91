"""What a person should know before approving a release, in a few Chinese lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby

from jobs import clock, lake
from jobs.definitions.contract import load_feed
from jobs.definitions.policy.model import Programme, load
from jobs.kpi.figures import MARK
from jobs.ledger import batches, releases, repairs, settlements
from jobs.ledger.models import Release
from jobs.quality.refusal import remarks
from jobs.release.causes import NEW, Cause, causes
from jobs.release.certificate_notices import notices_at
from jobs.release.knowledge import known_to
from jobs.shown import as_decided, one_and_other
from jobs.targets.closing import Row, closing_day, closing_days
from jobs.targets.states import PENDING

_STATUS = {"complete": "必报报表到齐", "partial": "部分报送"}


def headline_rows(release: Release | None) -> dict[str, Row]:
    """Return target -> its headline's row of a release and its period."""
    if release is None:
        return {}
    rows = lake.gold_arrow("target_progress", release.release_id, release.programme).to_pylist()
    return {t["target_id"]: t for t in rows if t["headline"] and t["period"] == release.period}


def headlines(rows: Mapping[str, Row], before: Mapping[str, Row]) -> list[str]:
    """Return the headline figures of a period, old -> new where an approved release stood before."""
    lines = []
    for target, row in sorted(rows.items()):
        value, was = row["today_value"], before.get(target, row)["today_value"]
        if value is None or was is None:
            now, then = (None if x is None else as_decided(x, None) for x in (value, was))
        else:
            now, then = one_and_other(value, was)
        figure = "无数据" if now is None else f"{now} {row['unit']}"
        change = f"（原 {then}）" if then is not None and was != value else ""
        lines.append(f"  - {target} {row['name_zh']}：{figure}{change}")
    return lines


def verdicts(rows: Mapping[str, Row], before: Mapping[str, Row]) -> list[str]:
    """Return the verdicts on a period's targets that the release standing so far does not say, and whose figures decide."""
    lines = []
    for target, row in sorted(rows.items()):
        told = before[target]["frozen_state"] if target in before else None
        # Beside a figure of the next year stands the verdict on the year before: it is no news of that period.
        if row["frozen_state"] in (None, told) or row["frozen_period"] != row["period"]:
            continue
        of = "本版" if row["frozen_release"] == row["release"] else f"{row['frozen_release']} "
        was = f"（原 {told}）" if told else ""
        figure = f"{as_decided(row['frozen_value'], row['target_value'])} {row['unit']}"
        lines.append(f"  - {target} {row['name_zh']}：{row['frozen_state']}{was}，按{of}的数 {figure}")
    return lines


def closing_later(rows: Mapping[str, Row], programme: Programme, today: date) -> list[str]:
    """Return how many targets a release closes if it still stands on the last day of their lag, by that day."""
    targets, count = {t.id: t for t in programme.targets}, Counter[date]()
    for name, row in rows.items():
        day = closing_day(targets[name], programme, row["period"]) if name in targets else None
        if day and today <= day and row["closable"] and row["state"] == PENDING:
            count[day] += 1
    return [f"结账日（{day}）当天若仍是本版，即以本版结账：{n} 个目标" for day, n in sorted(count.items())]


def _told_verdicts(rows: list[Release], standing: Mapping[tuple[str, str], Release]) -> Iterator[str]:
    """Give what an approval makes final, for the periods in which targets are due."""
    final, later = [], []
    for r in rows:
        programme = load(r.programme)
        if closing_days(programme, r.period):
            own = headline_rows(r)
            final += verdicts(own, headline_rows(standing.get((r.programme, r.period))))
            later += [
                f"{r.programme} {r.period}：{line}" for line in closing_later(own, programme, clock.today())
            ]
    if final:
        yield from ("", "批准后写明结论、此后不变的目标：", *final)
    if later:
        yield from ("", *later)


def told_causes(found: list[Cause]) -> str:
    """Return how many batches came in and, one by one, which of them changed what had come before."""
    new = sum(c.kind == NEW for c in found)
    changes = [str(c) for c in found if c.kind != NEW]
    return f"{NEW} {new} 个" + ("；" + "；".join(changes) if changes else "")


def told_words(release: Release, before: Release | None) -> list[str]:
    """Return how many notices people settled that a release knows and the one before did not, by whom."""
    if (certificates := load(release.programme).roles.get("certificates")) is None:
        return []
    known = known_to(before).settled if before else 0
    said = settlements.between(certificates, known, known_to(release).settled)
    by = "、".join(f"{name} {n} 条" for name, n in Counter(w.decided_by for w in said).items())
    return [f"人工核对的公告：{by}"] if said else []


def told_notices(rows: Iterable[Release]) -> list[str]:
    """Return how many notices match no holder by what a release knows, programme by programme, and what they mark."""
    lines = []
    for of, own in groupby(rows, key=lambda r: r.programme):
        programme, last = load(of), list(own)[-1]
        if (certificates := programme.roles.get("certificates")) is None:
            continue
        known = known_to(last)
        at_release = notices_at(certificates, programme.roles["register"], known.seq, known.settled)
        if waiting := [w for w in at_release.waiting if w.tier in programme.ranks]:
            names = {t.code: t.name_zh for t in programme.tiers}
            by_tier = Counter(names[w.tier] for w in waiting)
            told = "、".join(f"{tier} {n} 条" for tier, n in sorted(by_tier.items()))
            lines.append(
                f"{of} 公告待核对：撤销、复核公告 {len(waiting)} 条对不上持有者（{told}），"
                f"可能涉及的户数和流动已标“{MARK}”；核对：zjtx review list"
            )
    return lines


def summary(release_id: str) -> str:
    """Return what a candidate covers, how complete it is, and how its headline figures change."""
    rows = [r for r in releases.of(release_id) if r.state == "candidate"]
    standing = releases.approved()
    lines = ["审核已通过。批准后将重建服务文件并切换上线；退回则线上内容不变。", ""]
    for r in rows:
        mark = "，排名暂定" if r.provisional else ""
        lines.append(f"- {r.programme} {r.period}：{_STATUS[r.status]}，第{r.revision}版{mark}")
    for r in rows[-1:]:
        before = standing.get((r.programme, r.period))
        lines += [
            "",
            f"{r.programme} {r.period} 主要数：",
            *headlines(headline_rows(r), headline_rows(before)),
        ]
        lines += ["", f"依据的新批次：{told_causes(causes(r, before))}", *told_words(r, before)]
    lines += _told_verdicts(rows, standing)
    feeds = {feed for r in rows for feed in load(r.programme).feed_ids}
    accepted = batches.accepted_of(sorted(feeds))
    waiting = repairs.undecided(b for own in accepted.values() for b in own)
    bad = {f: sum(waiting.get(b.batch_id, 0) for b in own) for f, own in accepted.items()}
    told = "；".join(f"{load_feed(f).title} {n} 行" for f, n in bad.items() if n)
    lines += ["", f"隔离待核实：{told or '无'}"]
    lines += told_notices(rows)
    if said := remarks(releases.failures(release_id)):
        lines += ["", "表内逻辑审核（不阻止发布）：", *(f"- {line}" for line in said)]
    return "\n".join(lines)
