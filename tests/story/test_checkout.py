"""`release checkout` on real git and DVC: code and data of a release, or no byte of the user's is touched."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from importlib.resources import files

import jsonschema
import pytest

from release.commands.checkout.work import checkout
from release.core.work_tree import CheckoutRequest
from release.engine.project import project_in
from release.errors import Refused

MODEL = bytes(range(256)) * 64


def follows(name, run):
    jsonschema.validate(run.json, json.loads(files("release").joinpath(f"schemas/{name}.json").read_text()))
    return run.json


def content(project):
    """Every byte of the work tree but git's and DVC's own."""
    return {
        str(path.relative_to(project.folder)): path.read_bytes()
        for path in sorted(project.folder.rglob("*"))
        if path.is_file() and not {".git", "tmp", "cache"} & set(path.relative_to(project.folder).parts)
    }


@pytest.fixture
def two(templates, tmp_path):
    """v0.1.0 and v0.2.0 with another model and one more file; the work tree is at v0.2.0."""
    return templates.grown("released", _two, tmp_path / "world")


def _two(released):
    released.write("data/more.bin", b"more" * 50)
    released.dvc("add", "--quiet", "data/more.bin")
    released.train(b"better" * 1000, '{"overall": {"f1": 0.9}}\n')
    released.git("tag", "-a", "v0.2.0", "-m", "Second")
    released.git("push", "--quiet", "origin", "v0.2.0")


def is_at(project, tag, branch="from/{tag}"):
    assert project.head == project.git("rev-parse", f"{tag}^{{commit}}")
    assert project.git("branch", "--show-current") == branch.format(tag=tag)
    assert project.status == ""
    assert json.loads(project.dvc("data", "status", "--json")) == {}
    return True


def test_a_name_that_differs_in_capitals_alone_is_written_anew(released):
    """On a disk that tells no capitals apart `A.json` is there already, and goes when `a.json` is taken away."""
    for name, tag in (("A.json", "v0.2.0"), ("a.json", "v0.3.0")):
        shutil.rmtree(released.folder / "set", ignore_errors=True)
        released.write(f"set/{name}", b"the same")
        released.dvc("add", "--quiet", "set")
        released.dvc("push", "--quiet")
        released.save(name)
        released.git("tag", "-a", tag, "-m", name)
    released.write("set/A.json", b"the same")  # as such a disk shows it
    plan = released.release("checkout v0.2.0 --dry-run --json").succeeds().json
    assert (plan["written"], plan["removed"]) == (1, 1)
    released.release("checkout v0.2.0").succeeds()
    assert [file.name for file in (released.folder / "set").iterdir()] == ["A.json"]
    assert is_at(released, "v0.2.0")


# --- what a person does meanwhile


@pytest.mark.parametrize(
    ("path", "make"), [("data/more.bin", False), ("model/model.pt", False), ("data/tags.json", True)]
)
def test_work_that_is_done_while_objects_are_fetched_is_not_lost(two, path, make):
    if make:
        (two.folder / path).unlink()
    project = project_in(two.folder, two.world.environment(), on_terminal=False)

    def work(_):
        (two.folder / path).unlink(missing_ok=True)
        two.write(path, b"mine")
        return True

    head = two.head
    with pytest.raises(Refused, match=f"{path} was changed in the meantime"):
        checkout(CheckoutRequest(tag="v0.1.0"), project, confirm=work)
    assert two.read(path) == b"mine"
    assert two.head == head
    assert two.git("branch", "--show-current") == "main"


def working(images, path, at, end=None):
    """A person who saves a file at the moment when the file number `at` is about to be written."""

    def tell(what, done, total):
        if what == "writing files" and done == at:
            (images.folder / path).unlink(missing_ok=True)
            images.write(path, b"mine")
            if end is not None:
                raise end

    return tell


@pytest.mark.parametrize("end", [None, KeyboardInterrupt()], ids=["goes on", "Ctrl-C"])
@pytest.mark.parametrize(
    ("path", "at"),
    [
        pytest.param("data/images/cat/0000.png", 0, id="made before it is"),
        pytest.param("data/images/cat/0001.png", 0, id="edited before it is written"),
        pytest.param("data/images/cat/0000.png", 1, id="edited after it was made"),
        pytest.param("data/images/dog/0009.png", 0, id="made after it was taken away"),
    ],
)
def test_work_that_is_done_while_files_are_written_is_not_lost(images, path, at, end):
    before = content(images)
    project = project_in(images.folder, images.world.environment(), on_terminal=False)
    person = working(images, path, at, end)
    if end is not None or (at == 0 and "cat" in path):
        with pytest.raises((Refused, KeyboardInterrupt), match=None if end else f"{path} was changed in the meantime"):
            checkout(CheckoutRequest(tag="v0.1.0"), project, person)
        assert {**before, path: b"mine"} == content(images)
        assert images.git("branch", "--show-current") == "main"
    else:
        assert checkout(CheckoutRequest(tag="v0.1.0"), project, person).moved
    assert images.read(path) == b"mine"


@pytest.mark.parametrize("path", ["data/images/dog/0009.png", "data/images/cat/0001.png"])
def test_what_a_hook_of_gits_saves_between_code_and_data_is_not_lost(images, path):
    before = content(images)
    hook = images.folder / ".git" / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\n[ -e .git/once ] && exit; touch .git/once; rm -f {path}; echo mine > {path}\n")
    hook.chmod(0o755)
    images.release("checkout v0.1.0").fails_with(3).says(f"{path} was changed in the meantime").helps("dvc status")
    assert {**before, path: b"mine\n"} == content(images)
    assert images.git("branch", "--show-current") == "main"


# --- R1: a clean tree


@pytest.mark.fast
def test_r1_code_and_data_of_a_release_are_there(two):
    found = follows("checkout", two.release("checkout v0.1.0 --json").succeeds())
    assert two.read("model/model.pt") == MODEL
    assert not (two.folder / "data" / "more.bin").exists()
    assert (found["branch"], found["left"], found["written"], found["removed"]) == ("from/v0.1.0", "main", 1, 1)
    assert is_at(two, "v0.1.0")
    two.sh(found["back"])
    assert is_at(two, "v0.2.0", "main")
    assert two.read("model/model.pt") == b"better" * 1000


def test_a_dry_run_only_looks(two):
    two.empty_cache()
    found = follows("checkout", two.release("checkout v0.1.0 --dry-run --json").succeeds())
    assert found["moved"] is False
    told = two.release("checkout v0.1.0 --dry-run").succeeds().says("every object is available", "dry run")
    told.says("on branch from/v0.1.0, fetch 1 object, write 1 file of data and remove 1.")
    plan = two.release("checkout v0.1.0 --dry-run --json").succeeds().json
    assert (plan["moved"], plan["branch"], plan["written"], plan["removed"]) == (False, "from/v0.1.0", 1, 1)
    assert two.unchanged()


def test_with_dvcs_own_hooks_installed(two):
    two.dvc("install")
    two.release("checkout v0.1.0").succeeds()
    assert is_at(two, "v0.1.0")
    two.release("checkout v0.2.0").succeeds()
    assert is_at(two, "v0.2.0")
    assert two.read("data/more.bin") == b"more" * 50


def test_from_a_linked_work_tree(two):
    two.git("worktree", "add", "--quiet", "--detach", "../linked", "v0.1.0")
    linked = two.at("linked")
    linked.release("checkout v0.1.0").succeeds()
    assert linked.read("model/model.pt") == MODEL
    linked.release("checkout v0.2.0").succeeds()
    assert linked.read("model/model.pt") == b"better" * 1000
    linked.release("checkout v0.1.0").succeeds()
    two.release("checkout v0.1.0").fails_with(3).says("is checked out in")


def test_a_fresh_clone_gets_every_object_and_confirms_it(two):
    clone = two.clone()
    found = clone.release("checkout v0.1.0 --json").succeeds().json
    assert found["fetched"]["objects"] == 5
    assert clone.read("model/model.pt") == MODEL
    assert is_at(clone, "v0.1.0")
    again = clone.release("checkout v0.1.0 --json").succeeds().json
    assert (again["fetched"]["objects"], again["written"]) == (0, 0)


def test_files_inside_directories_come_and_go(images):
    images.release("checkout v0.1.0").succeeds()
    assert is_at(images, "v0.1.0")
    assert sorted(path.name for path in images.folder.rglob("*.png")) == sorted(
        f"{number:04}.png" for _ in ("cat", "dog") for number in range(3)
    )
    images.release("checkout v0.2.0").succeeds()
    assert is_at(images, "v0.2.0")
    assert images.read("data/images/cat/0001.png") == b"other"


# --- R2, R3: unsaved edits, files added to tracked folders


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("model/model.pt", b"edited by hand"),
        ("model/performance.json", b"{}"),
        ("README.md", b"edited"),
        ("data/more.bin", b"edited, and v0.1.0 does not have it"),
    ],
)
def test_r2_unsaved_edits_are_named_and_nothing_moves(two, path, data):
    (two.folder / path).unlink()
    two.write(path, data)
    two.release("checkout v0.1.0").fails_with(3).says(path, "Nothing was changed").helps()
    assert two.unchanged()
    assert two.read(path) == data


def test_r2_staged_and_intended_files_count_as_edits(two):
    two.write("new.py", "print()\n")
    two.git("add", "--intent-to-add", "new.py")
    two.release("checkout v0.1.0").fails_with(3).says("new.py")
    assert two.unchanged()


def test_r3_a_file_added_to_a_tracked_folder_is_named(images):
    images.write("data/images/cat/extra.png", b"mine")
    images.release("checkout v0.1.0").fails_with(3).says("data/images/cat/extra.png")
    assert images.unchanged()


# --- R4: nothing is forced; R5: files that the release does not have


@pytest.mark.parametrize("options", ["", "--detach", "-b mine", "--no-data", "--worktree ../beside"])
def test_r4_no_option_takes_away_what_was_added_or_edited(images, options):
    images.write("data/images/cat/extra.png", b"mine")
    edited = images.folder / "data" / "images" / "dog" / "0000.png"
    edited.unlink()
    edited.write_bytes(b"mine, too")
    run = images.release(f"checkout v0.1.0 {options}")
    assert (run.code == 0) is (options in ("--no-data", "--worktree ../beside")), str(run)
    assert images.read("data/images/cat/extra.png") == b"mine"
    assert edited.read_bytes() == b"mine, too"


@pytest.mark.parametrize(("force", "code"), [("--force", 2), ("-f", 2), ("--yes", 3)])
def test_r4_there_is_no_force(images, force, code):
    images.write("data/images/cat/extra.png", b"mine")
    images.release(f"checkout v0.1.0 {force}").fails_with(code)
    assert images.unchanged()


def test_r8_the_command_that_show_names_gets_a_file_beside_and_touches_nothing_else(images):
    images.write("data/images/cat/extra.png", b"mine")
    shown = images.release("show v0.1.0").succeeds().out
    (line,) = [line for line in shown.splitlines() if line.startswith("help: dvc get ")]
    words = line.removeprefix("help: ").partition("   (")[0].split()
    before = content(images)
    images.dvc(*words[1:])
    got = words[words.index("-o") + 1]
    assert (images.folder / got / "cat" / "0000.png").read_bytes() == b"cat 0" * 30
    assert {path: data for path, data in content(images).items() if not path.startswith(f"{got}/")} == before


def test_r5_what_the_release_does_not_have_is_in_the_cache_when_it_goes(two):
    two.empty_cache()
    found = two.release("checkout v0.1.0 --json").succeeds().json
    assert found["removed"] == 1
    two.sh(found["back"])
    assert two.read("data/more.bin") == b"more" * 50
    assert two.read("model/model.pt") == b"better" * 1000


def test_r5_files_that_nobody_tracks_any_more_stay(two):
    two.git("rm", "--quiet", "--cached", "data/more.bin.dvc")
    (two.folder / "data" / "more.bin.dvc").unlink()
    two.save("Not tracked any more")
    two.release("checkout v0.1.0").succeeds()
    assert two.read("data/more.bin") == b"more" * 50


# --- R6: an object that is nowhere, or corrupt


@pytest.mark.fast
def test_r6_with_an_object_missing_everywhere_nothing_moves(two):
    two.empty_cache()
    (path,) = [path for path in two.objects_on_store() if path.read_bytes() == MODEL]
    two.lose(path)
    before = content(two)
    follows("checkout", two.release("checkout v0.1.0 --json").fails_with(4))
    two.release("checkout v0.1.0").fails_with(4).says("model/model.pt").helps("release verify v0.1.0")
    assert two.unchanged()
    assert content(two) == before


def test_r6_a_corrupt_object_is_not_taken_and_nothing_moves(two):
    clone = two.clone()
    (path,) = [path for path in two.objects_on_store() if path.read_bytes() == MODEL]
    path.chmod(0o644)
    path.write_bytes(b"x" * len(MODEL))
    path.chmod(0o444)
    before, refs = content(clone), clone.refs
    clone.release("checkout v0.1.0").fails_with(4).says("corrupt").helps()
    assert content(clone) == before
    assert clone.refs == refs
    assert clone.git("branch", "--show-current") == "main"


def test_a_corrupt_object_in_the_cache_is_fetched_anew(two):
    (path,) = [
        path for path in (two.folder / ".dvc" / "cache").rglob("*") if path.is_file() and path.read_bytes() == MODEL
    ]
    path.chmod(0o644)
    path.write_bytes(b"x" * len(MODEL))
    path.chmod(0o444)
    assert two.release("checkout v0.1.0 --json").succeeds().json["fetched"]["objects"] == 1
    assert two.read("model/model.pt") == MODEL


def test_a_dead_store_is_no_matter_where_the_cache_has_everything(two):
    shutil.rmtree(two.world.store)
    two.release("checkout v0.1.0").succeeds().says("warning", "its remote does not")
    assert is_at(two, "v0.1.0")


# --- R7: beside; R8: what is in the way


def test_r7_a_work_tree_beside_uses_this_cache_and_leaves_this_one_alone(two):
    before, index = content(two), two.read(".git/index")
    found = follows("checkout", two.release("checkout v0.1.0 --worktree ../beside --json").succeeds())
    beside = two.at("beside")
    assert beside.read("model/model.pt") == MODEL
    assert is_at(beside, "v0.1.0")
    assert (
        not list((beside.folder / ".dvc" / "cache").rglob("*")) if (beside.folder / ".dvc" / "cache").exists() else True
    )
    assert (content(two), two.read(".git/index")) == (before, index)
    assert found["fetched"]["objects"] == 0


@pytest.mark.parametrize("existing", [False, True])
def test_r7_a_work_tree_that_fails_is_taken_away_again(two, existing):
    if existing:
        (two.world.root / "beside").mkdir()
    cache = two.folder / ".dvc" / "cache"
    project = project_in(two.folder, two.world.environment(), on_terminal=False)
    before, refs = content(two), two.refs

    def fail(what, done, total):
        if what == "writing files":
            raise OSError(28, "No space left on device")

    request = CheckoutRequest(tag="v0.1.0", folder=str(two.world.root / "beside"))
    with pytest.raises(OSError, match="No space"):
        checkout(request, project, fail)
    assert (two.world.root / "beside").exists() is existing
    assert (content(two), two.refs) == (before, refs)
    assert two.git("worktree", "list").count("\n") == 0
    assert cache.exists()


def test_r8_files_that_git_ignores_are_named_where_they_are_in_the_way(two):
    two.write("notes.txt", "v1\n")
    two.save("Notes")
    two.git("tag", "-a", "v0.3.0", "-m", "Notes")
    two.git("rm", "--quiet", "notes.txt")
    two.write(".gitignore", "notes.txt\n")
    two.save("No notes")
    two.write("notes.txt", "my own, and ignored\n")
    two.release("checkout v0.3.0").fails_with(3).says("notes.txt")
    assert two.unchanged()


def test_r8_data_that_nobody_tracks_is_named_where_the_release_has_data(two):
    two.release("checkout v0.1.0").succeeds()
    two.write("data/more.bin", b"mine, not v0.2.0's")
    two.release("checkout v0.2.0").fails_with(3).says("data/more.bin")
    assert two.unchanged()
    two.write("data/more.bin", b"more" * 50)  # equal by chance: nothing would be lost
    two.release("checkout v0.2.0").succeeds()


def test_a_file_that_went_from_git_to_dvc_goes_both_ways(two):
    two.git("tag", "-a", "v0.3.0", "-m", "In DVC")
    two.git("rm", "--quiet", "--cached", "model/model.pt.dvc")
    (two.folder / "model" / "model.pt.dvc").unlink()
    ignore = two.folder / "model" / ".gitignore"
    ignore.write_text(ignore.read_text().replace("/model.pt\n", ""))
    two.save("In git")
    two.git("tag", "-a", "v0.4.0", "-m", "In git")
    assert "model/model.pt" in two.git("ls-files").split()
    two.release("checkout v0.3.0").succeeds()
    assert two.read("model/model.pt") == b"better" * 1000
    two.release("checkout v0.4.0").succeeds()
    assert is_at(two, "v0.4.0")


# --- going back, and going on


def failing(at):
    def tell(what, done, total):
        if what == "writing files" and done == at:
            raise KeyboardInterrupt

    return tell


@pytest.mark.parametrize("at", [0, 1])
def test_interrupted_while_files_are_written_everything_goes_back(images, at):
    before, refs = content(images), images.refs
    project = project_in(images.folder, images.world.environment(), on_terminal=False)
    with pytest.raises(KeyboardInterrupt):
        checkout(CheckoutRequest(tag="v0.1.0"), project, failing(at))
    assert (content(images), images.refs) == (before, refs)
    assert is_at(images, "v0.2.0", "main")


def test_killed_while_files_are_written_recover_goes_on(images):
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom release.core.work_tree import CheckoutRequest\n"
        "from release.commands.checkout.work import checkout\nfrom release.engine.project import project_in\n"
        "def tell(what, done, total):\n    if what == 'writing files' and done == 1: os._exit(9)\n"
        "checkout(CheckoutRequest(tag='v0.1.0'), project_in(Path('.'), os.environ, on_terminal=False), tell)\n"
    )
    done = images.world.run([sys.executable, "-c", program], folder=images.folder, ok=(9,))
    assert done.returncode == 9
    images.release("checkout v0.1.0").fails_with(8).says("a checkout was interrupted").helps("release recover")
    images.release("recover").succeeds().says("the checkout of v0.1.0 is finished")
    assert is_at(images, "v0.1.0")
    images.release("checkout v0.2.0").succeeds()
    assert is_at(images, "v0.2.0")
    assert images.read("data/images/dog/0009.png") == b"new" * 100


def test_a_folder_that_is_empty_in_a_release_is_made_and_goes(two):
    (two.folder / "data" / "none").mkdir()
    two.dvc_each("add --quiet data/none", "push --quiet")
    two.save("An empty folder")
    two.git("tag", "-a", "v0.3.0", "-m", "Third")
    two.release("checkout v0.1.0").succeeds()
    assert not (two.folder / "data" / "none").exists()
    two.release("checkout v0.3.0").succeeds()
    assert list((two.folder / "data" / "none").iterdir()) == []
    assert is_at(two, "v0.3.0")
    two.release("checkout v0.3.0 --worktree ../beside -b beside").succeeds()
    assert (two.world.root / "beside" / "data" / "none").is_dir()


def _with_a_submodule(two):
    two.world.git(two.world.root, "init", "--quiet", "--bare", "sub.git")
    sub = two.world.root / "sub"
    two.world.git(two.world.root, "clone", "--quiet", "sub.git", "sub")
    two.world.git(sub, "commit", "--quiet", "--allow-empty", "-m", "one")
    two.world.git(sub, "push", "--quiet", "origin", "HEAD")
    two.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", two.world.root / "sub.git", "mod")
    two.save("A submodule")
    two.git("tag", "-a", "v0.3.0", "-m", "Third")
    two.world.git(two.folder / "mod", "commit", "--quiet", "--allow-empty", "-m", "two")
    two.save("It moved")
    return two.git("rev-parse", "v0.3.0:mod")


def test_a_submodule_that_would_have_to_move_is_refused_and_the_help_moves_it(two):
    then = _with_a_submodule(two)
    run = two.release("checkout v0.3.0").fails_with(3).says("1 submodule at another commit than in v0.3.0", "mod")
    assert two.unchanged()
    (help,) = [line for line in run.out.splitlines() if line.startswith("help: ")]
    deinit, checkout_again, update = help.removeprefix("help: ").split(" && ")
    two.sh(deinit)
    two.release(checkout_again.removeprefix("release ")).succeeds()
    two.sh(update)
    assert two.world.git(two.folder / "mod", "rev-parse", "HEAD").strip() == then
    assert two.status == ""


def test_a_submodule_that_is_not_checked_out_here_is_left(two):
    _with_a_submodule(two)
    two.git("submodule", "--quiet", "deinit", "mod")
    two.release("checkout v0.3.0").succeeds()
    assert is_at(two, "v0.3.0")
    two.release("checkout v0.1.0").succeeds()
    assert is_at(two, "v0.1.0")


def test_a_submodule_is_named_where_a_new_work_tree_does_not_have_it(two):
    _with_a_submodule(two)
    two.release("checkout v0.3.0 --worktree ../beside").succeeds().says("submodules are not checked out there: mod")


def test_a_submodule_at_another_commit_is_not_advised_to_be_committed(two):
    _with_a_submodule(two)
    two.world.git(two.folder / "mod", "checkout", "--quiet", "HEAD~")
    run = two.release("checkout v0.2.0").fails_with(3).says("mod").helps("git diff --submodule")
    assert "commit -a" not in run.out


def test_terminated_it_ends_with_130_or_done_and_never_between(images):
    for delay in (0.3, 0.5, 0.7):
        process = subprocess.Popen(
            [sys.executable, "-m", "release", "checkout", "v0.1.0"],
            cwd=images.folder, env=images.world.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        time.sleep(delay)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        nothing = (130, -signal.SIGTERM)  # the latter before Python had started, on a machine that is busy
        assert process.returncode in (0, *nothing)
        if process.returncode in nothing:
            assert is_at(images, "v0.2.0", "main")
        else:
            assert is_at(images, "v0.1.0")
            images.release("checkout v0.2.0 -b main2").succeeds()
            images.git("switch", "--quiet", "main")
            images.git("branch", "--quiet", "-d", "main2", "from/v0.1.0", "--force")


def test_a_hook_that_refuses_afterwards_does_not_undo_what_was_done(two):
    hook = two.folder / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    two.release("checkout v0.1.0").succeeds()
    assert is_at(two, "v0.1.0")


# --- branches


def test_a_branch_at_the_tag_is_used_again_and_one_elsewhere_refused(two):
    two.release("checkout v0.1.0").succeeds()
    two.release("checkout v0.2.0").succeeds()
    two.release("checkout v0.1.0").succeeds()
    two.commit("On it", **{"x.txt": "x"})
    two.git("switch", "--quiet", "main")
    two.dvc("checkout", "--quiet")
    two.release("checkout v0.1.0").fails_with(3).helps("release checkout v0.1.0 -b from/v0.1.0-2")
    assert two.unchanged()
    two.release("checkout v0.1.0 -b hotfix/one").succeeds()
    assert is_at(two, "v0.1.0", "hotfix/one")


def test_a_branch_called_from_leaves_no_room(two):
    two.git("branch", "from")
    two.release("checkout v0.1.0").fails_with(3).helps("-b from-v0.1.0")
    assert two.unchanged()


def test_detached_for_just_looking(two):
    found = two.release("checkout v0.1.0 --detach --json").succeeds().json
    assert (found["branch"], two.git("branch", "--show-current")) == (None, "")
    two.commit("Lost?")
    two.release("checkout v0.2.0").succeeds().says("which is on no branch or tag")


# --- elsewhere


def test_without_data_only_the_code_moves(two):
    found = two.release("checkout v0.1.0 --no-data --json").succeeds().json
    assert (found["written"], two.read("model/model.pt")) == (0, b"better" * 1000)


def test_a_repository_without_dvc(without_dvc):
    without_dvc.git("tag", "-a", "v0.1.0", "-m", "First")
    without_dvc.commit("More", **{"x.txt": "x"})
    without_dvc.release("checkout v0.1.0").succeeds()
    assert not (without_dvc.folder / "x.txt").exists()


@pytest.mark.parametrize("options", [("--depth=1",), ("--depth=1", "--no-tags"), ("--no-tags", "--single-branch")])
def test_a_shallow_or_tagless_clone_fetches_that_one_tag(two, options):
    clone = two.clone("thin", *options)
    clone.release("checkout v0.1.0").succeeds()
    assert clone.read("model/model.pt") == MODEL
    assert clone.refs["refs/tags/v0.1.0"] == two.refs["refs/tags/v0.1.0"]
    assert is_at(clone, "v0.1.0")


def test_a_clone_of_a_remote_whose_head_names_no_branch_is_told_which_to_take(two):
    two.world.run(["git", "-C", str(two.world.origin), "symbolic-ref", "HEAD", "refs/heads/nowhere"], folder=two.folder)
    clone = two.clone("unborn")
    clone.release("checkout v0.1.0").fails_with(2).says("HEAD has no commit").helps("git switch main")
    clone.git("switch", "--quiet", "main")
    clone.release("checkout v0.1.0").succeeds()


def test_programs_may_be_executed_again(released):
    released.write("tool.sh", "#!/bin/sh\necho 1\n").chmod(0o755)
    released.dvc("add", "--quiet", "tool.sh")
    released.dvc("push", "--quiet")
    released.save("A tool")
    released.git("tag", "-a", "v0.2.0", "-m", "Tool")
    assert b"isexec: true" in released.read("tool.sh.dvc")
    released.release("checkout v0.1.0").succeeds()
    assert not (released.folder / "tool.sh").exists()
    released.release("checkout v0.2.0").succeeds()
    assert released.sh("./tool.sh") == "1\n"
    assert is_at(released, "v0.2.0")


def test_from_a_subdirectory_and_for_a_models_tag(two):
    two.git("tag", "-a", "charCNN@v1.0.0", "-m", "m", "v0.1.0^{}")
    two.release("checkout charCNN@v1.0.0", folder=two.folder / "model").succeeds()
    assert two.read("model/model.pt") == MODEL


def test_every_look_takes_a_models_tag(two):
    two.git("tag", "-a", "charCNN@v1.0.0", "-m", "First", "v0.1.0^{}")
    two.git("tag", "-a", "charCNN@v1.1.0", "-m", "Better", "v0.2.0^{}")
    shown = two.release("show charCNN@v1.1.0 --json").succeeds().json
    assert (shown["model"], shown["version"], shown["previous_tag"]) == ("charCNN", "1.1.0", "charCNN@v1.0.0")
    two.release("diff charCNN@v1.0.0 charCNN@v1.1.0").succeeds().says("data/more.bin")
    two.release("verify charCNN@v1.1.0").succeeds().says("charCNN@v1.1.0")


@pytest.mark.parametrize("kind", ["hardlink", "symlink", "copy"])
def test_files_are_linked_as_dvc_is_configured(two, kind):
    two.dvc("config", "cache.type", kind)
    two.save("Links")
    two.git("tag", "-a", "v0.3.0", "-m", "Links")
    two.release("checkout v0.1.0").succeeds()
    two.release("checkout v0.3.0").succeeds()
    file = two.folder / "model" / "model.pt"
    assert (file.is_symlink(), file.stat().st_nlink > 1) == (kind == "symlink", kind == "hardlink")
    assert two.read("model/model.pt") == b"better" * 1000
    assert is_at(two, "v0.3.0")
    two.dvc("checkout", "--quiet")
    assert is_at(two, "v0.3.0")


@pytest.mark.parametrize("kind", ["legacy", "two_remotes"])
def test_pointers_of_dvc_2_and_of_two_remotes(kind, request):
    project = request.getfixturevalue(kind)
    project.git("tag", "-a", "v0.1.0", "-m", "First")
    project.git("push", "--quiet", "origin", "v0.1.0")
    clone = project.clone("fresh")
    clone.release("checkout v0.1.0").succeeds()
    assert clone.read("model/model.pt") == MODEL
    assert is_at(clone, "v0.1.0")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("checkout", "missing argument TAG"),
        ("checkout v9.9.9", "no tag v9.9.9"),
        ("checkout main", "main is a branch"),
        ("checkout v0.1.0 -b 'a..b'", "git does not allow a branch a..b"),
        ("checkout v0.1.0 -b -x", "git does not allow a branch -x"),
        ("checkout v0.1.0 --detach -b x", "leave one of them out"),
        ("checkout v0.1.0 --worktree data", "not empty"),
        ("checkout -- --force", "no tag --force"),
    ],
)
def test_wrong_words_are_usage_and_change_nothing(two, words, said):
    two.release(words).fails_with(2).says(said)
    assert two.unchanged()


def test_a_merge_under_way_and_hidden_files_are_refused(two):
    two.git("update-index", "--assume-unchanged", "model/performance.json")
    two.write("model/performance.json", '{"hidden": 1}\n')
    two.release("checkout v0.1.0").fails_with(3).says("model/performance.json")
    assert two.unchanged()
    two.git("update-index", "--no-assume-unchanged", "model/performance.json")
    two.git("checkout", "--quiet", "model/performance.json")
    (two.folder / ".git" / "MERGE_HEAD").write_text(two.head + "\n")
    two.write("model/performance.json", '{"conflict": 1}\n')
    refused = two.release("checkout v0.1.0").fails_with(3).says("merge is in progress").helps("git merge --abort")
    refused.never_says("git commit")
    assert two.unchanged()
