"""What a contract must have outside itself: lists it names, an audit suite, a path that is no other feed's, its group."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from jobs.contract import Contract
from jobs.contractcheck.part import Part
from jobs.contractcheck.source import Fault
from jobs.patterns import shared
from jobs.quality import SILVER
from jobs.reference import regions as known_regions
from jobs.reference import reporter_lists, reporters
from jobs.refusals import instead, shown
from jobs.settings import settings


class Outside(Part):
    """The checks of a feed's contract beside the others."""

    def lists(self) -> Iterator[Fault]:
        """Check the list of who must report."""
        name = self.spec.reporters
        if name is None:
            return
        if name not in (known := reporter_lists()):
            what = f"schemas/reference/reporters.yaml 没有名单“{shown(name)}”"
            yield self.fault(("reporters",), what, instead(name, known).removeprefix("；"))
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
            try:
                path = shared(self.spec.pattern, other.feed.pattern)
            except re.error:
                continue
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


def suite(name: str, feed: bool) -> Iterator[Fault]:
    """Give the audit suite that a contract lacks: without it the audit of a release would break off."""
    path = settings().expectations / f"{SILVER if feed else ''}{name}.json"
    if not path.is_file():
        what = f"没有审核规则 {path.parent.name}/{path.name}，审核会中断"
        yield Fault(name, "", what, "运行 zjtx suites write 生成，并一起提交")
