"""A trace says codes as people call them, and what a source wrote as it wrote it."""

import pytest

from jobs.cli.trace_story import _part
from jobs.operate.parts import Part


@pytest.mark.parametrize(
    ("label", "written", "said"),
    [
        ("NEW", (), "（新增）"),
        # What a report says of itself, in quotation marks of its own too; the number of a document.
        ("2025Q1 “NEW 项目”", ("NEW 项目",), "（2025Q1 “NEW 项目”）"),
        ("2025Q1 “称“好”的 NEW 项目”", ("称“好”的 NEW 项目",), "（2025Q1 “称“好”的 NEW 项目”）"),
        ("NEW〔2025〕3号 NEW_TIER 2025-01-01—", ("NEW〔2025〕3号",), "（NEW〔2025〕3号 新梯度 2025-01-01—）"),
    ],
)
def test_a_code_is_said_in_words_and_a_text_of_the_source_is_left_alone(
    label: str, written: tuple[str, ...], said: str
) -> None:
    part = Part(code="", name="长春市", place="", value=None, label=label, written=written)
    first = next(iter(_part(1, part, {"NEW": "新增", "NEW_TIER": "新梯度"})))
    assert first.endswith(said)
