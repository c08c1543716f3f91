"""Commands on quarantined rows: list, export, import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from jobs.cli.spoken import Spoken
from jobs.cli.terminal import Bar, Feed, known_or_all, say
from jobs.refusals import Refusal, choose
from jobs.sparing import without_pandas

quarantine_app = typer.Typer(
    cls=Spoken, no_args_is_help=True, help="隔离：查看、导出、导入更正 · quarantined rows"
)


def _filtered(feed: str | None, file: str | None, rule: str | None, only_open: bool) -> list[Any]:
    from jobs.definitions.checks import ROW_RULES
    from jobs.feeds import quarantine
    from jobs.operate.files import known_part

    feed = known_or_all(feed)
    if rule is not None:
        rule = choose("规则", rule, ROW_RULES)
    if file is not None:
        known_part(file, feed)
    rows = quarantine.open_rows(feed) if only_open else quarantine.rows(feed)
    return [
        r
        for r in rows
        if (file is None or file in r.file_name or file == str(r.file_id))
        and (rule is None or rule in r.rules)
    ]


File = Annotated[str | None, typer.Option("--file", help="路径片段或文件编号 · part of a path, or file id")]
RuleOption = Annotated[str | None, typer.Option("--rule", help="规则，如 KEY_CONFLICT · rule")]


@quarantine_app.command("list")
@without_pandas()
def quarantine_list(
    feed: Feed = None,
    file: File = None,
    rule: RuleOption = None,
    only_open: Annotated[bool, typer.Option("--open", help="只列未处理的 · open rows only")] = False,
    limit: Annotated[int, typer.Option(min=0, help="最多几行，0 为全部 · how many, 0 for all")] = 50,
) -> None:
    """列出隔离的行、原因和去向 · list quarantined rows, their reasons and what became of them."""
    from jobs.feeds.quarantine import STATES

    rows = _filtered(feed, file, rule, only_open)
    for row in rows[: limit or None]:
        say(
            f"[{STATES[row.state]}] {row.feed} {row.file_name} {row.sheet} 第{row.row_no}行".replace(
                "  ", " "
            )
        )
        for r in row.reasons:
            say(f"    {r['header'] or r['column']} “{r['value']}” {r['rule']}：{r['message']}", "dim")
    shown = min(len(rows), limit or len(rows))
    say(f"列出 {shown} 行，共 {len(rows)} 行 · {shown} of {len(rows)} rows")


@quarantine_app.command("export")
def quarantine_export(
    target: Annotated[Path, typer.Argument(metavar="OUT.xlsx", help="写到哪里 · file to write")],
    feed: Feed = None,
    file: File = None,
    rule: RuleOption = None,
) -> None:
    """把未处理的隔离行导出为可更正的工作簿 · write open rows as a workbook to be corrected."""
    from jobs.operate import export

    rows = _filtered(feed, file, rule, only_open=True)
    if not rows:
        raise Refusal("没有符合条件的未处理隔离行，没有写文件 · no open rows")
    with Bar() as bar:
        bar("导出", 0, 1)
        written = export.write(rows, target)
        bar("导出", 1, 1)
    told = "，".join(f"{name} {count} 行" for name, count in written.items())
    say(f"已写入 {target}：{told}。改橙色单元格，选“处理”，再用 zjtx quarantine import 导入")


@quarantine_app.command("import")
def quarantine_import(
    source: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="更正后的工作簿 · corrected workbook")],
    by: Annotated[str, typer.Option("--by", help="更正人 · who corrected")],
) -> None:
    """导入更正后的工作簿：整张检查，按普通文件入库 · take in a corrected workbook."""
    from jobs.operate.repair import import_sheet

    if not source.is_file():
        raise Refusal(f"没有文件 {source} · no such file")
    with Bar() as bar:
        outcome = import_sheet(source, by, bar)
    for poll in outcome.polls:
        for batch in poll.accepted:
            say(f"{poll.feed} 批次 {batch.batch_id}：更正 {batch.landed} 行，采用 {batch.silver} 行，"
                 f"再次隔离 {batch.quarantined} 行")  # fmt: skip
        for refused in poll.refused:
            say(f"拒收 {refused.reason}", "red")
    say(f"放弃 {outcome.dropped} 行；仍有问题 {len(outcome.again)} 行")
    for row in outcome.again:
        for r in row.reasons:
            say(
                f"  {row.feed} 第{row.row_no}行 {r['header']} “{r['value']}” {r['rule']}：{r['message']}",
                "yellow",
            )
