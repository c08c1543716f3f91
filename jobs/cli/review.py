"""Commands on notices that match no holder: what waits for a person, and the person's word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.spoken import Spoken
from jobs.cli.terminal import say, signed
from jobs.sparing import without_pandas

if TYPE_CHECKING:
    from jobs.ledger.models import Settlement
    from jobs.operate.review import Item

review_app = typer.Typer(
    cls=Spoken, no_args_is_help=True, help="待核对的公告：列出、核对 · notices that match no holder"
)
HOW = "核对：zjtx review settle 编号 --uscc 代码 --note 依据 --by 姓名；不是本地企业的写 --not-ours"


def _said(word: Settlement) -> str:
    """Return a word in words."""
    what = {"matched": f"属于 {word.uscc}", "not_ours": "不是本地企业，不计", "reopened": "重开"}[
        word.decision
    ]
    certificate = (
        f"（证书：{' '.join((word.certificate[0], word.certificate[3]))}）" if word.certificate else ""
    )
    return f"{what}{certificate}：{word.decided_by}：{word.note}"


def _told(item: Item) -> list[str]:
    """Return the lines on one notice."""
    from jobs.operate.review import told_certificates, words_for

    line, words = item.line, words_for(item.feed)
    what = f"{words['tier'].get(line.tier, line.tier)} {words['event'].get(line.event, line.event)}"
    place = " ".join(filter(None, (line.unit_name, line.county_name))) or "未写地区"
    state = "待核对" if item.waits else "已核对"
    lines = [
        f"[{state}] {item.id} {what} {line.key[0]}（{line.document_date}）{line.name}，{line.uscc or '无代码'}，{place}",
        f"    {line.file_name} {line.sheet} 第{line.row_no}行".replace("  ", " "),
    ]
    if item.alike:
        lines.append(f"    同名的证书：{told_certificates(item.alike)}")
    return [*lines, *([f"    {_said(item.said)}"] if item.said else [])]


@review_app.command("list")
@without_pandas()
def review_list(
    everything: Annotated[bool, typer.Option("--all", help="已核对的也列 · also what was settled")] = False,
    limit: Annotated[int, typer.Option(min=0, help="最多几条，0 为全部 · how many, 0 for all")] = 50,
) -> None:
    """列出对不上持有者的撤销、复核公告 · withdrawals and reviews that match no holder."""
    from jobs.operate.review import listing

    items = listing(everything)
    for item in items[: limit or None]:
        head, *rest = _told(item)
        say(head)
        for line in rest:
            say(line, "dim")
    waiting, shown = sum(i.waits for i in items), min(len(items), limit or len(items))
    say(f"列出 {shown} 条，共 {len(items)} 条，待核对 {waiting} 条 · {waiting} waiting")
    if waiting:
        say(HOW)


@review_app.command("settle")
def review_settle(
    ids: Annotated[list[str], typer.Argument(help="编号，见 zjtx review list · ids")],
    note: Annotated[str, typer.Option(help="依据 · on what it rests")],
    by: Annotated[str, typer.Option(help="核对人 · who says so")],
    uscc: Annotated[str | None, typer.Option(help="属于哪家企业：统一社会信用代码 · whose it is")] = None,
    certificate: Annotated[
        str | None,
        typer.Option(
            help="这家企业没有代码的证书：“发文字号 企业名称”，同名可只写文号 · its certificate without code"
        ),
    ] = None,
    stated: Annotated[
        bool, typer.Option("--stated", help="就是公告所写代码的企业 · as the notice states")
    ] = False,
    not_ours: Annotated[
        bool, typer.Option("--not-ours", help="不是本地企业，不计 · no firm of ours")
    ] = False,
    reopen: Annotated[bool, typer.Option("--reopen", help="撤回核对，重新待核对 · take a word back")] = False,
) -> None:
    """核对公告属于哪家企业，或不是本地企业；重算、批准、发布后生效 · say whose a notice is."""
    from jobs.operate.settle import settle

    said = settle(
        ids, note, signed(by), uscc=uscc, certificate=certificate, stated=stated, not_ours=not_ours, reopen=reopen
    )  # fmt: skip
    for word in said:
        say(f"{word.line[0]} {word.line[3]}：{_said(word)}")
    say(f"已记下 {len(said)} 条：下一次计算（zjtx compute）起生效")
