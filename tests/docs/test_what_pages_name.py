"""What the pages must name: every check, every trailer; the first release and the storage page are typed in."""

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest
from test_pages_about_ci import blocks, commands, type_in

from release.core.check import CheckName
from release.core.remotes import SCHEMES

ROOT = Path(__file__).parents[2]


TROUBLESHOOTING = (ROOT / "docs/troubleshooting.md").read_text()


@pytest.mark.fast
def test_every_check_is_explained_under_its_name():
    first, *names = re.findall(r"^## (.*)$", TROUBLESHOOTING, re.MULTILINE)
    assert (first, names) == ("Errors of a call", sorted(check.value for check in CheckName))


OF_OTHERS = {
    "no such option '--ys'",
    "403",
    "needs credentials: Unable to locate credentials",
}  # of click, and of a store's server


@pytest.mark.fast
def test_every_message_on_the_page_is_one_that_the_code_writes():
    """Names and numbers are examples, and the end may be left out."""
    trees = [ast.parse(path.read_text()) for path in (ROOT / "release").rglob("*.py")]
    texts = {text for tree in trees for text in _texts(tree)}
    said = {" ".join(words.split()) for words in re.findall(r"\*\*(.+?)\*\*", TROUBLESHOOTING, re.DOTALL)}
    assert len(said) > 90
    assert sorted(words for words in said - OF_OTHERS if not any(_is_written(words, text) for text in texts)) == []


def _texts(tree):
    """The texts of a module, each as its fixed parts: between them are values."""
    for node in ast.walk(tree):
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        texts = [part.value for part in parts if isinstance(part, ast.Constant)]
        yield tuple(text.replace("`", "") for text in texts if isinstance(text, str))


def _is_written(words, parts):
    """Whether the parts follow each other in a message, and are a third of it; the last one may be cut."""
    words, at, own = words.replace("`", "").replace("\\", ""), 0, 0
    for part in parts:
        found = words.find(part, at)
        if found < 0:
            cut = words.find(part[:4], at) if part else -1
            own += len(words) - cut if cut >= 0 and part.startswith(words[cut:]) else 0
            break
        at, own = found + len(part), own + len(part)
    return own >= max(8, len(words) / 3)


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
    assert project.published("v0.3.0")
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
