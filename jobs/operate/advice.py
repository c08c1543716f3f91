"""What an operator should do next, the most urgent first, from ledger, contracts and what answers on this machine."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from urllib.parse import urlsplit

from jobs import clock
from jobs.clock import ZONE
from jobs.definitions.contract import feed_ids, load_feed
from jobs.definitions.dictionary import indicators, of_certificates
from jobs.definitions.policy.model import load_all
from jobs.definitions.readable import readable
from jobs.kpi.figures import MARK
from jobs.ledger import batches, releases, session
from jobs.ledger.models import Audit, Release
from jobs.notify import notices
from jobs.operate import review
from jobs.operate.contract_faults import faults_by_feed
from jobs.operate.figure import query
from jobs.operate.rules import conspicuous
from jobs.operate.status import Cell, names
from jobs.release.gate import decide
from jobs.serve.publish import current
from jobs.settings import settings, stored

NAMED = 4
"""How many reporters are named at once."""
LEAST_FREE = 4 * 2**30
"""Bytes of disk below which nothing more should be taken in: what an installation asks for at its start."""
HOST = "127.0.0.1"
PATIENCE = 1.0
"""Seconds that a service of this machine has to take a call."""
SERVICES = {"ZJTX_PORT_AIRFLOW": "Airflow", "ZJTX_PORT_SUPERSET": "Superset"}
"""Setting with a service's port on this machine -> its name."""


@dataclass(frozen=True)
class Step:
    """Something that waits for a person.

    Attributes
    ----------
    text : str
        What is the matter.
    command : str
        What to run.
    """

    text: str
    command: str

    def __str__(self) -> str:
        return f"{self.text}：{self.command}"


def _days(since: datetime) -> int:
    """Return how many days have begun since a moment."""
    return max((clock.now() - since).days, 0) + 1


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), PATIENCE):
            return True
    except OSError:
        return False


def _machine() -> Iterator[Step]:
    """Yield what is wrong with disk and services."""
    spark, known = urlsplit(settings().spark_remote), stored()
    places = {"Spark": (spark.hostname or HOST, spark.port or 15002)}
    places |= {name: (HOST, int(known[port])) for port, name in SERVICES.items() if port in known}
    if down := [
        f"{name}（{host}:{port}）" for name, (host, port) in places.items() if not _answers(host, port)
    ]:
        yield Step(f"没有应答的服务：{'、'.join(down)}", "make up")
    free = shutil.disk_usage(settings().home).free
    if free < LEAST_FREE:
        yield Step(f"磁盘只剩 {free / 2**30:.1f} GB（{settings().home}）", "zjtx lake upkeep")


def broken_contracts() -> Iterator[Step]:
    """Yield the feeds that are not read because their contracts have faults."""
    for feed, number in faults_by_feed().items():
        text = f"合同 {feed} 有 {number} 处要改，改好以前不接收这个数据源"
        yield Step(text, f"zjtx contract check schemas/feeds/{feed}.yaml")


def _decisions() -> Iterator[Step]:
    """Yield what was refused by an audit and what a person has to decide on."""
    with session() as s:
        last = s.query(Audit).order_by(Audit.audit_id.desc()).first()
    if last and not last.passed and any(r.state == "refused" for r in releases.of(last.release_id)):
        yield Step(f"{last.release_id} 审核未通过，原发布继续有效，原因见通知", "zjtx notices")
    since: dict[str, Release] = {}
    for release in releases.live():
        if release.state == "candidate":
            since.setdefault(release.release_id, release)
    for name, release in since.items():
        yield Step(f"{name} 等待审批，第 {_days(release.created_at)} 天", f"zjtx approve {name} --by 姓名")
    holds = next((p.releases for p in releases.publications()[-1:]), {})
    if any(holds.get(p, {}).get(k) != r.release_id for (p, k), r in releases.approved().items()):
        yield Step("有已批准未上线的发布", "zjtx publish")


def _unfinished(cells: list[Cell]) -> Iterator[Step]:
    unfinished = batches.unfinished()
    for feed in dict.fromkeys(c.feed for c in cells):
        if feed in unfinished:
            yield Step(f"{load_feed(feed).title}有未处理完的一轮", f"zjtx ingest {feed}")


def _refused(cells: list[Cell]) -> Iterator[Step]:
    by_feed: dict[str, set[int]] = {}
    for cell in cells:
        by_feed.setdefault(cell.feed, set()).update(cell.refused)
    for feed, files in by_feed.items():
        if files:
            show = f"show {min(files)}" if len(files) == 1 else f"list --refused --feed {feed}"
            yield Step(f"{load_feed(feed).title} {len(files)} 个文件被拒收、尚无替换", f"zjtx file {show}")


def _late(cells: list[Cell]) -> Iterator[Step]:
    """Yield the reports that are overdue, the longest first: who, and for how many days."""
    overdue = [(_days(c.due), c) for c in cells if c.missing and c.due]
    for days, cell in sorted(overdue, key=lambda pair: -pair[0]):
        more = f"等 {len(cell.missing)} 家" if len(cell.missing) > NAMED else ""
        who = "" if cell.missing == ["*"] else f"：{names(cell.missing[:NAMED])}{more}"
        text = f"{load_feed(cell.feed).title} {cell.period} 逾期 {days} 天未报{who}"
        yield Step(f"{text}；催报，到后", f"zjtx ingest {cell.feed}")


def _unseen(cells: list[Cell]) -> Iterator[Step]:
    """Yield the feeds whose source nobody has looked at since a deadline passed."""
    now = clock.now()
    waiting = [c for c in cells if c.due and c.due < now and len(c.arrived) < len(c.expected)]
    feeds = list(dict.fromkeys(c.feed for c in waiting if not c.missing))
    if feeds:
        command = f"zjtx ingest {feeds[0]}" if len(feeds) == 1 else "zjtx ingest"
        yield Step(f"{len(feeds)} 个数据源过了截止日，还没有看过来源", command)


def _corrections(cells: list[Cell]) -> Iterator[Step]:
    """Yield what waits in quarantine: figures that keep an old value meanwhile, and the rows."""
    rows = {c.feed: 0 for c in cells}
    for cell in cells:
        rows[cell.feed] += cell.open
    worst = max(rows, key=lambda f: rows[f], default="")
    if current().exists():
        # What is made of certificates alone waits for no row, but for a notice (see _notices).
        others = sorted(of_certificates(indicators().values()))
        text = "SELECT count(*) AS n FROM kpi_region WHERE is_latest AND n_pending > 0 AND NOT list_contains(?, indicator)"
        old = query(text, others)[0]["n"]
        if old:
            yield Step(f"更正待处理：{old} 个已发布的数仍用旧值", "zjtx quarantine list --open")
    if worst and rows[worst]:
        oldest = min((c.open_since for c in cells if c.open_since), default=None)
        age = f"，最久的第 {_days(oldest)} 天" if oldest else ""
        export = f"zjtx quarantine export 更正.xlsx --feed {worst}"
        yield Step(f"隔离待处理 {sum(rows.values())} 行（所列期间）{age}", export)


def _rules() -> Iterator[Step]:
    """Yield the warning rules of the newest period that wait for an analyst's word: their warnings climb no ladder."""
    for p in load_all().values():
        if p.fed and p.entity == "enterprise" and (waiting := [c for c in conspicuous(p.id) if c.waits]):
            newest = max(str(c.row["period"]) for c in waiting)
            number = sum(c.row["period"] == newest for c in waiting)
            command = f"zjtx rule list --programme {p.id} --period {newest}"
            yield Step(f"{newest} 有 {number} 条预警规则触发过多、待复核，其预警不进分级办理", command)


def _notices() -> Iterator[Step]:
    """Yield the withdrawals and reviews that match no holder: the figures they could touch are marked meanwhile."""
    if waiting := review.listing():
        oldest = _days(datetime.combine(waiting[0].line.document_date, time(), ZONE))
        text = (
            f"{len(waiting)} 条撤销、复核公告对不上持有者，可能涉及的数已标“{MARK}”，最早的发文已 {oldest} 天"
        )
        yield Step(text, "zjtx review list")


def _rest() -> Iterator[Step]:
    if any(decide(p).periods for p in load_all().values()):
        yield Step("有期间可以计算", "zjtx compute")
    undelivered = len(notices(undelivered=True)) if settings().notify else 0
    if undelivered:
        yield Step(f"{undelivered} 条通知未送达", "zjtx notices --send")


def next_steps(cells: list[Cell]) -> list[Step]:
    """Return what needs a hand, worst first: what stands still, what is wrong, what is late, what waits.

    Parameters
    ----------
    cells : list of Cell
        What the operator sees.
    """
    urgent = [
        *_machine(),
        *broken_contracts(),
        *_unfinished(cells),
        *_decisions(),
        *_refused(cells),
        *_late(cells),
    ]
    if sum(1 for _ in readable()) < len(feed_ids()):
        # What the programmes read cannot be told, so neither can what rests on them.
        return urgent
    return [*urgent, *_corrections(cells), *_notices(), *_rules(), *_unseen(cells), *_rest()]


def calm(cells: list[Cell]) -> str:
    """Return what is said when nothing needs a hand: the deadline that comes next of what has not arrived."""
    now = clock.now()
    waiting = [(c.due, c) for c in cells if c.due and c.due >= now and len(c.arrived) < len(c.expected)]
    if not waiting:
        return "没有要做的事"
    due, first = min(waiting, key=lambda pair: pair[0])
    here = f"{len(first.arrived)}/{len(first.expected)}"
    return f"没有要做的事；等 {load_feed(first.feed).title} {first.period}（{here}），{due.astimezone(ZONE):%m-%d} 截止"
