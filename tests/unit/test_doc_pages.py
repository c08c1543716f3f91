"""Pages for readers: links lead somewhere, every model of the figures is named where its method is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jobs.definitions.rules import rulebook
from jobs.kpi import runner
from jobs.settings import REPO

DOCS = REPO / "docs"
PAGES = [REPO / "README.md", *DOCS.glob("*.md"), *DOCS.glob("guides/*.md"), *DOCS.glob("methods/*.md")]
METHODS = [
    DOCS / "methods" / "README.md",
    *(DOCS / f"{n}.md" for n in ("indicators", "criteria", "warnings", "incentives")),
]
MODELS = {**runner.files("slice"), **runner.files("merge")}


def test_every_model_is_named_on_a_method_page() -> None:
    told = "".join(page.read_text(encoding="utf-8") for page in METHODS)
    assert sorted(name for name in MODELS if f"`{name}`" not in told) == [], "docs/methods/README.md"


@pytest.mark.parametrize("page", METHODS[:2], ids=lambda p: p.stem)
def test_a_line_of_models_names_files_that_there_are(page: Path) -> None:
    lines = re.findall(r"^模型 models：.*$", page.read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for line in lines for name in re.findall(r"`([a-z_]+)`", line.partition("。读数")[0])}
    assert named and named <= MODELS.keys()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(REPO)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """To another page, or to a heading of it; what is outside the repository is not looked up."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, heading = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        if heading:
            text = there.read_text(encoding="utf-8")
            headings = [
                re.sub(r"[^\w\s-]", "", h).strip().lower()
                for h in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
            ]
            assert heading in [h.replace(" ", "-") for h in headings], target


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(REPO)))
def test_paths_that_a_page_names_are_there(page: Path) -> None:
    named = re.findall(
        r"`((?:jobs|dags|infra|tests|benchmarks|schemas|policies|expectations)/[\w./-]+)`",
        page.read_text("utf-8"),
    )
    assert [path for path in named if not (REPO / path).exists()] == []


def test_every_warning_rule_has_its_line_in_the_table() -> None:
    text = (DOCS / "warnings.md").read_text(encoding="utf-8")
    assert [r.id for r in rulebook.load().rules if f"| `{r.id}` {r.name_zh} |" not in text] == [], (
        "docs/warnings.md"
    )


def test_the_first_page_is_short_and_has_no_measured_number() -> None:
    text = (REPO / "README.md").read_text(encoding="utf-8")
    assert [n for n in (len(part.splitlines()) for part in text.split("\n# English\n")) if n > 80] == []
    assert re.findall(r"\d+(?:\.\d+)? ?(?:秒|分钟|GiB|MiB|seconds|minutes|min\b|s\b)", text) == []
