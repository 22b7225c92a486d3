"""`release checkout` of data that comes from elsewhere: taken from here whole, or left out and told, never half."""

import hashlib
import json
import shutil
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml
from project import Project, Templates

FIRST = {"raw/a.csv": b"first", "raw/b.csv": b"firstfirst", "one.bin": b"first" * 3}
SECOND = {"raw/a.csv": b"second", "raw/b.csv": b"secondsecond", "one.bin": b"second" * 3}


@pytest.fixture
def imports(templates: Templates, tmp_path: Path) -> Project:
    """Data of another repository, which this one allows."""
    return templates.copy("imports", tmp_path / "world")


@pytest.fixture
def clone(imports: Project) -> Project:
    return imports.clone()


def has(project: Project, wanted: dict[str, bytes]) -> bool:
    found = {path: (project.folder / path).read_bytes() for path in wanted if (project.folder / path).is_file()}
    assert found == wanted
    return True


def forbid(project: Project) -> None:
    project.git("rm", "--quiet", ".release.toml")
    project.commit("No imports")


def test_nobody_else_is_asked_and_each_path_is_named_with_its_command(clone):
    forbid(clone)
    run = clone.release("checkout v0.1.0").fails_with(9)
    run.says(
        "left out: raw: it comes from another repository (dvc import)", "help: dvc pull raw.dvc", "left out: one.bin"
    )
    assert has(clone, {"model/model.pt": b"first" * 1000})
    assert not (clone.folder / "raw").exists()
    clone.dvc("pull", "--quiet", "raw.dvc", "one.bin.dvc")
    assert has(clone, FIRST)


def test_a_dry_run_says_so_before(clone):
    forbid(clone)
    run = clone.release("checkout v0.1.0 --dry-run --json").fails_with(9)
    jsonschema.validate(run.json, json.loads(files("release").joinpath("schemas/checkout.json").read_text()))
    assert [(each["path"], each["help"]) for each in run.json["left_out"]] == [
        ("one.bin", "dvc pull one.bin.dvc"),
        ("raw", "dvc pull raw.dvc"),
    ]
    assert clone.unchanged()


def test_what_our_own_remote_has_is_taken_from_there(imports, clone):
    for cached in (imports.folder / ".dvc/cache/files/md5").glob("*/*"):  # somebody keeps imports there, too
        target = imports.world.store / "files/md5" / cached.parent.name / cached.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            shutil.copy(cached, target)
    forbid(clone)
    shutil.move(clone.world.root / "theirs", clone.world.root / "gone")
    clone.release("checkout v0.1.0").succeeds()
    assert has(clone, FIRST)


def test_other_bytes_on_our_own_remote_are_not_taken_and_nothing_moves(imports, clone):
    forbid(clone)
    oid = yaml.safe_load(imports.read("one.bin.dvc"))["outs"][0]["md5"]
    target = imports.object_path(oid)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(b"other bytes")
    clone.release("checkout v0.2.0").fails_with(4)
    assert clone.git("branch", "--show-current") == "main"
    assert not (clone.folder / "model/model.pt").exists()


def test_what_the_cache_has_needs_nobody(imports):
    shutil.move(imports.world.root / "theirs", imports.world.root / "gone")
    imports.release("checkout v0.1.0").succeeds()
    assert has(imports, FIRST)
    imports.release("checkout v0.2.0").succeeds()
    assert has(imports, SECOND)


def test_the_version_before_does_not_stay_under_the_pointer_of_another(imports):
    forbid(imports)
    imports.git("push", "--quiet", "origin", "HEAD")
    for content in FIRST.values():
        oid = hashlib.md5(content).hexdigest()
        cached = imports.folder / ".dvc/cache/files/md5" / oid[:2] / oid[2:]
        cached.chmod(0o644)
        cached.unlink()
    imports.release("checkout v0.1.0").fails_with(9).says("left out: raw", "left out: one.bin")
    assert not (imports.folder / "one.bin").exists()
    for content in SECOND.values():  # what was taken away is kept
        oid = hashlib.md5(content).hexdigest()
        assert (imports.folder / ".dvc/cache/files/md5" / oid[:2] / oid[2:]).read_bytes() == content


def test_the_same_import_stays_with_the_edits_in_it(imports):
    forbid(imports)
    imports.git("push", "--quiet", "origin", "HEAD")
    imports.empty_cache()
    edited = imports.folder / "raw" / "a.csv"
    edited.chmod(0o644)
    edited.unlink()
    edited.write_bytes(b"mine")
    imports.release("checkout v0.2.0")
    assert edited.read_bytes() == b"mine"


def test_edits_in_an_import_that_would_change_are_named(imports):
    edited = imports.folder / "raw" / "a.csv"
    edited.chmod(0o644)
    edited.unlink()
    edited.write_bytes(b"mine")
    imports.release("checkout v0.1.0").fails_with(3).says("raw/a.csv")
    assert imports.unchanged()


def test_a_rollback_is_not_stopped_by_imports_that_are_allowed_and_says_how_to_get_them(clone):
    run = clone.release("rollback v0.1.0 --yes").succeeds()
    run.says("raw is left out here: it comes from another repository (dvc import): dvc pull raw.dvc")
    assert has(clone, {"model/model.pt": b"first" * 1000})
    clone.dvc("pull", "--quiet", "raw.dvc", "one.bin.dvc")
    assert has(clone, FIRST)
