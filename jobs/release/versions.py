"""What figures depend on beside the data: policy, dictionary, contracts, audit suites, and the code."""

from __future__ import annotations

import hashlib
import subprocess
from typing import Any

from jobs.contract import load_feed
from jobs.policy.model import Programme
from jobs.quality import SILVER
from jobs.settings import REPO, settings


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


def digest(programme: Programme) -> str:
    """Return a fingerprint of a programme's rules: other rules, other figures or another verdict.

    The programme holds all its documents; national criteria and rules of monitoring lie in folders below theirs.
    """
    schemas, policies, suites = settings().schemas, settings().policies, settings().expectations
    feeds = programme.feed_ids
    files = [schemas / "indicators.yaml", schemas / "facts.yaml"]
    files += [
        *(schemas / "feeds" / f"{feed}.yaml" for feed in feeds),
        *policies.glob("*/*.yaml"),
        *schemas.glob("tables/*.yaml"),
        *schemas.glob("reference/*"),
        *(p for p in suites.glob("*.json") if not p.name.startswith(SILVER)),
        *(suites / f"{SILVER}{feed}.json" for feed in feeds),
    ]
    whole = hashlib.sha256(programme.model_dump_json().encode())
    for path in sorted(set(files), key=lambda p: (p.parent.name, p.name)):
        whole.update(path.read_bytes())
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
