"""Figures that wait for a correction: a row of the same firm and period stands in quarantine.

Where the firm has no value the row in quarantine is why (``QUARANTINED``); where it has one, that is an
older value, and every figure that uses it is marked.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

WAITS = ("now", "before", "den")
"""What may wait: the row of the period (of the numerator), the one a year before, the denominator's."""


def nothing_waits() -> Column:
    """Return the struct of an entity for which nothing stands in quarantine."""
    return F.struct(*[F.lit(False).alias(n) for n in WAITS])
