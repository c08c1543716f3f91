"""The checked-in audit suites are what the contracts say, and can be read back."""

from collections import Counter

import pytest

from jobs.definitions.checks import CONSERVATION, CROSS
from jobs.quality.suites import CRITICAL, generated, path_of, read_suite, text_of

SUITES = generated()


@pytest.mark.parametrize("name", SUITES)
def test_regenerating_a_suite_gives_no_difference(name):
    assert path_of(name).read_text(encoding="utf-8") == text_of(SUITES[name]), "zjtx suites write"


@pytest.mark.parametrize("name", [*SUITES, CROSS, CONSERVATION])
def test_a_suite_reads_back_with_kind_limits_and_severity(name):
    suite = read_suite(name)
    assert suite.expectations
    assert Counter(e.severity.value for e in suite.expectations)[CRITICAL] > 0
    if name in SUITES:
        assert text_of(suite) == path_of(name).read_text(encoding="utf-8")


def test_no_suite_is_left_of_a_table_that_is_gone():
    checked_in = {p.stem for p in path_of("x").parent.glob("*.json")}
    assert checked_in == {*SUITES, CROSS, CONSERVATION}
