"""Refused: by the server's hooks for branch, tag or both, by our own hook, by a host that cannot do both at once."""

import pytest
from faults.hooks import install

TRANSPORTS = ["file", "git", "http", pytest.param("ssh", marks=pytest.mark.system)]
REFS = {"branch": "refs/heads/*)", "tag": "refs/tags/*)", "both": "*)"}
HOOKS = {
    "pre-receive": "while read old new ref; do case $ref in {refs} echo GH006: protected; touch {fired}; exit 1;; esac; done",
    "update": "case $1 in {refs} echo GH006: protected; touch {fired}; exit 1;; esac",
}


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


def _without_atomic(new_case):
    case = new_case()
    case.world.git(case.world.origin, "config", "receive.advertiseAtomic", "false")
    text = case.project.read("pyproject.toml").decode() + "atomic-push = false\n"
    case.project.write("pyproject.toml", text)
    case.project.git("commit", "--quiet", "-m", "No atomic", "pyproject.toml")
    case.project.git("push", "--quiet", "origin", "main")
    case.__post_init__()
    return case
