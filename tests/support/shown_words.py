"""Words on a page that are not Chinese: what of them is data, said by column, and what somebody forgot to translate."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb

from infra.superset.parts import placed
from tests.support.chart_sql import source
from tests.support.superset_users import STORED

VERBATIM = {
    "name": "企业自己的名称",
    "name_code": "企业自己的名称和信用代码",
    "uscc": "信用代码",
    "certificate_no": "证书编号",
    "ticket_id": "问题编号",
    "file": "文件名",
    "path": "文件名",
    "sheet": "文件里的表名",
    "quote": "政策原文",
    "clause": "政策原文的条款",
    "publication_id": "发布号",
    "release": "版本号",
    "formula": "指标公式",
}
"""Columns whose values are shown as they came, whatever letters they have, and what they are."""
_ALLOWED = re.compile(r"R&D|GB/T|CSV|Excel|IPO|22CBS|[^\s；、，：]+\.(?:csv|xlsx|xls|jsonl|txt|html)\b")
"""Names that the field and the policies write so, and names of files, wherever a line says where a figure comes from."""
_WORD = re.compile(r"[A-Za-z]{3,}")
_MARKUP = re.compile(r"<[^>]*>")


def latin(text: str) -> set[str]:
    """Latin words of a text, without markup and the names that the field itself writes so."""
    return set(_WORD.findall(_ALLOWED.sub(" ", html.unescape(_MARKUP.sub(" ", text)))))


def verbatim(files: Callable[[str], Path], page: str) -> set[str]:
    """Latin words in the columns that are shown as they came, of all tables that a page reads in the files of its data sets."""
    datasets = {STORED.charts[chart]["dataset"] for chart in placed(STORED.pages[page])}
    found: set[str] = set()
    for dataset in sorted(datasets):
        for column in sorted(set(VERBATIM) & set(STORED.datasets[dataset]["columns"])):
            words = f"unnest(regexp_extract_all(CAST(\"{column}\" AS VARCHAR), '[A-Za-z]+'))"
            with duckdb.connect(str(files(dataset)), read_only=True) as con:
                rows = con.execute(f"SELECT DISTINCT {words} FROM {source(dataset)}").fetchall()
            found |= {word for (word,) in rows}
    return found


def untranslated(texts: Iterable[object], data: set[str]) -> list[str]:
    """Latin words of some texts that are no data."""
    words = {word for text in texts if isinstance(text, str) for word in latin(text)}
    return sorted(words - data)
