"""Signed releases, killed and cut off: what `recover` finishes are the same signed objects, not others like them."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faults.case import TAG, Case
from faults.hooks import install
from faults.injection import Injection, inside_git, over

pytestmark = pytest.mark.system  # openssh-client, gnupg, strace

STEPS = ("keep", "publish", "move refs", "update files")
MOST = 12


@pytest.fixture
def signed_case(new_case, request) -> Callable[..., Case]:
    """Makes a case that signs commit and tag, with an `ssh` or a `gpg` key; git finds both good."""

    def make(kind: str = "ssh", transport: str = "file") -> Case:
        case = new_case(transport)
        home = case.world.root / "home"
        if kind == "gpg":
            case.world.variables["GNUPGHOME"] = str(request.getfixturevalue("keyring"))
            settings = {"user.signingKey": "ada@example.org"}
        else:
            case.world.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(home / "key")], folder=home)
            (home / "allowed").write_text(f"ada@example.org {(home / 'key.pub').read_text()}")
            settings = {
                "gpg.format": "ssh",
                "user.signingKey": str(home / "key"),
                "gpg.ssh.allowedSignersFile": str(home / "allowed"),
            }
        for name, value in {**settings, "tag.gpgSign": "true", "commit.gpgSign": "true"}.items():
            case.project.git("config", name, value)
        return case

    return make


@pytest.fixture
def keyring(empty_world) -> Iterator[Path]:
    """With one key; its agent ends with the test. The path is short: a socket's name has an end."""
    home = Path(tempfile.mkdtemp(prefix="gnupg-"))
    empty_world.variables["GNUPGHOME"] = str(home)
    words = ["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
    empty_world.run([*words, "--quick-gen-key", "Ada <ada@example.org>", "ed25519", "sign", "0"], folder=home)
    yield home
    empty_world.run(["gpgconf", "--kill", "all"], folder=home)
    shutil.rmtree(home, ignore_errors=True)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("kind", ["ssh", "gpg"])
def test_a_signed_release_that_is_killed_after_a_step_is_the_same_afterwards(signed_case, kind, step):
    case = signed_case(kind)
    run = case.bump(at=step, line="kill -KILL $RELEASE")
    assert run.code == -9, str(run)
    made = _recorded(case)
    ended = _settled(case, run, f"SIGKILL, signed with {kind}", f"after {step}", made)
    assert ended.endswith("whole") == (step != "keep")


@pytest.mark.parametrize(("verb", "before"), [("update-ref", "publish"), ("read-tree", "move refs")])
@pytest.mark.parametrize("what", ["KILL", "KILL all"])
def test_a_signed_release_whose_git_is_killed_at_any_rename_is_the_same_afterwards(signed_case, verb, before, what):
    for nth in range(1, MOST):
        case = signed_case()
        injection = Injection("rename", what, nth)
        log = inside_git(case, verb, injection)
        run = case.bump(at=before, line=f"touch {case.armed}")
        assert log.exists(), f"git {verb} did not run under strace: {run}"
        over(case)
        if not injection.fired(log):
            break
        _settled(case, run, f"{what} at rename, signed", f"git {verb}, call {nth}", _recorded(case))
    assert nth > 1, f"git {verb} makes no rename"
    assert run.code == 0, str(run)


@pytest.mark.parametrize("transport", ["git", "http"])
def test_a_signed_release_whose_answer_is_lost_is_the_same_afterwards(signed_case, transport):
    case = signed_case(transport=transport)
    hook = install(case.world.origin, "post-receive", f"touch {case.armed}; kill -9 $PPID")
    run = case.bump()
    hook.unlink()
    assert case.armed.exists(), "the server was not killed"
    assert run.code == 8, str(run)
    made = _recorded(case)
    assert case.project.origin[TAG] == made[TAG]
    _settled(case, run, "answer lost, signed", "after the server applied it", made)


@pytest.mark.parametrize("end", ["kill -KILL $$", "kill -KILL $(ps -o ppid= -p $PPID)", "exit 7"])
@pytest.mark.parametrize("which", [1, 2], ids=["commit", "tag"])
def test_a_signer_that_dies_or_takes_us_along_changes_nothing(signed_case, end, which):
    case = signed_case()
    home = case.world.root / "home"
    signer = home / "signer"
    signer.write_text(
        f"#!/bin/sh\necho x >>{home}/count\n[ $(wc -l <{home}/count) = {which} ] && {{ touch {case.armed}; {end}; }}\n"
        'exec ssh-keygen "$@"\n'
    )
    signer.chmod(0o755)
    case.project.git("config", "gpg.ssh.program", str(signer))
    run = case.bump()
    assert case.armed.exists(), "the signer was not reached"
    case.armed.unlink()
    case.project.git("config", "--unset", "gpg.ssh.program")
    case.settled(run, f"signer: {end}", f"signing the {('commit', 'tag')[which - 1]}", may=(3, -9))
    assert run.code == (-9 if "ppid" in end else 3)


@pytest.mark.parametrize("verb", ["commit-tree", "tag"])
def test_a_disk_that_is_full_while_it_is_signed_changes_nothing(signed_case, verb):
    """Git and the program that signs are both struck."""
    for nth in range(1, 40):
        case = signed_case()
        injection = Injection("write", "ENOSPC", nth)
        log = inside_git(case, verb, injection)
        case.armed.touch()
        run = case.bump()
        over(case)
        if not injection.fired(log):
            break
        case.settled(run, "ENOSPC at write, signed", f"git {verb} and ssh-keygen, call {nth}")
        if run.code == 0:
            _is_good(case)
    assert nth > 1, f"git {verb} makes no write"


def _recorded(case: Case) -> dict[str, str]:
    """The ids that the interrupted release wrote down."""
    record = json.loads((case.project.folder / ".git" / "release" / "pending.json").read_text())
    return {TAG: record["releases"][0]["tag_object"], "commit": record["commit"]}


def _settled(case: Case, run, fault: str, where: str, made: dict[str, str]) -> str:
    ended = case.settled(run, fault, where)
    if ended.endswith("whole"):
        assert case.project.refs[TAG] == case.project.origin[TAG] == made[TAG]
        assert case.project.git("rev-parse", f"{TAG}^{{commit}}") == made["commit"]
        _is_good(case)
    return ended


def _is_good(case: Case) -> None:
    """Git itself finds both signatures good."""
    case.project.git("verify-tag", TAG)
    case.project.git("verify-commit", f"{TAG}^{{commit}}")
