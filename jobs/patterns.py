"""Path patterns of contracts: whether two of them have a path in common, and which of their groups may be missing.

A pattern becomes an automaton over the characters that matter to either. References to a group stand for any text
of that group, and what is only looked at (anchors, lookarounds) for nothing: so two patterns that have no path in
common are never said to have one that this module can tell apart, and a path found is proved by the patterns
themselves where they agree.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from typing import Any

_parser: Any = import_module("re._parser")
"""The parser of the standard library's own regular expressions: nothing else reads them as they are meant."""

_SAMPLES = "09azAZ_ \t\n-./一龥é~"
"""Characters of every class that a pattern may name; with those of the patterns and their neighbours they stand for all."""
_LONGEST = 40
"""Repetitions beyond these are one more time the same."""
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")


def _letters(tree: Any) -> Iterator[int]:
    """Give the characters that a parsed pattern names, and their neighbours."""
    for op, given in tree:
        if str(op) in ("LITERAL", "NOT_LITERAL"):
            yield from (given - 1, given, given + 1)
        elif str(op) == "RANGE":
            yield from (given[0] - 1, *given, given[1] + 1)
        else:
            for part in _parts(given):
                yield from _letters(part)


def _parts(given: Any) -> Iterator[Any]:
    """Give the trees inside an operation's arguments."""
    if isinstance(given, _parser.SubPattern) or (
        isinstance(given, list) and given and isinstance(given[0], tuple)
    ):
        yield given
    elif isinstance(given, list | tuple):
        for one in given:
            yield from _parts(one)


@dataclass
class _Automaton:
    """States, from each the characters (bits of the alphabet) that lead on, and the steps without one."""

    alphabet: str
    groups: dict[int, Any] = field(default_factory=dict)
    steps: list[list[tuple[int, int]]] = field(default_factory=list)
    free: list[list[int]] = field(default_factory=list)

    def state(self) -> int:
        self.steps.append([])
        self.free.append([])
        return len(self.steps) - 1

    def bits(self, op: str, given: Any, flags: int) -> int:
        """Return the characters that one operation takes."""
        text = _class(op, given)
        single = re.compile(text, flags & (re.IGNORECASE | re.ASCII | re.DOTALL))
        return sum(1 << n for n, c in enumerate(self.alphabet) if single.fullmatch(c))

    def add(self, tree: Any, begin: int, flags: int) -> int:
        """Add a tree after a state and return the state it ends in."""
        for op, given in tree:
            begin = self._one(str(op), given, begin, flags)
        return begin

    def _one(self, op: str, given: Any, begin: int, flags: int) -> int:
        """Add one operation; what takes no character ends where it begins."""
        if op in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
            self.steps[begin].append((self.bits(op, given, flags), end := self.state()))
            return end
        if op == "SUBPATTERN":
            number, more, less, tree = given
            if number is not None:
                self.groups[number] = tree
            return self.add(tree, begin, (flags | more) & ~less)
        if op in ("GROUPREF", "ATOMIC_GROUP"):
            return self.add(self.groups.get(given, []) if op == "GROUPREF" else given, begin, flags)
        if op in ("BRANCH", "GROUPREF_EXISTS"):
            trees = given[1] if op == "BRANCH" else [given[1], given[2] or []]
            return self._either(trees, begin, flags)
        return self._repeated(given, begin, flags) if op in _REPEATS else begin

    def _either(self, trees: Iterable[Any], begin: int, flags: int) -> int:
        end = self.state()
        for tree in trees:
            self.free[self.add(tree, begin, flags)].append(end)
        return end

    def _repeated(self, given: Any, begin: int, flags: int) -> int:
        low, high, tree = int(given[0]), int(given[1]), given[2]
        for _ in range(min(low, _LONGEST)):
            begin = self.add(tree, begin, flags)
        end = self.state()
        self.free[begin].append(end)
        if high > max(low, _LONGEST):
            again = self.state()
            self.free[begin].append(again)
            self.free[self.add(tree, again, flags)] += [again, end]
            return end
        for _ in range(high - low):
            begin = self.add(tree, begin, flags)
            self.free[begin].append(end)
        return end

    def closed(self, states: Iterable[int]) -> frozenset[int]:
        """Return all states that are reached without a character."""
        found, waiting = set(states), list(states)
        while waiting:
            for after in self.free[waiting.pop()]:
                if after not in found:
                    found.add(after)
                    waiting.append(after)
        return frozenset(found)

    def after(self, states: Iterable[int], bit: int) -> frozenset[int]:
        """Return the states after one more character."""
        return self.closed([end for s in states for bits, end in self.steps[s] if bits & bit])

    def wanted(self, states: Iterable[int]) -> int:
        """Return the characters that lead on."""
        found = 0
        for s in states:
            for bits, _ in self.steps[s]:
                found |= bits
        return found


def _class(op: str, given: Any) -> str:
    """Return an operation on one character as a pattern again."""
    if op == "ANY":
        return "."
    if op in ("LITERAL", "NOT_LITERAL"):
        return f"[{'^' if op == 'NOT_LITERAL' else ''}{re.escape(chr(given))}]"
    return f"[{''.join(_item(str(o), g) for o, g in given)}]"


def _item(op: str, given: Any) -> str:
    if op == "NEGATE":
        return "^"
    if op == "RANGE":
        return f"{re.escape(chr(given[0]))}-{re.escape(chr(given[1]))}"
    if op == "CATEGORY":
        name = str(given).removeprefix("CATEGORY_").lower()
        letter = name.removeprefix("not_")[0]
        return "\\" + (letter.upper() if name.startswith("not_") else letter)
    return re.escape(chr(given))


@lru_cache(maxsize=4096)
def shared(one: str, other: str) -> str | None:
    """Return a path that both patterns may have, the shortest; None if there is none.

    Parameters
    ----------
    one, other : str
        Regular expressions, each for a whole path.
    """
    trees = [_parser.parse(p) for p in (one, other)]
    letters = {c for t in trees for c in _letters(t) if 0 < c <= 0x10FFFF and not 0xD800 <= c <= 0xDFFF}
    named = {x for c in map(chr, letters) for x in (c, c.swapcase()) if len(x) == 1}
    # Letters first: the path that is shown is one that people would write.
    alphabet = "".join(sorted({*named, *_SAMPLES}, key=lambda c: (not c.isalnum(), not c.isascii(), c)))
    machines = [_Automaton(alphabet), _Automaton(alphabet)]
    ends, begins = [], []
    for machine, tree in zip(machines, trees, strict=True):
        begin = machine.state()
        ends.append(machine.add(tree, begin, tree.state.flags))
        begins.append(machine.closed([begin]))
    return _common(machines[0], machines[1], (begins[0], begins[1]), (ends[0], ends[1]))


def _common(
    a: _Automaton, b: _Automaton, begin: tuple[frozenset[int], frozenset[int]], end: tuple[int, int]
) -> str | None:
    """Walk both automata together."""
    waiting, seen = deque([(begin, "")]), {begin}
    while waiting:
        (left, right), text = waiting.popleft()
        if end[0] in left and end[1] in right:
            return text
        both = a.wanted(left) & b.wanted(right)
        for n, letter in enumerate(a.alphabet):
            if both & (bit := 1 << n):
                pair = (a.after(left, bit), b.after(right, bit))
                if all(pair) and pair not in seen:
                    seen.add(pair)
                    waiting.append((pair, text + letter))
    return None


def optional(pattern: str) -> set[str]:
    """Return the named groups that a matching path may leave out."""
    compiled, tree = re.compile(pattern), _parser.parse(pattern)
    always = _always(tree)
    return {name for name, number in compiled.groupindex.items() if number not in always}


def _always(tree: Any) -> set[int]:
    """Return the groups that every match goes through."""
    found: set[int] = set()
    for op, given in tree:
        if str(op) == "SUBPATTERN":
            found |= _always(given[3]) | ({given[0]} - {None})
        elif str(op) == "ATOMIC_GROUP":
            found |= _always(given)
        elif str(op) == "BRANCH":
            found |= set.intersection(*[_always(t) for t in given[1]])
        elif str(op) in _REPEATS and int(given[0]) > 0:
            found |= _always(given[2])
    return found


def fixed(pattern: str) -> set[str]:
    """Return the named groups that hold one and the same text in every path."""
    return {
        name
        for name, number in re.compile(pattern).groupindex.items()
        if _literal(_parser.parse(pattern), number)
    }


def _literal(tree: Any, number: int) -> bool:
    """Whether a group is spelt out."""
    for op, given in tree:
        if str(op) == "SUBPATTERN" and given[0] == number:
            return all(str(o) == "LITERAL" for o, _ in given[3])
        if any(_literal(part, number) for part in _parts(given)):
            return True
    return False
