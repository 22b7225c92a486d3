"""The layers of docs/adr/0001, as far as they can be seen without the linter; `nox -s lint` checks the rest."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import release
from release.app import COMMANDS

ROOT = Path(release.__file__).parent
MODULES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))
MAY_START_PROCESSES = {
    "git/process.py",
    "dvc/clean_room.py",
    "dvc/tracked.py",
    "system/demo_shell.py",
    "system/room.py",
}
LONGEST_FUNCTION = 45


@pytest.mark.parametrize("module", MODULES)
def test_functions_stay_short(module):
    tree = ast.parse((ROOT / module).read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = {node.name: (node.end_lineno or 0) - node.lineno for node in functions}
    assert {name: lines for name, lines in long.items() if lines > LONGEST_FUNCTION} == {}


def test_processes_are_started_in_one_place_for_dvc_and_by_the_demo():
    starts = re.compile(
        r"\bsubprocess\.(run|Popen|call|check_)|(?<![\w\[])Popen\(|\bos\.(system|popen|exec|fork|spawn|posix_spawn)"
    )
    assert {module for module in MODULES if starts.search((ROOT / module).read_text())} <= MAY_START_PROCESSES


def test_commands_do_not_know_each_other():
    for module in MODULES:
        if module.startswith("commands/") and module != "commands/__init__.py":
            own = module.split("/")[1].removesuffix(".py")
            assert own in COMMANDS
            others = tuple(f"release.commands.{other}" for other in COMMANDS.keys() - {own})
            assert not {name for name in _imported(module) if f"{name}.".startswith(tuple(f"{o}." for o in others))}


def test_the_word_dry_run_stays_at_the_door_and_in_the_report():
    """A preview stops after the plan; nothing below may act differently because of it."""
    told = {module for module in MODULES if "dry_run" in (ROOT / module).read_text()}
    door = re.compile(r"ui/\w+\.py|commands/(\w+|\w+/(cli|view))\.py")
    assert {module for module in told if not door.fullmatch(module)} <= {"core/release.py"}


def test_no_module_is_named_by_what_it_is_not():
    stems = {Path(module).stem for module in MODULES}
    assert not stems & {"utils", "util", "common", "misc", "helpers", "helper", "manager", "info"}


def _imported(module: str) -> set[str]:
    return set(_names(ast.parse((ROOT / module).read_text())))


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
