"""The content hash of a publication: over what the ledger holds of the releases' rows, not over the rows again."""

from __future__ import annotations

import hashlib
import json

from jobs import lake
from jobs.definitions.contract import table_names
from jobs.lake.content import period_hashes
from jobs.ledger.models import Release

Hashes = dict[tuple[str, str], dict[str, str]]
"""(programme, period) -> table -> content hash of its rows; tables without rows are not named."""


def of_releases(approved: dict[tuple[str, str], Release]) -> Hashes:
    """Return what the ledger says of each release's rows; of one made before it did, what its rows come to."""
    hashes: Hashes = {}
    for (programme, period), release in approved.items():
        if (known := release.hashes) is None:
            made = {name: lake.gold_arrow(name, release.release_id, programme) for name in table_names()}
            known = period_hashes(made, [period])[period]
        hashes[programme, period] = dict(known)
    return hashes


def _sha256(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def together(hashes: Hashes) -> tuple[str, dict[str, str]]:
    """Return the hash of all that is served, and those of the tables, each over its rows by programme and period."""
    by_table: dict[str, dict[str, str]] = {name: {} for name in table_names()}
    for (programme, period), tables in hashes.items():
        for name, rows in tables.items():
            by_table.setdefault(name, {})[f"{programme} {period}"] = rows
    whole = {name: _sha256(held) for name, held in by_table.items()}
    return _sha256(whole), whole
