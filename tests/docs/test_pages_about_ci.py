"""The pages' blocks, run as they stand: the tutorial with act in the place of the forge, the script for any other CI."""

import re
import sys
from pathlib import Path

import pytest
from project.templates import performance

DOCS = Path(__file__).parents[2] / "docs"
sys.path.insert(0, str(Path(__file__).parents[1] / "ci"))


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)


def commands(block):
    """(command, the lines that the page shows of what it says); `...` stands for anything."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def type_in(project, block):
    for line, shown in commands(block):
        said = project.sh(line)
        pattern = ".*".join(re.escape("\n".join(part)).replace(r"\.\.\.", ".*") for part in _parts(shown))
        assert re.fullmatch(pattern, said.rstrip("\n"), re.DOTALL), f"$ {line}\n{said}\nthe page shows:\n{shown}"


def _parts(shown):
    parts: list[list[str]] = [[]]
    for line in shown:
        if line == "...":
            parts.append([])
        else:
            parts[-1].append(line)
    return parts


@pytest.mark.system
def test_the_tutorial_from_hand_made_tags_to_a_release_on_merge(project, installed):
    from forge import Forge, comments  # noqa: PLC0415 - needs act

    project.dvc("remote", "modify", "--quiet", "storage", "url", str(project.world.store))
    project.git("tag", "-a", "v1.0", "-m", "first model")
    project.save("Work")
    project.git("tag", "-a", "v1.1", "-m", "charCNN")
    project.git("tag", "2-track-data")
    project.git("push", "--quiet", "--tags", "origin")
    installed(project, None)
    forge = Forge(project)
    setup, share, style = blocks("tutorial/release-on-merge.md", "console")
    typed = [line for block in (setup, share, style) for line, _ in commands(block)]
    assert len(typed) <= 8

    type_in(project, setup)
    type_in(project, share)
    with comments() as (api, posted):
        forge.pull_request("releases", api=api).passes().shows("## Would release v1.2.0")
        assert len(posted) == 1
    merger = project.clone("merger")
    merger.git("merge", "--quiet", "--no-ff", "-m", "Merge pull request #5", "origin/releases")
    merger.git("push", "--quiet", "origin", "main")
    job = forge.merge().passes()
    assert (job.outputs["released"], job.outputs["tag"]) == ("true", "v1.2.0")
    type_in(project, style)
    assert project.published("v1.2.0")
    log = project.read("CHANGELOG.md").decode()
    assert log.index("## [1.2.0]") < log.index("## [1.1.0]") < log.index("## [1.0.0]")


@pytest.mark.fast("a branch")
@pytest.mark.parametrize("how", ["a branch", "detached", "shallow and detached, without an identity"])
def test_the_script_for_any_other_ci_releases_once(released, how):
    """What Jenkins, Buildkite and the like check out."""
    released.train(b"better", performance(f1=0.9))
    released.save("fix: more")
    (script,) = blocks("how-to/ci.md", "sh")
    runner = released.clone("runner", *(["--depth", "1"] if "shallow" in how else []))
    if "detached" in how:
        runner.git("switch", "--quiet", "--detach", "origin/main")
        runner.git("branch", "--quiet", "--delete", "--force", "main")
    if "identity" in how:
        config = runner.world.root / "home" / "gitconfig"
        config.write_text(re.sub(r"\[user\]\n.*\n.*\n", "[user]\n\tuseConfigOnly = true\n", config.read_text()))
    assert runner.sh(script).endswith("deploy v0.2.0\n")
    assert runner.published("v0.2.0")
    again = released.clone("again")
    assert "deploy" not in again.sh(script)


def test_the_page_about_protected_branches_prepares_and_the_merge_is_tagged(released):
    released.train(b"better", performance(f1=0.9))
    (block,) = blocks("how-to/protected-main.md", "console")
    for line, _ in commands(block):
        released.sh(line)
    released.git("switch", "--quiet", "main")
    released.git("merge", "--quiet", "--squash", "prepare")
    released.git("commit", "--quiet", "-m", "Prepare (#8)")
    released.git("push", "--quiet", "origin", "main")
    commit = released.head
    released.release("bump auto --yes").succeeds()
    assert released.published("v0.2.0")
    assert released.git("rev-parse", "v0.2.0^{commit}") == commit
