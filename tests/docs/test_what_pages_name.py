"""What the pages must name: every check, every trailer; the first release and the storage page are typed in."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from test_pages_about_ci import blocks, commands, type_in

from release.core.check import CheckName
from release.core.remotes import SCHEMES

ROOT = Path(__file__).parents[2]


def test_every_check_is_explained_under_its_name():
    text = (ROOT / "docs/troubleshooting.md").read_text()
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == sorted(check.value for check in CheckName)


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
