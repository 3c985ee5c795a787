"""The table "Who knows whom" of docs/development.md, held against the imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ROOTS = {"monogen": ROOT / "gen", "monogen.dashboards": ROOT / "dashboards"}

BASICS = {"compiled", "problems", "quantities", "second_process"}
"""What any part may use: they know nobody."""

KNOWS = {
    "promql": set(),
    "gotemplate": set(),
    "catalog": set(),
    "inventory": set(),
    "lint": {"inventory", "catalog", "monitoring", "promql", "gotemplate", "dashboards"},
    "targets": {"inventory", "monitoring", "output"},
}
"""For some parts those that they may know, beside the basics."""

BUILDS = {"plan", "targets", "output"}
"""What the linter knows only where it looks at a build."""

LOOKS_AT_A_BUILD = {"monogen.lint.gathering", "monogen.lint.generated", "monogen.lint.building"}

LAYERS = [
    {"model"},
    {"documents", "check"},
    {"settings", "reading", "facts", "abstract"},
    {"world"},
    {"context"},
    {"rewriting"},
    {"checks"},
    {"run", "pages"},
    {"generated", "report", "explaining"},
    {"gathering", "building"},
    {"fixing"},
    {"command"},
]
"""The parts of gen/lint; each knows those above it, and its neighbours."""

REGISTERING = "monogen.lint.settings.configuration"
"""It tells which codes there are, so it is the one that knows the checks from below."""


def _modules() -> dict[str, Path]:
    found = {}
    for name, root in ROOTS.items():
        for path in root.rglob("*.py"):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join((name, *(parts[:-1] if parts[-1] == "__init__" else parts)))] = path
    return found


MODULES = _modules()


def _imports(node: ast.AST, *, lazy: bool = True) -> Iterator[str]:
    """The modules of monogen that are imported when the code runs; with ``lazy`` also within functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        if isinstance(child, ast.FunctionDef) and not lazy:
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            for alias in child.names:
                whole = f"{child.module}.{alias.name}"
                yield whole if whole in MODULES else child.module
        yield from _imports(child, lazy=lazy)


def _known(module: str, *, lazy: bool = True) -> set[str]:
    tree = ast.parse(MODULES[module].read_text("utf-8"))
    return {name for name in _imports(tree, lazy=lazy) if name in MODULES and name not in (module, "monogen")}


def _part(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def _of(part: str) -> list[str]:
    return [module for module in MODULES if _part(module) == part]


def test_no_circle() -> None:
    TopologicalSorter({module: _known(module, lazy=False) for module in MODULES}).prepare()


@pytest.mark.parametrize("part", KNOWS)
def test_a_part_knows_few(part: str) -> None:
    for module in _of(part):
        allowed = {part, *BASICS, *KNOWS[part], *(BUILDS if module in LOOKS_AT_A_BUILD else ())}
        assert {_part(known) for known in _known(module)} <= allowed, module


def test_only_the_command_line_knows_commands() -> None:
    commands = {module for module in MODULES if module.endswith((".lint.command", ".lint.explaining"))}
    assert commands
    knowing = {module for module in MODULES if _known(module) & commands}
    assert knowing == {"monogen.cli"}


def test_the_linter_is_built_in_layers() -> None:
    level = {part: number for number, parts in enumerate(LAYERS) for part in parts}
    inside = [module for module in _of("lint") if module.count(".") > 1]
    assert {module.split(".")[2] for module in inside} == set(level)
    for module in inside:
        for known in _known(module):
            if _part(known) == "lint" and known.count(".") > 1 and module != REGISTERING:
                assert level[known.split(".")[2]] <= level[module.split(".")[2]], (module, known)
