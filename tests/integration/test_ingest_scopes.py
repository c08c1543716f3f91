"""What a file replaces: its own scope and nothing else, in the order in which files were sent."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from jobs.definitions.contract import load_feed
from jobs.feeds.ingest import poll
from jobs.feeds.take_in import PollResult
from tests.support.files import (
    COUNTY,
    FINANCE,
    REGISTER,
    bad_code,
    code,
    csv_file,
    finance_path,
    line,
    workbook,
)
from tests.support.installation import Installation, delta_rows, ledger_rows

pytestmark = pytest.mark.spark

FEED = "stat_finance"
SCOPE = "reporter=220100/period=202602"


def send(
    installation: Installation,
    rows: list[list[object]],
    day: int,
    unit: str = "220100",
    mark: str = "",
    header: list[str] | None = None,
) -> str:
    """Deliver a unit's form of February on a day of March at 09:30; return its path."""
    path = finance_path(unit, suffix=f"{mark}.csv")
    content = csv_file(rows, header) if header else csv_file(rows)
    installation.deliver(path, content, f"2026-03-{day:02d}T09:30:00+08:00")
    return path


def take(installation: Installation, day: int = 30) -> PollResult:
    """Take in what is there on a day of March."""
    installation.at(f"2026-03-{day:02d}T20:00:00+08:00")
    return poll(FEED)


def revenue(installation: Installation, known_by: int | None = None) -> dict[str, int]:
    """Firm -> revenue in 千元 of the live rows."""
    return {r["uscc"]: int(r["revenue"] / 1000) for r in installation.rows(FEED, known_by)}


def of(**values: int) -> dict[str, int]:
    return {code(int(k[1:])): v for k, v in values.items()}


def reasons(installation: Installation) -> dict[tuple[str, int], list[str]]:
    rows = delta_rows(f"{installation.env['ZJTX_LAKE']}/quarantine/rows")
    return {(r["file_name"], r["row_no"]): [x["rule"] for x in r["reasons"]] for r in rows}


def test_a_correction_replaces_its_scope_and_an_older_state_of_knowledge_can_be_read_again(
    fresh_installation: Installation,
) -> None:
    first = [line(1, 100), line(2, 200), line(3, 300)]
    send(fresh_installation, first, 10)
    send(fresh_installation, [line(9, 900)], 10, "220300")
    assert [b.seq for b in take(fresh_installation, 11).accepted] == [1, 2]
    send(fresh_installation, [line(1, 110), line(2, 200)], 12, mark="_r2")
    corrected = take(fresh_installation, 13).accepted
    assert [(b.seq, b.silver, b.withdrawn) for b in corrected] == [(3, 2, 1)]
    assert revenue(fresh_installation) == of(f1=110, f2=200, f9=900)

    # A -> B -> A: what was sent first and is sent again counts again.
    again = send(fresh_installation, first, 14, mark="_r3")
    third = take(fresh_installation, 15)
    assert [(b.seq, b.silver, b.withdrawn) for b in third.accepted] == [(4, 3, 0)]
    assert revenue(fresh_installation) == of(f1=100, f2=200, f3=300, f9=900)

    # The same content once more is nothing new.
    send(fresh_installation, first, 16, mark="_r4")
    fourth = take(fresh_installation, 17)
    assert (fourth.accepted, [f.path for f in fourth.unchanged]) == ([], [again.replace("_r3", "_r4")])
    # Nor is a file that was seen before.
    fifth = take(fresh_installation, 18)
    assert (fifth.accepted, fifth.unchanged, fifth.refused) == ([], [], [])

    replayed = [revenue(fresh_installation, known_by=seq) for seq in range(5)]
    assert replayed == [
        {},
        of(f1=100, f2=200, f3=300),
        of(f1=100, f2=200, f3=300, f9=900),
        of(f1=110, f2=200, f9=900),
        of(f1=100, f2=200, f3=300, f9=900),
    ]


def test_files_that_wait_together_count_in_the_order_in_which_they_were_sent(
    fresh_installation: Installation,
) -> None:
    """Names would give another order than the times do."""
    send(fresh_installation, [line(1, 103), line(4, 400)], 13, mark="_a")
    send(fresh_installation, [line(1, 101), line(2, 200), line(3, 300)], 11, mark="_c")
    send(fresh_installation, [line(1, 102), line(2, 201)], 12, mark="_b")
    result = take(fresh_installation)
    assert [(b.silver, b.withdrawn) for b in result.accepted] == [(3, 0), (2, 1), (2, 1)]
    assert revenue(fresh_installation) == of(f1=103, f4=400)
    assert revenue(fresh_installation, known_by=2) == of(f1=102, f2=201)


def test_a_file_refused_whole_withdraws_nothing(fresh_installation: Installation) -> None:
    send(fresh_installation, [line(1, 100), line(2, 200)], 10)
    take(fresh_installation, 11)
    without = ["报告期", "统一社会信用代码", "单位详细名称", "行政区划代码"]
    cut = [row[:4] for row in [line(1, 1)]]
    bare = send(fresh_installation, [], 12, mark="_r2")
    short = send(fresh_installation, cut, 13, mark="_r3", header=without)
    result = take(fresh_installation, 14)
    assert [(f.path, f.verdict) for f in result.refused] == [(bare, "refused"), (short, "refused")]
    assert result.refused[0].reason == f"{bare}：没有数据行：表头以下全部为空"
    assert (result.refused[1].reason or "").startswith(f"{short}：缺少必需列：营业收入_1-本月（表头在第1行")
    assert (result.accepted, revenue(fresh_installation)) == ([], of(f1=100, f2=200))


def test_keys_left_out_are_withdrawn_but_not_those_whose_correction_is_refused(
    fresh_installation: Installation,
) -> None:
    send(fresh_installation, [line(1, 100), line(2, 200), line(3, 300), line(4, 400)], 10)
    take(fresh_installation, 11)
    path = send(
        fresh_installation, [line(1, "待核实"), line(2, 210), line(3, 310), line(3, 320)], 12, mark="_r2"
    )
    batch = take(fresh_installation, 13).accepted[0]
    assert (batch.landed, batch.silver, batch.quarantined, batch.withdrawn) == (4, 1, 3, 1)
    assert revenue(fresh_installation) == of(f1=100, f2=210, f3=300)
    assert reasons(fresh_installation) == {
        (path, 2): ["NOT_A_NUMBER"],
        (path, 4): ["KEY_CONFLICT"],
        (path, 5): ["KEY_CONFLICT"],
    }

    # The next file leaves out the firm whose correction had been refused: now it is withdrawn.
    send(fresh_installation, [line(2, 210), line(3, 330)], 14, mark="_r3")
    assert take(fresh_installation, 15).accepted[0].withdrawn == 1
    assert revenue(fresh_installation) == of(f2=210, f3=330)


def test_a_firm_that_another_unit_reports_is_refused_there_and_stays_here(
    fresh_installation: Installation,
) -> None:
    send(fresh_installation, [line(1, 100), line(2, 200)], 10)
    take(fresh_installation, 11)
    other = send(fresh_installation, [line(1, 999), line(5, 500)], 12, "220300")
    third = send(fresh_installation, [line(5, 555), line(6, 600)], 13, "220500")
    result = take(fresh_installation, 14)
    assert [(b.reporter, b.silver, b.quarantined) for b in result.accepted] == [
        ("220300", 1, 1),
        ("220500", 1, 1),
    ]
    assert revenue(fresh_installation) == of(f1=100, f2=200, f5=500, f6=600)
    rows = delta_rows(f"{fresh_installation.env['ZJTX_LAKE']}/quarantine/rows")
    told = {(r["file_name"], r["row_no"]): [(x["rule"], x["message"]) for x in r["reasons"]] for r in rows}
    assert told == {
        (other, 2): [("KEY_OTHER_SCOPE", f"该主键已由其他报送范围持有：{SCOPE}")],
        (third, 2): [("KEY_OTHER_SCOPE", "该主键已由其他报送范围持有：reporter=220300/period=202602")],
    }
    # A firm that its own unit leaves out is free for another.
    send(fresh_installation, [line(2, 200)], 15, mark="_r2")
    take(fresh_installation, 16)
    send(fresh_installation, [line(1, 998), line(5, 500)], 17, "220300", "_r2")
    take(fresh_installation, 18)
    assert revenue(fresh_installation) == of(f1=998, f2=200, f5=500, f6=600)


def test_a_row_refused_for_itself_keeps_nobody_else_from_reporting_the_firm(
    fresh_installation: Installation,
) -> None:
    send(fresh_installation, [line(1, "待核实"), line(2, 200)], 10)
    send(fresh_installation, [line(1, 100)], 11, "220300")
    assert [(b.silver, b.quarantined) for b in take(fresh_installation).accepted] == [(1, 1), (1, 0)]
    assert revenue(fresh_installation) == of(f1=100, f2=200)


def test_a_wrong_code_is_kept_out_until_the_file_is_written_again_with_the_right_one(
    fresh_installation: Installation,
) -> None:
    send(fresh_installation, [line(1, 100, 统一社会信用代码=bad_code(1))], 10)
    take(fresh_installation, 11)
    assert revenue(fresh_installation) == {}
    send(fresh_installation, [line(1, 100)], 12)
    take(fresh_installation, 13)
    assert revenue(fresh_installation) == of(f1=100)


def register_file(*rows: tuple[int, str, str, object]) -> bytes:
    lines = [
        [code(n), f"测试企业{n}", COUNTY, "C35", "2015-03", kind, day, staff, "工业"]
        for n, kind, day, staff in rows
    ]
    return csv_file(lines, REGISTER)


def test_changes_of_the_register_add_up_and_leave_out_nothing(fresh_installation: Installation) -> None:
    installation = fresh_installation
    installation.deliver(
        "stat/220100/101/101_220100_2023.csv",
        register_file((1, "在册", "2023-12-31", 10), (2, "在册", "2023-12-31", 20)),
        "2024-03-10T09:30:00+08:00",
    )
    installation.deliver(
        "stat/220300/201/201_220300_202601.csv",
        register_file((1, "更名", "2026-01-05", 11)),
        "2026-02-10T09:30:00+08:00",
    )
    installation.deliver(
        "stat/220100/201/201_220100_202601.csv",
        register_file((1, "在册", "2023-12-31", 15), (1, "注销", "2026-01-20", "")),
        "2026-02-11T09:30:00+08:00",
    )
    installation.at("2026-03-01T09:00:00+08:00")
    result = poll("stat_register")
    assert [(b.silver, b.withdrawn) for b in result.accepted] == [(2, 0), (1, 0), (2, 0)]
    rows = {(r["uscc"], r["change_type"]): r for r in installation.rows("stat_register")}
    assert {k: (v["staff_end"], v["year"]) for k, v in rows.items()} == {
        (code(1), "in_register"): (15, 2023),
        (code(2), "in_register"): (20, 2023),
        (code(1), "rename"): (11, 2026),
        (code(1), "close"): (None, 2026),
    }
    assert str(rows[code(1), "close"]["opened_on"]) == "2015-03-01"


def test_the_ledger_numbers_batches_without_gaps_and_keeps_where_each_came_from(
    fresh_installation: Installation,
) -> None:
    send(fresh_installation, [line(1, 100)], 10)
    send(fresh_installation, [], 11, "220300")
    send(fresh_installation, [line(2, 200)], 12, "220500")
    take(fresh_installation)
    batches = ledger_rows(
        fresh_installation,
        "select b.seq, b.scope, f.path, f.ordinal, b.landed from batch b join file f using (file_id) order by seq",
    )
    assert batches == [
        (1, SCOPE, finance_path("220100"), 1, 1),
        (2, "reporter=220500/period=202602", finance_path("220500"), 3, 1),
    ]
    assert ledger_rows(
        fresh_installation, "select path, verdict, scope from file where verdict = 'refused'"
    ) == [(finance_path("220300"), "refused", None)]
    (details,) = ledger_rows(fresh_installation, "select details from file where ordinal = 1")[0]
    assert details["headers"]["revenue"] == "营业收入_1-本月（E列）"
    assert details["units"] == {"revenue": "千元", "revenue_prior": "千元"}


def test_an_empty_source_writes_nothing(fresh_installation: Installation) -> None:
    result = take(fresh_installation)
    assert (
        result.accepted,
        result.refused,
        ledger_rows(fresh_installation, "select count(*) from poll"),
    ) == (
        [],
        [],
        [(0,)],
    )


def test_amounts_of_an_extreme_size_keep_every_fen_or_are_refused_alone(
    fresh_installation: Installation,
) -> None:
    rows = [
        line(1, "99999999999999.99999"),
        line(2, "0.00001"),
        line(3, "999999999999999999999"),
        line(4, "9" * 40),
        line(5, "1e99"),
        line(6, "100", **{"期末用工人数(人)": "99999999999999999999"}),
    ]
    send(fresh_installation, rows, 10)
    take(fresh_installation)
    amounts = {r["uscc"]: r["revenue"] for r in fresh_installation.rows(FEED)}
    assert amounts == {code(1): Decimal("99999999999999999.99"), code(2): Decimal("0.01")}
    expected = {(finance_path(), n): ["NOT_A_NUMBER"] for n in (4, 5, 7)}
    assert reasons(fresh_installation) == expected | {(finance_path(), 6): ["DIGITS_LOST"]}


def test_what_no_column_can_hold_and_what_is_no_number_is_a_reason_not_a_crash(
    fresh_installation: Installation,
) -> None:
    staff = "期末用工人数(人)"
    rows = [
        line(1, "912201017023456789"),
        line(2, "100", **{staff: "99999999999999999999"}),
        line(3, "12,5"),
        line(4, "1 234 5"),
        line(5, "1,23,456"),
        line(6, "12,345,678.5"),
        line(7, "－１，２３４"),
    ]
    send(fresh_installation, rows, 10)
    take(fresh_installation)
    assert reasons(fresh_installation) == {(finance_path(), n): ["NOT_A_NUMBER"] for n in (2, 3, 4, 5, 6)}
    assert {r["uscc"]: r["revenue"] for r in fresh_installation.rows(FEED)} == {
        code(6): Decimal("12345678500"),
        code(7): Decimal("-1234000"),
    }


def test_a_firm_handed_over_within_one_poll_ends_with_its_new_unit_whoever_reports_first(
    fresh_installation: Installation,
) -> None:
    send(fresh_installation, [line(1, 100), line(2, 200)], 10)
    send(fresh_installation, [line(3, 300), line(4, 400)], 10, "220400")
    take(fresh_installation, 11)
    # The old unit's file comes first for one firm, last for the other.
    send(fresh_installation, [line(2, 210)], 12, mark="_r2")
    send(fresh_installation, [line(1, 111), line(3, 333)], 13, "220300")
    send(fresh_installation, [line(4, 410)], 14, "220400", "_r2")
    result = take(fresh_installation, 15)
    assert [(b.reporter, b.silver, b.quarantined, b.withdrawn) for b in result.accepted] == [
        ("220100", 1, 0, 1),
        ("220300", 2, 0, 0),
        ("220400", 1, 0, 0),
    ]
    assert revenue(fresh_installation) == of(f1=111, f2=210, f3=333, f4=410)
    assert {r["uscc"]: r["reporter"] for r in fresh_installation.rows(FEED)} == {
        code(1): "220300", code(2): "220100", code(3): "220300", code(4): "220400",
    }  # fmt: skip
    # A further unit that also reports the firm finds it taken.
    send(fresh_installation, [line(1, 999)], 16, "220500")
    assert take(fresh_installation, 17).accepted[0].quarantined == 1


def test_a_units_monthly_form_replaces_rows_of_its_own_yearly_archive(
    fresh_installation: Installation,
) -> None:
    def archive(rows: list[list[object]], day: int, mark: str = "") -> None:
        fresh_installation.deliver(
            f"stat/220100/103/103_220100_2025{mark}.csv", csv_file(rows), f"2026-03-{day:02d}T09:30:00+08:00"
        )

    archive([line(1, 100, period="202511"), line(1, 110, period="202512"), line(2, 200, period="202512")], 10)
    take(fresh_installation, 11)
    monthly = finance_path(period="202512")
    fresh_installation.deliver(
        monthly,
        csv_file([line(1, 119, period="202512"), line(2, 219, period="202512")]),
        "2026-03-12T09:30:00+08:00",
    )
    # Leaves out both: the one row came from the monthly form meanwhile, the other is the archive's own.
    archive([line(2, 222, period="202512")], 13, "_r2")
    result = take(fresh_installation, 14)
    assert [(b.silver, b.quarantined, b.withdrawn) for b in result.accepted] == [(2, 0, 0), (1, 0, 1)]
    live = {(r["uscc"], r["period"]): int(r["revenue"] / 1000) for r in fresh_installation.rows(FEED)}
    assert live == {(code(1), "202512"): 119, (code(2), "202512"): 222}


def notices(installation: Installation, kind: str) -> list[tuple[str, str]]:
    return ledger_rows(
        installation, f"select title, body from notice where kind = '{kind}' order by notice_id"
    )  # type: ignore[return-value]


def test_a_file_with_an_unreadable_key_withdraws_nothing_until_it_is_corrected(
    fresh_installation: Installation,
) -> None:
    send(fresh_installation, [line(1, 100), line(2, 200), line(3, 300)], 10)
    take(fresh_installation, 11)
    wrong = send(
        fresh_installation, [line(1, 110), line(2, 210, 统一社会信用代码=bad_code(2))], 12, mark="_r2"
    )
    batch = take(fresh_installation, 13).accepted[0]
    assert (batch.silver, batch.quarantined, batch.withdrawn) == (1, 1, 0)
    assert revenue(fresh_installation) == of(f1=110, f2=200, f3=300)
    assert ledger_rows(
        fresh_installation, f"select details->>'withdrawals_held_back' from file where path = '{wrong}'"
    ) == [("2",)]
    ((title, body),) = notices(fresh_installation, "withdrawal_held")
    assert title.endswith("暂不撤下 2 个旧主键") and body.startswith(f"{wrong} 有主键不可读的行")

    # Wrong once more, then right, in one poll: what both left out is withdrawn at last.
    send(fresh_installation, [line(1, 111), line(2, 1, 统一社会信用代码=bad_code(2))], 14, mark="_r3")
    send(fresh_installation, [line(1, 112), line(2, 212)], 15, mark="_r4")
    assert [b.withdrawn for b in take(fresh_installation, 16).accepted] == [0, 1]
    assert revenue(fresh_installation) == of(f1=112, f2=212)


def annex(title: str, firms: list[tuple[int, str]]) -> bytes:
    head = [[title, ""], ["吉工信民营〔2023〕112号", ""], ["2023年6月15日", ""]]
    rows = [[name, code(n)] for n, name in firms]
    return workbook([*head, ["企业名称", "统一社会信用代码"], *rows], sheet="名单")


def test_a_name_with_two_codes_in_a_notice_is_quarantined_under_the_name_of_the_key(
    fresh_installation: Installation,
) -> None:
    """The document number stands in the title, in no column: the reason names it by the contract's word."""
    title, twice = "2023年度吉林省省级“专精特新”中小企业认定名单", [(1, "甲厂"), (2, "乙厂"), (3, "甲厂")]
    fresh_installation.deliver("cert/220000/2023/附件.xlsx", annex(title, twice), "2023-06-16T09:30:00+08:00")
    fresh_installation.at("2026-03-01T09:00:00+08:00")
    (batch,) = poll("certificate_notice").accepted
    assert (batch.silver, batch.quarantined) == (1, 2)
    rows = delta_rows(f"{fresh_installation.env['ZJTX_LAKE']}/quarantine/rows")
    rows.sort(key=lambda r: r["row_no"])
    assert [(r["row_no"], [(x["column"], x["header"], x["rule"]) for x in r["reasons"]]) for r in rows] == [
        (5, [("document_no", "发文字号", "KEY_CONFLICT")]),
        (7, [("document_no", "发文字号", "KEY_CONFLICT")]),
    ]


def test_two_annexes_of_one_notice_stand_beside_each_other(fresh_installation: Installation) -> None:
    def named(*firms: int) -> list[tuple[int, str]]:
        return [(n, f"测试企业{n}") for n in firms]

    annexes = {
        "附件1": annex("2023年度吉林省省级“专精特新”中小企业认定名单", named(1, 2)),
        "附件2": annex("2023年度吉林省省级“专精特新”中小企业复核通过企业名单", named(2, 3)),
        "附件3": annex("2023年度国家级专精特新“小巨人”企业认定名单", named(1)),
    }
    for name, content in annexes.items():
        fresh_installation.deliver(f"cert/220000/2023/{name}.xlsx", content, "2023-06-16T09:30:00+08:00")
    fresh_installation.at("2026-03-01T09:00:00+08:00")
    result = poll("certificate_notice")
    assert [(b.silver, b.quarantined, b.withdrawn) for b in result.accepted] == [
        (2, 0, 0),
        (2, 0, 0),
        (1, 0, 0),
    ]
    live = {(r["uscc"], r["tier"], r["event"]) for r in fresh_installation.rows("certificate_notice")}
    assert live == {
        (code(1), "provincial_srdi", "grant"),
        (code(2), "provincial_srdi", "grant"),
        (code(2), "provincial_srdi", "renew"),
        (code(3), "provincial_srdi", "renew"),
        (code(1), "national_little_giant", "grant"),
    }


def test_the_same_bytes_are_read_again_under_another_contract_version(
    fresh_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [line(1, 100)]
    send(fresh_installation, rows, 10)
    take(fresh_installation, 11)
    send(fresh_installation, rows, 12, mark="_r2")
    assert [f.verdict for f in take(fresh_installation, 13).unchanged] == ["unchanged"]
    monkeypatch.setattr(load_feed(FEED), "version", "9.0.0")
    send(fresh_installation, rows, 14, mark="_r3")
    assert [b.silver for b in take(fresh_installation, 15).accepted] == [1]


def test_a_poll_names_what_it_wrote_by_its_token_and_tells_once_what_it_refused(
    fresh_installation: Installation,
) -> None:
    bare = send(fresh_installation, [], 10)
    cut = send(fresh_installation, [line(1, 1)[:4]], 11, "220300", header=list(FINANCE[:4]))
    send(fresh_installation, [line(5, 500)], 12, "220500")
    result = take(fresh_installation, 13)
    ((token,),) = ledger_rows(fresh_installation, "select token from poll")
    assert [b.batch_id for b in result.accepted] == [f"{FEED}-{token}-00003"]
    assert [p.name for p in (fresh_installation.home / "landing" / "rows").iterdir()] == [token]
    logs = (fresh_installation.home / "lake" / "silver" / FEED / "_delta_log").glob("*.json")
    assert any(f'"appId":"poll-{token}:silver/{FEED}"' in p.read_text(encoding="utf-8") for p in logs)
    ((title, body),) = notices(fresh_installation, "refused")
    assert title == "财务状况（103/203表）：拒收 2 个文件"
    first, second = body.splitlines()
    assert first == f"{bare}：没有数据行：表头以下全部为空" and second.startswith(f"{cut}：缺少必需列")
    # An idle look tells nothing, but it is a look.
    take(fresh_installation, 14)
    assert len(notices(fresh_installation, "refused")) == 1
    assert ledger_rows(fresh_installation, "select max(at) from look where feed = 'stat_finance'") == [
        (datetime.fromisoformat("2026-03-14T20:00:00+08:00"),)
    ]
