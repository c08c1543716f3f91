"""Automata of parsed regular expressions, over the characters that matter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

LONGEST = 40
"""Repetitions beyond these are one more time the same."""
REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")


@dataclass
class Automaton:
    """States, from each the characters (bits of the alphabet) that lead on, and the steps without one."""

    alphabet: str
    groups: dict[int, Any] = field(default_factory=dict)
    steps: list[list[tuple[int, int]]] = field(default_factory=list)
    free: list[list[int]] = field(default_factory=list)
    end: int = 0

    def state(self) -> int:
        """Return a new state."""
        self.steps.append([])
        self.free.append([])
        return len(self.steps) - 1

    def bits(self, op: str, given: Any, flags: int) -> int:
        """Return the characters that one operation takes."""
        relevant = flags & (re.IGNORECASE | re.ASCII | re.DOTALL)
        if op == "LITERAL" and not relevant & re.IGNORECASE:
            at = self.alphabet.find(chr(given))
            return 1 << at if at >= 0 else 0
        return _bits(self.alphabet, _class(op, given), relevant)

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
        return self._repeated(given, begin, flags) if op in REPEATS else begin

    def _either(self, trees: Iterable[Any], begin: int, flags: int) -> int:
        end = self.state()
        for tree in trees:
            self.free[self.add(tree, begin, flags)].append(end)
        return end

    def _repeated(self, given: Any, begin: int, flags: int) -> int:
        low, high, tree = int(given[0]), int(given[1]), given[2]
        for _ in range(min(low, LONGEST)):
            begin = self.add(tree, begin, flags)
        end = self.state()
        self.free[begin].append(end)
        if high > max(low, LONGEST):
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
        reached, waiting = set(states), list(states)
        while waiting:
            for after in self.free[waiting.pop()]:
                if after not in reached:
                    reached.add(after)
                    waiting.append(after)
        return frozenset(reached)

    def after(self, states: Iterable[int], bit: int) -> frozenset[int]:
        """Return the states after one more character."""
        return self.closed([end for s in states for bits, end in self.steps[s] if bits & bit])

    def wanted(self, states: Iterable[int]) -> int:
        """Return the characters that lead on."""
        characters = 0
        for s in states:
            for bits, _ in self.steps[s]:
                characters |= bits
        return characters


@lru_cache(maxsize=256)
def _bits(alphabet: str, text: str, flags: int) -> int:
    """Return the characters of an alphabet that a class matches; patterns repeat few classes often."""
    single = re.compile(text, flags)
    return sum(1 << n for n, c in enumerate(alphabet) if single.fullmatch(c))


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
