"""Names from tags, branches, remotes, files and configuration never reach git as options or commands."""

import json

import pytest
from project import Project

pytestmark = pytest.mark.fast

TRAP = "--upload-pack=touch PWNED"
OUTPUT = "--output=PWNED"
LEADING = ("-f", "--force", OUTPUT, "--exec=touch PWNED")


def unharmed(project: Project) -> bool:
    found = [path for path in project.world.root.rglob("*") if path.name == "PWNED"]
    assert not found, str(found)
    return True


@pytest.fixture
def trapped(released: Project) -> Project:
    """Tags, branches and files whose names look like options, here and on the origin."""
    for number, name in enumerate((*LEADING, "--all")):
        released.git("update-ref", f"refs/tags/{name.replace(' ', '-')}", "HEAD")
        released.git("update-ref", f"refs/heads/{name.replace(' ', '-')}", "HEAD")
        released.write(name, f"{number}\n")
        released.write(f"model/{name}.json", json.dumps({"f1": number}))
    released.git("add", "--all", "--", ".")
    released.git("commit", "--quiet", "-m", "Traps")
    released.git("push", "--quiet", "origin", "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*")
    return released


def test_a_release_among_such_names_is_made_as_any_other(trapped: Project):
    trapped.release("bump minor -m charCNN --yes").succeeds()
    assert trapped.published("v0.2.0")
    clone = trapped.clone()
    for line in ("list", "show v0.2.0", "fetch", "status", "verify --all", "diff v0.1.0 v0.2.0"):
        clone.release(line).succeeds()
    assert unharmed(trapped)


@pytest.mark.parametrize("branch", ["-f", "--force", "--output=PWNED", "--delete"])
def test_a_branch_that_looks_like_an_option_is_released_from_or_refused(released: Project, branch):
    released.git("update-ref", f"refs/heads/{branch}", "HEAD")
    released.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")
    released.commit("More")
    released.release("bump minor --pre rc --yes").succeeds()
    assert released.published("v0.2.0-rc.1")
    assert released.origin[f"refs/heads/{branch}"] == released.head
    assert unharmed(released)


@pytest.mark.parametrize("word", LEADING)
@pytest.mark.parametrize(
    "line",
    [
        "bump minor --yes --at",
        "bump minor --yes --base",
        "bump --yes --",
        "bump minor --yes -m",
        "show --",
        "diff --",
        "diff v0.1.0 --",
        "verify --",
        "checkout --",
        "checkout v0.1.0 -b",
        "delete --yes --local --",
        "list --metric",
        "list --since",
    ],
)
def test_a_value_that_looks_like_an_option_names_nothing(released: Project, line, word):
    released.save("More")
    run = released.release(line, word)
    assert run.code in (2, 3), str(run)
    assert released.unchanged()
    assert unharmed(released)


def test_a_prerelease_s_name_that_looks_like_an_option_stays_inside_the_version(released: Project):
    released.save("More")
    released.release("bump minor --yes --pre", "--force").succeeds()  # SemVer allows it
    assert released.published("v0.2.0---force.1")


@pytest.mark.parametrize("key", ["git-remote", "changelog", "tag-format", "metrics", "branches", "version-files"])
@pytest.mark.parametrize("value", [TRAP, OUTPUT, "-f", "-{version}"])
def test_a_configured_value_that_looks_like_an_option_does_no_harm(released: Project, key, value):
    text = json.dumps([value] if key in ("metrics", "branches", "version-files") else value)
    released.write(".release.toml", f"{key} = {text}\n")
    released.save("Configured")
    run = released.release("bump minor --yes")
    assert run.code in (0, 2, 3), str(run)
    if run.code:
        assert released.unchanged()
    assert unharmed(released)


def test_a_remote_that_looks_like_an_option_is_never_asked_as_one(released: Project):
    released.save("More")
    released.git("config", f"remote.{TRAP}.url", released.world.origin.as_uri())
    released.write(".git/x", "")
    released.release("fetch")
    released.write(".release.toml", f'git-remote = "{TRAP}"\n')
    assert released.release("bump minor --yes").code in (2, 3)
    assert unharmed(released)


@pytest.mark.parametrize("url", ["ext::touch PWNED", "--upload-pack=touch PWNED", "-oProxyCommand=touch PWNED"])
def test_a_url_that_is_a_command_is_not_run(released: Project, url):
    released.save("More")
    released.git("config", "remote.origin.url", url)
    for line in ("status", "bump minor --yes", "fetch"):
        assert released.release(line).code in (0, 2, 3, 6)
    assert unharmed(released)
