"""Path patterns of contracts: whether two of them have a path in common, and which of their groups may be missing.

A pattern becomes an automaton over the characters that matter to either. References to a group stand for any text
of that group, and what is only looked at (anchors, lookarounds) for nothing: so two patterns that have no path in
common are never said to have one that this module can tell apart, and a path found is proved by the patterns
themselves where they agree.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from itertools import islice
from typing import Any

from jobs.definitions.automaton import LONGEST, REPEATS, Automaton

_parser: Any = import_module("re._parser")
"""The parser of the standard library's own regular expressions: nothing else reads them as they are meant."""

_SAMPLES = "09azAZ_ \t\n-./一龥é~"
"""Characters of every class that a pattern may name; with those of the patterns and their neighbours they stand for all."""
_TRIED = 200
"""Paths that are tried against the patterns themselves before one is taken for possible."""


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


def shared(one: str, other: str) -> str | None:
    """Return a path that both patterns may have; None if there is none.

    Parameters
    ----------
    one, other : str
        Regular expressions, each for a whole path.

    Returns
    -------
    str or None
        The shortest that both match, where one was found; else one that they would match if a reference to a group
        stood for any text of the group.
    """
    # The same both ways: of all pairs of contracts, as they are compared, half are asked twice.
    return _shared(*sorted((one, other)))


@lru_cache(maxsize=256)
def _parsed(pattern: str) -> Any:
    """Return a pattern as it is meant; nobody changes the tree."""
    return _parser.parse(pattern)


def _opening(tree: Any, flags: int) -> tuple[str, bool]:
    """Return the text that every path of a pattern begins with, and whether that is all of the tree."""
    text = ""
    for op, given in tree:
        if str(op) == "LITERAL" and not flags & re.IGNORECASE:
            text += chr(given)
        elif str(op) == "SUBPATTERN":
            _, more, less, inside = given
            own, whole = _opening(inside, (flags | more) & ~less)
            text += own
            if not whole:
                return text, False
        else:
            return text, False
    return text, True


@lru_cache(maxsize=4096)
def _shared(one: str, other: str) -> str | None:
    trees = [_parsed(p) for p in (one, other)]
    begin, begin_other = (_opening(t, t.state.flags)[0] for t in trees)
    if not (begin.startswith(begin_other) or begin_other.startswith(begin)):
        # Most feeds have folders of their own; no automaton is needed to tell them apart.
        return None
    letters = {c for t in trees for c in _letters(t) if 0 < c <= 0x10FFFF and not 0xD800 <= c <= 0xDFFF}
    named = {x for c in map(chr, letters) for x in (c, c.swapcase()) if len(x) == 1}
    # Letters first: the path that is shown is one that people would write.
    alphabet = "".join(sorted({*named, *_SAMPLES}, key=lambda c: (not c.isalnum(), not c.isascii(), c)))
    made = []
    for tree in trees:
        machine = Automaton(alphabet)
        machine.end = machine.add(tree, machine.state(), tree.state.flags)
        made.append(machine)
    loose = next(_common(made[0], made[1], None), None)
    if loose is None or _both(one, other, loose):
        return loose
    longer = islice(_common(made[0], made[1], len(loose) + LONGEST), _TRIED)
    return next((path for path in longer if _both(one, other, path)), loose)


def _both(one: str, other: str, path: str) -> bool:
    return bool(re.fullmatch(one, path) and re.fullmatch(other, path))


def _common(a: Automaton, b: Automaton, longest: int | None) -> Iterator[str]:
    """Walk both automata together and give texts that lead both to their ends, the shorter first.

    Without ``longest`` every pair of states is visited once, else once per length up to it.
    """
    begin = (a.closed([0]), b.closed([0]))
    waiting, seen = deque([(begin, "")]), {(begin, 0)}
    while waiting:
        (left, right), text = waiting.popleft()
        if a.end in left and b.end in right:
            yield text
        if longest is not None and len(text) >= longest:
            continue
        both = a.wanted(left) & b.wanted(right)
        for n, letter in enumerate(a.alphabet):
            if both & (bit := 1 << n):
                pair = (a.after(left, bit), b.after(right, bit))
                key = (pair, 0 if longest is None else len(text))
                if all(pair) and key not in seen:
                    seen.add(key)
                    waiting.append((pair, text + letter))


def optional(pattern: str) -> set[str]:
    """Return the named groups that a matching path may leave out."""
    compiled, tree = re.compile(pattern), _parser.parse(pattern)
    always = _always(tree)
    return {name for name, number in compiled.groupindex.items() if number not in always}


def _always(tree: Any) -> set[int]:
    """Return the groups that every match goes through."""
    groups: set[int] = set()
    for op, given in tree:
        if str(op) == "SUBPATTERN":
            groups |= _always(given[3]) | ({given[0]} - {None})
        elif str(op) == "ATOMIC_GROUP":
            groups |= _always(given)
        elif str(op) == "BRANCH":
            groups |= set.intersection(*[_always(t) for t in given[1]])
        elif str(op) in REPEATS and int(given[0]) > 0:
            groups |= _always(given[2])
    return groups


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
