"""What a contract must have outside itself: lists it names, an audit suite, a path that is no other feed's, its group."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from jobs.contractcheck.part import Part
from jobs.contractcheck.source import At, Fault, meant
from jobs.definitions.catalogue import rows_of
from jobs.definitions.checks import SILVER
from jobs.definitions.contract import Contract
from jobs.definitions.dictionary import Read, indicators
from jobs.definitions.patterns import shared
from jobs.definitions.policy.uses import facts_asked
from jobs.definitions.reference import regions as known_regions
from jobs.definitions.reference import reporter_lists, reporters
from jobs.refusals import shown
from jobs.settings import settings

_COLUMNS: At = ("schema", 0, "properties")
_NAME = re.compile(r"[a-z]\w*")


class Outside(Part):
    """The checks of a feed's contract beside the others."""

    def lists(self) -> Iterator[Fault]:
        """Check the list of who must report."""
        name = self.spec.reporters
        if name is None:
            return
        if name not in (known := reporter_lists()):
            what = f"schemas/reference/reporters.yaml 没有名单“{shown(name)}”"
            yield self.fault(("reporters",), what, meant(name, known))
            return
        strange = [
            r for r in reporters(name) if r not in known_regions() and not re.search("[\u4e00-\u9fff]", r)
        ]
        if strange:
            what = f"名单“{name}”里的 {'、'.join(strange)} 不在地区表中"
            yield self.fault(("reporters",), what, "写地区表中的代码，或部门的中文名称")

    def paths(self, others: Iterable[Contract]) -> Iterator[Fault]:
        """Check that no other feed of the source claims the same paths: both would refuse such files."""
        for other in others if self.compiled else ():
            if other.feed.connection != self.spec.connection:
                continue
            path = shared(self.spec.pattern, other.feed.pattern)
            # Proved by the patterns themselves: references to groups are read loosely before.
            if path is not None and all(
                re.fullmatch(p, path) for p in (self.spec.pattern, other.feed.pattern)
            ):
                what = f"路径与《{other.title}》（{other.id}）重合，如“{path}”，这样的文件两边都会拒收"
                yield self.fault(("pattern",), what, "把 pattern 写窄，让一个路径只属一个数据源")

    def group(self, others: Iterable[Contract]) -> Iterator[Fault]:
        """Check that forms of one subject are keyed alike: indicators read them as one."""
        for other in others:
            if self.spec.group and other.feed.group == self.spec.group and other.key != self.contract.key:
                what = (
                    f"与同组的 {other.id} 主键不同：{'、'.join(self.contract.key)} 与 {'、'.join(other.key)}"
                )
                yield self.fault(("group",), what, "改成同样的主键，或换一个组名")

    def figures(self) -> Iterator[Fault]:
        """Check that indicators and facts find in the rows what they read of the feed.

        Of a group's forms one may lack a column that only facts read: there it is unknown.
        """
        reads = [
            r
            for i in indicators().values()
            if i.folded and i.entity == self.spec.entity
            for r in i.reads.values()
        ]
        facts = facts_asked() if self.spec.entity == "enterprise" else []
        mine = (self.contract.id, self.spec.group)
        own, read = [r for r in reads if r.feed in mine], [r for r in facts if r.feed in mine]
        asked = {c for r in own for c in _columns(r)}
        asked |= {c for r in read if r.feed == self.contract.id for c in _columns(r)}
        shapes = [rows_of(r, "") for r in [*own, *read]]
        if lacking := sorted((asked | {s.by for s in shapes if s.by}) - set(self.columns)):
            what = f"指标字典或企业事实要用的列合同里没有：{'、'.join(lacking)}"
            yield self.source.fault(
                _COLUMNS, what, "补上这些列，或改 schemas/indicators.yaml、facts.yaml 的 reads"
            )
        plain = sorted({s.by for s in shapes if s.plain})
        if self.spec.entity == "enterprise" and plain and set(self.contract.key) != {"uscc", *plain}:
            what = f"指标每期每户只取一行，主键却是 {'、'.join(self.contract.key)}"
            yield self.source.fault(_COLUMNS, what, f"主键写 uscc 和 {'、'.join(plain)}，或在字典里写 reduce")


def _columns(read: Read) -> list[str]:
    """Return the columns that a read names by themselves; conditions and sums are read by the models alone."""
    return [c for c in (read.column, read.base_column, *read.where) if c and _NAME.fullmatch(c)]


def suite(name: str, feed: bool) -> Iterator[Fault]:
    """Give the audit suite that a contract lacks: without it the audit of a release would break off."""
    path = settings().expectations / f"{SILVER if feed else ''}{name}.json"
    if not path.is_file():
        what = f"没有审核规则 {path.parent.name}/{path.name}，审核会中断"
        yield Fault(name, "", what, "运行 zjtx suites write 生成，并一起提交")
