"""A contract as it is written: its data, the line of every place in it, and how faults of it are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from jobs.refusals import instead, shown

At = tuple[str | int, ...]
"""Keys and positions on the way from the file's root to a place."""


def meant(word: object, known: Iterable[str]) -> str:
    """Return what was probably meant by a wrong word, as a cure."""
    return instead(str(word), list(known)).removeprefix("；") or "改成已有的名称，或去掉"


@dataclass(frozen=True)
class Fault:
    """What a contract says wrongly.

    Attributes
    ----------
    contract : str
        Its id, else the name of its file.
    place : str
        Line and place, as its author would look for it.
    what, cure : str
        What is wrong there, and what to write instead.
    """

    contract: str
    place: str
    what: str
    cure: str

    def __str__(self) -> str:
        where = f"合同 {self.contract}" + (f"，{self.place}" if self.place else "")
        return f"{where}：{self.what}；改法：{self.cure}"


@dataclass
class Source:
    """A contract file that was read as YAML.

    Attributes
    ----------
    data : dict
        Its content.
    lines : dict
        Place -> line in the file.
    doubles : list
        Keys that stand twice in one mapping, of which YAML would silently take the last.
    """

    path: Path
    data: dict[str, Any]
    lines: dict[At, int] = field(default_factory=dict)
    doubles: list[At] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What the contract is called in messages."""
        return shown(str(self.data.get("id") or self.path.name))

    def fault(self, at: At, what: str, cure: str) -> Fault:
        """Return a fault at a place; where nothing is written the line of what should hold it is told."""
        known = at
        while known and known not in self.lines:
            known = known[:-1]
        line = f"第 {self.lines[known]} 行" if known else ""
        return Fault(self.name, " ".join(filter(None, (line, self._spoken(at)))), what, cure)

    def _spoken(self, at: At) -> str:
        """Return a place as people say it: a column by its name, the feed's part by its own keys."""
        if at[:1] == ("schema",) and at[2:3] == ("properties",) and len(at) > 3:
            return " 的 ".join(filter(None, (self._column(at), _joined(at[4:]))))
        if at[:1] == ("customProperties",) and at[2:3] == ("value",):
            return _joined((_get(self.data, (*at[:2], "property")) or "customProperties", *at[3:]))
        return _joined(at)

    def _column(self, at: At) -> str:
        name = _get(self.data, (*at[:4], "name"))
        return f"列 {shown(str(name))}" if name else f"第 {int(at[3]) + 1} 列"


def _joined(at: At) -> str:
    """Return keys joined by dots; positions count from one."""
    steps = (f" 第 {p + 1} 项 " if isinstance(p, int) else f".{p}" for p in at)
    return "".join(steps).replace(" .", " ").strip(". ")


def _get(data: Any, at: At) -> Any:
    for step in at:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _walk(node: yaml.Node, at: At, source: Source) -> None:
    source.lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                source.doubles.append((*at, name))
            seen.add(name)
            source.lines[*at, name] = key.start_mark.line + 1
            _walk(value, (*at, name), source)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            _walk(value, (*at, number), source)


def read(path: Path) -> Source | Fault:
    """Read a contract file; a fault where it is no mapping in YAML."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        number = path.read_bytes()[: error.start].count(b"\n") + 1
        return Fault(path.name, f"第 {number} 行", "不是 UTF-8 文字", "另存为 UTF-8 编码")
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        data = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"第 {mark.line + 1} 行" if mark else ""
        return Fault(path.name, line, "不是合格的 YAML", "检查该行及上一行的缩进、冒号后的空格、引号是否成对")
    if node is None or not isinstance(data, Mapping):
        return Fault(path.name, "", "不是合同：文件里没有“键: 值”", "照 schemas/feeds 里已有的合同写")
    source = Source(path, dict(data))
    try:
        _walk(node, (), source)
    except RecursionError:
        return Fault(path.name, "", "有一处引用（*）包含了自己，或套了太多层", "把引用的内容照写一遍")
    return source
