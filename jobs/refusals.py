"""Refusals: errors whose text is for the person who asked, and the words that were probably meant."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher

ALIKE = 0.6
"""From how much two words have in common one may be meant by the other."""
OFFERED = 3
SHORT = 24
"""Characters of a name that stand beside an offered word."""
LISTED = 30
"""Up to how many words all of them are named."""
LONGEST = 60
"""Characters of a wrong word that are repeated."""


class Refusal(Exception):
    """What was asked cannot be done; nothing was changed.

    The text says in Chinese what is wrong and what to do: it is all that the person is told.
    """


class NotThere(Refusal, LookupError):
    """There is nothing of that name."""


class ContractUnreadable(Refusal):
    """A contract file cannot be read as one."""


def shown(word: str, longest: int = LONGEST) -> str:
    """Return a word as it may be repeated: what is long is cut, what cannot be printed is named."""
    plain = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in word)
    return plain if len(plain) <= longest else f"{plain[:longest]}……"


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().strip()


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Return the words that were probably meant, the likeliest first."""
    asked = _plain(word)[:LONGEST]
    if not asked:
        return []

    def alike(other: str) -> float:
        plain = _plain(other)
        inside = len(asked) > 1 and (asked in plain or plain in asked)
        return max(SequenceMatcher(None, asked, plain).ratio(), ALIKE if inside and plain else 0)

    scored = sorted(
        ((alike(k), k) for k in dict.fromkeys(known)), key=lambda pair: (-pair[0], len(pair[1]), pair[1])
    )
    return [k for score, k in scored[:OFFERED] if score >= ALIKE]


def instead(word: str, known: Mapping[str, str] | Iterable[str], where: str = "") -> str:
    """Return what to say after a wrong word: the nearest right ones, else all of a short list, else where to look.

    Parameters
    ----------
    word : str
    known : mapping or iterable of str
        Right words; of a mapping the values are their names, by which they may be meant as well.
    where : str
        What shows the right words.
    """
    names = dict(known) if isinstance(known, Mapping) else dict.fromkeys(known, "")
    by_text: dict[str, str] = {}
    for key, name in names.items():
        for text in filter(None, (key, name)):
            by_text.setdefault(text, key)
    near = list(dict.fromkeys(by_text[text] for text in nearest(word, by_text)))
    look = f"；{where}" if where else ""
    if near:
        return f"；是不是 {'、'.join(f'{k} {shown(names[k], SHORT)}'.strip() for k in near)}？{look.removeprefix('；')}"
    if not names:
        return f"；现在一个也没有{look}"
    return f"；可用：{'、'.join(names)}" if len(names) <= LISTED else look


def choose(kind: str, word: str, known: Mapping[str, str] | Iterable[str], where: str = "") -> str:
    """Return the right word that is meant: the word itself, or the one whose name it is.

    Parameters
    ----------
    kind : str
        What is asked for, in Chinese.
    word : str
    known : mapping or iterable of str
        Right words; of a mapping the values are their names.
    where : str
        What shows the right words, where they are too many to be named.

    Raises
    ------
    NotThere
        With the nearest right words, if it is none of them or the name of several.
    """
    names = dict(known) if isinstance(known, Mapping) else dict.fromkeys(known, "")
    if word in names:
        return word
    named = [key for key, name in names.items() if word and name == word]
    if len(named) == 1:
        return named[0]
    if named:
        raise NotThere(f"{kind}“{shown(word)}”不止一个：{'、'.join(named)}，请用代码")
    raise NotThere(f"没有{kind}“{shown(word)}”{instead(word, names, where)}")
