"""What a number format says of the number under it: a table of the formats in use, and two that are made up."""

from __future__ import annotations

import pytest

from jobs.sheets.number_formats import meaning, per_cent

AS_IT_IS = [
    "General", "0", "0.00", "#,##0", "#,##0.00", "#,##0.00_);[Red](#,##0.00)", "@", "0.00E+00", "# ?/?", "000000",
    '_-* #,##0.00_-;-* #,##0.00_-;_-* "-"??_-;_-@_-', '_ ¥* #,##0.00_ ;_ ¥* -#,##0.00_ ;_ ¥* "-"??_ ;_ @_ ',
    "[$¥-804]#,##0.00", '"¥"#,##0.00', "0;-0;;@", "yyyy-mm-dd", 'yyyy"年"m"月"', '#,##0"人"', "[DBNum2]General", "[Red][<0]-0;0",
    "[$-804]0.0", "0.0_ ",
]  # fmt: skip
SMALLER: dict[str, int] = {
    "0!.0,": 4, "0\\.0,": 4, '0"."0,': 4, "0!.0000": 4, "#!.#,": 4, "0.00,,": 6, "#,##0,": 3, "#,##0.00,": 3, "#,##0,.00": 3,
    "0!.00,,": 8, "#,##0,;-#,##0,": 3, "[>=10000]0!.0,;0": 4,
}  # fmt: skip
STORED: dict[str, int] = {
    '0"."0,"万元"': 0, '0!.0,"万"': 0, '#,##0.00"千元"': 3, '0.00"万元"': 4, 'G/通用格式"元"': 0, '0!.00,,"亿元"': 0,
    '[>=10000]0!.0,"万元";0"元"': 0, '[>=100000000]0!.00,,"亿";[>=10000]0!.0,"万";0': 0, '#.##,"K"': 0, '0.0,"千人"': 0,
    '0.0,,"百万"': 0, '0.0,"万"': 1,
}  # fmt: skip


@pytest.mark.parametrize("code", AS_IT_IS)
def test_most_formats_show_a_number_as_it_is(code: str) -> None:
    assert meaning(code) is None


@pytest.mark.parametrize("code", SMALLER)
def test_a_smaller_number_shown_without_a_unit_fits_no_unit(code: str) -> None:
    found = meaning(code)
    assert found is not None and found.power == SMALLER[code]
    assert not any(found.fits(power) for power in range(9))


@pytest.mark.parametrize("code", STORED)
def test_a_unit_in_the_format_fits_the_unit_in_which_the_number_is_stored(code: str) -> None:
    found = meaning(code)
    assert found is not None
    assert [power for power in range(9) if found.fits(power)] == [STORED[code]]


@pytest.mark.parametrize("code", ["0%", "0.00%", "0.0%;[Red]-0.0%", '0.00"%"'])
def test_per_cent_is_a_sign_and_not_only_a_text(code: str) -> None:
    found = meaning(code)
    assert (found is not None and found.percent) == (code != '0.00"%"')


@pytest.mark.parametrize("code", [";;;", ";;", ";0"])
def test_a_format_may_show_nothing_at_all(code: str) -> None:
    found = meaning(code)
    assert found is not None and found.silent and not found.fits(0)


@pytest.mark.parametrize(
    ("code", "currency"), [("[$$-409]#,##0", "$"), ("[$€-2] 0.00", "€"), ("[$HK$-C04]0", "HK$")]
)
def test_another_currency_is_told(code: str, currency: str) -> None:
    found = meaning(code)
    assert found is not None and found.currency == currency and not found.fits(0)


@pytest.mark.parametrize(
    ("stored", "shown"), [("0.123", "12.3%"), ("1", "100%"), ("-0.0005", "-0.05%"), ("0", "0%")]
)
def test_per_cent_as_a_person_sees_it(stored: str, shown: str) -> None:
    assert per_cent(stored) == shown
