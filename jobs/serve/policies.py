"""Tables of the policy documents in the served file: what they are, what they demand, what else they say."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from jobs.definitions.policy.document import Document
from jobs.definitions.policy.model import load_all

_POLICY = {
    "id": "VARCHAR", "programme": "VARCHAR", "title": "VARCHAR", "doc_no": "VARCHAR", "issuer": "VARCHAR",
    "issued": "DATE", "region_code": "VARCHAR", "region": "VARCHAR", "lead": "VARCHAR", "parent": "VARCHAR",
    "valid_from": "DATE", "valid_to": "DATE",
}  # fmt: skip
_TARGET = {
    "id": "VARCHAR", "policy": "VARCHAR", "clause": "VARCHAR", "quote": "VARCHAR", "name_zh": "VARCHAR",
    "operator": "VARCHAR", "value": "DOUBLE", "unit": "VARCHAR", "level": "VARCHAR", "applies_to": "VARCHAR",
    "deadline": "DATE", "period": "VARCHAR", "strength": "VARCHAR", "owners": "VARCHAR", "formula": "VARCHAR",
    "ambiguity": "VARCHAR",
}  # fmt: skip
_TEXT = dict.fromkeys(("policy", "kind", "id", "clause", "quote", "name", "detail"), "VARCHAR")

Text = tuple[str, str, str, str, str, str]


def _texts(document: Document) -> Iterator[Text]:
    """Give (kind, id, clause, quote, name, detail) of what a document says beside its targets."""
    for i in document.incentives:
        yield "激励", i.id, i.clause, i.quote, i.name_zh, "、".join(i.owners)
    for r in document.ranking_rules:
        yield "评比", r.id, r.clause, r.quote, "、".join(c.name_zh for c in r.criteria), r.reward
    for c in document.cadence:
        yield "调度", c.id, c.clause, c.quote, c.who, "；".join(c.events)
    if domains := document.service_domains:
        for d in domains.items:
            yield "专班", d.code, "", domains.quote, d.name_zh, d.department
    if ladder := document.problem_escalation:
        for s in ladder.steps:
            yield "问题分级", str(s.level), ladder.clause, ladder.quote, s.body, s.action
    if library := document.cultivation_library:
        for x in library.levels:
            yield "培育库", x.tier, library.clause, library.quote, x.name_zh, x.admission
        if library.ladder:
            yield "培育库", document.id, library.clause, library.quote, library.ladder, ""


def _create(
    con: duckdb.DuckDBPyConnection, name: str, columns: dict[str, str], rows: list[list[object]]
) -> None:
    con.execute(f"CREATE OR REPLACE TABLE {name} ({', '.join(f'{c} {kind}' for c, kind in columns.items())})")
    if rows:
        con.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", rows)


def add(con: duckdb.DuckDBPyConnection) -> None:
    """Add the tables ``policy``, ``target`` and ``policy_text``: every document, tracked here or only listed."""
    pairs = [(p, d) for p in load_all().values() for d in p.documents]
    policies = [[p.id if c == "programme" else getattr(d, c) for c in _POLICY] for p, d in pairs]
    targets = [
        ["、".join(t.owners) if c == "owners" else getattr(t, c) for c in _TARGET]
        for _, d in pairs
        for t in d.targets
    ]
    texts: list[list[object]] = [[d.id, *text] for _, d in pairs for text in _texts(d)]
    _create(con, "policy", _POLICY, policies)
    _create(con, "target", _TARGET, targets)
    _create(con, "policy_text", _TEXT, texts)
