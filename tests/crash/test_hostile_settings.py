"""The main story again, under settings that people have: none of them changes what a release is."""

import pytest
from faults.case import MAIN, TAG
from faults.hooks import install

# Settings of git under which everything works as it does without them.
HARMLESS = [
    "color.ui=always",
    "color.push=always",
    "core.pager=false",
    "core.quotePath=true",
    "core.abbrev=4",
    "core.logAllRefUpdates=false",
    "core.logAllRefUpdates=always",
    "core.fsmonitor=true",
    "core.untrackedCache=true",
    "core.splitIndex=true",
    "core.autocrlf=input",
    "core.autocrlf=true",
    "core.eol=crlf",
    "core.safecrlf=true",
    "core.fileMode=false",
    "core.commentChar=#",
    "core.attributesFile=/dev/null",
    "core.preloadIndex=false",
    "core.deltaBaseCacheLimit=1",
    "feature.manyFiles=true",
    "feature.experimental=true",
    "index.version=4",
    "index.skipHash=true",
    "pack.threads=1",
    "pack.writeReverseIndex=true",
    "push.default=nothing",
    "push.default=matching",
    "push.default=upstream",
    "push.followTags=true",
    "push.useForceIfIncludes=true",
    "push.gpgSign=if-asked",
    "push.autoSetupRemote=true",
    "push.recurseSubmodules=on-demand",
    "push.negotiate=true",
    "remote.pushDefault=elsewhere",
    "remote.origin.mirror=true",
    "remote.origin.prune=true",
    "remote.origin.tagOpt=--no-tags",
    "remote.origin.push=refs/heads/*:refs/heads/*",
    "fetch.prune=true",
    "fetch.pruneTags=true",
    "fetch.fsckObjects=true",
    "transfer.fsckObjects=true",
    "tag.sort=-version:refname",
    "tag.gpgSign=false",
    "status.short=true",
    "status.branch=false",
    "status.showUntrackedFiles=all",
    "status.relativePaths=false",
    "diff.noprefix=true",
    "diff.renames=copies",
    "diff.external=false",
    "log.showSignature=true",
    "log.date=relative",
    "log.decorate=full",
    "format.pretty=oneline",
    "i18n.logOutputEncoding=ISO-8859-1",
    "i18n.commitEncoding=ISO-8859-1",
    "merge.ff=false",
    "pull.rebase=true",
    "commit.cleanup=scissors",
    "commit.template=/nonexistent",
    "commit.verbose=true",
    "gc.auto=1",
    "maintenance.auto=true",
    "alias.push=!false",
    "alias.tag=!false",
    "protocol.version=0",
    "protocol.version=1",
    "protocol.version=2",
    "advice.pushUpdateRejected=false",
    "user.useConfigOnly=true",
    "receive.denyCurrentBranch=refuse",
    "trace2.eventTarget=/dev/null",
    "help.autoCorrect=10",
]


@pytest.mark.parametrize("setting", HARMLESS)
def test_a_setting_changes_nothing_in_a_release(new_case, setting):
    case = new_case()
    name, _, value = setting.partition("=")
    case.project.git("config", name, value)
    case.project.release("bump minor -m charCNN --yes").succeeds()
    case.whole()
    case.nothing_of_mine_is_lost()
    tag = case.project.file_at(f"{TAG}^{{commit}}", "CHANGELOG.md")
    assert b"\r" not in tag
    assert b"\x1b" not in tag
    case.no_leftovers()


@pytest.mark.parametrize("setting", ["commit.gpgSign=true", "tag.gpgSign=true", "tag.forceSignAnnotated=true"])
def test_a_signature_that_is_asked_for_is_made_or_refused_but_never_left_out(new_case, setting):
    case = new_case()
    name, _, value = setting.partition("=")
    case.project.git("config", name, value)
    case.project.git("config", "gpg.program", "false")  # there is no key
    run = case.project.release("bump minor -m charCNN --yes").fails_with(3)
    run.helps()
    case.nothing_changed()
    case.no_leftovers()


def test_a_refspec_for_tags_lets_the_push_itself_make_the_tag_here(new_case):
    case = new_case()
    case.project.git("config", "--add", "remote.origin.fetch", "+refs/tags/*:refs/tags/*")
    case.settled(case.bump(), "refspec for tags", "config", may=(0,))


def test_the_remote_that_is_named_is_the_one_that_is_released_to(new_case):
    case = new_case()
    case.world.git(case.world.root, "init", "--quiet", "--bare", "other.git")
    case.project.git("remote", "add", "other", case.world.root / "other.git")
    case.project.git("remote", "add", "gone", case.world.root / "gone.git")
    case.settled(case.bump(), "three remotes", "config", may=(0,))
    assert case.world.git(case.world.root / "other.git", "for-each-ref") == ""


def test_two_push_urls_are_refused_for_both_or_none_cannot_be_had(new_case):
    case = new_case()
    for name in ("origin.git", "second.git"):
        case.project.git("remote", "set-url", "--add", "--push", "origin", case.world.root / name)
    case.project.release("bump minor --yes").fails_with(2).says("2 push URLs").helps("remote.origin.pushurl")
    case.nothing_changed()


PUSH_SIDES = {
    "pushurl": [("remote.origin.pushurl", "{origin}")],
    "insteadOf": [("url.{root}/.insteadOf", "short:"), ("remote.origin.url", "short:origin.git")],
    "pushInsteadOf": [("url.{origin}.pushInsteadOf", "{mirror}")],
}


@pytest.mark.parametrize("step", ["keep", "publish"])
@pytest.mark.parametrize("kind", PUSH_SIDES)
def test_the_side_that_is_pushed_to_is_asked_not_the_mirror_that_is_fetched_from(new_case, kind, step):
    case = new_case()
    mirror = case.world.root / "mirror.git"
    case.world.git(case.world.root, "clone", "--quiet", "--mirror", case.world.origin, mirror)
    if kind != "insteadOf":
        case.project.git("remote", "set-url", "origin", mirror)
    for name, value in PUSH_SIDES[kind]:
        words = {"origin": case.world.origin, "root": case.world.root, "mirror": mirror}
        case.project.git("config", name.format(**words), value.format(**words))
    fired = case.world.root / "home" / "fired"
    hook = install(case.world.origin, "post-receive", f"touch {fired}; kill -9 $PPID") if step == "keep" else None
    line = "true" if step == "keep" else "kill -KILL $RELEASE"
    run = case.bump(at=step, line=line)
    assert run.code in (0, 8, -9), str(run)
    if hook:
        assert fired.exists()
        hook.unlink()
    if run.code:
        case.recover().fails_with(0)
    case.whole()
    case.nothing_of_mine_is_lost()
    case.no_leftovers()
    case.note("mirror is fetched from", "file", f"{kind}, after {step}", "recovered whole")


def test_a_mirror_that_lags_behind_is_no_reason_to_publish_twice_or_to_forget(new_case):
    case = new_case()
    mirror = case.world.root / "mirror.git"
    case.world.git(case.world.root, "clone", "--quiet", "--mirror", case.world.origin, mirror)
    case.project.git("remote", "set-url", "origin", mirror)
    case.project.git("remote", "set-url", "--push", "origin", case.world.origin)
    line = f"cd {case.world.origin}; git update-ref -d {TAG}; git update-ref {MAIN} main~1; kill -KILL $RELEASE"
    case.bump(at="publish", line=line)
    origin = case.project.origin
    case.recover()
    assert case.project.origin == origin  # it was deleted there, which only that side can tell


def test_a_protected_branch_is_released_to_by_a_tag_alone(new_case):
    case = new_case()
    script = "while read old new ref; do case $ref in refs/heads/*) echo GH006: protected; exit 1;; esac; done"
    install(case.world.origin, "pre-receive", script)
    case.bump().fails_with(3).says("GH006: protected").helps("--no-commit")
    case.nothing_changed()
    text = case.project.read("pyproject.toml").decode()
    case.project.write("pyproject.toml", text.replace('version = "0.1.0"\n', 'dynamic = ["version"]\n'))
    hook = case.world.origin / "hooks" / "pre-receive"
    hook.rename(hook.with_suffix(".off"))
    case.project.git("commit", "--quiet", "-m", "Dynamic", "pyproject.toml")
    case.project.git("push", "--quiet", "origin", "main")
    hook.with_suffix(".off").rename(hook)
    case.bump("--no-commit").succeeds()
    assert case.project.origin[TAG] == case.project.refs[TAG]
    assert case.project.git("rev-parse", "v0.2.0^{commit}") == case.project.head == case.project.origin[MAIN]


def test_ssh_may_not_ask_when_nobody_is_there(new_case):
    case = new_case()
    log = case.world.root / "home" / "words"
    program = case.world.root / "home" / "ssh"
    program.write_text(f'#!/bin/sh\necho "$@" >> {log}\nexit 255\n')
    program.chmod(0o755)
    case.project.git("remote", "set-url", "origin", "ssh://localhost/nowhere.git")
    case.world.variables["GIT_SSH_COMMAND"] = f"{program} -v"
    case.bump().fails_with(6)
    assert "-v -oBatchMode=yes" in log.read_text()
    case.nothing_changed()
