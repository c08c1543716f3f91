"""A trace says codes as people call them, and what a source wrote as it wrote it."""

from jobs.cli.trace_story import _part
from jobs.operate.parts import Part


def test_a_code_is_said_in_words_and_a_text_of_the_source_is_left_alone():
    part = Part(code="", name="长春市", place="", value=None, label="NEW “NEW 项目”")
    assert any("新增 “NEW 项目”" in line for line in _part(1, part, {"NEW": "新增"}))
