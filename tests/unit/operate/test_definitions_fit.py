"""``zjtx dictionary check``: a wrong name in dictionary, facts, policies or warning rules is told in a sentence, with the cure."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.definitions import dictionary, facts
from jobs.definitions.glossary import READINGS
from jobs.definitions.policy import model
from jobs.definitions.rules import rulebook
from jobs.kpi.runner import HERE
from jobs.operate.definition_faults import faults
from jobs.settings import REPO, settings

LOADED = (settings, dictionary.indicators, facts.all_facts, model.load_all, rulebook.load)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The definitions of the checkout, to be written wrongly."""
    for name in ("schemas", "policies"):
        shutil.copytree(REPO / name, tmp_path / name)
        monkeypatch.setenv(f"ZJTX_{name.upper()}", str(tmp_path / name))
    for loaded in LOADED:
        loaded.cache_clear()
    yield tmp_path
    for loaded in LOADED:
        loaded.cache_clear()


def test_what_is_shipped_fits() -> None:
    assert faults() == []


Edits = list[tuple[str, str, str, str]]
"""File, what stands there, what is written instead, what is told."""
NAMES: Edits = [
    ("schemas/indicators.yaml", "numerator: {feed: stat_staff, column: technical_staff,",
     "numerator: {feed: stat_staff, column: technical_staf,",
     "technical_staff_share 的 numerator：数据源 stat_staff：“technical_staf”里没有“technical_staf”；是不是 technical_staff"),
    ("schemas/indicators.yaml", "numerator: {feed: stat_rd, column: rd_staff,", "numerator: {feed: stat_rdd, column: rd_staff,",
     "rd_staff_share 的 numerator：没有数据源或数据源组“stat_rdd”；是不是 stat_rd"),
    ("schemas/indicators.yaml", "where: {instrument: rediscount}, source", "where: {quota: rediscount}, source", "fin_relending：没有主键列“quota”"),
    ("schemas/facts.yaml", "column: technical_staff,", "column: technical,", "technical_staff：数据源 stat_staff：“technical”里没有"),
    ("policies/JL.yaml", "rd_staff_share, tier: provincial_srdi, headline: pooled", "rd_staff_share, tier: provincal_srdi, headline: pool",
     "JL-T09：没有口径（rd_staff_share）“pool”；是不是 pooled"),
    ("policies/JL.yaml", "required: [statement]", "required: [statment]", "JL：没有数据源或数据源组“statment”；是不是 statement"),
    ("policies/JL.yaml", "issuer: 吉林省", "issuer: 吉林省 ", "JL：JL-T09：没有梯度“provincal_srdi”；是不是 provincial_srdi"),
    ("policies/monitoring/warnings.yaml", "when: profit_y1 < 0 AND profit_y2 < 0", "when: profit_y1 < 0 AND profit_2 < 0",
     "loss_two_years：“profit_y1 < 0 AND profit_2 < 0”里没有“profit_2”；是不是 profit_y2"),
    ("policies/monitoring/warnings.yaml", "reports: [stat_staff]", "reports: [stat_stff]", "没有数据源或数据源组“stat_stff”；是不是 stat_staff"),
]  # fmt: skip
KEYS: Edits = [
    ("policies/JL.yaml", "{indicator: rd_staff_share,", "{indicator: rd_staff_shar,", "JL-T09：没有指标“rd_staff_shar”；是不是 rd_staff_share"),
    ("policies/SD.yaml", "  strength: must\n", "  strngth: must\n", "strngth"),
    ("policies/monitoring/warnings.yaml", "  severity: 2\n", "  severty: 2\n", "severty"),
    ("schemas/indicators.yaml", "numerator: {feed: stat_rd, column: rd_staff,", "numeratr: {feed: stat_rd, column: rd_staff,",
     "rd_staff_share：ratio 的 reads 须恰好是 denominator、numerator"),
]  # fmt: skip
LISTS: Edits = [
    ("policies/SX.yaml", "units: ranked_units", "units: rankd_units", "没有“rankd_units”"),
    ("policies/monitoring/warnings.yaml", "  severity: 2\n", "  severity: two\n", "rules.第 1 项.severity：没有“two”这个值，可用：1、2、3"),
]  # fmt: skip


@pytest.mark.parametrize("edits", [NAMES, KEYS, LISTS], ids=["names", "keys", "lists"])
def test_what_is_wrong_is_told_with_its_place_and_what_was_meant(folder: Path, edits: Edits) -> None:
    for file, right, wrong, _ in edits:
        text = (folder / file).read_text(encoding="utf-8")
        assert right in text
        (folder / file).write_text(text.replace(right, wrong, 1), encoding="utf-8")
    found = faults()
    assert [told for *_, told in edits if not any(told in said for said in found)] == [], found


def test_readings_are_those_that_the_models_write() -> None:
    """Of the families that are folded over enterprises; a growth's contributions are made of its same-firm rate."""
    for family in ("count", "level", "growth", "ratio", "flow"):
        text = (HERE / "models" / "merge" / f"{family}_readings.sql").read_text(encoding="utf-8")
        plain = [r for r in READINGS[family] if not r.endswith("_or_higher")]
        assert [r for r in plain if r not in text] == []
