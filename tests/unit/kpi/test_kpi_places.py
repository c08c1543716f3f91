"""Where a printed unit name lies, on the reference list of regions."""

import csv

import pytest

from jobs.definitions.policy import load
from jobs.kpi.regions import RegionMap
from jobs.pipeline.plan import plan
from jobs.settings import REPO
from tests.support.certificate_frames import notice
from tests.support.flow_frames import DICTIONARY, PROGRAMME, PROVINCE
from tests.support.model_frames import known
from tests.support.model_runs import only

KEYS = ("code", "name", "parent_code", "former_code")
LIST = REPO / "schemas" / "reference" / "regions.csv"


def rows():
    with LIST.open(encoding="utf-8-sig", newline="") as handle:
        return [{k: r[k] or None for k in KEYS} for r in csv.DictReader(handle)]


@pytest.fixture(scope="module")
def regions():
    return RegionMap(rows(), load("JL").units)


PRINTED = {
    "吉林市": "220200",
    "吉林": "220200",
    "吉林省吉林市": "220200",
    "吉林省吉林": "220200",
    "吉林省长春市": "220100",
    "长春市": "220100",
    "长春": "220100",
    "延边朝鲜族自治州": "222400",
    "吉林省延边朝鲜族自治州": "222400",
    "延边朝鲜族": "222400",
    "长白山管委会": "22CBS",
    "长白山": "22CBS",
    "吉林省长白山管委会": "22CBS",
}
NOWHERE = [
    "吉林省",
    "吉林经济开发区",
    "吉林高新技术产业开发区",
    "长白朝鲜族自治县",
    "长白",
    "长白县",
    "长春经济技术开发区",
    "吉林省长春市南关区",
    "山西省吉林市",
    "山西省",
    "通化县",
    "白",
    "市",
    "",
]


@pytest.mark.parametrize(("printed", "unit"), PRINTED.items())
def test_name_of_a_unit(regions, printed, unit):
    assert regions.unit_names()[printed] == unit
    assert regions.by_name()[printed, ""].unit == unit


@pytest.mark.parametrize("printed", NOWHERE)
def test_what_is_no_name_of_a_unit(regions, printed):
    assert printed not in regions.unit_names()
    assert (printed, "") not in regions.by_name()


def test_every_unit_is_found_by_its_own_name(regions):
    assert {regions.unit_names()[regions.names[u]] for u in regions.units} == set(regions.units)


def test_county_within_any_name_of_its_unit(regions):
    names = regions.by_name()
    for unit in ("长春市", "长春", "吉林省长春市"):
        assert names[unit, "朝阳区"].county == "220104"
    assert ("吉林市", "朝阳区") not in names


def test_names_of_several_units_stand_for_none_but_whole_names_win():
    places = [("1", "甲省", None), ("2", "乙省", None), ("11", "东山市", "1"), ("12", "东山地区", "1")]
    places += [("13", "南港", "1"), ("14", "南港市", "1"), ("15", "北原市", "1"), ("21", "北原市", "2")]
    made = [dict(zip(KEYS, (*p, None), strict=True)) for p in places]
    found = RegionMap(made, ["11", "12", "13", "14", "15", "21"]).unit_names()
    assert "东山" not in found
    assert (found["东山市"], found["东山地区"]) == ("11", "12")
    assert (found["南港"], found["南港市"]) == ("13", "14")
    assert "北原市" not in found
    assert (found["甲省北原市"], found["乙省北原"]) == ("15", "21")


def test_units_that_are_provinces_have_no_name_above(regions):
    assert RegionMap(rows(), ["220000", "140000"]).unit_names() == {"吉林省": "220000", "山西省": "140000"}


def test_holders_that_are_not_in_the_register_lie_where_their_notice_says(regions):
    where = {
        "a": (("吉林省长春市", None), ("220100", None)),
        "b": (("长白朝鲜族自治县", None), (None, None)),
        "c": (("长白山管委会", None), ("22CBS", None)),
        "d": (("吉林省", None), (None, None)),
        "e": (("延边朝鲜族自治州", "延吉市"), ("222400", "222401")),
        # A county of one name only is found under a former parent, too.
        "f": (("四平市", "公主岭市"), ("220100", "220184")),
        "g": (("吉林省四平市", "铁西区"), ("220300", "220302")),
        "h": ((None, "长白朝鲜族自治县"), ("220600", "220623")),
    }
    notices = [
        notice(None, tier=PROVINCE, doc=f"d{name}", name=name, where=printed)
        for name, (printed, _) in where.items()
    ]
    given = known({"register": [], "notices": notices})
    run = plan(PROGRAMME, ["2025Q4"], given, DICTIONARY, regions)
    found = [r for r in only(run, "holders")["holders"] if r["period"] == "2025Q4"]
    assert {r["name"]: (r["unit"], r["county"]) for r in found} == {k: v for k, (_, v) in where.items()}
