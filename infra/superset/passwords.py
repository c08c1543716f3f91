"""What a password of Superset has to be like: the rules alone, without Superset."""

from __future__ import annotations

import re
from collections.abc import Iterable

SHORTEST, LONGEST = 12, 256
CLASSES_NEEDED = 3
_CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")
# shorter names occur inside honest passwords by chance
_SHORTEST_NAME = 3
# what people begin with before they add digits and signs to satisfy the rules
_COMMON = (
    "password", "passw0rd", "p@ssword", "p@ssw0rd", "mima", "admin", "administrator", "root", "superset",
    "qwerty", "asdf", "zxcvb", "1qaz", "qazwsx", "iloveyou", "woaini", "welcome", "letmein", "changeme", "abc",
    "zhongguo", "china", "beijing", "zhuanjingtexin", "zjtx", "test", "guest", "user", "huanying", "jilin",
)  # fmt: skip
_SEQUENCES = (
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv",
)
_RUN = 4


def problems(password: str, usernames: Iterable[str] = ()) -> list[str]:
    """What is wrong with a password, in Chinese; empty when it may be used.

    Parameters
    ----------
    password
        The proposed password.
    usernames
        Names that must not be part of it.
    """
    faults = []
    if not SHORTEST <= len(password) <= LONGEST:
        faults.append(f"长度应为 {SHORTEST} 至 {LONGEST} 个字符")
    if sum(bool(re.search(kind, password)) for kind in _CLASSES) < CLASSES_NEEDED:
        faults.append("大写字母、小写字母、数字、符号中至少要有三种")
    lower = password.casefold()
    if any(len(name) >= _SHORTEST_NAME and name.casefold() in lower for name in usernames):
        faults.append("不能含有用户名")
    if _is_common(lower):
        faults.append("太常见，容易被猜中")
    return faults


def _is_common(lower: str) -> bool:
    """Whether little is left without common words, repetitions and neighbouring keys."""
    rest = re.sub(r"(.)\1{2,}", "", lower)
    for word in _COMMON:
        rest = rest.replace(word, "")
    for line in _SEQUENCES:
        for text in (line, line[::-1]):
            for start in range(len(text) - _RUN + 1):
                rest = rest.replace(text[start : start + _RUN], "")
    # a year, a counter and an exclamation mark are no secret
    rest = re.sub(r"(19|20)\d\d|[^\w]+", "", rest)
    return len(set(rest)) < _RUN
