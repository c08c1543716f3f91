"""Which programme an installation is run for."""

from __future__ import annotations

from jobs.definitions.policy.model import Programme, load_all
from jobs.refusals import NotThere


def home_programme() -> Programme:
    """Return the programme of the enterprises that report here.

    Raises
    ------
    NotThere
        If there is none, or more than one: then it must be named.
    """
    fed = {p.id: p for p in load_all().values() if p.fed and p.entity == "enterprise"}
    if len(fed) != 1:
        listed = "、".join(sorted(fed)) or "无"
        raise NotThere(f"请写明方案；有企业报数的：{listed} / name the programme, fed are: {listed}")
    return next(iter(fed.values()))
