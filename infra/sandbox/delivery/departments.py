"""Which file of a department, or of the tickets, holds which rows, and when it is delivered."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from infra.sandbox.delivery.schedule import FilePlan, next_month, office_time
from infra.sandbox.world import geo

PATENT_OFFICE, MARKET_OFFICE, POWER_COMPANY = "省知识产权局", "省市场监管局", "国网吉林电力"
SRDI_OFFICE = "省工业和信息化厅"
# Department: prefix of its document numbers, who fills the report in.
DEPARTMENTS = {
    "省工业和信息化厅": ("吉工信报", "王立新"),
    "省科技厅": ("吉科报", "李春华"),
    "省市场监管局": ("吉市监报", "张文博"),
    "省人力资源社会保障厅": ("吉人社报", "赵雪梅"),
    "省教育厅": ("吉教报", "刘洋"),
    "省发展改革委": ("吉发改报", "孙宏伟"),
    "人民银行长春中心支行": ("长银统报", "周静"),
    # Of the city of 长春: nobody waits for theirs.
    "市工信局": ("长工信报", "陈立群"),
    "市科技局": ("长科报", "于海涛"),
    "市市场监督管理局": ("长市监报", "高敏"),
    "市人社局": ("长人社报", "韩雪"),
}


def _after(quarter: str, day: int) -> str:
    return f"{next_month(f'{quarter[:4]}{int(quarter[5]) * 3:02d}')}-{day:02d}"


def plan_reports(rows: pd.DataFrame) -> Iterator[FilePlan]:
    """One report per department and quarter, on the 11th to 14th of the month after it."""
    for (department, quarter), frame in rows.groupby(["department", "period"], sort=True):
        place = list(DEPARTMENTS).index(department)
        prefix, person = DEPARTMENTS[department]
        day = _after(quarter, 11 + place % 4)
        year, month, date = (int(x) for x in day.split("-"))
        above = (
            (f"文号：{prefix}〔{year}〕{month * 3 + place}号", f"报告期：{quarter}"),
            (f"填报单位：{department}", f"填报人：{person}"),
            (f"报送日期：{year}年{month}月{date}日", "联系电话：0431-8890****"),
        )
        path = f"dept/{department}/report/{department}_{quarter}.xlsx"
        moment = office_time(day, place)
        yield FilePlan(
            path, "dept_report", department, quarter, moment, frame.reset_index(drop=True), above=above
        )


def plan_patents(rows: pd.DataFrame) -> Iterator[FilePlan]:
    """One list per quarter."""
    for quarter, frame in rows.groupby("period", sort=True):
        path = f"dept/{PATENT_OFFICE}/patent/{PATENT_OFFICE}_{quarter}.xlsx"
        above = ((f"填报单位：{PATENT_OFFICE}", "计量单位：万元"),)
        moment = office_time(_after(quarter, 12), 0)
        yield FilePlan(
            path, "dept_patent", PATENT_OFFICE, quarter, moment, frame.reset_index(drop=True), above=above
        )


def plan_credit(rows: pd.DataFrame) -> Iterator[FilePlan]:
    """One list per month in which a firm was entered or removed."""
    rows = rows.sort_values(["month", "listed_on", "uscc"], kind="stable")
    for month, frame in rows.groupby("month", sort=True):
        path = f"dept/{MARKET_OFFICE}/credit/{MARKET_OFFICE}_{month}.xlsx"
        above = ((f"填报单位：{MARKET_OFFICE}", f"{month[:4]}年{int(month[4:])}月"),)
        moment = office_time(f"{next_month(month)}-08", 1)
        yield FilePlan(
            path, "dept_credit_list", MARKET_OFFICE, month, moment, frame.reset_index(drop=True), above=above
        )


def plan_power(rows: pd.DataFrame) -> Iterator[FilePlan]:
    """One file per month."""
    for month, frame in rows.groupby("period", sort=True):
        path = f"dept/{POWER_COMPANY}/power/{POWER_COMPANY}_{month}.csv"
        moment = office_time(f"{next_month(month)}-06", 2)
        yield FilePlan(path, "dept_power", POWER_COMPANY, month, moment, frame.reset_index(drop=True))


def plan_annual(rows: pd.DataFrame) -> Iterator[FilePlan]:
    """One workbook of the whole province per year, on 23 April of the next year or the next working day."""
    for year, frame in rows.groupby("year", sort=True):
        path = f"dept/{SRDI_OFFICE}/annual/{SRDI_OFFICE}_{year}.xlsx"
        above = ((f"填报单位：{SRDI_OFFICE}", "计量单位：万元"),)
        day = np.busday_offset(f"{int(year) + 1}-04-23", 0, roll="forward")
        moment, updates = office_time(day, 0), frame.reset_index(drop=True)
        yield FilePlan(path, "srdi_annual", SRDI_OFFICE, str(year), moment, updates, above=above)


def plan_tickets(rows: pd.DataFrame) -> Iterator[FilePlan]:
    """One file per unit and month with a new or moved ticket."""
    rows = rows.sort_values("ticket_no", kind="stable")
    for (unit, month), frame in rows.groupby(["unit", "month"], sort=True):
        who = geo.UNITS[unit]
        path = f"ticket/{who.code}/ticket_{who.code}_{month}.{'csv' if who.csv else 'xlsx'}"
        above = ((f"填报单位：{who.name}工业和信息化局", f"{month[:4]}年{int(month[4:])}月"),)
        moment: np.datetime64 = office_time(f"{next_month(month)}-05", unit)
        yield FilePlan(path, "ticket", who.code, month, moment, frame.reset_index(drop=True), above=above)
