"""Whether the feed's own part can be carried out: deadlines, time table, lines above the header, editions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from jobs.contractcheck.columns import bad_pattern
from jobs.contractcheck.feed import DATED
from jobs.contractcheck.part import Part
from jobs.contractcheck.source import At, Fault, meant
from jobs.definitions import period
from jobs.definitions.measures import MONEY_UNITS
from jobs.refusals import shown
from jobs.sheets.matching import wanted

QUARTERS = {3, 6, 9, 12}
_CRON = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_MOST_DAYS = 31
_NUMBER = {name: str(n) for n, name in enumerate(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])} | {
    name: str(n)
    for n, name in enumerate(
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], start=1
    )
}
_WORDS = "|".join(_NUMBER)


class Plan(Part):
    """The checks of how and when a feed is read."""

    def calendar(self) -> Iterator[Fault]:
        """Check deadlines and who is asked."""
        spec, calendar = self.spec, self.spec.calendar
        if calendar is None:
            return
        wrong = [m for m in calendar.months if not 1 <= m <= 12]
        if wrong or not calendar.months or len(set(calendar.months)) < len(calendar.months):
            yield self.fault(
                ("calendar", "months"),
                f"月份 {calendar.months} 有错、有重复或一个也没有",
                "写 1 到 12 中要报的月",
            )
        elif spec.frequency in ("quarter", "year") and not (
            {12} if spec.frequency == "year" else QUARTERS
        ) & set(calendar.months):
            yield self.fault(
                ("calendar", "months"), "没有一个月是期末，永远不到截止日", "季报写 3、6、9、12，年报写 12"
            )
        if not 1 <= calendar.deadline_day <= _MOST_DAYS:
            yield self.fault(
                ("calendar", "deadline_day"),
                f"没有 {calendar.deadline_day} 日",
                "写 1 到 31；超过当月天数的按月末",
            )
        if calendar.deadline_month_offset < 0:
            yield self.fault(
                ("calendar", "deadline_month_offset"), "截止日早于期末", "写 0 或正数：期末后第几个月"
            )
        if not 0 < calendar.minimum <= 1:
            yield self.fault(
                ("calendar", "minimum"), f"最低到报比例 {calendar.minimum} 不在 0 与 1 之间", "写如 0.6"
            )
        if spec.frequency == "event":
            yield self.fault(
                ("calendar",), "事项（event）没有期间，谈不上截止日", "去掉 calendar，或改 frequency"
            )
        elif not (spec.reporters or spec.request or spec.entity == "region"):
            yield self.fault(("calendar",), "有截止日而不知谁应报", "写应报名单 reporters")

    def schedule(self) -> Iterator[Fault]:
        """Check the cron line, what is asked of the source, and the money unit."""
        fields = self.spec.schedule.split()
        if len(fields) != len(_CRON) or not all(
            _fits(f, *limits) for f, limits in zip(fields, _CRON, strict=True)
        ):
            what = f"“{shown(self.spec.schedule)}”不是时间表"
            yield self.fault(("schedule",), what, "写五段：分 时 日 月 周，如 0 7 * * *")
        if not re.fullmatch(r"\w+", self.spec.connection):
            yield self.fault(
                ("connection",), f"“{shown(self.spec.connection)}”不能作连接编号", "写小写字母、数字、下划线"
            )
        if (request := self.spec.request) is not None:
            mark = self.columns.get(request.mark)
            if mark is None or mark.type not in ("INT", "BIGINT") or not mark.required:
                what = f"变更号 mark“{shown(request.mark)}”不是必填的整数列"
                yield self.fault(("request", "mark"), what, "写成合同里一列的名称，BIGINT、required: true")
            if request.page < 1:
                yield self.fault(("request", "page"), "一页没有记录", "写正整数")
        if self.spec.unit is not None and self.spec.unit not in MONEY_UNITS:
            yield self.fault(
                ("unit",), f"没有“{shown(self.spec.unit)}”这种金额单位", f"写 {'、'.join(MONEY_UNITS)} 之一"
            )

    def preamble(self) -> Iterator[Fault]:
        """Check what is read above the header, and the patterns of titles and footers."""
        rules = self.spec.preamble
        for n, rule in enumerate(rules):
            at: At = ("preamble", n)
            column = self.columns.get(rule.column)
            if column is None:
                yield self.fault(
                    (*at, "column"),
                    f"没有列“{shown(rule.column)}”",
                    meant(rule.column, list(self.columns)),
                )
            elif column.source == "cell":
                what = "表头以上给的列，来处要写 preamble，否则读的是单元格"
                yield self.source.fault(
                    self.column(column.name, "customProperties"), what, "加附加属性 source: preamble"
                )
            if rule.column in [r.column for r in rules[:n]]:
                yield self.fault((*at, "column"), f"列“{rule.column}”有两条", "合成一条")
            broken = list(bad_pattern(self.source, (*self.base, *at, "pattern"), rule.pattern))
            yield from broken
            if not broken and not re.compile(rule.pattern).groups:
                yield self.fault((*at, "pattern"), "没有括号，不知取哪一段", "把要取的文字放进 (…)")
        for name in sorted(
            c.name for c in self.contract.columns if c.source == "preamble" and c.name not in self.above
        ):
            yield self.source.fault(
                self.column(name),
                "来处是表头以上，preamble 里没有这一列",
                "在 preamble 里加一条，或改 source",
            )
        for name in ("title", "footer"):
            if (pattern := getattr(self.spec, name)) is not None:
                yield from bad_pattern(self.source, (*self.base, name), pattern)

    def editions(self) -> Iterator[Fault]:
        """Check the editions of the form, and that no header text means two columns in any of them."""
        known, cells = self.spec.editions, {c.name for c in self.contract.cells}
        begins = []
        for n, edition in enumerate(known):
            at: At = ("editions", n)
            try:
                begins.append(period.parse(edition.since).begin)
            except ValueError:
                yield self.fault(
                    (*at, "from"), f"“{shown(edition.since)}”不是期间", "写如 2026、2026Q1、202601"
                )
            for name in sorted({*edition.headers, *edition.codes} - cells):
                yield self.fault(at, f"没有列“{shown(name)}”", meant(name, sorted(cells)))
            for name in sorted(set(edition.codes) & cells):
                stored = set(self.columns[name].codes.values())
                for code in sorted({str(v) for v in edition.codes[name].values()} - stored):
                    yield self.fault(
                        (*at, "codes", name), f"代码“{shown(code)}”不在本列的代码表里", "先在列的 enum 里加上"
                    )
        if any(later <= earlier for earlier, later in pairwise(begins)) or len({e.name for e in known}) < len(
            known
        ):
            yield self.fault(
                ("editions",), "制度版本没有按起始期间排列，或名称有重复", "从早到晚，各用各的名称"
            )
        if known and self.compiled and not self.groups & set(DATED):
            yield self.fault(
                ("editions",), "有制度版本而路径里没有期间，不知用哪一版", "在 pattern 里写 (?P<period>…)"
            )
        for own in [None, *known]:
            owner: dict[str, str] = {}
            for column in self.contract.cells:
                for text in sorted(wanted(column.in_edition(own))):
                    if owner.setdefault(text, column.name) != column.name:
                        what = f"列名“{text}”也是列 {owner[text]} 的" + (f"（{own.name}）" if own else "")
                        yield self.source.fault(
                            self.column(column.name), what, "一个列名只归一列，删去一处别名"
                        )


def _fits(field: str, low: int, high: int) -> bool:
    """Whether a field of a cron line holds numbers, or names of months and days, of its range."""
    for part in field.split(","):
        numbered = re.sub(_WORDS, lambda word: _NUMBER[word[0].upper()], part, flags=re.IGNORECASE)
        match = re.fullmatch(r"(\*|(\d+)(-(\d+))?)(/[1-9]\d*)?", numbered)
        numbers = [int(n) for n in (match[2], match[4]) if n] if match else [-1]
        if not all(low <= n <= high for n in numbers):
            return False
    return True
