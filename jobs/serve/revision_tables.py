"""The tables that tell what publications changed: their columns, and what these are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb

from jobs.definitions.reference import reporter_name
from jobs.serve.reasons import Reason

COLUMNS: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "revision": (
        "发布修订：一行为一次发布改动的一个数，与此前对外的一版比；只列以前发布过的期间",
        {
            "changed_in": ("VARCHAR", "改动的发布号"),
            "follows": ("VARCHAR", "此前对外的发布号"),
            "published_at": ("TIMESTAMPTZ", "发布时间"),
            "programme": ("VARCHAR", "方案"),
            "period": ("VARCHAR", "期间"),
            "release_before": ("VARCHAR", "原版本"),
            "release_after": ("VARCHAR", "新版本"),
            "kind": ("VARCHAR", "改动：修订、新增（原来没有这一行）、撤去（现在没有这一行）"),
            "subject": ("VARCHAR", "对象：指标、目标、位次、得分"),
            "item": ("VARCHAR", "目标编号或排名办法；指标为空"),
            "name_zh": ("VARCHAR", "名称"),
            "region_code": ("VARCHAR", "地区代码"),
            "region_name": ("VARCHAR", "地区"),
            "region_level": ("VARCHAR", "地区层级"),
            "tier": ("VARCHAR", "梯度代码；空为全部"),
            "tier_name": ("VARCHAR", "梯度"),
            "domain": ("VARCHAR", "专班代码；空为全部"),
            "domain_name": ("VARCHAR", "专班"),
            "indicator": ("VARCHAR", "指标代码"),
            "reading": ("VARCHAR", "口径代码"),
            "reading_name": ("VARCHAR", "口径"),
            "unit": ("VARCHAR", "单位"),
            "reference_period": ("VARCHAR", "数据所属期"),
            "value_before": ("DOUBLE", "原数；空为没有数，不是零"),
            "value_after": ("DOUBLE", "新数；空为没有数，不是零"),
            "change": ("DOUBLE", "新数减原数；有一个没有数的为空"),
            "n_before": ("BIGINT", "原企业数（户）"),
            "n_after": ("BIGINT", "新企业数（户）"),
            "state_before": ("VARCHAR", "原状态"),
            "state_after": ("VARCHAR", "新状态"),
            "is_open": ("BOOLEAN", "对各地区公开：位次，以及全省不涉及企业或只涉及已公告企业的数"),
        },
    ),
    "revision_cause": (
        "改动原因：一行为两版之间的一份来文，或规则、人工核对的一次改动",
        {
            "changed_in": ("VARCHAR", "改动的发布号"),
            "programme": ("VARCHAR", "方案"),
            "period": ("VARCHAR", "期间"),
            "seq": ("BIGINT", "知识序号；不是来文的为空"),
            "kind": ("VARCHAR", "原因：新到、迟报、更正、更正（撤行）、修复隔离行、公告核对、规则改动"),
            "feed_title": ("VARCHAR", "数据源"),
            "source_period": ("VARCHAR", "报告期"),
            "reporter": ("VARCHAR", "填报单位代码；* 为只有一个来源或不是来文"),
            "reporter_name": ("VARCHAR", "填报单位"),
            "path": ("VARCHAR", "文件"),
            "accepted_at": ("TIMESTAMPTZ", "接收时间"),
            "rows_taken": ("BIGINT", "入库行数"),
            "rows_withdrawn": ("BIGINT", "撤回的行数"),
            "note": ("VARCHAR", "说明"),
        },
    ),
    "publication_change": (
        "发布变动：一行为一次发布换了版本的一个期间，改了多少、为什么",
        {
            "changed_in": ("VARCHAR", "改动的发布号"),
            "follows": ("VARCHAR", "此前对外的发布号"),
            "published_at": ("TIMESTAMPTZ", "发布时间"),
            "programme": ("VARCHAR", "方案"),
            "period": ("VARCHAR", "期间"),
            "kind": ("VARCHAR", "修订，或新期间"),
            "release_before": ("VARCHAR", "原版本"),
            "release_after": ("VARCHAR", "新版本"),
            "revision": ("INTEGER", "第几版"),
            "data_as_of": ("TIMESTAMPTZ", "数据截至"),
            "period_before": ("VARCHAR", "与哪个期间比：修订为本期间，新期间为上一期间"),
            "n_figures": ("BIGINT", "改动的指标数（个）；新期间为0"),
            "n_targets": ("BIGINT", "数值有变的目标（项）"),
            "n_states": ("BIGINT", "状态有变的目标（项）"),
            "n_places": ("BIGINT", "位次有变的地区（个）"),
            "n_entered": ("BIGINT", "期间内新持证的企业（户）；没有这项指标的为空"),
            "n_expired": ("BIGINT", "期间内证书到期的企业（户）"),
            "n_withdrawn": ("BIGINT", "期间内证书撤销的企业（户）"),
            "why": ("VARCHAR", "原因"),
            "is_newest": ("BOOLEAN", "该期间最近一次改动"),
        },
    ),
}
"""Table -> what a row is, and its columns with type and Chinese name."""


def create(con: duckdb.DuckDBPyConnection) -> None:
    """Make the tables where the file does not have them yet, with their comments; the publication is written in last of all."""
    for table, (about, columns) in COLUMNS.items():
        body = ", ".join(f"{name} {kind}" for name, (kind, _) in columns.items())
        con.execute(f"CREATE TABLE IF NOT EXISTS {table} ({body})")
        con.execute(f"COMMENT ON TABLE {table} IS '{about}'")
        for name, (_, label) in columns.items():
            con.execute(f"COMMENT ON COLUMN {table}.{name} IS '{label}'")


def causes(con: duckdb.DuckDBPyConnection, named: Mapping[str, object], found: Iterable[Reason]) -> None:
    """Write the reasons of one step."""
    rows = [
        [
            named["publication"], named["programme"], named["period"], r.seq, r.kind, r.title, r.source_period, r.reporter,
            "" if r.seq is None else reporter_name(r.reporter), r.path, r.accepted_at, r.rows, r.withdrawn, r.note,
        ]
        for r in found
    ]  # fmt: skip
    if rows:
        names = ", ".join(COLUMNS["revision_cause"][1])
        con.executemany(
            f"INSERT INTO revision_cause ({names}) VALUES ({', '.join('?' * len(rows[0]))})", rows
        )
