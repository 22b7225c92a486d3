"""What `--version`, `--help` and some commands may not import, asked of a fresh interpreter."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from release.app import COMMANDS

HEAVY = (
    "dvc", "git", "rich", "questionary", "prompt_toolkit", "jinja2", "tomlkit", "yaml", "semver", "packaging", "wcwidth",
    "asyncio", "requests",
)  # fmt: skip

LIST_MODULES = """
import sys
from release.__main__ import main
code = main()
print(code, *sys.modules, file=sys.stderr)
"""


def run_fresh(*words):
    """Run Python without coverage, which imports modules of its own into every child."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True, env=environ)


def modules_after(*words):
    ended = run_fresh("-c", LIST_MODULES, *words)
    code, *modules = ended.stderr.split()
    assert code == "0"
    return set(modules), ended.stdout


def modules_with(*imported):
    ended = run_fresh("-c", f"import sys, {', '.join(imported)}; print(*sys.modules)")
    return set(ended.stdout.split())


@pytest.mark.parametrize("words", [("--version",), ("--help",), ("-h",)])
def test_version_and_help_import_nothing_heavy(words):
    modules, _ = modules_after(*words)
    assert modules.isdisjoint({*HEAVY, "msgspec", "json", "traceback", "release.core.secrets"})


@pytest.mark.parametrize("words", [("--version",), ("--help",)])
def test_version_and_help_import_no_command(words):
    modules, _ = modules_after(*words)
    assert modules.isdisjoint(entry.module for entry in COMMANDS.values())


def test_version_is_answered_without_click():
    modules, answer = modules_after("--version")
    assert "click" not in modules
    assert answer.startswith("release ")


def test_help_of_one_command_imports_only_that_one():
    modules, _ = modules_after("list", "--help")
    assert "release.commands.list.cli" in modules
    assert modules.isdisjoint(
        {"release.commands.bump.cli", "release.commands.show.cli", "dvc", "git", "rich", "questionary"}
    )


def test_what_a_command_does_is_imported_when_it_is_done():
    """A command may import inside functions (pyproject.toml lets it); this is what must stay there."""
    modules = modules_with(*(entry.module for entry in COMMANDS.values()))
    doing = tuple(f"release.{layer}." for layer in ("engine", "git", "dvc", "forge"))
    assert {name for name in modules if name.startswith(doing) or name.endswith(".work")} == set()
    assert modules.intersection(HEAVY) <= {"semver"}  # a version in a request


PATTERNS = {"release.core.auto", "release.core.changelog", "release.core.forge", "release.core.work_tree"}
SELDOM = {"concurrent.futures", "csv", "tempfile", "traceback", "base64", "release.dvc.inventory"}


@pytest.mark.parametrize(
    ("command", "work", "unused"),
    [
        ("list", "release.engine.release_list", {*PATTERNS, *SELDOM, "release.dvc.pointers", "release.dvc.stores"}),
        ("verify", "release.commands.verify.work", {*PATTERNS, *SELDOM}),
        ("show", "release.commands.show.work", {*PATTERNS, *SELDOM}),
        ("diff", "release.commands.diff.work", {*PATTERNS, *SELDOM} - {"tempfile"}),
        ("status", "release.engine.plan", SELDOM - {"tempfile", "base64"}),
    ],
)
def test_what_a_command_seldom_uses_is_imported_when_it_is_used(command, work, unused):
    assert modules_with(COMMANDS[command].module, work).isdisjoint({*unused, *HEAVY} - {"semver"})


def test_version_inside_a_longer_call_says_the_same():
    _, short = modules_after("--version")
    _, long = modules_after("-C", ".", "--version")
    assert short == long
