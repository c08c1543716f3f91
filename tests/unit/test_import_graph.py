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
ROOMS = ("world", "forms", "delivery", "services", "truth")
"""Packages of ``infra.sandbox``, in the same order; ``generate`` stands above them."""
ROOTS = ("jobs", "dags", "benchmarks", "infra", "tests")


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


def packages(root: str) -> dict[str, set[str]]:
    """Packages and modules right below a package -> those of them that they import."""
    graph: dict[str, set[str]] = {}
    start = f"{root}."
    for module, used in imports().items():
        if module.startswith(start):
            own = graph.setdefault(module.removeprefix(start).split(".")[0], set())
            own.update(u.removeprefix(start).split(".")[0] for u in used if u.startswith(start))
    return {name: used - {name} for name, used in graph.items()}


def test_every_package_has_its_place_in_the_order():
    assert set(packages("jobs")) == set(ORDER)
    assert set(packages("infra.sandbox")) == {*ROOMS, "generate"}


@pytest.mark.parametrize("package", ORDER)
def test_no_package_imports_upward(package):
    assert packages("jobs")[package] <= set(ORDER[: ORDER.index(package)])


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_of_the_sandbox_imports_a_later_one(room):
    assert packages("infra.sandbox")[room] <= set(ROOMS[: ROOMS.index(room)])


def test_what_tests_share_lies_in_support():
    shared = {u for used in imports().values() for u in used if u.split(".")[-1].startswith("test_")}
    # The boundaries are told apart where they are killed; a quick test asks whether each of them is still there.
    assert shared == {"tests.faults.test_boundaries"}


def test_no_module_imports_in_a_circle():
    try:
        TopologicalSorter(imports()).prepare()
    except CycleError as error:
        pytest.fail(f"circle: {' <- '.join(error.args[1])}")
