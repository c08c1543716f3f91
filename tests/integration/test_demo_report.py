"""What the demo says at its end, on an installation that holds what the demo's holds."""

from __future__ import annotations

import pytest
from rich.console import Console

from infra.demo import report, story
from jobs.definitions.policy.model import load_all
from tests.support.installation import Installation

pytestmark = pytest.mark.spark


def test_the_end_of_the_demo_names_every_programme_with_or_without_a_ranking(loaded: Installation) -> None:
    console = Console(width=200, record=True)
    report.figures(console)
    said = console.export_text()
    ranked = [p for p in load_all().values() if p.fed and p.ranking]
    assert len(ranked) > 1, "one of them without reports in the sandbox"
    for programme in ranked:
        assert f"{programme.title} 综合排名" in said
    assert "没有发布过排名" in said


def test_the_end_of_the_demo_tells_what_happened_to_files_and_which_figures_a_correction_moved(
    loaded: Installation,
) -> None:
    files, changes = dict(story.files_told()), list(story.releases_told())
    assert files["拒收的文件"].partition(" ")[0] != "0"
    assert "103_220400_2025" in files["A → B → A"]
    assert files["隔离的行"].endswith("zjtx quarantine list")
    late = [what for kind, what in changes if kind == "迟到"]
    corrected = [what for kind, what in changes if kind == "更正后重算"]
    assert any(what.startswith("JL 2026Q1：") for what in late)
    assert any(what.startswith("JL 2025Q4 ") for what in corrected)
    assert any("（原 " in what for what in corrected), "the figure before stands beside the new one"
