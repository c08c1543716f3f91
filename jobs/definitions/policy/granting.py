"""The incentives of all policy documents."""

from __future__ import annotations

from jobs.definitions.policy.document import Document
from jobs.definitions.policy.incentives import Incentive
from jobs.definitions.policy.model import load_all


def granting() -> list[Document]:
    """Return the documents that grant incentives, by id."""
    documents = {d.id: d for p in load_all().values() for d in p.documents if d.incentives}
    return [documents[i] for i in sorted(documents)]


def of_region(region_code: str) -> list[Incentive]:
    """Return the incentives of the documents of a region: a policy pays in its own region only."""
    return [i for d in granting() if d.region_code == region_code for i in d.incentives]
