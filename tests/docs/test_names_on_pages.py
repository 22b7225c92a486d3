"""What pages name is there: commands, files, functions, and the words of the glossary."""

import importlib
import re
import shlex
from pathlib import Path

import pytest

from release.app import COMMANDS

pytestmark = pytest.mark.fast

ROOT = Path(__file__).parents[2]
CODE = "\n".join(path.read_text() for top in ("release", "tests") for path in (ROOT / top).rglob("*.py"))
GUIDE = ROOT / "CONTRIBUTING.md"
GLOSSARY = ROOT / "docs/reference/glossary.md"
PAGES = [GUIDE, *(path for path in sorted((ROOT / "docs/adr").glob("0*.md")) if "Superseded" not in path.read_text())]


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_every_file_that_a_page_about_the_code_names_is_there(page):
    names = set(re.findall(r"[\w./*]*\w[\w./*]*\.py\b", page.read_text()))
    assert not {name for name in names if not is_there(name.replace("NAME", "*"))}


def is_there(name):
    return any(ROOT.glob(name)) or any(path for top in ("release", "tests") for path in (ROOT / top).rglob(name))


def test_every_function_class_and_table_that_the_guide_names_is_there():
    text = GUIDE.read_text()
    functions, others = set(re.findall(r"`(\w+)\(\)`", text)), set(re.findall(r"`(_?[A-Z]\w+|_\w+)`", text))
    assert len(functions) > 20
    assert len(others) > 10
    defined = {*re.findall(r"^ *(?:def|class) (\w+)|^(\w+)(?:: [^=]+)? = ", CODE, re.MULTILINE)}
    names = {name for pair in defined for name in pair}
    assert not {name for name in (functions | others) if name not in names}


def test_functions_are_in_the_file_that_the_guide_names():
    found = re.findall(r"`(\w+)\(\)`\s+in\s+`([\w/]+\.py)`", GUIDE.read_text())
    assert len(found) > 10
    files = {name: next((ROOT / "release").rglob(name)).read_text() for _, name in found}
    assert not [(function, name) for function, name in found if f"def {function}(" not in files[name]]


def test_every_word_of_the_glossary_is_used():
    pages = [path for path in (*ROOT.glob("docs/**/*.md"), ROOT / "README.md") if path != GLOSSARY]
    pages += [
        *ROOT.glob("release/commands/*.py"),
        *ROOT.glob("release/commands/*/cli.py"),
        *ROOT.glob("tests/golden/*.txt"),
    ]
    used = " ".join(" ".join(page.read_text() for page in pages).split()).lower()
    words = re.findall(r"\*\*([^*]+)\*\*", GLOSSARY.read_text())
    assert len(words) > 30
    assert not [word for word in words if not re.search(rf"\b{re.escape(word.lower())}", used)]


EVERY_PAGE = [ROOT / "README.md", GUIDE, *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", EVERY_PAGE, ids=[str(page.relative_to(ROOT)) for page in EVERY_PAGE])
def test_every_command_and_option_of_a_page_is_there(page):
    for line in calls(page.read_text()):
        name, *words = shlex.split(re.split(r"&&|\|", line)[0], comments=True)
        assert name in {*COMMANDS, "help", "preview", "guard"}, line  # the last two are jobs of GitLab
        if name == "drill" and "--" in words:  # a command of the user follows
            words = words[: words.index("--")]
        if name in COMMANDS:
            assert {word.partition("=")[0] for word in words if word.startswith("--")} <= options(name), line


def calls(text):
    """What follows `release ` in the inline code and in the blocks of a page, where a command can begin."""
    fence = r"^ *```(\w*)\n(.*?)^ *```"
    inline = re.sub(fence, "", text, flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"`release ([a-z][^`]*)`", inline)
    for language, block in re.findall(fence, text, re.MULTILINE | re.DOTALL):
        if language in {"sh", "console", "yaml"}:
            found += re.findall(r"(?:^|\$ |&& |run: |^[A-Z_]+=\S+ )release ([a-z][^\n]*)", block, re.MULTILINE)
    return found


def test_calls_are_found_in_blocks():
    found = {name: len(calls((ROOT / "docs" / name).read_text())) for name in ("reference/exit-codes.md", "faq.md")}
    assert found["reference/exit-codes.md"] >= 5
    assert found["faq.md"] > 15


def options(name):
    command = importlib.import_module(COMMANDS[name].module).command
    return {"--help", *(word for each in command.params for word in (*each.opts, *each.secondary_opts))}
