"""A key with a passphrase, and a person at a terminal."""

import sys

import pexpect
import pytest
from project import Project

pytestmark = pytest.mark.system  # openssh-client

PASSPHRASE = "open sesame"
ASKED = "Enter passphrase"


@pytest.fixture
def locked(released: Project) -> Project:
    key = released.world.root / "home" / "locked"
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", PASSPHRASE, "-f", str(key)]
    released.world.run(words, folder=released.folder)
    (key.parent / "allowed").write_text(f'ada@example.org namespaces="git" {key.with_suffix(".pub").read_text()}')
    for name, value in {
        "gpg.format": "ssh",
        "user.signingKey": str(key),
        "tag.gpgSign": "true",
        "commit.gpgSign": "true",
        "gpg.ssh.allowedSignersFile": str(key.parent / "allowed"),
    }.items():
        released.git("config", name, value)
    released.git("commit", "--quiet", "--allow-empty", "--no-gpg-sign", "-m", "More")
    released.git("push", "--quiet", "origin", "HEAD")
    return released


def typed(project: Project, *words: str) -> "pexpect.spawn[str]":
    project.before = project.snapshot()
    environment = {**project.world.environment(), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
    words = ("-m", "release", *words)
    return pexpect.spawn(sys.executable, list(words), cwd=project.folder, env=environment, timeout=60, encoding="utf-8")


def code(child: "pexpect.spawn[str]") -> int | None:
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


def test_the_passphrase_is_asked_for_before_the_question(locked: Project):
    child = typed(locked, "bump", "minor", "-m", "charCNN")
    for _ in range(2):  # commit and tag
        child.expect_exact(ASKED)
        child.sendline(PASSPHRASE)
    child.expect_exact("Release v0.2.0?")
    child.sendline("y")
    assert code(child) == 0
    locked.git("verify-tag", "refs/tags/v0.2.0")
    locked.git("verify-commit", "refs/tags/v0.2.0^{commit}")
    assert locked.published("v0.2.0")


def test_a_wrong_passphrase_changes_nothing(locked: Project):
    child = typed(locked, "bump", "minor", "-m", "charCNN")
    child.expect_exact(ASKED)
    child.sendline("open barley")
    child.expect_exact("signing")
    assert code(child) == 3
    assert locked.unchanged()


def test_ctrl_c_at_the_passphrase_changes_nothing(locked: Project):
    child = typed(locked, "bump", "minor", "-m", "charCNN")
    child.expect_exact(ASKED)
    child.sendcontrol("c")
    assert code(child) == 130
    assert locked.unchanged()


def test_nobody_is_asked_for_a_release_that_cannot_be(locked: Project):
    locked.write("README.md", "changed\n")
    child = typed(locked, "bump", "minor", "-m", "charCNN")
    child.expect_exact("other checks failed")
    assert code(child) == 3
    assert ASKED not in (child.before or "")


def test_status_asks_nobody(locked: Project):
    child = typed(locked, "status")
    assert code(child) == 0
    assert ASKED not in (child.before or "")
