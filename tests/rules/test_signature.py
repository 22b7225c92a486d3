"""What gpg and ssh-keygen say, as verdicts: their words as they were printed by gpg 2.2 and OpenSSH 9.2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release.core.tag_message import SignatureState, read_gpg, read_ssh, signature_format

FPR = "057BAFB218B8A352F0F76FB89989209FD350A290"
VALID = f"[GNUPG:] VALIDSIG {FPR} 2026-11-23 1795423844 0 4 0 22 8 00 {FPR}"
KEY = "SHA256:QrOrWI61XvrIuktHVWNrwNqd0cgZ5tSBuSVW8OElsIM"


def status(*lines):
    return "\n".join(["[GNUPG:] NEWSIG", *lines, ""])


GPG = [
    (("[GNUPG:] GOODSIG 9989209FD350A290 Good <g@x.org>", VALID), True, "good", "Good <g@x.org>", FPR),
    (("[GNUPG:] GOODSIG 9989209FD350A290 Good <g@x.org>", VALID), False, "unknown-key", "Good <g@x.org>", FPR),
    (("[GNUPG:] GOODSIG 99 Na%C3%AFve%0A[GNUPG:] X", VALID), True, "good", None, FPR),
    (("[GNUPG:] BADSIG 9989209FD350A290 Good <g@x.org>",), False, "bad", "Good <g@x.org>", "9989209FD350A290"),
    (("[GNUPG:] EXPKEYSIG 9989209FD350A290 Exp <e@x.org>", VALID), False, "expired", "Exp <e@x.org>", FPR),
    (("[GNUPG:] EXPSIG 9989209FD350A290 Exp <e@x.org>", VALID), False, "expired", "Exp <e@x.org>", FPR),
    (("[GNUPG:] REVKEYSIG 9989209FD350A290 Rev <r@x.org>", VALID), False, "bad", "Rev <r@x.org>", FPR),
    (("[GNUPG:] ERRSIG 0A2B 22 8 00 1795423844 9 38BA", "[GNUPG:] NO_PUBKEY 0A2B"), False, "unknown-key", None, "0A2B"),
    (("[GNUPG:] ERRSIG 0A2B 99 8 00 1795423844 4 38BA",), False, "cannot-check", None, "0A2B"),
    (("[GNUPG:] GOODSIG 99 A", VALID, "[GNUPG:] GOODSIG 98 B"), False, "bad", None, None),
    (("fatal: cannot run /nope: No such file or directory",), False, "cannot-check", None, None),
]


@pytest.mark.parametrize(("lines", "accepted", "state", "signer", "key"), GPG)
def test_gpg_s_status_lines_are_told_apart(lines, accepted, state, signer, key):
    found = read_gpg(status(*lines), accepted=accepted, format="openpgp")
    assert (found.state.value, found.key) == (state, key)
    if signer:
        assert found.signer == signer
    assert (found.reason is None) == (state == "good")


SSH = [
    (f'Good "git" signature for a@x.org with ED25519 key {KEY}', True, "good", "a@x.org", KEY),
    (f'No principal matched.\nGood "git" signature with ED25519 key {KEY}', False, "unknown-key", None, KEY),
    (
        f'Good "git" signature with ED25519 key {KEY}\nallowed:1: key has expired: verify time 2026 > valid-before 2020',
        False,
        "expired",
        None,
        KEY,
    ),
    ("Signature verification failed: incorrect signature\nCould not verify signature.", False, "bad", None, None),
    ("Could not verify signature.", False, "bad", None, None),
    ("Couldn't verify signature: invalid format\nNo principal matched.", False, "bad", None, None),
    ("fatal: cannot run /nope: No such file or directory", False, "cannot-check", None, None),
    ("", False, "cannot-check", None, None),
]


@pytest.mark.parametrize(("said", "accepted", "state", "signer", "key"), SSH)
def test_ssh_keygen_s_words_are_told_apart(said, accepted, state, signer, key):
    found = read_ssh(said, accepted=accepted)
    assert (found.state.value, found.signer, found.key) == (state, signer, key)
    assert (found.reason is None) == (state == "good")


@given(st.text(), st.booleans())
def test_nothing_that_is_said_breaks_the_reading_and_nothing_refused_is_good(said, accepted):
    for found in (read_gpg(said, accepted=accepted, format="openpgp"), read_ssh(said, accepted=accepted)):
        assert accepted or found.state is not SignatureState.GOOD


def test_a_signature_is_found_where_git_finds_it():
    assert signature_format(b"x\n-----BEGIN SSH SIGNATURE-----\nabc\n") == "ssh"
    assert signature_format(b"x\n-----BEGIN PGP SIGNATURE-----\nabc\n") == "openpgp"
    assert signature_format(b"x\n-----BEGIN SIGNED MESSAGE-----\nabc\n") == "x509"
    assert signature_format(b"x -----BEGIN SSH SIGNATURE-----\n") is None
