"""What figures depend on beside the data: policy, dictionary, contracts, audit suites, and the code."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

from jobs.definitions.checks import SILVER
from jobs.definitions.contract import load_feed
from jobs.definitions.policy.granting import granting
from jobs.definitions.policy.model import Programme
from jobs.settings import REPO, settings

_GRANTS = {"id", "region_code", "incentives"}
"""What of another programme's document stands in a programme's tables."""


def commit_id() -> str:
    """Return the commit of the running code, ``unknown`` outside a checkout."""
    # The checkout may belong to another account than the one that runs it: to git's own doubt, this one is known.
    command = ["git", "-c", f"safe.directory={REPO}", "rev-parse", "HEAD"]
    try:
        return subprocess.run(
            command, cwd=REPO, capture_output=True, text=True, timeout=10, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def _files(programme: Programme) -> list[Path]:
    """Return the files that a programme's gold tables, and the verdict on them, rest on, but for policy documents."""
    schemas, policies, suites = settings().schemas, settings().policies, settings().expectations
    feeds = programme.feed_ids
    return [
        schemas / "indicators.yaml",
        schemas / "facts.yaml",
        *(schemas / "feeds" / f"{feed}.yaml" for feed in feeds),
        *policies.glob("*/*.yaml"),
        *schemas.glob("tables/*.yaml"),
        *schemas.glob("reference/*"),
        *(p for p in suites.glob("*.json") if not p.name.startswith(SILVER)),
        *(suites / f"{SILVER}{feed}.json" for feed in feeds),
    ]


def digest(programme: Programme) -> str:
    """Return a fingerprint of a programme's rules: other rules, other figures or another verdict.

    The programme holds all its documents; the table of incentives lists those of every other one as well, with
    their regions. National criteria and rules of monitoring lie in folders below the documents.
    """
    others = granting() if programme.entity == "enterprise" else []
    texts = [programme.model_dump_json(), *(d.model_dump_json(include=_GRANTS) for d in others)]
    parts = [("", text.encode()) for text in texts]
    parts += [(f"{p.parent.name}/{p.name}", p.read_bytes()) for p in sorted(set(_files(programme)))]
    whole = hashlib.sha256()
    for name, content in parts:
        # With its length: what moves from the end of one to the beginning of the next is another rule.
        whole.update(f"{name}\n{len(content)}\n".encode() + content)
    return whole.hexdigest()


def versions(programme: Programme) -> dict[str, Any]:
    """Return what a release row keeps of its rules."""
    contracts = {feed: load_feed(feed).version for feed in programme.feed_ids}
    return {
        "commit": commit_id(),
        "digest": digest(programme),
        "programme": programme.model_dump(mode="json"),
        "contracts": contracts,
    }
