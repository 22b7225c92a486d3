"""`release drill` on real git and DVC: a release restored in a clean room, and nothing of the user's touched."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

MODEL = bytes(range(256)) * 64


@pytest.fixture
def proved(templates, tmp_path):
    """v0.1.0 made by `release`, published with its data."""
    return templates.grown("plain", _release, tmp_path / "world")


def _release(project):
    project.release('bump 0.1.0 -m "charCNN" --yes').succeeds()


def document(run):
    jsonschema.validate(run.json, json.loads(files("release").joinpath("schemas/drill.json").read_text()))
    return run.json


def untouched(project):
    """The world is as it was, and no temporary folder is left."""
    return project.unchanged() and not list(project.world.scratch.glob("release-*"))


def test_a_release_comes_back_byte_for_byte_and_nothing_here_is_touched(proved):
    proved.empty_cache()
    found = document(proved.release("drill --json").succeeds())
    assert (found["tag"], found["source"], found["files"]) == ("v0.1.0", "origin", 5)
    assert found["bytes"] == sum(each.stat().st_size for each in proved.objects_on_store())
    assert set(found["seconds"]) == {"clone", "restore", "compare"}
    assert {each["name"]: each["verdict"] for each in found["checks"]} == {
        "data on remote": "warning",  # the store of these stories is a relative path
        "clone": "ok",
        "restored data": "ok",
        "data digest": "ok",
    }
    assert untouched(proved)


def test_the_command_runs_in_the_restored_tree_and_its_exit_code_decides(proved):
    line = "drill v0.1.0 -- python3 -c"
    look = "import os, pathlib; print(pathlib.Path('model/model.pt').stat().st_size, sorted(os.environ))"
    proved.world.variables["SECRET_OF_MINE"] = "pw-of-mine-1"
    said = proved.release(line, look).succeeds().says(f"{len(MODEL)} ", "and the command passed")
    said.never_says("SECRET_OF_MINE")
    proved.release("drill v0.1.0 --env SECRET_OF_MINE -- python3 -c", look).succeeds().says("SECRET_OF_MINE")
    shown = proved.release("drill --env SECRET_OF_MINE -- sh -c", "echo it is $SECRET_OF_MINE; exit 7")
    shown.fails_with(3).says("it is ***", "ended with exit code 7").helps(
        "release drill v0.1.0 --env SECRET_OF_MINE --keep FOLDER"
    )
    assert untouched(proved)
    proved.release("drill -- no-such-program").fails_with(3).helps("command -v no-such-program")
    assert untouched(proved)


def test_the_tree_can_be_kept_and_is_what_a_clone_has(proved):
    kept = proved.world.root / "kept"
    found = document(proved.release("drill --json --keep ../../kept", folder=proved.folder / "model").succeeds())
    assert Path(found["kept"]).resolve() == kept
    clone = proved.clone()
    clone.dvc("pull", "--quiet")

    def content(top):
        every = (path for path in top.rglob("*") if path.is_file() and ".git" not in path.parts)
        return {str(path.relative_to(top)): path.read_bytes() for path in every if "cache" not in path.parts}

    here, there = content(kept), content(clone.folder)
    assert {path: here[path] for path in here if not path.startswith(".dvc/tmp")} == {
        path: there[path] for path in there if not path.startswith(".dvc/tmp")
    }
    proved.release("drill --keep", kept).fails_with(2).says("is not empty").helps("--keep NEW-FOLDER")
    proved.release("drill --keep ../failed -- false").fails_with(3).helps(f"cd {proved.folder}/../failed ")
    assert sorted(path.name for path in proved.world.root.iterdir() if "release-" in path.name) == []


def test_data_that_the_store_lost_is_not_restored(proved):
    lost = proved.objects_on_store()[0]
    proved.lose(lost)
    run = proved.release("drill").fails_with(4)
    run.says("1 of 5 objects cannot be restored from `storage`").helps("release verify v0.1.0 --push")
    assert untouched(proved)
    proved.release("verify v0.1.0 --push").succeeds()
    proved.release("drill").succeeds()


@pytest.mark.parametrize("mode", [0o444, 0o644], ids=["DVC trusts a read-only object", "DVC deletes a writable one"])
def test_rot_of_the_same_size_is_found_and_left_in_the_store(proved, mode):
    rotten = max(proved.objects_on_store(), key=lambda path: path.stat().st_size)
    body = rotten.read_bytes()
    rotten.chmod(0o644)
    rotten.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
    rotten.chmod(mode)
    run = proved.release("drill -- false").fails_with(4)
    run.says("1 of 5 objects cannot be restored", "model/model.pt").helps(
        "release verify v0.1.0 --push --deep"
    ).never_says("exit code")
    assert untouched(proved)
    proved.release("verify v0.1.0 --push --deep").succeeds()
    proved.release("drill").succeeds()


def test_a_damaged_directory_object_writes_nothing(directory):
    """DVC itself writes to the paths of a directory object, wherever they lead: none is trusted without its hash."""
    directory.release('bump 0.1.0 -m "Images" --yes').succeeds()
    directory.release("drill").succeeds().says("7 objects")
    listing = next(path for path in directory.objects_on_store() if path.name.endswith(".dir"))
    body = listing.read_bytes()
    listing.chmod(0o644)
    listing.write_bytes(body.replace(b"cat/0000.png", b"../../0e.png"))
    directory.release("drill").fails_with(4)
    assert untouched(directory)


def test_a_release_of_another_tool_has_no_digest(released):
    run = released.release("drill v0.1.0").succeeds()
    run.says("v0.1.0 was not made by `release`", "v0.1.0 can be restored")
    assert untouched(released)


def test_without_a_git_remote_this_repository_is_cloned(proved):
    proved.git("remote", "remove", "origin")
    found = document(proved.release("drill --json").succeeds())
    assert found["source"] is None
    assert "this repository" in next(each["message"] for each in found["checks"] if each["name"] == "clone")


def test_a_tag_that_others_cannot_have_is_refused(proved):
    proved.git("push", "--quiet", "origin", ":refs/tags/v0.1.0")
    proved.release("drill").fails_with(3).says("origin has no tag v0.1.0").helps("git push origin refs/tags/v0.1.0")
    proved.sh("git push --quiet origin HEAD:refs/tags/v0.1.0")
    proved.release("drill").fails_with(7).says("v0.1.0 is").helps("release fetch")
    assert untouched(proved)


def test_wrong_calls(proved):
    proved.release("drill v9.9.9").fails_with(2).says("no release v9.9.9 here").helps("release fetch")
    proved.release("drill v0.1.0 python").fails_with(2).helps("release drill v0.1.0 -- python")
    proved.release("drill --env NOT_SET_HERE").fails_with(2).says("NOT_SET_HERE is not set").helps(
        "export NOT_SET_HERE"
    )
    assert untouched(proved)


def test_nothing_of_a_hostile_repository_runs(proved):
    """Hooks, filters, modules of the tree, and a cache elsewhere: none of them is used."""
    mark = proved.world.root / "ran"
    proved.write("dvc.py", f"open({str(mark)!r}, 'w')")
    proved.write("sitecustomize.py", f"open({str(mark)!r}, 'w')")
    proved.write(".gitattributes", "*.py filter=evil\n")
    proved.dvc("config", "cache.dir", str(proved.world.root / "elsewhere"))
    proved.git("config", "filter.evil.smudge", f"touch {mark}; cat")
    for name in ("post-checkout", "post-index-change"):
        hook = proved.write(f".git/hooks/{name}", f"#!/bin/sh\ntouch {mark}\n")
        hook.chmod(0o755)
    proved.save("Evil")
    proved.git("tag", "-a", "v0.2.0", "-m", "Evil")
    proved.git("push", "--quiet", "origin", "v0.2.0")
    mark.unlink(missing_ok=True)
    proved.release("drill v0.2.0").succeeds()
    assert not mark.exists()
    assert not (proved.world.root / "elsewhere").exists()
    assert untouched(proved)


def test_a_store_in_the_work_tree_cannot_be_restored(proved):
    proved.dvc("remote", "modify", "storage", "url", str(proved.folder / "store"))
    proved.dvc("push", "--quiet")
    proved.write(".gitignore", "/store\n/data.csv\n")
    proved.save("In the tree")
    proved.git("tag", "-a", "v0.2.0", "-m", "In the tree")
    proved.git("push", "--quiet", "origin", "v0.2.0")
    proved.release("drill v0.2.0").fails_with(4).says("no clone can pull it").helps("dvc remote")
    assert untouched(proved)


def test_without_dvc_a_release_is_its_code(without_dvc):
    without_dvc.release("bump 0.1.0 -m Code --yes").succeeds()
    without_dvc.release("drill -- test -f README.md").succeeds().says("has no data of DVC", "the command passed")


def test_without_dvc_installed_it_says_how_to_get_it(proved):
    """As in an environment that has `release` and not DVC: its package cannot be found."""
    program = "import sys; sys.modules['dvc'] = None; from release.app import main; sys.exit(main(sys.argv[1:]))"
    done = proved.world.run([sys.executable, "-c", program, "drill"], folder=proved.folder, ok=(3,))
    assert b"help: pip install dvc" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_killed_in_the_middle_it_leaves_at_most_its_own_folder(proved, number):
    before = proved.snapshot()
    words = [sys.executable, "-m", "release", "drill", "--", "sh", "-c", "touch started; sleep 60"]
    running = subprocess.Popen(words, cwd=proved.folder, env=proved.world.environment(), stderr=subprocess.PIPE)
    scratch = proved.world.scratch
    end_s = time.monotonic() + 60
    while not list(scratch.glob("release-drill-*/tree/started")):
        assert time.monotonic() < end_s, "the command did not start"
        time.sleep(0.05)
    os.kill(running.pid, number)
    running.communicate()
    left = list(scratch.glob("release-drill-*"))
    if number == signal.SIGKILL:
        (room,) = left
        shutil.rmtree(room)
    else:
        assert (running.returncode, left) == (130, [])
    assert proved.snapshot() == before


@pytest.mark.parametrize("target", ["../../outside", "../.git"])
def test_a_link_in_the_folder_of_dvc_is_refused(proved, target):
    (proved.world.root / "outside").mkdir()
    (proved.folder / ".dvc/plots").symlink_to(target)
    proved.save("Link")
    proved.git("tag", "-a", "v0.2.0", "-m", "Link")
    proved.git("push", "--quiet", "origin", "v0.2.0")
    proved.release("drill v0.2.0").fails_with(3).says(".dvc/plots is a symbolic link").helps("git rm .dvc/plots")
    assert untouched(proved)


def test_data_that_a_release_does_not_answer_for_is_left_out(proved):
    proved.write("pyproject.toml", '[tool.release.audit]\nexclude = ["model/**"]\n')
    proved.save("Without the model")
    proved.release('bump minor -m "No model" --yes').succeeds()
    run = proved.release("drill -- test ! -e model/model.pt").succeeds()
    run.says("not restored, as the release does not answer for them", "model/")
