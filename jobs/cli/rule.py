"""Commands on warning rules: what waits for a word, and the word."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.cli.spoken import Spoken
from jobs.cli.tables import table_of
from jobs.cli.terminal import out, say, signed
from jobs.sparing import without_pandas

rule_app = typer.Typer(
    cls=Spoken, no_args_is_help=True, help="预警规则：待复核的、放行 · warning rules to be reviewed"
)

Programme = Annotated[
    str | None, typer.Option(help="方案编号，缺省为本地方案 · programme id, default the one run here")
]
COLUMNS = {
    "period": "期间",
    "rule": "规则",
    "name": "名称",
    "fired": "触发/适用",
    "share": "占比",
    "state": "复核",
}


def _programme(named: str | None) -> str:
    from jobs.definitions.policy.home import home_programme
    from jobs.definitions.policy.model import load

    return (load(named) if named else home_programme()).id


@rule_app.command("list")
@without_pandas()
def rule_list(
    programme: Programme = None,
    period: Annotated[str | None, typer.Option(help="期间，缺省为全部 · period, default all")] = None,
    everything: Annotated[bool, typer.Option("--all", help="已放行的也列 · also what was released")] = False,
) -> None:
    """列出触发过多、等分析员复核的规则 · list the rules that fire on many and wait for a word."""
    from jobs.definitions.period import parse
    from jobs.operate.rules import conspicuous

    asked = _programme(programme)
    period = parse(period).key if period else None
    listed = [c for c in conspicuous(asked, period) if everything or c.waits]
    rows = [
        {
            "period": c.row["period"],
            "rule": c.row["rule"],
            "name": c.row["rule_name"],
            "fired": f"{c.row['n_fired']}/{c.row['n_population']}",
            "share": c.share,
            "state": c.state,
        }
        for c in listed
    ]
    if rows:
        out.print(table_of(f"{asked} 触发过多的规则", COLUMNS, rows))
        for c in listed:
            if c.said:
                say(f"{c.row['period']} {c.row['rule']}：{c.said.decided_by}：{c.said.note}", "dim")
    waiting = sum(c.waits for c in listed)
    hint = "；放行：zjtx rule review 规则 --period 期间 --note 理由 --by 姓名" if waiting else ""
    say(f"待复核 {waiting} 条 · {waiting} waiting{hint}")


@rule_app.command("review")
def rule_review(
    rule: Annotated[str, typer.Argument(help="规则编号，如 vat_gap · rule id")],
    period: Annotated[str, typer.Option(help="期间，如 2026Q1 · period")],
    note: Annotated[str, typer.Option(help="理由 · why")],
    by: Annotated[str, typer.Option(help="分析员 · who says so")],
    programme: Programme = None,
    hold: Annotated[bool, typer.Option("--hold", help="撤回放行 · take a release back")] = False,
) -> None:
    """放行一条触发过多的规则，或撤回放行；重算、批准、发布后生效 · let a rule climb, or take that back."""
    from jobs.definitions.period import parse
    from jobs.ledger import reviews
    from jobs.operate.rules import review

    asked, period = _programme(programme), parse(period).key
    said = review(rule, asked, period, note, signed(by), reviews.HELD if hold else reviews.RELEASED)
    what = "撤回放行" if hold else "放行"
    say(
        f"{asked} {period} {rule} 已{what}（触发 {said.fired}/{said.population} 户，依据 {said.release_id}）："
        "下一次计算（zjtx compute）起生效"
    )
