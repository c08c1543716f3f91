"""Withdrawals and reviews that match no holder: listed, marked, settled by a person, known to what is computed from then on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from jobs.definitions.dictionary import indicators
from jobs.definitions.policy.model import load
from jobs.feeds.ingest import poll
from jobs.kpi import engine, runner
from jobs.kpi.figures import MARK
from jobs.ledger import batches, settlements
from jobs.operate import advice
from jobs.operate.review import Item, listing
from jobs.operate.settle import settle
from jobs.operate.summary import told_notices, told_words
from jobs.pipeline.plan import of_figure
from jobs.refusals import Refusal
from jobs.release.knowledge import Knowledge
from jobs.release.pinned import known_at, region_map
from tests.support.builder import Builder
from tests.support.files import bad_code, code, workbook
from tests.support.installation import Installation
from tests.support.wrong_commands import assert_refused, release_row, run

pytestmark = pytest.mark.spark

FEED = "certificate_notice"
LATER = "2026-01-19T09:00:00+08:00"
HEADER = ["企业名称", "统一社会信用代码", "所属市（州）", "所属县（市、区）"]
CODED, BARE, ENDED = "吉工信民营〔2023〕11号", "吉工信民营〔2023〕12号", "吉工信民营〔2025〕21号"


def annex(event: str, document: str, on: str, firms: list[tuple[int, bool]]) -> bytes:
    """A list of 省级 firms by number; of some the code is not printed."""
    head = [[f"吉林省省级“专精特新”中小企业{event}名单", ""], [document, ""], [on, ""]]
    rows = [[f"测试企业{n}", code(n) if coded else "", "长春市", "南关区"] for n, coded in firms]
    return workbook([*head, HEADER, *rows], sheet="名单")


NOTICES = {
    "认定": annex("认定", CODED, "2023年6月15日", [(1, True), (2, True), (4, True)]),
    "认定二": annex("认定", BARE, "2023年6月20日", [(3, False)]),
    "撤销": annex("撤销", ENDED, "2025年11月5日", [(1, False), (2, True), (3, False), (9, True)]),
}


def told(n: int, items: list[Item]) -> Item:
    return next(i for i in items if i.line.name == f"测试企业{n}")


@pytest.fixture(scope="module")
def installation(installations: Builder) -> Iterator[Installation]:
    """An installation with notices of which three lines match nobody."""
    made = installations.new()
    with made.active():
        for name, content in NOTICES.items():
            made.deliver(f"cert/220000/2025/{name}.xlsx", content, "2026-01-18T09:30:00+08:00")
        made.at(LATER)
        assert [b.quarantined for b in poll(FEED).accepted] == [0, 0, 0]
        yield made
    installations.drop(made)


@pytest.fixture
def waiting(installation: Installation) -> Iterator[list[Item]]:
    """What waits; whatever a test says of it is taken back."""
    yield listing()
    said = [i.id for i in listing(everything=True) if not i.waits]
    if said:
        settle(said, "测试完毕", "测试员", reopen=True)


def known(settled: int) -> Knowledge:
    return Knowledge(
        "R1-trial", batches.last_seq(), datetime.fromisoformat(LATER), settled=settled, trial=True
    )


def lines_at(settled: int) -> tuple[dict[tuple[str, str], str | None], set[str]]:
    """What indicators read of the notices at a state of knowledge: (event, firm) -> code; and the firms that wait."""
    programme = load("JL")
    what = known_at(programme, known(settled))
    planned, _ = of_figure(
        programme, indicators()["certificate_count"], "2025Q4", what, region_map(programme)
    )
    with engine.opened(planned) as (con, models):
        runner.run(con, models, ["notice_lines"])
        rows = con.execute("SELECT event, right(name, 1), uscc FROM notice_lines").fetchall()
    return {(event, firm): uscc for event, firm, uscc in rows}, {w.name[-1] for w in what.unmatched}


def test_a_line_that_matches_nobody_is_listed_with_the_certificates_that_may_be_meant(
    waiting: list[Item],
) -> None:
    assert [(i.line.name, i.line.uscc) for i in waiting] == [
        ("测试企业1", None), ("测试企业3", None), ("测试企业9", code(9))
    ]  # fmt: skip
    assert [[c.key[0] for c in i.alike] for i in waiting] == [[CODED], [BARE], []]
    done = run("review list", [])
    assert done.exit_code == 0, done.output
    first = told(1, waiting)
    assert (
        f"[待核对] {first.id} 省级 撤销 {ENDED}（2025-11-05）测试企业1，无代码，长春市 南关区" in done.output
    )
    assert f"同名的证书：{CODED} 测试企业1（2023-06-15，{code(1)}）" in done.output
    assert "cert/220000/2025/撤销.xlsx 名单 第5行" in done.output
    assert "待核对 3 条" in done.output and "zjtx review settle 编号" in done.output


def test_the_operator_s_first_screen_names_them_with_the_command(waiting: list[Item]) -> None:
    (step,) = advice._notices()
    assert step.text.startswith(f"{len(waiting)} 条撤销、复核公告对不上持有者，可能涉及的数已标“{MARK}”")
    assert step.command == "zjtx review list"
    assert "3 条撤销、复核公告对不上持有者" in run("status", []).output


def test_a_word_is_known_from_then_on_and_an_earlier_state_still_has_the_old_figures(
    waiting: list[Item],
) -> None:
    before = settlements.last_id()
    by_hand = ("--note", "电话核实", "--by", "张三")
    one = run("review settle", [told(1, waiting).id, "--uscc", code(1).lower(), *by_hand])
    assert one.exit_code == 0 and f"{ENDED} 测试企业1：属于 {code(1)}：张三：电话核实" in one.output, (
        one.output
    )
    three = [told(3, waiting).id, "--uscc", code(3), "--certificate", BARE, *by_hand]
    assert run("review settle", three).exit_code == 0
    nine = run("review settle", [told(9, waiting).id, "--not-ours", *by_hand])
    assert "不是本地企业，不计" in nine.output
    assert listing() == [] and list(advice._notices()) == []
    found, waits = lines_at(settlements.last_id())
    assert waits == set()
    assert found == {
        ("grant", "1"): code(1), ("grant", "2"): code(2), ("grant", "4"): code(4), ("grant", "3"): code(3),
        ("withdraw", "1"): code(1), ("withdraw", "2"): code(2), ("withdraw", "3"): code(3),
    }  # fmt: skip
    found, waits = lines_at(before)
    assert waits == {"1", "3", "9"}
    assert (found["withdraw", "1"], found["grant", "3"], found["withdraw", "9"]) == (None, None, code(9))
    settled = run("review list", ["--all"]).output
    assert f"属于 {code(3)}（证书：{BARE} 测试企业3）：张三：电话核实" in settled and "待核对 0 条" in settled


REFUSED: dict[str, tuple[int, dict[str, Any], str]] = {
    "a firm without a certificate": (3, {"uscc": code(3)}, f"以前没有这一梯度的证书.*同名而没有代码的证书：{BARE}"),
    "a certificate granted to another code": (1, {"uscc": code(3), "certificate": CODED}, "没有“测试企业1”.*没有代码的证书"),
    "a document that is not there": (3, {"uscc": code(3), "certificate": "吉工信民营〔2023〕13号"}, f"是不是 {BARE}"),
    "a code that fails its check": (1, {"uscc": bad_code(1)}, "不是正确的统一社会信用代码"),
    "what it does not state": (1, {"stated": True}, "没有写代码"),
    "what it states, which holds nothing": (9, {"stated": True}, "以前没有这一梯度的证书"),
    "taking back what nobody said": (1, {"reopen": True}, "不用重开"),
    "two decisions": (1, {"stated": True, "not_ours": True}, "写且只写一个"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED.values(), ids=list(REFUSED))
def test_what_cannot_be_is_refused_and_nothing_is_kept(
    waiting: list[Item], case: tuple[int, dict[str, Any], str]
) -> None:
    firm, how, why = case
    before = settlements.last_id()
    with pytest.raises(Refusal, match=why):
        settle([told(firm, waiting).id], "核实", "张三", **how)
    assert settlements.last_id() == before


def test_the_approver_reads_of_what_the_candidate_did_not_know(waiting: list[Item]) -> None:
    before = settlements.last_id()
    settle([i.id for i in waiting], "外省企业", "张三", not_ours=True)
    row = release_row("R9", "2025Q4")
    row.seq, row.versions = batches.last_seq(), {"settled": before}
    (line,) = told_notices([row])
    assert line.startswith("JL 公告待核对：撤销、复核公告 3 条对不上持有者（省级“专精特新” 3 条）"), line
    assert MARK in line and line.endswith("zjtx review list")
    now = release_row("R9-2", "2025Q4")
    now.seq, now.versions = row.seq, {"settled": settlements.last_id()}
    assert told_notices([now]) == []
    assert (told_words(now, row), told_words(row, row)) == (["人工核对的公告：张三 3 条"], [])


def test_several_lines_are_settled_together_or_not_at_all(waiting: list[Item]) -> None:
    ids, before = [i.id for i in waiting], settlements.last_id()
    assert_refused(run("review settle", [*ids, "--uscc", code(1), "--note", "x", "--by", "张三"]))
    strange = run("review settle", [*ids, ids[0][:-1] + "x", "--not-ours", "--note", "x", "--by", "张三"])
    assert_refused(strange)
    assert f"是不是 {ids[0]} 测试企业1？" in strange.stderr
    assert settlements.last_id() == before
    assert len(settle(ids, "外省企业", "张三", not_ours=True)) == 3
    with pytest.raises(Refusal, match="已由 张三 这样核对过"):
        settle(ids[:1], "外省企业", "李四", not_ours=True)


def test_a_mistaken_word_is_corrected_or_taken_back(waiting: list[Item]) -> None:
    first = told(1, waiting).id
    settle([first], "外省企业", "张三", not_ours=True)
    settle([first], "营业执照", "李四", uscc=code(1))
    assert lines_at(settlements.last_id())[0]["withdraw", "1"] == code(1)
    settle([first], "执照是别家的", "李四", reopen=True)
    third = told(3, waiting).id
    for how in ({"uscc": code(3), "certificate": BARE}, {"reopen": True}):
        (word,) = settle([third], "核实", "李四", **how)
        assert str(word.first_date) == "2023-06-20", "figures from the certificate on change, and change back"
    assert [i.id for i in listing()] == [i.id for i in waiting]


def test_a_notice_sent_again_with_the_code_needs_no_word_and_heeds_none(
    fresh_installation: Installation,
) -> None:
    def sent(coded: bool, day: int) -> None:
        content = annex("撤销", ENDED, "2025年11月5日", [(1, coded)])
        fresh_installation.deliver("cert/220000/2025/撤销.xlsx", content, f"2026-01-{day}T09:30:00+08:00")
        fresh_installation.at(f"2026-01-{day + 1}T09:00:00+08:00")
        poll(FEED)

    fresh_installation.deliver("cert/220000/2025/认定.xlsx", NOTICES["认定"], "2026-01-17T09:30:00+08:00")
    sent(False, 18)
    settle([i.id for i in listing()], "外省企业", "张三", not_ours=True)
    assert ("withdraw", "1") not in lines_at(settlements.last_id())[0]
    sent(True, 20)
    assert listing(everything=True) == []
    assert lines_at(settlements.last_id())[0]["withdraw", "1"] == code(1)
