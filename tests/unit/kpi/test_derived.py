"""Derived figures, by hand: shares, differences and averages of years, and what becomes of a missing part."""

from dataclasses import replace
from decimal import Decimal

import pytest
from pydantic import ValidationError

from jobs.definitions.dictionary import Indicator, indicators
from jobs.kpi.derived import derived_figures
from jobs.kpi.figures import Figure, SourceLine

LINE_A, LINE_B = SourceLine("b1", "a.xlsx", "报表", 4), SourceLine("b2", "b.xlsx", "报表", 7)


def indicator(id: str, family: str, **more) -> Indicator:
    texts = {"definition": "", "formula": "", "unit": "%", "source": "", "owner": "", "version": "1.0"}
    return Indicator.model_validate({"id": id, "name_zh": f"指标{id}", "family": family} | texts | more)


DICTIONARY = {
    i.id: i
    for i in (
        indicator("item_A", "item"),
        indicator("item_B", "item"),
        indicator("holders", "count"),
        indicator("total", "total"),
        indicator("rate", "ratio"),
        indicator("rate_1", "ratio"),
        indicator("rate_2", "ratio"),
    )
}


def figure(id: str, value: str | None, reading: str = "total", **more) -> Figure:
    plain = {
        "period": "2025Q4", "region_code": "990000", "region_level": "province", "tier": None, "unit": "户",
        "numerator": None if value is None else Decimal(value), "denominator": None, "n": 3, "n_scope": 3,
        "status": "EMPTY" if value is None else "OK", "reference_period": "2025-12-31",
    }  # fmt: skip
    return Figure(
        indicator=id, reading=reading, value=None if value is None else float(value), **(plain | more)
    )


def ratio(id: str, year: int, above: str | None, below: str = "1", **more) -> Figure:
    if above is None:
        return figure(id, None, "pooled", reference_period=f"{year}年度", months=12, **more)
    sides = {"numerator": Decimal(above), "denominator": Decimal(below)}
    return replace(
        figure(id, "0", "pooled", reference_period=f"{year}年度", months=12, **more),
        value=float(above) / float(below) * 100, **sides,
    )  # fmt: skip


def derive(op: str, parts: list[dict[str, str]], figures: list[Figure], **more) -> list[Figure]:
    made = indicator("made", "derived", op=op, of=parts, **more)
    return derived_figures([made], DICTIONARY | {"made": made}, figures)


A, B = {"indicator": "item_A", "reading": "total"}, {"indicator": "item_B", "reading": "total"}
HOLDERS = {"indicator": "holders", "reading": "valid", "tier": "gold"}


def test_a_share_keeps_both_amounts_and_hands_on_where_they_come_from():
    figures = [
        figure("item_A", "2", source_text="甲厅 报送", lines=(LINE_B,)),
        figure("item_B", "3", source_text="乙厅 报送", lines=(LINE_A,)),
    ]
    (f,) = derive("share", [A, B], figures)
    assert f.value == pytest.approx(200 / 3)
    assert (f.numerator, f.denominator, f.unit, f.status) == (Decimal(2), Decimal(3), "%", "OK")
    assert (f.indicator, f.reading, f.n, f.n_scope, f.reference_period) == (
        "made",
        "pooled",
        3,
        3,
        "2025-12-31",
    )
    assert (f.source_text, f.lines) == ("甲厅 报送；乙厅 报送", (LINE_A, LINE_B))


def test_a_share_of_holders_of_a_tier_is_a_figure_of_that_tier():
    figures = [
        figure("item_A", "9"),
        figure("holders", "10", "valid", tier="gold"),
        figure("holders", "99", "valid"),
    ]
    (f,) = derive("share", [A, HOLDERS], figures)
    assert (f.value, f.tier) == (90.0, "gold")


def test_a_share_of_a_fixed_number():
    (f,) = derive("share", [A, {"constant": "6"}], [figure("item_A", "6", lines=(LINE_A,))])
    assert (f.value, f.denominator, f.lines) == (100.0, Decimal(6), (LINE_A,))


def test_a_share_is_taken_in_every_region_and_period_where_its_first_part_stands():
    figures = [
        figure(i, "1", period=p, region_code=r)
        for i in ("item_A", "item_B")
        for r, p in (("990100", "2025Q4"), ("990000", "2025Q4"), ("990000", "2025Q3"))
    ]
    found = derive("share", [A, B], [*figures, figure("item_B", "1", region_code="990200")])
    assert [(f.period, f.region_code) for f in found] == [
        ("2025Q3", "990000"), ("2025Q4", "990000"), ("2025Q4", "990100"),
    ]  # fmt: skip


def test_a_missing_report_leaves_the_share_empty_and_is_named_in_its_own_words():
    figures = [figure("item_A", "2"), figure("item_B", None, note="缺2025Q4的部门季度报表：乙厅“乙事项”")]
    (f,) = derive("share", [A, B], figures)
    assert (f.value, f.numerator, f.denominator, f.n, f.status) == (None, None, None, 0, "EMPTY")
    assert f.note == "缺2025Q4的部门季度报表：乙厅“乙事项”"


def test_a_part_without_any_figure_is_named_too():
    (f,) = derive("share", [A, HOLDERS], [figure("item_A", "2")])
    assert (f.status, f.note) == ("EMPTY", "缺2025Q4的指标holders")


def test_a_reported_zero_above_is_a_share_of_zero_but_zero_below_is_none():
    (f,) = derive("share", [A, B], [figure("item_A", "0"), figure("item_B", "4")])
    assert (f.value, f.status) == (0.0, "OK")
    (f,) = derive("share", [A, B], [figure("item_A", "4"), figure("item_B", "0")])
    assert (f.value, f.status, f.note) == (None, "EMPTY", "分母为0")


def test_the_worse_state_of_the_parts_and_their_marks_go_on():
    figures = [
        figure("item_A", "1", status="LOW_COVERAGE", n=2, note="未报：南市"),
        figure("item_B", "4", n_pending=5, provisional=True),
    ]
    (f,) = derive("share", [A, B], figures)
    assert (f.status, f.n_pending, f.provisional, f.note) == ("LOW_COVERAGE", 5, True, "未报：南市")


def test_more_above_than_below_is_kept_and_asked_about():
    (f,) = derive("share", [A, B], [figure("item_A", "5"), figure("item_B", "4")])
    assert (f.value, f.note) == (125.0, "分子大于分母，请核对口径")


def test_an_amount_below_that_only_some_report_is_said_so():
    (f,) = derive("share", [A, B], [figure("item_A", "1"), figure("item_B", "4", n=8, n_scope=10)])
    assert f.note == "分母只含有数的 8/10"


def test_amounts_in_one_unit_may_both_be_converted():
    part = {"indicator": "total", "reading": "total"}
    yuan = {"denominator": Decimal(10**8)}
    (f,) = derive("share", [part, A], [figure("total", "150", **yuan), figure("item_A", "3000", **yuan)])
    assert (f.value, f.numerator, f.denominator) == (5.0, Decimal(150), Decimal(3000))


def test_a_share_of_a_ratio_is_refused():
    part = {"indicator": "rate", "reading": "pooled"}
    with pytest.raises(ValueError, match="同一单位"):
        derive("share", [A, part], [figure("item_A", "1"), ratio("rate", 2025, "1", "2")])


RATE, MARKET = {"indicator": "rate", "reading": "pooled"}, {"indicator": "item_B", "reading": "total"}


def test_a_difference_of_rates_is_exact_even_where_the_ratio_is_no_decimal():
    figures = [ratio("rate", 2025, "1", "30"), figure("item_B", "3.3333")]
    (f,) = derive("difference", [RATE, MARKET], figures)
    # 100/30 - 33333/10000 = 1/30000: above the market by a hair, which two decimals would hide.
    assert f.value == pytest.approx(1 / 30000)
    assert f.numerator is not None and f.denominator is not None
    assert f.numerator * 30000 * 100 == f.denominator


def test_a_difference_that_decimals_hold_stands_alone():
    (f,) = derive("difference", [RATE, MARKET], [ratio("rate", 2025, "4", "100"), figure("item_B", "4.35")])
    assert (f.reading, f.value, f.numerator, f.denominator) == ("difference", -0.35, Decimal("-0.35"), None)


def test_a_difference_without_the_market_rate_is_empty():
    (f,) = derive("difference", [RATE, MARKET], [ratio("rate", 2025, "4", "100")])
    assert (f.reading, f.status, f.note) == ("difference", "EMPTY", "缺2025Q4的指标item_B")


YEARS = [{"indicator": i, "reading": "pooled"} for i in ("rate", "rate_1", "rate_2")]


def years(first: str | None, second: str | None, third: str | None, newest: int = 2024) -> list[Figure]:
    belows = ("100", "300", "50")
    return [
        ratio(p["indicator"], newest - back, above, belows[back])
        for back, (p, above) in enumerate(zip(YEARS, (first, second, third), strict=True))
    ]


def test_the_average_of_years_is_the_ratio_of_sums_with_the_mean_of_ratios_beside():
    pooled, mean = derive("pooled_years", YEARS, years("5", "3", "2"), since=2022)
    assert (pooled.reading, pooled.numerator, pooled.denominator) == ("pooled", Decimal(10), Decimal(450))
    assert pooled.value == pytest.approx(1000 / 450)
    assert (mean.reading, mean.value) == ("mean_of_years", pytest.approx((5 + 1 + 4) / 3))
    assert {f.reference_period for f in (pooled, mean)} == {"2022-2024年度"}
    assert pooled.months is None


def test_years_before_the_first_do_not_count():
    pooled, mean = derive("pooled_years", YEARS, years("5", "3", "2"), since=2023)
    assert (pooled.numerator, pooled.denominator, mean.value) == (Decimal(8), Decimal(400), pytest.approx(3))
    assert pooled.reference_period == "2023-2024年度"


@pytest.mark.parametrize(
    ("given", "since", "missing"),
    [
        (years("5", None, "2"), 2022, "缺2023年度的指标rate"),
        (years(None, None, "2"), 2022, "缺2023年度、2024年度的指标rate"),
        (years("5", "3", "2", newest=2025), 2022, "缺2022年度的指标rate"),
    ],
)
def test_an_average_with_a_year_missing_is_none_and_names_the_year(given, since, missing):
    found = derive("pooled_years", YEARS, given, since=since)
    assert [(f.reading, f.value, f.status, f.note) for f in found] == [
        ("pooled", None, "EMPTY", missing), ("mean_of_years", None, "EMPTY", missing),
    ]  # fmt: skip


def test_before_the_first_year_there_is_no_average():
    found = derive("pooled_years", YEARS, years("5", "3", "2", newest=2021), since=2022)
    assert {(f.value, f.status, f.note) for f in found} == {(None, "EMPTY", "缺2022年度起的指标rate")}


@pytest.mark.parametrize(
    "wrong",
    [
        {"family": "derived"},
        {"family": "count", "op": "share", "of": [A, B]},
        {"family": "derived", "op": "share", "of": [A]},
        {"family": "derived", "op": "pooled_years", "of": YEARS},
        {"family": "derived", "op": "share", "of": [A, {"indicator": "item_B"}]},
        {"family": "derived", "op": "share", "of": [A, B | {"constant": "6"}]},
    ],
)
def test_a_derived_indicator_says_what_it_does_with_which_parts(wrong):
    with pytest.raises(ValidationError):
        indicator("made", **wrong)


def test_derived_indicators_of_the_dictionary_stand_on_amounts_of_one_unit_that_are_not_derived_themselves():
    known = indicators()
    for made in (i for i in known.values() if i.family == "derived"):
        parts = [known[p.indicator] for p in made.of if p.indicator]
        assert all(p.family != "derived" for p in parts), made.id
        units = {p.value_unit if p.family == "level" else p.unit for p in parts}
        assert len({"户" if u == "家" else u for u in units}) == 1, made.id
