"""docs/reference/python.md: its blocks run one after the other, as in a notebook, and show what the page shows."""

import ast
import contextlib
import inspect
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import release

PAGE = (Path(__file__).parents[2] / "docs/reference/python.md").read_text()


def cells():
    """Each Python block with the output that the page shows below it, "" for none."""
    found = re.findall(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", PAGE, re.MULTILINE | re.DOTALL)
    assert len(found) == PAGE.count("```python\n")
    assert PAGE.count("```text\n") == sum(1 for _, shown in found if shown)
    return found


def run_cell(code, namespace):
    """Run a block as a notebook does: what it prints, then its last expression."""
    *first, last = ast.parse(code).body
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        if not isinstance(last, ast.Expr):
            first, last = [*first, last], None
        exec(compile(ast.Module(first, []), "cell", "exec"), namespace)
        value = None if last is None else eval(compile(ast.Expression(last.value), "cell", "eval"), namespace)
    return out.getvalue() + ("" if value is None else f"{value!r}\n")


def run_page(tmp_path, monkeypatch, kept):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    (setup,) = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    subprocess.run(["sh", "-euc", setup], check=True, capture_output=True)
    namespace = {"__name__": "__main__"}
    for code, shown in filter(kept, cells()):
        said = run_cell(code, namespace)
        assert said == shown, f"{code}\nsaid:\n{said}\nthe page shows:\n{shown}"


@pytest.mark.deep
def test_the_blocks_show_what_the_page_shows(tmp_path, monkeypatch):
    run_page(tmp_path, monkeypatch, lambda cell: "frame" not in cell[0])


@pytest.mark.system
def test_so_do_those_with_pandas(tmp_path, monkeypatch):
    run_page(tmp_path, monkeypatch, bool)


@pytest.mark.fast
def test_the_page_has_every_call_with_its_arguments():
    shown = re.findall(r"^\| `(?:project\.)?(\w+)\((.*?)\)` \|", PAGE, re.MULTILINE)
    calls = {"open_project": release.open_project, "records": release.records}
    calls |= {name: call for name, call in vars(release.Project).items() if callable(call) and name[0] != "_"}
    assert {name: [each.partition("=")[0] for each in words.split(", ")] for name, words in shown} == {
        name: [f"{'*' * (each.kind is each.VAR_POSITIONAL)}{each.name}" for each in arguments(call)]
        for name, call in calls.items()
    }


def arguments(call):
    return [each for name, each in inspect.signature(call).parameters.items() if name != "self"]


@pytest.mark.fast
def test_the_page_has_every_error_with_its_code():
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", PAGE, re.MULTILINE))
    errors = [each for name in release.__all__ if isinstance(each := getattr(release, name), type)]
    wanted = {each.__name__: str(int(each.code)) for each in errors if issubclass(each, release.ReleaseError)}
    assert rows == {name: code for name, code in wanted.items() if name != "ReleaseError"}
