"""Whether the feed's own part fits its columns: path, scope, entity, period and key."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobs.contractcheck.columns import SEMANTICS, bad_pattern
from jobs.contractcheck.part import Part
from jobs.contractcheck.source import Fault, meant
from jobs.definitions.patterns import fixed, optional
from jobs.refusals import shown

PERIODS = {"month": ("period", "month"), "quarter": ("period", "quarter"), "year": ("year", "year")}
"""Frequency -> the column under which the figures find a row's period, and what it means."""
PLACES = ("region_code", "region_name")
"""Columns by which the figures find a region."""
DATED = ("period", "year")
"""Groups of a path that say of which period a file is."""
KNOWN = ("reporter", "form", *DATED)
"""Groups of a path that the platform reads by these names."""


class Fitting(Part):
    """The checks of what a file of the feed stands for."""

    def path(self) -> Iterator[Fault]:
        """Check the pattern of the path, and that every named group of it is of use."""
        pattern = self.spec.pattern
        if broken := list(bad_pattern(self.source, (*self.base, "pattern"), pattern)):
            yield from broken
            return
        if pattern.startswith(("/", "^/")):
            yield self.fault(
                ("pattern",), "路径相对于来源的根，不以“/”开头，这样一个文件也对不上", "去掉开头的“/”"
            )
        given = {c.name for c in self.contract.columns if c.source == "path"}
        for name in sorted(given - self.groups):
            what = f"列的来处是路径，pattern 里没有命名组“{name}”"
            yield self.source.fault(self.column(name), what, f"在 pattern 里写 (?P<{name}>…)，或改 source")
        used = {*self.spec.scope, *given, *KNOWN, *re.findall(r"\(\?P=(\w+)\)", pattern)}
        for name in sorted(self.groups - used):
            cure = f"{meant(name, sorted(used - self.groups))}；不用的组不要命名"
            yield self.fault(("pattern",), f"命名组“{name}”没有用处", cure)
        if self.spec.reporters and "reporter" not in self.groups:
            what = "写了应报名单 reporters，路径里却没有报送单位"
            yield self.fault(("pattern",), what, "在 pattern 里写 (?P<reporter>…)，否则永远显示未报")

    def scope(self) -> Iterator[Fault]:
        """Check that every file names what it replaces, and replaces nothing of another period."""
        if not self.compiled:
            return
        offered = self.groups | self.above
        if not self.spec.scope:
            yield self.fault(
                ("scope",),
                "没有范围：全部文件同属一个范围，后来的会撤下以前的",
                f"写 {'、'.join(sorted(offered))} 中的几项",
            )
        for n, name in enumerate(self.spec.scope):
            if name not in offered:
                what = f"pattern 的命名组和 preamble 都没有“{shown(name)}”：各文件会同属一个范围，后来的撤下以前的"
                yield self.fault(("scope", n), what, meant(name, sorted(offered)))
            elif name in optional(self.spec.pattern) - self.above:
                what = f"路径里的“{name}”可以没有，没有它的文件会同属一个范围"
                yield self.fault(("scope", n), what, "让这一组在路径里必有（去掉“?”或各分支都写）")
        if self.spec.mode == "replace":
            yield from self._periods_apart()
            yield from self._reporters_apart()

    def _periods_apart(self) -> Iterator[Fault]:
        """Check that a file which replaces its scope leaves other periods alone: by the finest that its path names."""
        named = self.groups - fixed(self.spec.pattern)
        # Of events a path may name the year of a folder; what they replace is a document.
        dated = [g for g in (DATED[:1] if self.spec.frequency == "event" else DATED) if g in named][:1]
        if not set(dated) <= set(self.spec.scope):
            what = f"整份替换（replace）而范围不含路径里的 {dated[0]}：一期的文件会撤下别的期"
            yield self.fault(("scope",), what, f"在 scope 里加上 {dated[0]}")

    def _reporters_apart(self) -> Iterator[Fault]:
        """Check that a file which replaces its scope leaves other reporters alone, where nothing else tells files apart."""
        told = "reporter" in self.groups - fixed(self.spec.pattern)
        if told and set(self.spec.scope) <= {"form", *DATED}:
            what = "整份替换（replace）而范围不含路径里的 reporter：一家的文件会撤下别家的"
            yield self.fault(("scope",), what, "在 scope 里加上 reporter")

    def entity(self) -> Iterator[Fault]:
        """Check that figures find the entity of a row."""
        names, regional = set(self.columns), any(c.semantic == "region" for c in self.contract.columns)
        if self.spec.entity == "enterprise" and "uscc" not in names:
            what = "企业的数据源没有 uscc 列（统一社会信用代码），指标按它认企业"
            cure = "加一列 uscc，或把装统一社会信用代码的列改名为 uscc"
            yield self.fault(("entity",), what, cure)
        if self.spec.entity == "region" and not (regional or names & set(PLACES)):
            what = "地区的数据源没有地区列，指标按它认地区"
            yield self.fault(("entity",), what, "加一列 region_code，写 semanticType: region 或代码表 enum")

    def when(self) -> Iterator[Fault]:
        """Check that a row says to which period it belongs."""
        if self.spec.frequency == "event":
            if not {"period", "year"} & set(self.columns) and not any(
                c.type == "DATE" and c.required for c in self.contract.columns
            ):
                yield self.fault(
                    ("frequency",), "事项没有日期，不知从何时起算", "把事项的日期列写成 DATE、required: true"
                )
            return
        name, meaning = PERIODS[self.spec.frequency]
        column = self.columns.get(name)
        if column is None:
            cure = f"加一列 {name}，写 semanticType: {meaning}；没有期间的事项写 frequency: event"
            yield self.fault(("frequency",), f"没有期间列 {name}，指标找不到一行属于哪一期", cure)
        elif column.semantic != meaning and column.semantic in (None, *SEMANTICS):
            what = f"频率是 {self.spec.frequency}，期间列 {name} 的含义却是 {column.semantic or '没有写'}"
            yield self.source.fault(self.column(name, "semanticType"), what, f"写 semanticType: {meaning}")
        elif not column.required:
            yield self.source.fault(
                self.column(name, "required"), "期间可以空，空的行不属于任何一期", "写 required: true"
            )
        elif self.spec.mode == "replace" and not column.key:
            what = f"整份替换（replace）而主键不含期间 {name}：一期的行会顶掉别的期"
            yield self.source.fault(self.column(name, "primaryKey"), what, "把期间列加进主键")

    def key(self) -> Iterator[Fault]:
        """Check that the key's columns are filled, and that a header can be recognised at all."""
        for column in self.contract.columns:
            if column.key and not column.required:
                what = "主键列可以空，空的行分不清是谁的"
                yield self.source.fault(
                    self.column(column.name, "required"), what, "写 required: true，或移出主键"
                )
        if not any(c.in_header for c in self.contract.cells):
            yield self.source.fault(
                ("schema", 0, "properties"), "没有一列是表头必须有的，认不出表头", "至少一列写 required: true"
            )
