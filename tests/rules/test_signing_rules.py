"""What is signed: git's settings, unless an option says otherwise."""

import pytest

from release.core.check import Verdict
from release.core.tag_message import Signed, SigningKey, failed_check, signed_check, what_to_sign

CASES = [
    ((), None, True, Signed()),
    (("tag.gpgSign",), None, True, Signed(tag=True)),
    (("tag.forceSignAnnotated",), None, True, Signed(tag=True)),
    (("commit.gpgSign",), None, True, Signed(commit=True)),
    (("commit.gpgSign",), None, False, Signed()),
    (("commit.gpgSign", "tag.gpgSign"), None, True, Signed(commit=True, tag=True)),
    ((), True, True, Signed(commit=True, tag=True)),
    ((), True, False, Signed(tag=True)),
    (("commit.gpgSign", "tag.gpgSign", "tag.forceSignAnnotated"), False, True, Signed()),
]


@pytest.mark.parametrize(("settings", "asked", "writes", "signed"), CASES)
def test_an_option_is_stronger_than_the_settings_and_no_commit_is_signed_that_is_not_made(
    settings, asked, writes, signed
):
    assert what_to_sign(settings, asked, writes=writes) == signed


def test_the_checks_name_what_and_with_which_key():
    both, key = Signed(commit=True, tag=True), SigningKey(format="ssh", key="~/.ssh/id.pub")
    assert signed_check(both, key).message == "commit and tag signed (ssh, ~/.ssh/id.pub)"
    failed = failed_check(
        Signed(tag=True), key, "error: no such file\n\nfatal: cannot sign\n", "release bump minor --no-sign"
    )
    assert (failed.verdict, failed.code) == (Verdict.FAILED, 3)
    assert failed.message.endswith("error: no such file; fatal: cannot sign")
    assert (failed.help or "").startswith("release bump minor --no-sign, or: git config user.signingKey FILE.pub   (")


def test_a_key_that_stands_in_the_configuration_is_cut():
    assert len(str(SigningKey(format="ssh", key=f"key::ssh-rsa {'A' * 400}"))) < 80
    assert str(SigningKey(format="openpgp", key=None)) == "openpgp, no user.signingKey"
