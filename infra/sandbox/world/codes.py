"""Unified social credit codes (GB 32100) around organisation codes (GB 11714)."""

from __future__ import annotations

import numpy as np

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
USCC_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def org_check(body: str) -> str:
    """Check symbol of an organisation code; letters count A=10 … Z=35 here, unlike GB 32100."""
    rest = 11 - sum(int(c, 36) * w for c, w in zip(body, ORG_WEIGHTS, strict=True)) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def uscc_check(first17: str) -> str:
    """Check symbol of a unified social credit code."""
    total = sum(VALUE[c] * w for c, w in zip(first17, USCC_WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def make_uscc(office: str, body: str) -> str:
    """Build the 18 symbols of an enterprise from its registering office and organisation body."""
    first17 = f"91{office}{body}{org_check(body)}"
    return first17 + uscc_check(first17)


def break_uscc(uscc: str) -> str:
    """Return the code with a wrong last symbol, as a typing slip leaves it."""
    return uscc[:17] + ALPHABET[(VALUE[uscc[17]] + 7) % 31]


def make_many(rng: np.random.Generator, offices: list[str], modern: np.ndarray) -> list[str]:
    """One distinct code per enterprise; `modern` ones (since October 2015) carry an MA… body."""
    bodies: set[str] = set()
    codes = []
    for office, is_modern in zip(offices, modern.tolist(), strict=True):
        body = _body(rng, is_modern)
        while body in bodies:
            body = _body(rng, is_modern)
        bodies.add(body)
        codes.append(make_uscc(office, body))
    return codes


def _body(rng: np.random.Generator, modern: bool) -> str:
    if modern:
        return "MA" + "".join(ALPHABET[k] for k in rng.integers(0, 31, 6).tolist())
    return str(int(rng.integers(10_000_000, 80_000_000)))
