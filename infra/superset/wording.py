"""Words of the specs that reach a screen and are not Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator

from infra.superset.parts import Specs

# names that the field itself writes in Latin letters
_ALLOWED = re.compile(r"R&D|GB/T|CSV|Excel")
_LATIN = re.compile(r"[A-Za-z]{2,}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
# texts that an expression puts out, unlike those it compares with
_PUT_OUT = re.compile(
    r"(?:\bTHEN\s+|\bELSE\s+|\|\|\s*|^\s*|\(\s*)'((?:[^']|'')*)'|'((?:[^']|'')*)'(?=\s*\|\|)", re.M
)
_MARKUP = re.compile(r"<[^>]*>|&[a-z]+;")
_FORMATS = re.compile(r"\{[^{}]*(?:\{\})?[^{}]*\}|%-?[A-Za-z]")


def untranslated(specs: Specs) -> list[str]:
    """Places with a Latin word, or without Chinese where there has to be some."""
    found = []
    for place, text in _texts(specs):
        words = _LATIN.findall(_ALLOWED.sub("", _plain(text)))
        if words:
            found.append(f"{place}：{'、'.join(sorted(set(words)))}")
    for place, label in _labels(specs):
        if not _CHINESE.search(label):
            found.append(f"{place} 没有中文：{label}")
    return found


def _plain(text: str) -> str:
    return _MARKUP.sub(" ", text)


def _labels(specs: Specs) -> Iterator[tuple[str, str]]:
    """Names of things, each of which is read by itself."""
    for name, dataset in specs.datasets.items():
        parts = dataset["columns"] | dataset["calculated"] | dataset.get("metrics", {})
        for column, spec in parts.items():
            yield f"数据集 {name} 的 {column}", spec["label"]
    for name, chart in specs.charts.items():
        yield f"图表 {name} 的标题", chart["title"]
    for name, page in specs.pages.items():
        yield f"页面 {name} 的标题", page["title"]
        yield f"页面 {name} 的问题", page["question"]
        for item in page["filters"]:
            yield f"页面 {name} 的筛选器 {item['id']}", item["name"]


def _texts(specs: Specs) -> Iterator[tuple[str, str]]:
    yield from _labels(specs)
    for name, chart in specs.charts.items():
        for key in ("explain", "source"):
            yield f"图表 {name} 的 {key}", chart.get(key) or ""
    for name, page in specs.pages.items():
        for row in page["rows"]:
            for cell in row:
                yield f"页面 {name} 的文字", cell.get("text", "")
    for name, dataset in specs.datasets.items():
        for column, spec in dataset["calculated"].items():
            if spec.get("shown", True):
                yield f"数据集 {name} 的 {column}", put_out(spec["sql"])


def put_out(sql: str) -> str:
    """The words that an expression writes, without markup and formats of figures and dates."""
    written = "".join(first or second for first, second in _PUT_OUT.findall(sql))
    return _FORMATS.sub("", _MARKUP.sub(" ", written))
