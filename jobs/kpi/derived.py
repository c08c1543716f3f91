"""Figures derived from other figures of the same region and period: shares, differences, averages of years."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from jobs.definitions.dictionary import Indicator, Part
from jobs.kpi.exact import Sides, exact, sides_of
from jobs.kpi.figures import Figure, joined, storable, worst

SPOKEN = ("item", "total", "derived")
"""Families whose notes are sentences for readers, and so are handed on."""

_Key = tuple[str, str, str | None, str | None, str | None]


@dataclass(frozen=True)
class _Result:
    """One reading of a derived figure: its exact value, the sides that hold it, the parts it stands on."""

    reading: str
    value: Fraction | None
    parts: tuple[Figure, ...]
    sides: tuple[Decimal | None, Decimal | None] = (None, None)
    reference: str | None = None
    notes: tuple[str, ...] = ()


class _Derived:
    """One derived indicator and the figures it may stand on."""

    def __init__(
        self, indicator: Indicator, dictionary: Mapping[str, Indicator], found: Mapping[_Key, Figure]
    ) -> None:
        self.indicator = indicator
        self.dictionary = dictionary
        self.found = found
        tiers = {p.tier for p in indicator.of if p.tier}
        self.tier = tiers.pop() if len(tiers) == 1 else None

    def _part(self, part: Part, anchor: Figure) -> Figure | None:
        if part.constant is not None:
            fixed = Decimal(part.constant)
            return replace(
                anchor, indicator="", value=float(fixed), numerator=fixed, denominator=None, status="OK",
                n_pending=0, provisional=False, note=None, source_text=None, lines=(),
            )  # fmt: skip
        return self.found.get((anchor.period, anchor.region_code, part.indicator, part.reading, part.tier))

    def _name(self, part: Part) -> str:
        return self.dictionary[part.indicator].name_zh if part.indicator else ""

    def _exact(self, figure: Figure) -> Fraction:
        """Return the value of a part without rounding; a constant stands for itself."""
        known = self.dictionary.get(figure.indicator)
        sides = sides_of(known, figure.reading, figure.months) if known else Sides("quotient", Fraction(1))
        value = exact(figure.value, figure.numerator, figure.denominator, sides)
        return Fraction(0) if value is None else value

    def _sides(self, figure: Figure) -> tuple[Decimal, Decimal]:
        if figure.numerator is None or figure.denominator is None:
            raise ValueError(
                f"{self.indicator.id}：各年须是有分子、分母的比率 / years must be ratios with both sides"
            )
        return figure.numerator, figure.denominator

    def _spoken(self, figure: Figure) -> str | None:
        known = self.dictionary.get(figure.indicator)
        return figure.note if known and known.family in SPOKEN else None

    def _two(self, anchor: Figure) -> tuple[list[Figure], tuple[str, ...]]:
        """Return the parts that have a value, and what is missing of the others."""
        there, missing = [], []
        for part in self.indicator.of:
            figure = self._part(part, anchor)
            if figure is not None and figure.value is not None:
                there.append(figure)
            else:
                words = self._spoken(figure) if figure else None
                missing.append(words or f"缺{anchor.period}的{self._name(part)}")
        return there, tuple(missing)

    def share(self, anchor: Figure) -> list[_Result]:
        """Return part one over part two; both amounts in one unit."""
        parts, missing = self._two(anchor)
        if missing:
            return [_Result("pooled", None, tuple(parts), notes=missing)]
        above, below = parts
        if above.denominator != below.denominator or above.numerator is None or below.numerator is None:
            raise ValueError(
                f"{self.indicator.id}：两部分须是同一单位的总量 / parts must be amounts of one unit"
            )
        if below.numerator == 0:
            return [_Result("pooled", None, tuple(parts), notes=("分母为0",))]
        value = Fraction(above.numerator) / Fraction(below.numerator) * Fraction(self.indicator.scale)
        notes = []
        if above.numerator > below.numerator:
            notes.append("分子大于分母，请核对口径")
        if below.status == "OK" and below.n < below.n_scope:
            notes.append(f"分母只含有数的 {below.n}/{below.n_scope}")
        sides = (above.numerator, below.numerator)
        return [_Result("pooled", value, tuple(parts), sides, notes=tuple(notes))]

    def difference(self, anchor: Figure) -> list[_Result]:
        """Return part one less part two, in the unit of both."""
        parts, missing = self._two(anchor)
        if missing:
            return [_Result("difference", None, tuple(parts), notes=missing)]
        one, two = (self._exact(p) for p in parts)
        numerator, denominator = storable(one - two)
        # A figure with a denominator is read as quotient times scale.
        scaled = None if denominator is None else denominator * Decimal(self.indicator.scale)
        return [_Result("difference", one - two, tuple(parts), (numerator, scaled))]

    def pooled_years(self, anchor: Figure) -> list[_Result]:
        """Return the ratio of the sums over the reference years, and the mean of the yearly ratios."""
        figures = [f for p in self.indicator.of if (f := self._part(p, anchor)) is not None]
        years = {int(f.reference_period[:4]): f for f in figures}
        first, last = self.indicator.since or 0, int(anchor.reference_period[:4])
        wanted = range(first, last + 1)
        reference = f"{first}-{last}年度" if last > first else f"{first}年度"
        parts = tuple(years[y] for y in wanted if y in years and years[y].value is not None)
        absent = [y for y in wanted if y not in years or years[y].value is None]
        if absent or not parts:
            lost = "、".join(f"{y}年度" for y in absent) or f"{first}年度起"
            notes = (f"缺{lost}的{self._name(self.indicator.of[0])}",)
            return [
                _Result(r, None, parts, reference=reference, notes=notes) for r in ("pooled", "mean_of_years")
            ]
        above, below = (sum(side, Decimal(0)) for side in zip(*map(self._sides, parts), strict=True))
        scale = Fraction(self.indicator.scale)
        mean = sum((self._exact(p) for p in parts), Fraction(0)) / len(parts)
        return [
            _Result("pooled", Fraction(above) / Fraction(below) * scale, parts, (above, below), reference),
            _Result("mean_of_years", mean, parts, reference=reference),
        ]

    def figures(self, anchor: Figure) -> list[Figure]:
        """Return the readings where the first part stands."""
        ops: dict[str | None, Callable[[Figure], list[_Result]]] = {
            "share": self.share,
            "difference": self.difference,
            "pooled_years": self.pooled_years,
        }
        readings = []
        for result in ops[self.indicator.op](anchor):
            known = result.value is not None
            readings.append(
                replace(
                    anchor,
                    tier=self.tier,
                    indicator=self.indicator.id,
                    reading=result.reading,
                    value=None if result.value is None else float(result.value),
                    unit=self.indicator.unit,
                    numerator=result.sides[0],
                    denominator=result.sides[1],
                    n=anchor.n if known else 0,
                    status=worst(p.status for p in result.parts) if known else "EMPTY",
                    reference_period=result.reference or anchor.reference_period,
                    months=None if result.reference else anchor.months,
                    n_pending=max((p.n_pending for p in result.parts), default=0),
                    provisional=any(p.provisional for p in result.parts),
                    note=joined([*result.notes, *(self._spoken(p) for p in result.parts)]),
                    source_text=joined(p.source_text for p in result.parts),
                    lines=tuple(sorted({line for p in result.parts for line in p.lines})),
                )
            )
        return readings


def derived_figures(
    used: Iterable[Indicator], dictionary: Mapping[str, Indicator], figures: Iterable[Figure]
) -> list[Figure]:
    """Return the derived figures of every period and region where their first part stands.

    Parameters
    ----------
    used : iterable of Indicator
        Derived indicators (family ``derived``); their parts are no derived ones themselves.
    dictionary : mapping
        All indicators by id.
    figures : iterable of Figure
        Of the programme's region and its ranked units, all domains together.

    Returns
    -------
    list of Figure
        ``pooled`` (share: part one over part two; pooled_years: ratio of the sums over the reference
        years since ``since``, all of them there), ``mean_of_years`` beside it, or ``difference``. The tier is
        the one its parts name; n is that of the first part; the status the worst of the parts'. With a part
        missing the figure is ``EMPTY`` and the note names it.

    Raises
    ------
    ValueError
        If a share's parts are no amounts of one unit, or a year's figure is no ratio.

    Source
    ------
    methods.md §3: ratio of sums; 年均 as ratio of the sums over the years, the mean of yearly ratios beside.
    """
    by_key: dict[_Key, Figure] = {
        (f.period, f.region_code, f.indicator, f.reading, f.tier): f for f in figures
    }
    result = []
    for indicator in used:
        first = indicator.of[0]
        derived = _Derived(indicator, dictionary, by_key)
        anchors = [f for k, f in sorted(by_key.items(), key=lambda i: i[0][:2]) if k[2:] == _named(first)]
        result += [f for anchor in anchors for f in derived.figures(anchor)]
    return result


def _named(part: Part) -> tuple[str | None, str | None, str | None]:
    return part.indicator, part.reading, part.tier
