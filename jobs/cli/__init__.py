"""The command ``zjtx``: every step without Airflow. Help in Chinese and English."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.account import become_owner
from jobs.cli import operate, progress, state
from jobs.cli.contract import contract_app
from jobs.cli.spoken import Spoken
from jobs.cli.state import KnownBy
from jobs.cli.tables import table_of
from jobs.cli.terminal import Bar, known, out, say, signed
from jobs.cli.troubles import told
from jobs.refusals import Refusal
from jobs.sparing import without_pandas

app = typer.Typer(
    cls=Spoken,
    no_args_is_help=True,
    help="专精特新运行监测平台 · 专精特新 operating monitor",
    add_completion=False,
)
ledger_app = typer.Typer(cls=Spoken, no_args_is_help=True, help="台账 · the ledger")
lake_app = typer.Typer(cls=Spoken, no_args_is_help=True, help="湖仓 · the lake")
suite_app = typer.Typer(cls=Spoken, no_args_is_help=True, help="审核规则 · audit suites")
app.add_typer(ledger_app, name="ledger")
app.add_typer(lake_app, name="lake")
app.add_typer(suite_app, name="suites")
app.add_typer(contract_app, name="contract")
dictionary_app = typer.Typer(cls=Spoken, no_args_is_help=True, help="指标字典 · the indicator dictionary")
app.add_typer(dictionary_app, name="dictionary")
operate.add_to(app)
state.add_to(app, lake_app)
progress.add_to(app)
OF_THE_CHECKOUT = ("suites", "dictionary", "contract")
"""Commands on the checkout, which is the caller's; they touch no installation."""
Release = Annotated[str, typer.Argument(help="候选发布编号，如 R723 · release id")]


@app.callback()
def work_as_owner(context: typer.Context) -> None:
    """专精特新运行监测平台 · 专精特新 operating monitor."""
    if context.invoked_subcommand not in OF_THE_CHECKOUT:
        become_owner()


@ledger_app.command("upgrade")
def ledger_upgrade() -> None:
    """建立或升级台账 · create or upgrade the ledger."""
    from jobs import ledger

    ledger.upgrade()
    out.print("台账已是最新版本 · ledger is up to date")


@lake_app.command("init")
def lake_init() -> None:
    """按合同建表 · create the lake's tables from the contracts."""
    from jobs import lake

    out.print(f"湖仓共 {len(lake.create_all())} 张表 · tables in the lake")


@suite_app.command("write")
def suites_write() -> None:
    """由合同生成审核规则 · generate the audit suites from the contracts."""
    from jobs.quality.suites import write_all

    out.print(f"已写入 {len(write_all())} 个文件 · files written")


@dictionary_app.command("write")
def dictionary_write() -> None:
    """由指标字典生成说明页 · generate the page of indicators from the dictionary."""
    from jobs.definitions.dictionary import indicators
    from jobs.definitions.glossary import page
    from jobs.settings import REPO

    (REPO / "docs" / "indicators.md").write_text(page(indicators().values()), encoding="utf-8")
    out.print(f"已写入 {len(indicators())} 个指标 · indicators written")


@dictionary_app.command("check")
def dictionary_check() -> None:
    """字典、企业事实、政策、预警规则互相对不对得上 · whether dictionary, facts, policies and rules fit each other."""
    from jobs.operate.definition_faults import faults

    wrong = faults()
    for number, said in enumerate(wrong, start=1):
        say(f"{number}. {said}", "red")
    if wrong:
        raise Refusal(f"有 {len(wrong)} 处要改 · {len(wrong)} faults")
    say("字典、企业事实、政策、预警规则无误 · no fault")


@app.command()
def ingest(
    feeds: Annotated[
        list[str] | None, typer.Argument(help="数据源编号，缺省为全部 · feed ids, default all")
    ] = None,
) -> None:
    """接收数据源的全部待收文件 · take in every waiting file."""
    from jobs.definitions.contract import feed_ids
    from jobs.feeds.ingest import poll_all
    from jobs.feeds.source import SourceUnknown

    named = [known(feed) for feed in feeds or []]
    with Bar() as bar:
        polls = poll_all(named or feed_ids(), progress=bar)
    for result in polls.results:
        rows = sum(b.landed for b in result.accepted)
        bad = sum(b.quarantined for b in result.accepted)
        out.print(
            f"{result.feed}：接收 {len(result.accepted)} 个文件 {rows} 行（隔离 {bad} 行），拒收 {len(result.refused)} 个"
        )
        for file in result.refused:
            out.print(f"  拒收 {file.reason}", markup=False)
    for feed, error in polls.failures.items():
        say(f"{feed}：{told(error)}", "red")
    # A source that nobody has set up is no failure of a look at all of them.
    if any(feeds or not isinstance(error, SourceUnknown) for error in polls.failures.values()):
        raise typer.Exit(1)


@app.command()
def gate() -> None:
    """各方案现在可以计算哪些期间 · which periods can be computed now."""
    from jobs.definitions.policy.model import load_all
    from jobs.release.gate import decide

    for programme in load_all().values():
        say(str(decide(programme)))


@app.command()
def compute() -> None:
    """计算并审核候选发布 · compute and audit a candidate release."""
    from jobs.quality.audit import audit_computed
    from jobs.release.candidate import compute_candidate
    from jobs.release.gate import decide_all

    with Bar() as bar:
        release = compute_candidate(decide_all(), progress=bar)
    if release is None:
        out.print("没有需要计算的期间 · nothing to compute")
    # Also what an earlier run computed and did not live to audit.
    verdicts = audit_computed()
    for verdict in verdicts:
        out.print(
            f"{verdict.release} 审核{'通过' if verdict.passed else '未通过'}：{verdict.failures or '无问题'}",
            markup=False,
        )
        if verdict.second:
            out.print(verdict.second.words(), markup=False)
    if not all(v.passed for v in verdicts):
        raise typer.Exit(1)


@app.command()
def approve(release: Release, by: Annotated[str, typer.Option(help="审批人 · who approves")]) -> None:
    """批准候选发布 · approve a candidate release."""
    from jobs.serve import publish

    if not publish.approve(release, signed(by)):
        raise Refusal(f"{release} 早已批准{publish.last_word(release)}，未作任何改动")
    out.print(f"{release} 已批准；上线请运行 zjtx publish · approved")


@app.command()
def reject(release: Release, by: Annotated[str, typer.Option(help="审批人 · who refuses")]) -> None:
    """退回候选发布，线上内容不变 · refuse a candidate release."""
    from jobs.serve import publish

    if not publish.reject(release, signed(by)):
        raise Refusal(f"{release} 早已退回{publish.last_word(release)}，未作任何改动")
    out.print(f"{release} 已退回 · refused")


@app.command()
def deadlines() -> None:
    """记下新过的截止日并通知迟报 · note passed deadlines and tell who is late."""
    from jobs.release.deadlines import announce_passed

    passed = announce_passed()
    out.print(f"新过的截止日 {len(passed)} 个 · newly passed: {passed or '无'}", markup=False)


@app.command("publish")
def publish_served() -> None:
    """把已批准的发布切换上线，并刷新数据状态 · build and swap the served file, refresh the operations file."""
    from jobs.operate import state_file
    from jobs.serve import publish

    made = publish.publish()
    state_file.refresh()
    text = (
        f"发布 {made.publication_id} 内容散列 {made.content_hash}"
        if made
        else "没有已批准的发布 · nothing approved"
    )
    out.print(text)


@app.command()
def rollback(
    publication: Annotated[str, typer.Argument(help="发布编号，如 P00003 · publication id")],
    by: Annotated[str, typer.Option(help="决定人 · who decides")],
) -> None:
    """切回以前的发布 · serve an earlier publication again."""
    from jobs.serve import publish

    later = publish.rollback(publication, signed(by))
    out.print(f"已切回 {publication}，作废的发布：{'、'.join(later) or '无'}")


@app.command()
@without_pandas()
def ranking(
    programme: Annotated[
        str | None, typer.Option(help="方案编号，缺省为本地方案 · programme id, default the one run here")
    ] = None,
    period: Annotated[str | None, typer.Option(help="期间，缺省为最新 · period, default the newest")] = None,
    known_by: KnownBy = None,
) -> None:
    """已发布的排名 · published ranking."""
    from jobs.definitions.policy.home import home_programme
    from jobs.definitions.policy.model import load
    from jobs.serve import show

    asked = load(programme) if programme else home_programme()
    rows = show.ranking(asked.id, period, known_by)
    out.print(table_of(f"{asked.id} 综合排名 {rows[0]['period']}", show.RANKING_COLUMNS, rows))


@app.command("demo-check")
def demo_check() -> None:
    """列出不是由 Airflow 任务写入的批次、发布 · list what no Airflow task run wrote."""
    from jobs.ledger import batches, releases

    stray = [f"批次 {b.batch_id} {b.scope}" for b in batches.accepted() if not b.run_id]
    stray += [f"候选 {r.release_id} {r.programme} {r.period}" for r in releases.live() if not r.run_id]
    stray += [f"发布 {p.publication_id}" for p in releases.publications() if not p.run_id]
    for line in stray:
        out.print(line, markup=False)
    out.print(f"没有经 Airflow 运行的：{len(stray)} 个 · written without an Airflow run: {len(stray)}")
    if stray:
        raise typer.Exit(1)
