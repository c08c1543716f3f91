"""Pages of an interface: what a text may hold, as in a text file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobs.sheets.grid import Unreadable
from jobs.sheets.pages import records


def _page(folder: Path, record: dict[str, object]) -> Path:
    path = folder / "0-1.jsonl"
    path.write_text(json.dumps({"data": [record], "next": None}) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "record",
    [{"name": "甲\x00公司"}, {"na\x00me": "甲"}, {"names": [{"of": "甲\x00"}]}],
    ids=["value", "key", "inside"],
)
def test_a_page_with_the_character_of_no_text_is_refused(tmp_path: Path, record: dict[str, object]) -> None:
    with pytest.raises(Unreadable, match=r"^第1页有空字符（\\u0000）"):
        list(records(_page(tmp_path, record)))


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        # Around a text nothing is meant by them; inside it they are part of what was written.
        ("\x1a甲公司\x1a\u200b", "甲公司"),
        ("甲\x07公司", "甲\x07公司"),
        # The text of the six characters is no such character.
        (r"甲\u0000公司", r"甲\u0000公司"),
    ],
)
def test_control_characters_count_as_in_a_text_file(tmp_path: Path, sent: str, read: str) -> None:
    (_, header), (_, cells) = records(_page(tmp_path, {"name": sent}))
    assert (header, cells) == (["name"], [read])
