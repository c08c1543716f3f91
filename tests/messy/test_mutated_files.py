"""A thousand spoilt files through a real poll: none stops the job, no row is lost, each refusal says where and why."""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.definitions.contract import load_feed
from jobs.settings import REPO
from jobs.sheets.files import sheets
from jobs.sheets.grid import Unreadable
from tests.support.builder import Builder
from tests.support.installation import Installation, delta_rows, ledger_rows
from tests.support.messy_files import HERE, REGION_ROWS, book, text_file
from tests.support.messy_mutations import Sample, mutant

pytestmark = pytest.mark.spark

FILES = 1000
LONGEST = 30
"""Rows that a sample is cut to: enough for every rule, and quick."""
RECEIVED = "2026-11-20T09:00:00+08:00"
CJK = re.compile("[\u4e00-\u9fff]{2,}")
STAFF_EDITIONS = [
    {"name": "2025年制度", "from": "2024", "headers": {"staff_end": ["从业人员期末人数"]}},
    {
        "name": "2026年制度", "from": "2026", "headers": {"staff_end": ["期末用工人数"]},
        "codes": {"change_type": {"110": "in_register", "120": "new"}},
    },
]  # fmt: skip


def rows_of(path: Path) -> list[list[object]]:
    sheet = next(iter(sheets(path)))
    return [list(cells) for _, cells in sheet.rows][:LONGEST]


@pytest.fixture(scope="module")
def samples(sandbox_files: Path) -> list[Sample]:
    """Files of the small sandbox of every feed and form, a yearbook's table, and a form of two editions."""
    root = sandbox_files
    rng, made = random.Random(1), []
    for feed in ("stat_finance", "stat_rd", "stat_register", "certificate_notice"):
        pattern = re.compile(load_feed(feed).feed.pattern)
        paths = sorted(
            p for p in (root / "sftp").rglob("*") if pattern.fullmatch(str(p.relative_to(root / "sftp")))
        )
        for path in rng.sample(paths, 12):
            stem = str(path.relative_to(root / "sftp").with_suffix(""))
            made.append(Sample(feed, stem, rows_of(path), path.read_bytes(), path.suffix))
    title: list[list[object]] = [["各地区企业研发活动"], ["", "", "", "单位：万元"]]
    names: list[object] = ["地区", "有R&D活动的企业数", "有研发机构的企业数", "研究与试验发展经费_内部支出"]
    table = [*title, names, *[list(r) for r in REGION_ROWS], ["东部地区", 1, 2, 3], ["注：不含军工"]]
    for year in (2022, 2023):
        made.append(Sample("region_table", f"yearbook/00-firms_{year}", table, book({"00": table}), ".xlsx"))
    register = next(s.rows for s in made if s.feed == "stat_register" and s.suffix == ".csv")
    for year, name in ((2025, "从业人员期末人数"), (2026, "期末用工人数")):
        rows = [[name if c == "从业人员期末人数" else c for c in r] for r in register]
        made.append(Sample("edited", f"edited/{year}", rows, text_file(rows), ".csv"))
    return made


def installation_with(installations: Builder, schemas: Path) -> Installation:
    """An installation that knows two more feeds."""
    from jobs import lake

    shutil.copytree(REPO / "schemas", schemas)
    shutil.copy(HERE / "region_table.yaml", schemas / "feeds")
    raw = yaml.safe_load((schemas / "feeds" / "stat_register.yaml").read_text(encoding="utf-8"))
    raw["id"] = "edited"
    raw["schema"][0] |= {"name": "edited", "physicalName": "silver/edited"}
    spec = raw["customProperties"][0]["value"]
    spec |= {
        "pattern": r"edited/(?P<period>\d{4})(_[^/]*)?\.(?i:csv|xlsx|xls)",
        "scope": ["period"],
        "editions": STAFF_EDITIONS,
    }
    del spec["reporters"]
    (schemas / "feeds" / "edited.yaml").write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    table = yaml.safe_load((schemas / "feeds" / "region_table.yaml").read_text(encoding="utf-8"))
    table["customProperties"][0]["value"]["pattern"] = (
        r"yearbook/(?P<table>\d{2}-[a-z]+)_(?P<year>\d{4})(_[^/]*)?\.(?i:csv|xlsx|xls)"
    )
    (schemas / "feeds" / "region_table.yaml").write_text(
        yaml.safe_dump(table, allow_unicode=True), encoding="utf-8"
    )
    installation = installations.new()
    installation.env |= {
        "ZJTX_SCHEMAS": str(schemas),
        "AIRFLOW_CONN_YEARBOOK": f"file://{installation.source}",
    }
    installation.at(RECEIVED)
    with installation.active():
        lake.create_all()
    return installation


def deliver(installation: Installation, samples: list[Sample], first: int, count: int) -> dict[str, int]:
    """Put mutants at the source; their numbers, in their names, are their seeds."""
    sent: Counter[str] = Counter()
    for number in range(first, first + count):
        rng = random.Random(number)
        sample = rng.choice(samples)
        path, content = mutant(rng, sample)
        stem, _, suffix = path.rpartition(".")
        # Notices come as workbooks only: another name would not be looked at.
        suffix = sample.suffix[1:] if sample.feed == "certificate_notice" else suffix
        installation.deliver(
            f"{stem}_m{number}.{suffix}",
            content,
            f"2026-11-{1 + number % 19:02d}T{number % 24:02d}:00:00+08:00",
        )
        sent[sample.feed] += 1
    return dict(sent)


def take_in(installations: Builder, schemas: Path, samples: list[Sample], first: int) -> Installation:
    from jobs.feeds.ingest import poll

    installation = installation_with(installations, schemas)
    installation.seen["sent"] = deliver(installation, samples, first, FILES)
    with installation.active():
        installation.seen["polls"] = {feed: poll(feed) for feed in installation.seen["sent"]}
    return installation


def fuzzed(number: int) -> Any:
    """Rounds after the first are long: they belong to ``make fuzz``."""
    return pytest.param(number, marks=() if number == 0 else pytest.mark.fuzz)


@pytest.fixture(scope="module", params=[fuzzed(n) for n in range(11)])
def installation(
    request: pytest.FixtureRequest,
    installations: Builder,
    samples: list[Sample],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:
    schemas = tmp_path_factory.mktemp("contracts") / "schemas"
    made = take_in(installations, schemas, samples, request.param * FILES)
    yield made
    installations.drop(made)


FILE = "select feed, path, verdict, reason, details, sha256 from file order by path"


def test_every_file_has_a_verdict_and_both_kinds_occur(installation: Installation) -> None:
    files = ledger_rows(installation, FILE)
    assert Counter(f[0] for f in files) == installation.seen["sent"]
    verdicts = Counter(f[2] for f in files)
    print(verdicts)
    assert sum(verdicts[v] for v in ("accepted", "refused", "unchanged")) == FILES
    assert verdicts["accepted"] > FILES / 3 and verdicts["refused"] > FILES / 10


def test_every_refusal_names_file_and_reason_in_chinese_and_none_is_a_crash(
    installation: Installation,
) -> None:
    refused = [f for f in ledger_rows(installation, FILE) if f[2] == "refused"]
    for _, path, _, reason, *_ in refused:
        assert reason.startswith(f"{path}：") and CJK.search(reason[len(path) + 1 :]), reason
    assert [f[3] for f in refused if "内部错误" in f[3]] == []
    # Reasons that concern a place name it.
    placed = [f[3] for f in refused if "缺少必需列" in f[3]]
    assert all(re.search(r"表头在第\d+行，见到的列：", r) for r in placed)


def test_rows_add_up_in_every_file(installation: Installation) -> None:
    counts = ledger_rows(
        installation,
        "select landed, silver, quarantined, duplicates, f.path from batch b join file f using (file_id)",
    )
    assert [c for c in counts if c[0] != c[1] + c[2] + c[3]] == []
    lake = installation.env["ZJTX_LAKE"]
    for feed in installation.seen["sent"]:
        landed = sum(b.landed for b in installation.seen["polls"][feed].accepted)
        assert len(delta_rows(f"{lake}/bronze/{feed}", ["row_no"])) == landed
    quarantined = sum(b.quarantined for p in installation.seen["polls"].values() for b in p.accepted)
    assert len(delta_rows(f"{lake}/quarantine/rows", ["row_no"])) == quarantined > 0


def test_every_line_below_a_header_has_landed_or_is_listed_as_left_out(installation: Installation) -> None:
    landed = dict(
        ledger_rows(installation, "select f.path, b.landed from batch b join file f using (file_id)")
    )
    for _, path, verdict, _, details, sha256 in ledger_rows(installation, FILE):
        if verdict != "accepted":
            continue
        file = installation.home / "landing" / sha256[:2] / sha256
        lines = set()
        for sheet in sheets(file):
            # Of a text file every delimiter is tried; which lines are blank is the same for each that fits.
            if sheet.name == details["sheet"]:
                try:
                    lines.add(
                        sum(
                            n > details["header_rows"][1] and any(c.strip() for c in cells)
                            for n, cells in sheet.rows
                        )
                    )
                except Unreadable:
                    continue
        assert landed[path] + sum(details["skipped"].values()) in lines, path


def test_every_quarantined_row_names_its_place_column_value_rule_and_message(
    installation: Installation,
) -> None:
    rows = delta_rows(f"{installation.env['ZJTX_LAKE']}/quarantine/rows")
    seen: Counter[str] = Counter()
    for row in rows:
        assert row["file_name"] and row["row_no"] > 0 and row["reasons"]
        for reason in row["reasons"]:
            assert reason["column"] and reason["header"] and CJK.search(reason["message"]), reason
            seen[reason["rule"]] += 1
    print(seen)
    assert {"REQUIRED", "NOT_A_NUMBER", "USCC_FORMAT", "ROW_WIDTH", "KEY_CONFLICT", "CODE_LIST"} <= set(seen)


def test_what_was_refused_leaves_nothing_in_the_lake(installation: Installation) -> None:
    refused = {f[1] for f in ledger_rows(installation, FILE) if f[2] == "refused"}
    lake = installation.env["ZJTX_LAKE"]
    for table in (*[f"silver/{feed}" for feed in installation.seen["sent"]], "quarantine/rows"):
        assert {r["file_name"] for r in delta_rows(f"{lake}/{table}", ["file_name"])} & refused == set()
