"""An installation of another province: its reference lists, and what 24 enterprises of three of its cities send.

Everything is written by hand. A certificate runs 36 months where no end is printed; money is in 千元.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from infra.sandbox.world.codes import make_uscc
from jobs.settings import REPO

PROVINCE = ("370000", "山东省")
JINAN, QINGDAO, YANTAI = "370100", "370200", "370600"
CITIES = {
    JINAN: "济南市", QINGDAO: "青岛市", "370300": "淄博市", "370400": "枣庄市", "370500": "东营市", YANTAI: "烟台市",
    "370700": "潍坊市", "370800": "济宁市", "370900": "泰安市", "371000": "威海市", "371100": "日照市", "371300": "临沂市",
    "371400": "德州市", "371500": "聊城市", "371600": "滨州市", "371700": "菏泽市",
}  # fmt: skip
COUNTIES = {
    "370102": "历下区", "370116": "莱芜区", "370202": "市南区", "370211": "黄岛区", "370602": "芝罘区", "370681": "龙口市",
}  # fmt: skip
LAIWU_BEFORE_2019 = "371202"
"""莱城区 of the city of 莱芜, which became 莱芜区 of 济南."""
LATE = ("371100", "371700")
"""Cities that send neither form 103 nor form 107-2."""
REPORTERS = {
    "ranked_units": list(CITIES),
    "bureau": [PROVINCE[0]],
    "departments": ["省工业和信息化厅", "省科技厅", "省财政厅", "省教育厅", "省人力资源社会保障厅"],
    "srdi_office": ["省工业和信息化厅"],
    "patent_office": ["省知识产权局"],
    "power_company": ["国网山东电力"],
}
IN_JANUARY, IN_MARCH = "2026-01-14T09:00:00+08:00", "2026-03-24T09:00:00+08:00"


def install(folder: Path) -> dict[str, str]:
    """Copy contracts and suites for the installation; return the settings that point there.

    Only the lists of regions, of reporters and of outlines differ from the project's own; the suites, which hold the
    regions' codes, are to be written anew.
    """
    schemas = Path(shutil.copytree(REPO / "schemas", folder / "schemas"))
    lists = schemas / "reference"
    with (lists / "regions.csv").open("w", encoding="utf-8", newline="") as f:
        out = csv.writer(f)
        out.writerow(["code", "name", "level", "parent_code", "former_code", "lon", "lat", "note"])
        out.writerows(_regions())
    (lists / "reporters.yaml").write_text(yaml.safe_dump(REPORTERS, allow_unicode=True), encoding="utf-8")
    no_outlines = json.dumps({"type": "FeatureCollection", "features": []})
    (lists / "prefectures.geojson").write_text(no_outlines, encoding="utf-8")
    suites = shutil.copytree(REPO / "expectations", folder / "expectations")
    return {"ZJTX_SCHEMAS": str(schemas), "ZJTX_EXPECTATIONS": str(suites)}


def _regions() -> Iterator[list[str]]:
    former = {"370116": LAIWU_BEFORE_2019}
    yield [*PROVINCE, "province", "", "", "", "", ""]
    for code, name in CITIES.items():
        yield [code, name, "prefecture", PROVINCE[0], "", "", "", ""]
    for code, name in COUNTIES.items():
        yield [code, name, "county", f"{code[:4]}00", former.get(code, ""), "", "", ""]
    for code, name in (("140000", "山西省"), ("220000", "吉林省"), ("330000", "浙江省")):
        yield [code, name, "province", "", "", "", "", ""]


@dataclass(frozen=True)
class Firm:
    """An enterprise: where it is registered, and what it sends of 2025, None where it sends no such form.

    Attributes
    ----------
    form : str
        Feed of its financial form.
    revenue, research : int or None
        营业收入 of the year, 研发费用合计 of form 107-2.
    """

    number: int
    city: str
    county: str
    form: str = "stat_finance"
    revenue: int | None = None
    research: int | None = None

    @property
    def uscc(self) -> str:
        """Its 统一社会信用代码."""
        return make_uscc(self.city, f"{self.number:08d}")

    @property
    def name(self) -> str:
        """Its name."""
        return f"山东测试企业{self.number:02d}有限公司"


FIRMS = {
    f.number: f
    for f in (
        Firm(1, JINAN, "370102", revenue=200_000, research=20_000),
        Firm(2, JINAN, "370102", revenue=20_000, research=100),
        Firm(3, JINAN, "370102", revenue=15_000),
        Firm(4, JINAN, "370102"),
        Firm(5, QINGDAO, "370202", revenue=100_000, research=6_000),
        Firm(6, QINGDAO, "370202", revenue=50_000, research=4_000),
        Firm(7, QINGDAO, "370211", revenue=30_000, research=3_000),
        Firm(8, JINAN, "370102", revenue=60_000, research=1_800),
        Firm(9, JINAN, "370102", revenue=400_000, research=20_000),
        Firm(10, QINGDAO, "370211", revenue=80_000, research=4_800),
        Firm(11, QINGDAO, "370211", revenue=70_000, research=2_099),
        Firm(12, YANTAI, "370602", revenue=90_000),
        Firm(13, YANTAI, "370602", revenue=45_000, research=4_500),
        Firm(14, JINAN, LAIWU_BEFORE_2019, "stat_construction", revenue=30_000, research=1_500),
        Firm(15, QINGDAO, "370202", "stat_trade", revenue=40_000, research=400),
        Firm(16, YANTAI, "370681", revenue=25_000, research=2_500),
        Firm(17, YANTAI, "370681", revenue=35_000, research=3_500),
        Firm(18, JINAN, "370102"),
        Firm(19, JINAN, "370102"),
        Firm(20, QINGDAO, "370202"),
        Firm(21, QINGDAO, "370202"),
        Firm(22, QINGDAO, "370211", "stat_catering", revenue=12_000),
        Firm(23, YANTAI, "370602", "stat_services", revenue=18_000, research=900),
        Firm(24, YANTAI, "370681", revenue=22_000, research=0),
    )
}
OTHERS = [
    Firm(100 + n, city, city, revenue=10_000, research=300)
    for n, city in enumerate(c for c in CITIES if c not in (JINAN, QINGDAO, YANTAI, *LATE))
]
"""One enterprise without certificate in every other city that reports."""


@dataclass(frozen=True)
class Notice:
    """A list of certificates: every firm of it the same event, validity printed or not."""

    number: str
    day: str
    title: str
    firms: tuple[int, ...]
    valid: tuple[str, str] | None = None


_PROVINCIAL, _GIANT = "山东省省级“专精特新”中小企业", "国家级专精特新“小巨人”企业"
NOTICES = (
    Notice("鲁工信民企〔2019〕41号", "2019-06-20", f"2019年度{_PROVINCIAL}认定名单", (1, 2, 3, 4)),
    Notice("工信部企业函〔2020〕335号", "2020-11-13", f"{_GIANT}认定名单", (1, 16)),
    Notice("鲁工信民企〔2021〕88号", "2021-07-15", f"2021年度{_PROVINCIAL}认定名单", (5, 6, 7)),
    Notice("鲁工信民企〔2022〕57号", "2022-06-10", f"2022年度{_PROVINCIAL}复核通过企业名单", (1, 2)),
    Notice("工信部企业函〔2022〕191号", "2022-08-08", f"{_GIANT}认定名单", (5, 6, 17), ("2022-09-01", "2025-08-31")),
    Notice("鲁工信创〔2022〕121号", "2022-12-15", "2022年度山东省创新型中小企业评价名单", (18, 19, 20, 21)),
    Notice("鲁工信民企〔2023〕62号", "2023-06-12", f"2023年度{_PROVINCIAL}认定名单", (8, 9, 10, 11, 12, 13),
           ("2023-07-01", "2026-06-30")),
    Notice("工信部企业函〔2023〕205号", "2023-07-14", f"{_GIANT}复核通过企业名单", (1,)),
    Notice("鲁工信创〔2024〕33号", "2024-05-20", "2024年度山东省创新型中小企业评价名单", (2, 22, 23, 24)),
    Notice("鲁工信民企〔2024〕70号", "2024-07-08", f"2024年度{_PROVINCIAL}复核通过企业名单", (5, 6)),
    Notice("工信部企业函〔2024〕254号", "2024-09-02", f"{_GIANT}认定名单", (9, 10)),
    Notice("鲁工信民企〔2025〕49号", "2025-06-05", f"2025年度{_PROVINCIAL}复核通过企业名单", (1,)),
    Notice("鲁工信民企〔2025〕77号", "2025-09-01", f"2025年度{_PROVINCIAL}认定名单", (14, 15)),
    Notice("工信部企业函〔2025〕301号", "2025-10-20", f"{_GIANT}复核通过企业名单", (5, 6)),
    Notice("鲁工信民企〔2025〕95号", "2025-11-20", f"撤销{_PROVINCIAL}称号企业名单", (13,)),
    Notice("鲁工信创〔2025〕140号", "2025-11-28", "2025年度山东省创新型中小企业复核通过企业名单", (18, 19, 20)),
)  # fmt: skip
