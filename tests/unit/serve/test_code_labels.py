"""Codes of the served file: each has one Chinese name, wherever it stands."""

from __future__ import annotations

import re

import duckdb
import pytest

from jobs.definitions.contract import load_table, table_names
from jobs.definitions.dictionary import indicators
from jobs.definitions.glossary import readings
from jobs.serve import code_labels
from jobs.serve import indicators as indicator_table
from jobs.settings import REPO

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_every_code_of_a_contract_belongs_to_a_kind() -> None:
    """A column whose values are not what they are called: a further one needs a line in codes.yaml."""
    coded = {
        f"{table}.{column.name}"
        for table in table_names()
        for column in load_table(table).columns
        if any(str(value.value) != (value.label or str(value.value)) for value in column.prop.enum or [])
    }
    of_states = {f"{table}.state" for table in ("data_status", "target_progress")}
    listed = {name for entry in code_labels.kinds().values() for name in entry.columns}
    assert coded - listed == set()
    assert of_states <= listed


@pytest.mark.parametrize("kind", code_labels.kinds())
def test_every_label_of_a_kind_is_chinese(kind: str) -> None:
    labels = code_labels.labels(kind)
    assert labels
    assert [label for label in labels.values() if not CHINESE.search(label)] == []


@pytest.mark.parametrize(
    ("kind", "code", "label"),
    [
        ("tier", "national_little_giant", "国家级专精特新“小巨人”"),
        ("domain", "culture_tourism", "文旅"),
        ("reading", "same_firm", "同口径增长"),
        ("reading", "stat_rd", "研发活动及相关情况（107-2表）"),
        ("size_class", "micro", "微型"),
        ("industry", "C35", "专用设备制造业"),
        ("severity", "3", "重点"),
        ("ladder_level", "leading_group", "领导小组"),
        ("exclusion", "NO_REPORT", "未报"),
        ("warning_rule", "revenue_fall", "营业收入下降"),
        ("policy", "CC", "长府发〔2022〕4号"),
        ("fact", "revenue_prior", "营业收入（1-本月），上年同期"),
    ],
)
def test_a_code_is_called(kind: str, code: str, label: str) -> None:
    assert code_labels.labels(kind)[code] == label


def test_a_code_with_two_names_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = code_labels.Kind(name="梯度", columns=["kpi_region.tier"], labels={"seed": "苗子"})
    monkeypatch.setattr(code_labels, "kinds", lambda: {"tier": twice})
    with pytest.raises(ValueError, match="seed 有两个说法"):
        code_labels.labels("tier")


def test_industries_are_the_sections_and_divisions_of_the_standard() -> None:
    """GB/T 4754—2017: 20 sections, A to T, and 97 divisions numbered through them in order."""
    codes = [code for code in code_labels.labels("industry") if code != "unassigned"]
    sections = [code for code in codes if len(code) == 1]
    divisions = [code for code in codes if len(code) == 3]
    assert sections == [chr(ord("A") + place) for place in range(20)]
    assert [int(code[1:]) for code in divisions] == list(range(1, 98))
    assert [code[0] for code in divisions] == sorted(code[0] for code in divisions)
    assert len(sections) + len(divisions) == len(codes)


def test_the_table_says_where_a_code_is_used() -> None:
    con = duckdb.connect()
    code_labels.add(con)
    row = con.execute(
        "SELECT kind_name, position, label, columns FROM code_label WHERE kind = 'window' AND code = '60'"
    )
    assert row.fetchone() == ("到期提醒档（天）", 2, "31—60天", "certificate_expiry.window_days")
    assert (
        con.execute("SELECT count(*) FROM code_label GROUP BY kind, code HAVING count(*) > 1").fetchall()
        == []
    )


def test_every_reading_of_every_indicator_has_a_name() -> None:
    names = code_labels.labels("reading")
    assert {r for i in indicators().values() for r in readings(i)} - set(names) == set()


@pytest.mark.parametrize("family", indicator_table.METHODS)
def test_files_that_work_a_family_out_are_there(family: str) -> None:
    files = indicator_table.models(family)
    assert files and all((REPO / file).is_file() for file in files)


def test_sections_of_the_methods_are_there() -> None:
    text = (REPO / "docs" / "methods" / "README.md").read_text(encoding="utf-8")
    told = {section for method in indicator_table.METHODS.values() for section in method.split("、")}
    heads = {f"第{number}节 {title}" for number, title in re.findall(r"^## §(\d+) (\S+)$", text, re.M)}
    assert told - heads == set()


def test_the_dictionary_is_served_in_its_own_order() -> None:
    con = duckdb.connect()
    indicator_table.add(con)
    rows = con.execute("SELECT id, family_name, method FROM indicator ORDER BY position").fetchall()
    assert [row[0] for row in rows] == list(indicators())
    assert rows[0] == ("certificate_count", "计数", "第11节 证书与目标")
