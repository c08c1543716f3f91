"""What the enterprises, offices and departments of the second province send, as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from infra.sandbox.delivery.schedule import FilePlan
from infra.sandbox.delivery.writers import csv_bytes, write_xlsx
from tests.support.files import workbook
from tests.support.installation import Installation
from tests.support.second_province import (
    CITIES,
    FIRMS,
    IN_JANUARY,
    IN_MARCH,
    JINAN,
    LATE,
    NOTICES,
    OTHERS,
    PROVINCE,
    QINGDAO,
    YANTAI,
    Firm,
    Notice,
)


def _notice(notice: Notice) -> tuple[str, bytes]:
    year, month, day = (int(x) for x in notice.day.split("-"))
    head = [
        "序号",
        "企业名称",
        "统一社会信用代码",
        "所属市（州）",
        *["证书有效期起", "证书有效期止"] * bool(notice.valid),
    ]
    lines = [
        [n, FIRMS[f].name, FIRMS[f].uscc, CITIES[FIRMS[f].city], *(notice.valid or ())]
        for n, f in enumerate(notice.firms, 1)
    ]
    last = len(head) - 1
    top = [[text, *[None] * last] for text in (notice.title, notice.number, f"{year}年{month}月{day}日")]
    issuer = "miit" if notice.number.startswith("工信部") else PROVINCE[0]
    content = workbook([*top, head, *lines], [(r, 0, r, last) for r in range(3)], "名单")
    return f"cert/{issuer}/{year}/{notice.number}.xlsx", content


def _form(path: str, feed: str, rows: Sequence[Mapping[str, object]], fill: object = None) -> FilePlan:
    """Return a form of some rows; columns that they do not name hold ``fill``."""
    plan = FilePlan(path, feed, path.split("/")[1], "", np.datetime64("2026-01-12"), pd.DataFrame())
    columns = [c.field for c in plan.printed.columns]
    plan.frame = pd.DataFrame([{c: row.get(c, fill) for c in columns} for row in rows], dtype=object)
    return plan


def _firm(firm: Firm) -> dict[str, object]:
    return {"uscc": firm.uscc, "name": firm.name, "county_code": firm.county}


def _register(city: str) -> FilePlan:
    rows = [
        _firm(f) | {"industry_code": "C3511", "opened": "2012-03-01", "change_type": "在册", "effective_date": "2018-12-31",
                    "staff_end": 100, "domain": "工业"}
        for f in FIRMS.values() if f.city == city
    ]  # fmt: skip
    return _form(f"stat/{city}/101/101_{city}_2018.csv", "stat_register", rows)


def _finance(firm: Firm, year: int) -> dict[str, object]:
    """Return a firm's line of 财务状况; the year before had 10 % less revenue."""
    this = {2025: firm.revenue or 0, 2024: (firm.revenue or 0) * 9 // 10}[year]
    return _firm(firm) | {
        "period": f"{year}12", "revenue": this, "revenue_prior": this * 9 // 10, "total_assets": 2 * this,
        "total_liabilities": this, "staff_end": 100, "staff_avg": 100,
    }  # fmt: skip


def _research(firm: Firm, year: int) -> dict[str, object]:
    """Return a firm's line of form 107-2, all of its spending on staff."""
    parts = (
        "rd_materials",
        "rd_depreciation",
        "rd_intangibles",
        "rd_design",
        "rd_testing",
        "rd_outsourced",
        "rd_other",
    )
    spent = {"rd_staff": 10, "rd_total": firm.research, "rd_labour": firm.research}
    return _firm(firm) | {"year": year, **spent, **dict.fromkeys(parts, 0)}


def _staff(firm: Firm) -> dict[str, object]:
    return _firm(firm) | {
        "period": "2025Q4", "register_code": "173", "staff_end": 100, "women": 40, "technical_staff": 20,
        "staff_avg": 100, "payroll": 9_000,
    }  # fmt: skip


def _of_cities(year: int) -> Iterator[FilePlan]:
    """Give form 103 and form 107-2 of a year of all cities but the late ones."""
    firms = [*FIRMS.values(), *OTHERS]
    for city in CITIES:
        if city in LATE:
            continue
        own = [f for f in firms if f.city == city]
        money = [_finance(f, year) for f in own if f.revenue is not None and f.form == "stat_finance"]
        spent = [_research(f, year) for f in own if f.research is not None]
        yield _form(f"stat/{city}/103/103_{city}_{year}.csv", "stat_finance", money)
        yield _form(f"stat/{city}/107/1072_{city}_{year}.csv", "stat_rd", spent)


def _of_bureau(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give the sector forms, workbooks of the provincial bureau; that of trade is in 万元."""
    letters = {"stat_construction": "C", "stat_trade": "E", "stat_catering": "S", "stat_services": "F"}
    for feed, letter in letters.items():
        path = f"stat/{PROVINCE[0]}/{letter}103/{letter}103_{PROVINCE[0]}_2025.xlsx"
        plan = _form(path, feed, [_finance(f, 2025) for f in FIRMS.values() if f.form == feed], fill=0)
        plan.above = (("填报单位：山东省统计局", plan.printed.unit),)
        target = folder / Path(path).name
        write_xlsx(plan, target)
        yield path, target.read_bytes()


PLATFORMS = {JINAN: 60, QINGDAO: 60, YANTAI: 40}
"""省级公共服务示范平台 of the three cities; every other city has 20."""


DIGITAL = {JINAN: 4, QINGDAO: 3, YANTAI: 1}
"""Provincial firms that are digitally transformed, by city; the other cities report 0."""


GIANTS_DIGITAL = {JINAN: 2, QINGDAO: 3, YANTAI: 0}
"""“小巨人” that are; the other cities do not report."""


def _report() -> tuple[str, bytes]:
    items = {
        ("PT04", "省级中小企业公共服务示范平台数", "个"): {c: PLATFORMS.get(c, 20) for c in CITIES},
        ("SZ01", "已完成数字化改造的省级“专精特新”中小企业数", "家"): {c: DIGITAL.get(c, 0) for c in CITIES},
        ("SZ02", "已完成数字化改造的“小巨人”企业数", "家"): GIANTS_DIGITAL,
    }  # fmt: skip
    lines = [
        [code, name, city, CITIES[city], unit, value, "累计", ""]
        for (code, name, unit), values in items.items()
        for city, value in values.items()
    ]
    head = ["指标代码", "指标名称", "地区代码", "地区", "计量单位", "数值", "累计/当季", "备注"]
    above = ["“专精特新”工作部门季度报表", "文号：鲁工信报〔2026〕3号", "填报单位：省工业和信息化厅", "填报人：李明",
             "报送日期：2026年1月13日"]  # fmt: skip
    department = "省工业和信息化厅"
    rows = [*[[text, *[None] * 7] for text in above], head, *lines]
    return f"dept/{department}/report/{department}_2025Q4.xlsx", workbook(rows, sheet="部门季报")


def deliver(installation: Installation, folder: Path) -> None:
    """Put everything at the source of an installation; the research of 2025 comes in March."""
    for notice in NOTICES:
        installation.deliver(*_notice(notice), moment=f"{notice.day}T15:00:00+08:00")
    plans = [*map(_register, (JINAN, QINGDAO, YANTAI)), *_of_cities(2024), *_of_cities(2025)]
    staffed = [_staff(f) for f in FIRMS.values() if f.city == JINAN]
    plans.append(_form(f"stat/{JINAN}/102/102_{JINAN}_2025.csv", "stat_staff", staffed))
    for plan in plans:
        installation.deliver(plan.path, csv_bytes(plan), IN_MARCH if plan.feed == "stat_rd" else IN_JANUARY)
    for path, content in [*_of_bureau(folder), _report()]:
        installation.deliver(path, content, IN_JANUARY)
