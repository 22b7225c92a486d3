"""Data at paths where nothing may be written: no command writes or takes away a file there, and each names the path."""

import hashlib
import json
import os
import shutil

import pytest
from project import Project

from release.commands.checkout.work import checkout
from release.core.work_tree import CheckoutRequest
from release.dvc.cache_files import LinkMaker, remove_files
from release.engine.project import project_in
from release.errors import Refused

HOOK = b"#!/bin/sh\ntouch pwned\n"
ABOVE, IN_PLACE = (
    "the commit has the symbolic link lnk above it",
    "the commit has the symbolic link model/new in its place",
)


def stored(project: Project, content: bytes = HOOK, end: str = "") -> str:
    """An object on the blob store, by hand as an attacker makes it; its name."""
    oid = hashlib.md5(content).hexdigest()
    path = project.object_path(oid + end)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return oid + end


def out(project: Project, path: str) -> str:
    return f"- md5: {stored(project)}\n  size: {len(HOOK)}\n  isexec: true\n  hash: md5\n  path: {path}\n"


def pointed(path: str, wdir: str = "."):
    return lambda project: project.write("evil.dvc", f"wdir: {wdir}\nouts:\n{out(project, path)}")


def listed(relpath: str):
    def act(project: Project) -> None:
        body = json.dumps([{"md5": stored(project), "relpath": relpath}]).encode()
        oid = stored(project, body, ".dir")
        project.write("evil.dvc", f"outs:\n- md5: {oid}\n  size: {len(HOOK)}\n  nfiles: 1\n  hash: md5\n  path: got\n")

    return act


def versioned(project: Project) -> None:
    entry = f"{{relpath: ../.git/config, md5: {stored(project)}, version_id: x}}"
    project.write("evil.dvc", f"outs:\n- path: got\n  hash: md5\n  files: [{entry}]\n")


def staged(project: Project) -> None:
    declared = "stages:\n  s:\n    cmd: x\n    wdir: sub\n    metrics:\n    - ../.git/config\n"
    locked = out(project, "../.git/config").replace("  isexec: true\n", "").replace("\n", "\n    ").rstrip(" ")
    project.write("sub/.keep", "")
    project.write("dvc.yaml", declared)
    project.write("dvc.lock", f"schema: '2.0'\nstages:\n  s:\n    cmd: x\n    outs:\n    {locked}")


def imported(project: Project) -> None:
    source = (
        "- path: x\n  repo:\n    url: https://example.com/x\n    rev_lock: 0123456789abcdef0123456789abcdef01234567\n"
    )
    project.write("evil.dvc", f"deps:\n{source}outs:\n{out(project, '.git/hooks/pre-push')}")
    project.write(".release.toml", '[audit]\nexternal = "allow"\n')


def linked(target: str, path: str, link: str = "lnk"):
    def act(project: Project) -> None:
        (project.folder / link).symlink_to(target)
        project.git("add", "--force", link)
        pointed(path)(project)

    return act


def linked_in_a_folder(project: Project) -> None:
    listed("a")(project)
    (project.folder / "got").mkdir()
    (project.folder / "got" / "lnk").symlink_to("../.git")


CASES = {
    "a hook": (pointed(".git/hooks/post-checkout"), "evil.dvc", ".git/hooks/post-checkout"),
    "a working folder": (pointed("hooks/x", ".git"), "evil.dvc", ".git/hooks/x"),
    "DVC's settings": (pointed(".dvc/config.local"), "evil.dvc", ".dvc/config.local"),
    "an entry": (listed("sub/.Git/hooks/post-checkout"), "evil.dvc", "got/sub/.Git/hooks/post-checkout"),
    "an entry that climbs": (listed("../../x"), "evil.dvc", "got/../../x"),
    "a versioned entry": (versioned, "evil.dvc", "../.git/config"),
    "a metric": (staged, "dvc.yaml", ".git/config"),
    "an import": (imported, "evil.dvc", ".git/hooks/pre-push"),
    "a link out": (linked("../outside", "lnk/x"), "evil.dvc", ABOVE),
    "a link to git": (linked(".git", "lnk/hooks/post-checkout"), "evil.dvc", ABOVE),
    "a link in the tree": (linked("model", "lnk/x"), "evil.dvc", ABOVE),
    "a link in place": (linked("../performance.json", "model/new", "model/new"), "evil.dvc", IN_PLACE),
    "a link in a folder": (linked_in_a_folder, "evil.dvc", "the commit has the symbolic link got/lnk in it"),
}


@pytest.mark.parametrize("name", CASES)
def test_each_command_refuses_and_writes_nothing(released, name):
    act, pointer, path = CASES[name]
    act(released)
    released.save("Evil")
    released.git("tag", "-a", "v0.2.0", "-m", "Second")
    released.git("push", "--quiet", "origin", "v0.2.0")
    victim = released.clone("victim")
    (released.world.root / "outside").mkdir()

    for line in ("verify v0.2.0", "verify v0.2.0 --push", "checkout v0.2.0", "checkout v0.2.0 --worktree ../beside"):
        victim.release(line).fails_with(4).says(pointer, path).helps()
        assert victim.unchanged()
    victim.release("checkout v0.1.0").succeeds()
    assert not list((released.world.root / "outside").iterdir())
    assert not (victim.folder / ".git" / "hooks" / "post-checkout").exists()


def test_the_release_is_refused_until_the_pointer_is_gone(released):
    pointed(".git/hooks/post-checkout")(released)
    released.save("Evil")
    released.release("status --check").fails_with(4)
    run = released.release("bump minor -m Second --push-data --yes").fails_with(4)
    assert run.says("evil.dvc", ".git/hooks/post-checkout").helps("git rm evil.dvc && git commit   (or")
    assert released.unchanged()
    released.write(".release.toml", '[audit]\nexclude = ["evil*", "**/post-checkout"]\n')  # no data: no way out
    released.save("Left out")
    released.release("bump minor -m Second --yes").fails_with(4).says(".git/hooks/post-checkout")
    released.git("rm", "--quiet", "evil.dvc", ".release.toml")
    released.save("Repaired")
    released.release("bump minor -m Second --yes").succeeds()


def test_a_rollback_to_it_is_refused(released):
    pointed(".git/hooks/post-checkout")(released)
    released.save("Evil")
    released.git("tag", "-a", "v0.2.0", "-m", "Second")
    released.git("rm", "--quiet", "evil.dvc")
    released.save("Repaired")
    released.release("rollback v0.2.0 --yes").fails_with(4).says("evil.dvc", ".git/hooks/post-checkout")
    assert released.unchanged()


def test_what_a_commit_names_there_is_not_taken_away_either(released):
    """The victim is at the attacker's commit; the hook is the victim's own, and has the very content that is named."""
    pointed(".git/hooks/pre-push")(released)
    released.save("Evil")
    victim = released.clone("victim")
    hook = victim.write(".git/hooks/pre-push", HOOK)
    victim.release("checkout v0.1.0").succeeds()
    assert hook.read_bytes() == HOOK


@pytest.fixture
def elsewhere(released):
    """v0.2.0 has data in a folder of which git has nothing; HEAD does not. Another folder lies beside the clone."""
    pointed("x.bin", "big")(released)
    released.save("Big")
    released.git("tag", "-a", "v0.2.0", "-m", "Second")
    released.git("push", "--quiet", "origin", "v0.2.0")
    released.git("rm", "--quiet", "evil.dvc")
    released.save("Small")
    (released.world.root / "outside").mkdir()
    return released


def test_a_link_of_the_user_is_in_the_way(elsewhere):
    (elsewhere.folder / "big").symlink_to("../outside")
    elsewhere.release("checkout v0.2.0").fails_with(3).says("in the way", "big")
    assert elsewhere.unchanged()
    (elsewhere.folder / "big").unlink()
    elsewhere.release("checkout v0.2.0").succeeds()
    assert elsewhere.read("big/x.bin") == HOOK
    assert os.access(elsewhere.folder / "big" / "x.bin", os.X_OK)


def test_a_link_that_appears_after_the_plan_leads_nothing_elsewhere(elsewhere):
    def confirm(_report):
        (elsewhere.folder / "big").symlink_to("../outside")
        return True

    here = project_in(elsewhere.folder, elsewhere.world.environment(), on_terminal=False)
    with pytest.raises(Refused, match="symbolic link big"):
        checkout(CheckoutRequest(tag="v0.2.0"), here, confirm=confirm)
    assert not list((elsewhere.world.root / "outside").iterdir())
    assert elsewhere.git("branch", "--show-current") == "main"


def test_the_writer_follows_no_link_above_a_file(tmp_path):
    source, outside, tree = tmp_path / "object", tmp_path / "outside", tmp_path / "tree"
    source.write_bytes(HOOK)
    outside.mkdir()
    (outside / "kept").write_bytes(b"kept")
    (tree / "a").mkdir(parents=True)
    (tree / "a" / "lnk").symlink_to(outside)
    maker = LinkMaker(("copy",), tree, ".dvc/tmp")
    for path in ("a/lnk/x", "a/lnk/deep/x"):
        with pytest.raises(Refused, match="symbolic link lnk"):
            maker.make(source, path)
    with pytest.raises(Refused, match="symbolic link lnk"):
        remove_files(tree, ["a/lnk/kept"])
    assert [path.name for path in outside.iterdir()] == ["kept"]
    maker.make(source, "a/lnk")  # in the place of the link itself
    assert not (tree / "a" / "lnk").is_symlink()


@pytest.mark.parametrize("drafts", [".dvc", ".dvc/tmp"])
def test_drafts_lie_behind_no_link_either(tmp_path, drafts):
    source, outside, tree = tmp_path / "object", tmp_path / "outside", tmp_path / "tree"
    source.write_bytes(HOOK)
    outside.mkdir()
    link = tree / drafts
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    LinkMaker(("copy",), tree, ".dvc/tmp").make(source, "a/x")
    assert (tree / "a" / "x").read_bytes() == HOOK
    assert not list(outside.iterdir())


@pytest.mark.parametrize(
    ("link", "line", "code"),
    [
        ("cache", "checkout v0.2.0", 3),
        ("cache/files/md5/{}", "checkout v0.2.0", 3),
        ("tmp", "checkout v0.2.0", 3),
        ("config.local", "checkout v0.1.0 --worktree ../beside", 6),
    ],
)
def test_what_dvc_keeps_for_itself_is_written_behind_no_link_of_the_commit(elsewhere, link, line, code):
    outside = elsewhere.world.root / "outside"
    (outside / "rc").write_bytes(b"[core]\n")
    link = link.format(hashlib.md5(HOOK).hexdigest()[:2])
    shutil.rmtree(elsewhere.folder / ".dvc" / link.partition("/")[0], ignore_errors=True)
    path = elsewhere.folder / ".dvc" / link
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(outside / "rc" if link == "config.local" else outside)
    elsewhere.git("add", "--force", f".dvc/{link}")
    elsewhere.save("Evil")
    elsewhere.git("tag", "--force", "-a", "v0.1.0", "-m", "Evil")
    victim = elsewhere.clone("victim")
    victim.git("fetch", "--quiet", str(elsewhere.folder), "+v0.1.0:refs/tags/v0.1.0")
    victim.release(line).fails_with(code).says(f".dvc/{link}").helps()
    assert [each.name for each in outside.iterdir()] == ["rc"]
    assert (outside / "rc").read_bytes() == b"[core]\n"
    assert not (elsewhere.world.root / "beside").exists()
