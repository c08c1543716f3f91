"""A served file of two quarters, a few rows in each table, for the questions that analysts ask: all figures by hand."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from tests.support.served_frames import ServedFile

BEFORE, NOW = "2026Q1", "2026Q2"
CITY = "220100"
REVENUE = {"甲": (120, 100), "乙": (90, 100), "丙": (40, None)}
"""Revenue and that of a year before; the third firm has none of a year before."""


def uscc(firm: str) -> str:
    """Return the code of a firm."""
    return f"91220100MA0000{'甲乙丙丁'.index(firm)}ABC"


def _firms(file: ServedFile) -> None:
    """甲 and 乙 stay; 丁 held a certificate to the end of May; 丙 is new."""
    for period, firms in ((BEFORE, "甲乙丁"), (NOW, "甲乙丙")):
        for firm in firms:
            ends = {"甲": date(2026, 11, 30), "丁": date(2026, 5, 31)}.get(firm, date(2028, 6, 30))
            now, base = REVENUE.get(firm, (10, 10))
            file.add(
                "enterprise_statement", period=period, is_latest=period == NOW, region_code=CITY, region_name="长春市",
                county_name="南关区", uscc=uscc(firm), name=f"{firm}公司", tiers="seed,provincial_srdi",
                highest_tier="provincial_srdi", industry_code="C3561", revenue=now, revenue_prior=base,
                certificate_valid_to=ends, months=6, file_name="103.xlsx", row_no=7,
            )  # fmt: skip
    for firm, (now, base) in REVENUE.items():
        counted = base is not None
        file.add(
            "kpi_enterprise", period=NOW, is_latest=True, region_code=CITY, uscc=uscc(firm), name=f"{firm}公司",
            indicator="revenue_growth", reading="same_firm", unit="%", numerator=now, denominator=base,
            value=100 * (now / base - 1) if counted else None, in_panel=counted, label="OK" if counted else "NEW",
            file_name="103.xlsx", row_no=7,
        )  # fmt: skip


def _cells(file: ServedFile) -> None:
    """210 of 200 a year before: 5 per cent of two firms of three."""
    for level, code, name in (("province", "220000", "吉林省"), ("unit", CITY, "长春市")):
        file.add(
            "kpi_region", period=NOW, is_latest=True, region_code=code, region_name=name, region_level=level,
            indicator="revenue_growth", reading="same_firm", value=5.0, unit="%", numerator=210, denominator=200, n=2,
            n_scope=3, n_excluded='{"NEW":1}', n_pending=0, coverage=2 / 3, status="FEW", provisional=False,
            reference_period="2026年1-6月",
        )  # fmt: skip
    for reading, value in (("pooled", 4.0), ("median", 3.0), ("share", 50.0)):
        file.add(
            "kpi_region", period=NOW, is_latest=True, region_code=CITY, region_name="长春市", region_level="unit",
            indicator="rd_intensity", reading=reading, value=value, unit="%", n=2, n_scope=3, n_excluded="{}",
            status="FEW", provisional=True, reference_period="2025年度",
        )  # fmt: skip


def _targets(file: ServedFile) -> None:
    for period, state, value in ((BEFORE, "黄", 80.0), (NOW, "红", 81.0)):
        file.add(
            "target_progress", period=period, is_latest=period == NOW, policy="JL", target_id="JL-T01", name_zh="某目标",
            headline=True, state=state, value=value, target_value=100.0, gap=value - 100, level_ratio=value / 100,
            unit="户", deadline=date(2026, 12, 31), state_reason="低于进度线", owners="某厅",
        )  # fmt: skip


def _rest(file: ServedFile) -> None:
    late = {"feed": "stat_finance", "reporter": CITY, "reporter_name": "长春市", "source_period": "202606"}
    file.add("data_status", period=NOW, is_latest=True, **late, state="迟报", days_late=3, rows_waiting=0)
    file.add(
        "coverage", period=NOW, is_latest=True, feed="stat_finance", region_code=CITY, region_name="长春市",
        expected=4, reported=3, coverage=0.75,
    )  # fmt: skip
    file.add(
        "warning_rule", period=NOW, is_latest=True, rule="revenue_fall", rule_name="营业收入下降", severity=2,
        evaluated=True, n_population=3, n_fired=1, fired_share=100 / 3, n_unknown=1,
    )  # fmt: skip
    file.add(
        "warning", period=NOW, is_latest=True, rule="revenue_fall", uscc=uscc("乙"), state="open", confirmed=True,
        periods_open=2,
    )  # fmt: skip
    scored = {"period": NOW, "scheme_id": "JL-R01", "region_code": CITY, "region_name": "长春市"}
    file.add("region_ranking", **scored, is_latest=True, rank=1, score=66.6, status="排名", provisional=True)
    file.add(
        "ranking_component", **scored, is_latest=True, name_zh="营业收入增长率", value=5.0, contribution=33.3
    )
    file.add("publication", period=NOW, revision=2, data_as_of=datetime(2026, 7, 20), is_latest=True)


def analysts_file(path: Path) -> Path:
    """Write the file and return its path."""
    file = ServedFile(path)
    for part in (_firms, _cells, _targets, _rest):
        part(file)
    return file.close()
