"""A tag whose object is lost or broken fails alone: what only looks goes on and names it, what releases refuses."""

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from project import Project

HOW = ("lost", "empty", "junk", "its commit is lost", "lost, and the ref is packed", "a branch of a lost commit")
SAYS = "refs/tags/v0.1.5 cannot be read: its object is missing or damaged"


def breaks(project: Project, how: str, name: str = "v0.1.5") -> str:
    """Set a tag to an object that cannot be read; its id."""
    text = f"object {project.head}\ntype commit\ntag {name}\ntagger a <a@b> 0 +0000\n\nx\n"
    if how == "its commit is lost":
        text = text.replace(project.head, "1" * 40)
    tag = project.git("hash-object", "-t", "tag", "-w", "--literally", "--stdin", stdin=text.encode())
    if how == "a branch of a lost commit":
        tag = "2" * 40  # a lightweight tag
    project.write(f".git/refs/tags/{name}", f"{tag}\n")
    if "packed" in how:
        project.git("pack-refs", "--all")
        assert not (project.folder / f".git/refs/tags/{name}").exists()
    file = project.folder / ".git" / "objects" / tag[:2] / tag[2:]
    if how.startswith("lost"):
        project.lose(file)
    elif how in ("empty", "junk"):
        file.chmod(0o644)
        file.write_bytes(b"" if how == "empty" else b"junk")
    return tag


def follows(command: str, run) -> dict[str, Any]:
    jsonschema.validate(run.json, json.loads(files("release").joinpath(f"schemas/{command}.json").read_text()))
    return run.json


@pytest.fixture
def series(released: Project) -> Project:
    """v0.1.0 by hand, v0.2.0 by us, and work since."""
    released.save("More")
    released.release("bump minor --yes").succeeds()
    released.save("Even more")
    return released


@pytest.mark.parametrize("how", HOW)
def test_what_only_looks_goes_on_and_names_it_and_what_the_help_says_mends_it(series: Project, how):
    whole = series.release("list --offline --json").json["releases"]
    tag = breaks(series, how)
    drop = f"git update-ref -d refs/tags/v0.1.5 {tag}"
    way_out = f"git fsck; to delete the tag here: {drop}"
    series.world.variables["COLUMNS"] = "250"

    assert SAYS in series.release("list").succeeds().says(way_out).err
    found = follows("list", series.release("list --offline --json").succeeds())
    assert (found["releases"], found["warnings"]) == (whole, [SAYS])

    assert SAYS in follows("show", series.release("show v0.2.0 --json").succeeds())["warnings"]
    series.release("show v0.2.0").succeeds().says("warning: " + SAYS)
    series.release("diff v0.1.0 v0.2.0").succeeds()
    for line in (
        "show v0.1.5",
        "show 0.1.5",
        "diff v0.1.5",
        "changelog v0.1.5",
        "checkout v0.1.5",
        "rollback v0.1.5 -y",
    ):
        series.release(line).fails_with(3).says(SAYS).helps(way_out)
        assert series.unchanged()

    series.release("status").succeeds().says("failed", SAYS)
    checks = {check["name"]: check for check in series.release("status --json").succeeds().json["checks"]}
    assert (checks["tags"]["verdict"], checks["tags"]["help"]) == ("failed", way_out)
    series.release("status --check").fails_with(3)

    assert SAYS in series.release("changelog").succeeds().says("Even more").err
    assert follows("changelog", series.release("changelog v0.2.0 --json").succeeds())["warnings"] == [SAYS]

    for line in ("bump minor --yes", "bump minor --dry-run", "prepare minor --yes", "changelog --rebuild --yes"):
        series.release(line).fails_with(3).says(SAYS).helps(way_out)
        assert series.unchanged()

    series.git("checkout", "--quiet", "v0.2.0")
    series.release("status").succeeds().says("HEAD is at v0.2.0; nothing to release", "warning", SAYS)
    series.release("bump auto --yes").succeeds()
    series.git("checkout", "--quiet", "main")

    series.sh(drop)
    assert series.release("list").succeeds().err == ""
    series.release("bump minor --yes").succeeds()


@pytest.mark.parametrize("how", HOW)
def test_verify_proves_the_others_and_gives_it_a_row_of_its_own(series: Project, how):
    breaks(series, how)
    series.release("verify v0.2.0").succeeds().never_says("v0.1.5")
    series.release("verify").succeeds()
    report = follows("verify", series.release("verify --all --json").fails_with(6))
    rows = {row["rev"]: row for row in report["revisions"]}
    assert {rev: row["verdict"] for rev, row in rows.items()} == {"v0.1.0": "ok", "v0.2.0": "ok", "v0.1.5": "unknown"}
    assert (rows["v0.1.5"]["commit"], rows["v0.1.5"]["foreign"]) == (None, False)
    assert [problem["message"] for problem in rows["v0.1.5"]["problems"]] == [SAYS]
    series.release("verify --all").fails_with(6).says("v0.1.5", "unknown")
    asked = series.release("verify v0.1.5 v0.2.0 --json").fails_with(6).json["revisions"]
    assert [(row["rev"], row["verdict"]) for row in asked] == [("v0.1.5", "unknown"), ("v0.2.0", "ok")]


def test_what_must_be_kept_is_not_whole_with_a_tag_that_cannot_be_read(series: Project):
    whole = series.release("verify --objects").succeeds().out
    breaks(series, "lost", "nightly")
    run = series.release("verify --objects").fails_with(6).says("refs/tags/nightly cannot be read")
    assert set(whole.split()) <= set(run.out.split())


@pytest.mark.parametrize("how", HOW)
def test_a_broken_tag_that_is_no_release_stops_nothing(series: Project, how):
    breaks(series, how, "nightly")
    assert "refs/tags/nightly cannot be read" in series.release("list").succeeds().err
    series.release("verify --all").succeeds()
    series.release("status --check").succeeds().says("warning", "refs/tags/nightly cannot be read")
    series.release("bump minor --yes").succeeds()
    assert "refs/tags/v0.3.0" in series.origin
    assert series.status == ""


@pytest.mark.parametrize("how", HOW)
def test_fetch_names_it_and_the_remote_that_git_cannot_fetch_from_meanwhile(series: Project, how):
    other = series.clone("other")
    other.commit("Theirs", **{"theirs.txt": "x"})
    other.git("tag", "-a", "theirs", "-m", "x")
    other.git("push", "--quiet", "origin", "main", "theirs")
    tag = breaks(series, how)
    run = series.release("fetch --json")
    found = follows("fetch", run)
    assert SAYS in found["warnings"]
    assert run.code == (6 if found["errors"] else 0)
    series.release("fetch --dry-run").succeeds().says(SAYS).helps(f"git update-ref -d refs/tags/v0.1.5 {tag}")
    series.sh(f"git update-ref -d refs/tags/v0.1.5 {tag}")
    series.release("fetch").succeeds()
    assert "refs/tags/theirs" in series.refs


def test_ignored_tags_may_be_broken(series: Project):
    breaks(series, "junk")
    series.commit("Ignore", **{".release.toml": 'ignore-tags = ["v0.1.5"]\n'})
    series.git("push", "--quiet", "origin", "main")
    series.release("bump minor --yes").succeeds()


def test_it_can_be_deleted(series: Project):
    breaks(series, "lost")
    series.release("delete v0.1.5 --local --yes").succeeds()
    assert "refs/tags/v0.1.5" not in series.refs
    series.release("bump minor --yes").succeeds()


def test_several_are_each_named_among_many_others(series: Project):
    lines = [f"create refs/tags/run/{number} {series.head}" for number in range(700)]
    series.git("update-ref", "--stdin", stdin="".join(f"{line}\n" for line in lines).encode())
    for name, how in (("v0.1.5", "junk"), ("v0.1.6", "lost"), ("v0.1.7", "empty"), ("v0.1.8", "its commit is lost")):
        breaks(series, how, name)
    warnings = series.release("list --offline --json").succeeds().json["warnings"]
    assert [word.split()[0] for word in warnings] == [f"refs/tags/v0.1.{number}" for number in (5, 6, 7, 8)]
    series.release("status").succeeds().says(*warnings)
