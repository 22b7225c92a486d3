"""Refused: by the server's hooks for branch, tag or both, by our own hook, by a host that cannot do both at once."""

import pytest
from faults.hooks import install

TRANSPORTS = ["file", "git", "http", pytest.param("ssh", marks=pytest.mark.system)]
REFS = {"branch": "refs/heads/*)", "tag": "refs/tags/*)", "both": "*)"}
HOOKS = {
    "pre-receive": "while read old new ref; do case $ref in {refs} echo GH006: protected; touch {fired}; exit 1;; esac; done",
    "update": "case $1 in {refs} echo GH006: protected; touch {fired}; exit 1;; esac",
}


@pytest.mark.fast("update-tag-file")
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("refused", REFS)
@pytest.mark.parametrize("hook", HOOKS)
def test_what_the_server_refuses_leaves_nothing_and_is_told_in_its_words(new_case, transport, hook, refused):
    case = new_case(transport)
    fired = case.world.root / "home" / "fired"
    script = install(case.world.origin, hook, HOOKS[hook].format(refs=REFS[refused], fired=fired))
    run = case.bump()
    assert fired.exists()
    run.says("GH006: protected").helps()
    script.unlink()
    case.settled(run, f"{hook} refuses", refused, may=(3,))


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("end", ["exit 1", "kill -9 $$"])
def test_a_pre_push_hook_that_refuses_or_dies_has_sent_nothing(new_case, transport, end):
    case = new_case(transport)
    fired = case.world.root / "home" / "fired"
    hooks = case.project.folder / ".git"
    script = install(hooks, "pre-push", f"cat >/dev/null; touch {fired}; echo not on a Friday >&2; {end}")
    run = case.bump()
    assert fired.exists()
    run.says("not on a Friday").helps()
    script.unlink()
    case.settled(run, "pre-push refuses", end, may=(3,))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_host_without_atomic_is_told_before_anything_happens(new_case, transport):
    case = new_case(transport)
    case.world.git(case.world.origin, "config", "receive.advertiseAtomic", "false")
    run = case.bump()
    run.says("atomic").helps("atomic-push = false")
    assert run.code == 3
    case.nothing_changed()
    case.world.git(case.world.origin, "config", "--unset", "receive.advertiseAtomic")
    case.settled(run, "no `atomic`", "the server", may=(3,))


@pytest.mark.parametrize("refused", ["branch", "tag"])
def test_without_atomic_the_branch_goes_first_and_the_tag_is_brought_after_it(new_case, refused):
    case = _without_atomic(new_case)
    fired = case.world.root / "home" / "fired"
    script = install(case.world.origin, "update", HOOKS["update"].format(refs=REFS[refused], fired=fired))
    run = case.bump()
    assert fired.exists()
    if refused == "tag":
        words = ("has the commit of v0.2.0 on main, but refused the tag", "hook declined to update refs/tags/")
        run.says(*words).helps("release recover")
        case.project.release_process("recover --yes").fails_with(8).says(*words).never_says("never answered")
    script.unlink()
    ended = case.settled(run, "update refuses, no `atomic`", refused, may=(3,) if refused == "branch" else (8,))
    assert ended.endswith("whole") == (refused == "tag")


def test_without_atomic_a_release_whose_tag_was_refused_can_be_given_up_and_made_later(new_case):
    """Its commit cannot be taken back there: that is what is asked and told, and the way to the tag."""
    case = _without_atomic(new_case)
    hook = install(case.world.origin, "update", "case $1 in refs/tags/*) echo not by you; exit 1;; esac")
    case.bump().fails_with(8)
    there, what = "origin has the commit of v0.2.0 on main", "where it stays; only the tag can be discarded"
    project = case.project
    project.release_process("recover").fails_with(8).says(f"{there}, and no tag v0.2.0", "was refused").helps("--yes")
    project.release_process("recover --undo --dry-run").fails_with(0).says(there, what).never_says("never answered")
    run = project.release_process("recover --undo").fails_with(8).says(there, what).never_says("Publish")
    run.helps("release recover --undo --yes")
    run = project.release_process("recover --undo --yes").fails_with(0).never_says("may still appear")
    run.says(
        "v0.2.0 is discarded",
        "stays on main of origin, without a tag",
        "git pull --ff-only origin main, then release bump 0.2.0",
    )
    case.no_leftovers()
    hook.unlink()
    project.sh("git pull --ff-only origin main")
    project.release("bump 0.2.0 --yes").fails_with(0)
    assert project.git("rev-parse", "v0.2.0^{commit}") == project.head == case.project.origin["refs/heads/main"]
    assert project.read("CHANGELOG.md").decode().count("## [0.2.0]") == 1
    case.note("update refuses, no `atomic`", "file", "the tag, given up and made later", "0")


def test_without_atomic_an_unpublished_release_that_is_refused_is_not_forgotten(new_case):
    """It goes along with the next one, whose tag is not there before it is."""
    case = _without_atomic(new_case)
    case.bump("--no-push").fails_with(0)
    hook = install(case.world.origin, "update", "case $1 in refs/tags/v0.2.0) echo GH013: not this; exit 1;; esac")
    run = case.project.release("bump minor -m next --allow-empty --yes").fails_with(8)
    run.says("refused v0.2.0", "GH013: not this").helps("release recover")
    assert "refs/tags/v0.3.0" not in case.project.origin
    case.project.release("recover --yes").fails_with(8).says("refused v0.2.0")
    hook.unlink()
    case.recover().fails_with(0)
    for tag in ("refs/tags/v0.2.0", "refs/tags/v0.3.0"):
        assert case.project.origin[tag] == case.project.refs[tag]
    case.no_leftovers()
    case.note("update refuses, no `atomic`", "file", "the tag of an unpublished release", "8, recovered whole")


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_host_that_takes_the_branch_and_hides_the_tag_has_not_kept_to_atomic(new_case, transport):
    """`transfer.hideRefs`: a hidden ref is refused, and what stands beside it in an atomic push is taken."""
    case = new_case(transport)
    case.world.git(case.world.origin, "config", "receive.hideRefs", "refs/tags")
    words = ("has the commit of v0.2.0 on main, but refused the tag", "deny updating a hidden ref")
    run = case.bump().fails_with(8).says(*words).helps("release recover")
    case.project.release("recover --yes").fails_with(8).says(*words).never_says("deleted it", "never answered")
    case.world.git(case.world.origin, "config", "--unset", "receive.hideRefs")
    case.settled(run, "the tag is hidden", "the server", may=(8,))


def _without_atomic(new_case):
    case = new_case()
    case.world.git(case.world.origin, "config", "receive.advertiseAtomic", "false")
    text = case.project.read("pyproject.toml").decode() + "atomic-push = false\n"
    case.project.write("pyproject.toml", text)
    case.project.git("commit", "--quiet", "-m", "No atomic", "pyproject.toml")
    case.project.git("push", "--quiet", "origin", "main")
    case.__post_init__()
    return case
