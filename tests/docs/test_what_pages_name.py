"""What the pages must name: every check, every trailer; the first release and the storage page are typed in."""

import ast
import importlib
import json
import pkgutil
import re
import subprocess
from pathlib import Path

import pytest
from test_pages_about_ci import blocks, commands, type_in

import release
from release.core.check import CheckName
from release.core.remotes import SCHEMES
from release.errors import ReleaseError

ROOT = Path(__file__).parents[2]


TROUBLESHOOTING = (ROOT / "docs/troubleshooting.md").read_text()


SECTIONS = re.findall(r"^## (.*)\n([^#]*)", TROUBLESHOOTING, re.MULTILINE)  # name and text
SAID = {  # messages on the page, with the anchor of their section
    " ".join(words.split()): name.replace(" ", "-")
    for name, text in SECTIONS
    for words in re.findall(r"\*\*(.+?)\*\*", text, re.DOTALL)
}
CODE = [ast.parse(path.read_text()) for path in (ROOT / "release").rglob("*.py")]


def _kinds(tree=ReleaseError):
    return {
        tree.__name__: tree,
        **{name: kind for each in tree.__subclasses__() for name, kind in _kinds(each).items()},
    }


def _calls(tree, names):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in names:
            yield node, {more.arg: more.value for more in node.keywords}


@pytest.mark.fast
def test_every_check_and_every_error_is_explained_under_the_name_that_it_shows():
    for module in pkgutil.walk_packages(release.__path__, "release."):
        if not module.name.endswith(("__main__", "_script")):
            importlib.import_module(module.name)
    kinds = _kinds()
    assert len(kinds) > 30
    shown = {check.section for check in CheckName} | {kind.section for kind in kinds.values()}
    of_calls = [more["section"] for tree in CODE for _, more in _calls(tree, {*kinds, "Failure"}) if "section" in more]
    shown |= {section.value for section in of_calls if isinstance(section, ast.Constant)}
    of_json = [call.args[3] for tree in CODE for call, _ in _calls(tree, {"error"}) if len(call.args) == 4]
    shown |= {section.value for section in of_json if isinstance(section, ast.Constant)}
    names = [name for name, _ in SECTIONS]
    assert names == sorted(names)
    assert {name.replace(" ", "-") for name in names} == shown


@pytest.mark.fast
def test_every_message_is_in_the_section_that_its_error_names():
    """Those are compared whose words are in the call, or in a variable of the function that raises."""
    kinds, wrong, seen = _kinds(), [], set()
    for function in (node for tree in CODE for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        sets = [node for node in ast.walk(function) if isinstance(node, ast.Assign)]
        for call, more in _calls(function, kinds):
            section = more.get("section", ast.Constant(kinds[getattr(call.func, "id", "") or call.func.attr].section))
            if not (call.args and isinstance(section, ast.Constant)):
                continue
            variable = getattr(call.args[0], "id", None)
            before = [node for node in sets if node.lineno < call.lineno and ast.unparse(node.targets[0]) == variable]
            parts = [text for node in (call.args[0], *before[-1:]) for text in _texts(node)]
            for words in (words for words in SAID if any(_is_written(words, each, 0.6) for each in parts)):
                seen.add(words)
                wrong += [(words, SAID[words], section.value)] if SAID[words] != section.value else []
    assert sorted(wrong) == []
    assert len(seen) > 40


OF_OTHERS = {
    "no such option '--ys'",
    "403",
    "/data/x: No space left on device",
    "needs credentials: Unable to locate credentials",
}  # of click, a store's server and the operating system


@pytest.mark.fast
def test_every_message_on_the_page_is_one_that_the_code_writes():
    """Names and numbers are examples, and the end may be left out."""
    texts = {text for tree in CODE for text in _texts(tree)}
    assert len(SAID) > 120
    assert (
        sorted(words for words in SAID.keys() - OF_OTHERS if not any(_is_written(words, text) for text in texts)) == []
    )


def _texts(tree):
    """The texts of a module, each as its fixed parts: between them are values."""
    for node in ast.walk(tree):
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        texts = [part.value for part in parts if isinstance(part, ast.Constant)]
        yield tuple(text.replace("`", "") for text in texts if isinstance(text, str))


def _is_written(words, parts, share=1 / 3):
    """Whether the parts follow each other in a message, and are this share of it; the last one may be cut."""
    words, at, own = words.replace("`", "").replace("\\", ""), 0, 0
    for part in parts:
        found = words.find(part, at)
        if found < 0:
            cut = words.find(part[:4], at) if part else -1
            own += len(words) - cut if cut >= 0 and part.startswith(words[cut:]) else 0
            break
        at, own = found + len(part), own + len(part)
    return own >= max(8, len(words) * share)


def test_every_trailer_is_explained():
    code = "".join(path.read_text() for path in (ROOT / "release").rglob("*.py"))
    written = set(re.findall(r"\bRelease-[A-Z][A-Za-z]+(?=: )", code)) - {"Release-Prepared"}
    written |= {f"Release-{what}" for what in ("Yanked", "Restored", "Undone")}
    assert len(written) > 10
    page = (ROOT / "docs/reference/tags.md").read_text()
    assert {name for name in written if f"| `{name}: " not in page} == set()


def test_the_first_release_is_as_the_page_shows_it(project):
    project.dvc("remote", "modify", "--quiet", "storage", "url", str(project.world.store))
    project.git("commit", "--quiet", "--all", "--amend", "--no-edit")
    project.git("push", "--quiet", "--force", "origin", "main")
    for block in blocks("tutorial/first-release.md", "console"):
        type_in(project, block)
    assert project.published("v0.3.1")
    assert project.git("diff", "--name-only", "v0.1.0", "v0.3.1").split() == ["CHANGELOG.md"]
    assert "refs/tags/v0.2.0" not in project.origin


@pytest.mark.parametrize("block", blocks("how-to/storage.md", "console")[:-1])
def test_dvc_takes_the_settings_of_the_storage_page(tmp_path, block):
    lines = [line for line, _ in commands(block)]
    assert all(line.startswith("dvc remote ") for line in lines)
    for line in ("git init --quiet", "dvc init --quiet", *lines):
        subprocess.run(line.split(), cwd=tmp_path, check=True, capture_output=True)


@pytest.mark.fast
def test_the_policies_of_the_s3_recipe_allow_what_release_asks_for():
    (trust,), policy = (json.loads(block)["Statement"] for block in blocks("how-to/ci-recipes.md", "json"))
    audience, subjects = trust["Condition"]["StringEquals"].values()
    assert (trust["Action"], audience) == ("sts:AssumeRoleWithWebIdentity", "sts.amazonaws.com")
    assert [subject.split(":", 2)[2] for subject in subjects] == ["ref:refs/heads/main", "pull_request"]
    allowed = {action: each["Resource"].endswith("/*") for each in policy for action in each["Action"]}
    assert allowed == {"s3:ListBucket": False, "s3:GetObject": True}
    assert {*re.findall(r"s3:\w+", SCHEMES["s3"].grant or "")} == allowed.keys()
    (reading,) = re.findall(r"^\| reading \| (.*)", (ROOT / "docs/how-to/storage.md").read_text(), re.MULTILINE)
    assert {*re.findall(r"s3:\w+", reading)} == allowed.keys()


@pytest.mark.fast
def test_the_guard_has_what_the_s3_recipe_replaces():
    """The credentials last an hour, as long as the nightly check of the workflow that `init --guard` writes."""
    guard, page = (
        (ROOT / path).read_text() for path in ("release/templates/github/guard.yml", "docs/how-to/ci-recipes.md")
    )
    (limit,) = re.findall(r"--time-limit \w+", guard)
    assert f"instead of `{limit}`" in page
    assert (guard.count("    permissions:\n"), guard.count("uses: ./.github/actions/release")) == (1, 1)
