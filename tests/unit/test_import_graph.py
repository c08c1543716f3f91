"""What may import what: packages in one order, nothing upward, no circle."""

import ast
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from jobs.settings import REPO

ORDER = (
    "settingsfile", "settings", "refusals", "yamlfile", "sqltext", "shown", "sparing", "account", "clock",
    "definitions", "ledger", "delivery", "notify", "lake", "sheets", "contractcheck", "feeds", "kpi", "rules", "targets",
    "ranking", "pipeline", "release", "quality", "serve", "operate", "cli",
)  # fmt: skip
"""Packages and modules of ``jobs``, from the ground up: each imports itself and what stands before it."""
ROOTS = ("jobs", "dags", "benchmarks")


def module_of(path: Path) -> str:
    parts = path.relative_to(REPO).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path, modules: set[str]) -> set[str]:
    """Modules of the tree that a file imports anywhere in its text, for types alone too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                names.add(module if module in modules else node.module or "")
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return (names & modules) - {module_of(path)}


@lru_cache(maxsize=1)
def imports() -> dict[str, set[str]]:
    """Module -> the modules of the tree that it imports."""
    paths = {module_of(p): p for root in ROOTS for p in sorted((REPO / root).rglob("*.py"))}
    return {m: imported(p, set(paths)) for m, p in paths.items()}


def packages() -> dict[str, set[str]]:
    """Packages of ``jobs`` -> the packages that they import."""
    graph: dict[str, set[str]] = {}
    for module, used in imports().items():
        if module.startswith("jobs."):
            own = module.split(".")[1]
            graph.setdefault(own, set()).update(u.split(".")[1] for u in used if u != "jobs")
    return {name: used - {name} for name, used in graph.items()}


def test_every_package_has_its_place_in_the_order():
    assert set(packages()) == set(ORDER)


@pytest.mark.parametrize("package", ORDER)
def test_no_package_imports_upward(package):
    assert packages()[package] <= set(ORDER[: ORDER.index(package)])


def test_no_module_imports_in_a_circle():
    try:
        TopologicalSorter(imports()).prepare()
    except CycleError as error:
        pytest.fail(f"circle: {' <- '.join(error.args[1])}")
