"""What an audit does not check is named in every verdict: Git LFS pointers and excluded paths."""

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0a" * 32 + "\nsize 12345\n"


@pytest.fixture
def lfs(released):
    """Four LFS pointers, one of them without an attribute, and texts that only look like one."""
    released.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    for path in ("weights/a.bin", "weights/b.bin", "weights/deep/c.bin", "z.txt"):
        released.write(path, POINTER)
    released.write("notes/long.md", POINTER + "about\n" * 200)
    released.write("notes/quoted.md", f"as in\n{POINTER}")
    released.save("Weights")
    return released


def left_out(row: Any) -> list[Any]:
    """The problems, without the warning that the project's remote is a path relative to the clone."""
    return [problem for problem in row["problems"] if problem["kind"] != "local-only-remote"]


def test_lfs_pointers_are_a_warning_that_names_them_and_the_way_to_check(lfs):
    words = (
        "4 files are Git LFS pointers",
        "weights/a.bin, weights/b.bin, weights/deep/c.bin and 1 more",
        "`git lfs fsck`",
    )
    lfs.release("verify").succeeds().says("ok", *words).never_says("notes")
    document = lfs.release("verify --json").succeeds().json
    jsonschema.validate(document, json.loads(files("release").joinpath("schemas/verify.json").read_text()))
    (revision,) = document["revisions"]
    (problem,) = left_out(revision)
    assert (revision["verdict"], problem["severity"], problem["kind"]) == ("ok", "warning", "lfs")
    assert (problem["path"], problem["help"]) == ("weights/a.bin", "git lfs ls-files && git lfs fsck")
    status = lfs.release("status --json").succeeds()
    assert status.check("data on remote")["verdict"] == "warning"
    lfs.release("bump minor -m Second --yes").succeeds().says(*words)


def test_they_fail_where_the_configuration_says_so(lfs):
    lfs.write(".release.toml", '[audit]\nlfs = "fail"\n')
    lfs.save("Strict")
    lfs.release("verify").fails_with(4).says("4 files are Git LFS pointers").helps("git lfs ls-files")
    lfs.release("bump minor -m Second --yes").fails_with(4).says("4 files are Git LFS pointers").helps("git lfs")
    assert lfs.unchanged()
    lfs.release("checkout v0.1.0").succeeds()
    lfs.git("switch", "--quiet", "main")
    lfs.git("rm", "--quiet", "-r", "weights", "z.txt")
    lfs.save("Without them")
    lfs.release("bump minor -m Second --yes").succeeds()


def test_a_project_in_a_folder_names_those_in_it(lfs):
    lfs.write("weights/.release.toml", "")
    lfs.save("Project")
    (problem,) = lfs.release("verify --json", folder=lfs.folder / "weights").succeeds().json["revisions"][0]["problems"]
    assert problem["path"] == "weights/a.bin"
    assert "3 files" in problem["message"]


def test_old_tags_are_looked_at_as_they_were(lfs):
    lfs.git("tag", "-a", "v0.2.0", "-m", "Second")
    lfs.git("rm", "--quiet", "-r", "weights/deep", "z.txt")
    lfs.save("Fewer")
    found = lfs.release("verify v0.1.0 v0.2.0 HEAD --json").succeeds().json["revisions"]
    told = [[problem["message"].partition(" ")[0] for problem in left_out(each)] for each in found]
    assert told == [[], ["4"], ["2"]]


def test_excluded_paths_are_warnings_too(released):
    released.write(".release.toml", '[audit]\nexclude = ["model/model.pt"]\n')
    released.save("Exclude")
    (revision,) = released.release("verify --json").succeeds().json["revisions"]
    (problem,) = left_out(revision)
    assert (revision["verdict"], revision["excluded"]) == ("ok", ["model/model.pt"])
    assert (problem["severity"], problem["kind"], problem["path"]) == ("warning", "excluded", "model/model.pt")
    released.release("verify").succeeds().says("excluded: model/model.pt")
    assert released.release("status --json").succeeds().check("data on remote")["verdict"] == "warning"
    released.release("bump minor -m Second --yes").succeeds().says("excluded: model/model.pt")
